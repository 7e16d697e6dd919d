"""Products of 8-bit numbers with one scale for each row of both factors, in INT8 and in FP8 e4m3.

Forward, Y = X Wᵀ: tokens are rounded by token, weights by output row, so both scales leave the sum. Backward,
dX = dY W sums over the output rows, whose scales therefore go into dY before it is rounded by token: what is
stored is one W [out, in] and one scale a row, and the gradient is that of the W that the forward pass used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch

from legal_eagle.engine.gemm import linear, matmul
from legal_eagle.engine.scratch import Fill

Hold = Callable[[str, tuple[int, int], torch.dtype, Fill], torch.Tensor]
"""(what, shape, type, fill) → the place's shared buffer (`Scratch.held`)."""

INT8_MAX = 127.0
FP8_MAX = 448.0
_TINY = torch.finfo(torch.float32).tiny
# CUDA's integer product wants more rows than this.
_ROWS_MIN = 32


class EightBit(Protocol):
    """How a device multiplies. Quantised rows come with fp32 scales, [rows, 1]; `weight` is [out, in]."""

    def rounded(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """fp32 [n, k] → 8-bit [n, k] and its scales."""
        ...

    def forward(
        self, x: torch.Tensor, x_scale: torch.Tensor, weight: torch.Tensor, scale: torch.Tensor, hold: Hold
    ) -> torch.Tensor:
        """[n, in] and its scales → [n, out], scaled, in fp32 or the kernel's own type."""
        ...

    def backward(
        self, dy: torch.Tensor, dy_scale: torch.Tensor, weight: torch.Tensor, hold: Hold
    ) -> torch.Tensor:
        """[n, out], the weight's scales already in it → [n, in], scaled."""
        ...


def round_to_int8(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    scale = rows.abs().amax(1, keepdim=True).div_(INT8_MAX).clamp_min_(_TINY)
    return (rows / scale).round_().to(torch.int8), scale


def round_to_fp8(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    scale = rows.abs().amax(1, keepdim=True).div_(FP8_MAX).clamp_min_(_TINY)
    # A number beyond the largest would become NaN; rounding of the quotient may reach it.
    return (rows / scale).clamp_(-FP8_MAX, FP8_MAX).to(torch.float8_e4m3fn), scale


class Int8:
    """Exact sums in int32, on a CPU and on cards from compute capability 7.5."""

    def rounded(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return round_to_int8(rows)

    def forward(
        self,
        x: torch.Tensor,
        x_scale: torch.Tensor,
        weight: torch.Tensor,
        scale: torch.Tensor,
        hold: Hold,  # noqa: ARG002
    ) -> torch.Tensor:
        return integer_product(x, weight.t()).float().mul_(x_scale).mul_(scale.t())

    def backward(
        self, dy: torch.Tensor, dy_scale: torch.Tensor, weight: torch.Tensor, hold: Hold
    ) -> torch.Tensor:
        return integer_product(dy, _second_factor(weight, hold)).float().mul_(dy_scale)


class EmulatedFp8:
    """Rounded to FP8, multiplied in fp32: a CPU, and what the kernels are held against."""

    def rounded(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return round_to_fp8(rows)

    def forward(
        self, x: torch.Tensor, x_scale: torch.Tensor, weight: torch.Tensor, scale: torch.Tensor, hold: Hold
    ) -> torch.Tensor:
        return linear(x.float(), _widened(weight, hold)).mul_(x_scale).mul_(scale.t())

    def backward(
        self, dy: torch.Tensor, dy_scale: torch.Tensor, weight: torch.Tensor, hold: Hold
    ) -> torch.Tensor:
        return matmul(dy.float(), _widened(weight, hold)).mul_(dy_scale)


class KernelFp8:
    """torch._scaled_mm, which wants its second factor column by column. `by_rows`: the kernel applies the
    scales; it is missing in torch's Windows build, where they are applied after it."""

    def __init__(self, *, by_rows: bool) -> None:
        self._by_rows = by_rows

    def rounded(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return round_to_fp8(rows)

    def forward(
        self,
        x: torch.Tensor,
        x_scale: torch.Tensor,
        weight: torch.Tensor,
        scale: torch.Tensor,
        hold: Hold,  # noqa: ARG002
    ) -> torch.Tensor:
        return self._product(x, weight.t(), x_scale, scale.t().contiguous())

    def backward(
        self, dy: torch.Tensor, dy_scale: torch.Tensor, weight: torch.Tensor, hold: Hold
    ) -> torch.Tensor:
        ones = torch.ones(1, weight.shape[1], device=weight.device)
        return self._product(dy, _second_factor(weight, hold), dy_scale, ones)

    def _product(
        self, a: torch.Tensor, b: torch.Tensor, a_scale: torch.Tensor, b_scale: torch.Tensor
    ) -> torch.Tensor:
        if self._by_rows:
            return torch._scaled_mm(a, b, scale_a=a_scale, scale_b=b_scale, out_dtype=torch.bfloat16)
        one = torch.ones((), device=a.device)
        product = torch._scaled_mm(a, b, scale_a=one, scale_b=one, out_dtype=torch.bfloat16)
        return product.float().mul_(a_scale).mul_(b_scale)


def integer_product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """int8 [n, k] times int8 [k, m]: exact int32 [n, m]."""
    if a.device.type == "cuda" and a.shape[0] < _ROWS_MIN:
        padded = a.new_zeros(_ROWS_MIN, a.shape[1])
        padded[: a.shape[0]] = a
        return torch._int_mm(padded, b)[: a.shape[0]]
    return torch._int_mm(a.contiguous(), b)


def _second_factor(weight: torch.Tensor, hold: Hold) -> torch.Tensor:
    """W [out, in] as a second factor. Kernels on a card want it by columns: Wᵀ goes through a buffer, at a
    byte a weight next to nothing beside a pack's product."""
    if weight.device.type == "cpu":
        return weight
    out, into = weight.shape
    held = hold("transposed", (into, out), weight.dtype, lambda buffer: _transpose(weight, buffer))
    return held.t()


def _transpose(weight: torch.Tensor, buffer: torch.Tensor) -> None:
    # As bytes: copies of FP8 are not built for every layout.
    buffer.view(torch.uint8).copy_(weight.view(torch.uint8).t())


def _widened(weight: torch.Tensor, hold: Hold) -> torch.Tensor:
    out, into = weight.shape
    return hold("widened", (out, into), torch.float32, lambda buffer: _copy(weight, buffer))


def _copy(weight: torch.Tensor, buffer: torch.Tensor) -> None:
    buffer.copy_(weight)
