"""What a frozen linear layer multiplies with: as loaded, or held in fewer bits.

A kind of storage is a class with these four members; the layer around it (bias, residual, LoRA, DoRA) knows
none of them.
"""

from dataclasses import dataclass
from typing import Protocol

import torch

from legal_eagle.engine.gemm import linear, matmul


class FrozenWeight(Protocol):
    """A weight W [out, in] without a gradient."""

    @property
    def shape(self) -> tuple[int, int]:
        """(out, in)."""
        ...

    @property
    def bytes(self) -> int:
        """What is held between the passes, buffers that several weights share left out."""
        ...

    def linear(self, x: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
        """x [T, in] → x Wᵀ + bias [T, out], a new tensor."""
        ...

    def matmul(self, dy: torch.Tensor) -> torch.Tensor:
        """dy [T, out] → dy W [T, in], a new tensor: the input gradient of `linear`."""
        ...

    def rows(self, start: int, end: int) -> torch.Tensor:
        """Rows of W as plain numbers [end - start, in], for reading only."""
        ...


@dataclass(frozen=True, slots=True)
class DenseWeight:
    """W as a plain tensor, in the type that is computed in."""

    tensor: torch.Tensor

    @property
    def shape(self) -> tuple[int, int]:
        out, into = self.tensor.shape
        return out, into

    @property
    def bytes(self) -> int:
        return self.tensor.numel() * self.tensor.element_size()

    def linear(self, x: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
        return linear(x, self.tensor, bias)

    def matmul(self, dy: torch.Tensor) -> torch.Tensor:
        return matmul(dy, self.tensor)

    def rows(self, start: int, end: int) -> torch.Tensor:
        return self.tensor[start:end]
