"""What lies between the matrix products, as one set: eager here, fused in `compiled_elementwise`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from legal_eagle.engine.norm import rms_norm, rms_norm_backward
from legal_eagle.engine.rope import rotate_
from legal_eagle.engine.swiglu import swiglu, swiglu_backward


def norm_backward_add(
    dy: torch.Tensor, x: torch.Tensor, weight: torch.Tensor, rstd: torch.Tensor, beside: torch.Tensor
) -> torch.Tensor:
    """`rms_norm_backward` plus the gradient [..., d] that came past the norm."""
    return rms_norm_backward(dy, x, weight, rstd).add_(beside)


def cross_entropy_rows(logits: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """logits [N, V], target int64 [N, 1] → the sum of -log softmax at the targets, fp32 scalar, and its
    gradient [N, V] in the logits' type."""
    dtype, wide = logits.dtype, logits.float()
    # The largest tensors of a pass: each goes as soon as the next one is there.
    del logits
    log_probabilities = torch.log_softmax(wide, dim=-1)
    del wide
    total = -log_probabilities.gather(1, target).sum()
    probabilities = log_probabilities.exp_()
    probabilities.scatter_add_(1, target, probabilities.new_full(target.shape, -1.0))
    return total, probabilities.to(dtype)


@dataclass(frozen=True, slots=True)
class Elementwise:
    """Each as the function of the same name above or in `norm`, `swiglu` and `rope`."""

    rms_norm: Callable[[torch.Tensor, torch.Tensor, float], tuple[torch.Tensor, torch.Tensor]]
    norm_backward_add: Callable[
        [torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor
    ]
    swiglu: Callable[[torch.Tensor], torch.Tensor]
    swiglu_backward: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    rotate: Callable[[torch.Tensor, torch.Tensor, bool], None]
    cross_entropy_rows: Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]


EAGER = Elementwise(rms_norm, norm_backward_add, swiglu, swiglu_backward, rotate_, cross_entropy_rows)
