"""What every attention back end offers, and their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import torch

AttentionName = Literal["varlen", "padded", "per-document"]


class Attention(Protocol):
    def forward(
        self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, cu_lengths: Sequence[int]
    ) -> tuple[torch.Tensor, Any]:
        """q [T, H, d], k and v [T, K, d] → output [T, H, d] and what `backward` needs."""
        ...

    def backward(
        self, d_output: torch.Tensor, saved: Any, dq: torch.Tensor, dk: torch.Tensor, dv: torch.Tensor
    ) -> None:
        """Writes the gradients into dq [T, H, d], dk and dv [T, K, d]."""
        ...
