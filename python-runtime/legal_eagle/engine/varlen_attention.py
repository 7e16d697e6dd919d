"""Attention over packed documents in one kernel: `torch.nn.attention.varlen.varlen_attn`.

FlashAttention (arXiv:2307.08691) with document boundaries, in torch itself: Linux, CUDA, bf16 and fp16 only.
Its signature changed from release to release, so what is installed is asked once, by `installed_kernel`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Protocol, cast

import torch

from legal_eagle.engine.attention_types import Attention

# The backward kernel counts rows, each document rounded up to a tile of 128, times heads times width in
# 32-bit integers; beyond them it writes out of bounds.
_TILE_ROWS = 128
_MAX_ELEMENTS = (1 << 31) - 1


class VarlenKernel(Protocol):
    def __call__(
        self,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        cu_lengths: torch.Tensor,
        longest: int,
        window: int | None,
    ) -> torch.Tensor:
        """q [T, H, d], k and v [T, K, d], cu_lengths int32 [documents + 1] → [T, H, d], causal inside each
        document, differentiable. `window`: tokens a row attends to, itself included."""
        ...


class DocumentEnds:
    """`cu_lengths` on the device, made once a pack and used by all its layers."""

    def __init__(self) -> None:
        self._host: tuple[int, ...] = ()
        self._device = torch.empty(0, dtype=torch.int32)

    def on(self, device: torch.device, cu_lengths: Sequence[int]) -> torch.Tensor:
        """int32 [documents + 1] on `device`."""
        host = tuple(cu_lengths)
        if host != self._host or self._device.device != device:
            self._host, self._device = host, torch.tensor(host, dtype=torch.int32, device=device)
        return self._device


class VarlenAttention:
    """One kernel call for a whole pack. A pack that its integers cannot count goes to `beyond`."""

    def __init__(
        self,
        kernel: VarlenKernel,
        ends: DocumentEnds,
        beyond: Attention,
        window: int | None = None,
        max_elements: int = _MAX_ELEMENTS,
    ) -> None:
        self._kernel = kernel
        self._ends = ends
        self._beyond = beyond
        self._window = window
        self._max_elements = max_elements

    def forward(
        self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, cu_lengths: Sequence[int]
    ) -> tuple[torch.Tensor, Any]:
        if kernel_elements(q.shape, len(cu_lengths) - 1) > self._max_elements:
            output, saved = self._beyond.forward(q, k, v, cu_lengths)
            return output, (None, saved)
        longest = max((end - begin for begin, end in pairwise(cu_lengths)), default=0)
        q, k, v = (x.detach().requires_grad_(True) for x in (q, k, v))
        ends = self._ends.on(q.device, cu_lengths)
        with torch.enable_grad():
            output = self._kernel(q, k, v, ends, longest, self._window)
        return output.detach(), ((q, k, v), output)

    def backward(
        self, d_output: torch.Tensor, saved: Any, dq: torch.Tensor, dk: torch.Tensor, dv: torch.Tensor
    ) -> None:
        inputs, output = saved
        if inputs is None:
            self._beyond.backward(d_output, output, dq, dk, dv)
            return
        with torch.enable_grad():
            grads = torch.autograd.grad(output, inputs, d_output)
        for target, grad in zip((dq, dk, dv), grads, strict=True):
            target.copy_(grad)


def kernel_elements(q_shape: torch.Size, documents: int) -> int:
    """What the backward kernel counts for q [T, H, d] of so many documents."""
    tokens, heads, width = q_shape
    return (tokens + _TILE_ROWS * documents) * heads * width


def kernel_over(varlen_attn: Callable[..., Any]) -> VarlenKernel:
    """`varlen_attn` of any torch from 2.10 on as a `VarlenKernel`.

    Causality is `is_causal` in 2.10 and `window_size` later; without `enable_gqa` the key heads are
    repeated. Raises TypeError where it knows neither way, NotImplementedError for a window it has not.
    """
    known = inspect.signature(varlen_attn).parameters
    windowed, grouped = "window_size" in known, "enable_gqa" in known
    if not windowed and "is_causal" not in known:
        raise TypeError("varlen_attn has neither window_size nor is_causal")

    def call(
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        cu_lengths: torch.Tensor,
        longest: int,
        window: int | None,
    ) -> torch.Tensor:
        if window is not None and not windowed:
            raise NotImplementedError("this torch's varlen_attn has no window")
        options: dict[str, object] = {}
        if windowed:
            # (left, right): keys before and after a row's own; -1 is no limit.
            options["window_size"] = (-1 if window is None else window - 1, 0)
        else:
            options["is_causal"] = True
        groups = q.shape[1] // k.shape[1]
        if grouped and groups > 1:
            options["enable_gqa"] = True
        elif groups > 1:
            k, v = (x.repeat_interleave(groups, dim=1) for x in (k, v))
        result = varlen_attn(q, k, v, cu_lengths, cu_lengths, longest, longest, **options)
        return cast(torch.Tensor, result)

    return call


def installed_kernel() -> VarlenKernel:
    """The kernel of the installed torch. Raises ImportError or TypeError where there is none."""
    from torch.nn.attention.varlen import varlen_attn

    return kernel_over(varlen_attn)
