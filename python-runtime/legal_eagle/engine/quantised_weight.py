"""Frozen weights in 4 or 8 bits. All around the product (bias, LoRA, norms) stays in the compute type."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from legal_eagle.engine.eight_bit import EightBit
from legal_eagle.engine.gemm import linear, matmul
from legal_eagle.engine.nf4 import Nf4Tensor
from legal_eagle.engine.scratch import Fill, Scratch

# Elements of an 8-bit product in fp32 or int32 at once, beside the result in the compute type.
_CPU_PIECE, _CUDA_PIECE = 1 << 20, 1 << 26


@dataclass(frozen=True, slots=True, eq=False)
class Nf4Weight:
    """W in NF4, unpacked into the buffer of its place before a product."""

    values: Nf4Tensor
    dtype: torch.dtype
    place: str
    scratch: Scratch = field(repr=False)

    @property
    def shape(self) -> tuple[int, int]:
        return self.values.shape

    @property
    def bytes(self) -> int:
        return self.values.bytes

    def linear(self, x: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
        return linear(x, self._dense(), bias)

    def matmul(self, dy: torch.Tensor) -> torch.Tensor:
        return matmul(dy, self._dense())

    def rows(self, start: int, end: int) -> torch.Tensor:
        return self._dense()[start:end]

    def _dense(self) -> torch.Tensor:
        like = (self.shape, self.dtype, self.values.packed.device)
        return self.scratch.held(self.place, self, "dense", like, self.values.unpack_into)


@dataclass(frozen=True, slots=True, eq=False)
class EightBitWeight:
    """W rounded by rows: `values` 8-bit [out, in], `scale` fp32 [out, 1]."""

    values: torch.Tensor
    scale: torch.Tensor
    dtype: torch.dtype
    place: str
    scratch: Scratch = field(repr=False)
    arithmetic: EightBit = field(repr=False)

    @property
    def shape(self) -> tuple[int, int]:
        out, into = self.values.shape
        return out, into

    @property
    def bytes(self) -> int:
        return self.values.numel() + self.scale.numel() * self.scale.element_size()

    def linear(self, x: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
        y = x.new_empty(x.shape[0], self.shape[0])
        for piece in self._pieces(x.shape[0]):
            values, scale = self.arithmetic.rounded(x[piece].float())
            y[piece] = self.arithmetic.forward(values, scale, self.values, self.scale, self._hold)
        return y if bias is None else y.add_(bias)

    def matmul(self, dy: torch.Tensor) -> torch.Tensor:
        dx = dy.new_empty(dy.shape[0], self.shape[1])
        for piece in self._pieces(dy.shape[0]):
            values, scale = self.arithmetic.rounded(dy[piece].float() * self.scale.t())
            dx[piece] = self.arithmetic.backward(values, scale, self.values, self._hold)
        return dx

    def rows(self, start: int, end: int) -> torch.Tensor:
        return self.values[start:end].float().mul_(self.scale[start:end]).to(self.dtype)

    def _pieces(self, rows: int) -> list[slice]:
        limit = _CPU_PIECE if self.values.device.type == "cpu" else _CUDA_PIECE
        size = max(32, limit // max(self.shape))
        return [slice(begin, begin + size) for begin in range(0, rows, size)]

    def _hold(self, what: str, shape: tuple[int, int], dtype: torch.dtype, fill: Fill) -> torch.Tensor:
        like = (shape, dtype, self.values.device)
        return self.scratch.held(self.place, self, what, like, fill)
