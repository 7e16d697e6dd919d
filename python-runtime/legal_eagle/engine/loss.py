"""Cross-entropy over a frozen output head, in chunks, without ever holding all logits.

Unless it is trained itself, the head has no gradient; that of the hidden rows is computed in the forward
pass while a chunk's logits exist (as in Liger Kernel's fused linear cross-entropy, arXiv:2410.10989).
"""

from collections.abc import Iterator

import torch

from legal_eagle.engine.gemm import linear, matmul

# Logits of one chunk: large enough for the matrix product, small enough to stay near the cores.
_CHUNK_LOGITS = 1 << 21


def linear_cross_entropy_value(
    hidden: torch.Tensor, head: torch.Tensor, targets: torch.Tensor
) -> torch.Tensor:
    """Sum of -log softmax(hidden headᵀ)[target] over the rows, fp32 scalar: hidden [N, d], head
    [V, d], targets int64 [N]. N may be 0."""
    total = torch.zeros((), dtype=torch.float32, device=hidden.device)
    for rows in _chunks(hidden.shape[0], head.shape[0]):
        total -= _log_probabilities(hidden[rows], head).gather(1, targets[rows, None]).sum()
    return total


def linear_cross_entropy(
    hidden: torch.Tensor, head: torch.Tensor, targets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """`linear_cross_entropy_value` and its gradient for `hidden` [N, d]."""
    total = torch.zeros((), dtype=torch.float32, device=hidden.device)
    gradient = torch.empty_like(hidden)
    for rows in _chunks(hidden.shape[0], head.shape[0]):
        target = targets[rows, None]
        log_probabilities = _log_probabilities(hidden[rows], head)
        total -= log_probabilities.gather(1, target).sum()
        probabilities = log_probabilities.exp_()
        probabilities.scatter_add_(1, target, probabilities.new_full(target.shape, -1.0))
        gradient[rows] = matmul(probabilities.to(hidden.dtype), head)
    return total, gradient


def add_head_gradient(
    hidden: torch.Tensor, head: torch.Tensor, targets: torch.Tensor, factor: float, gradient: torch.Tensor
) -> None:
    """Adds `factor` times the loss's gradient for the head to `gradient` [V, d], fp32. The logits are
    computed again: a head's gradient of its own between the passes would be as large as the head."""
    for rows in _chunks(hidden.shape[0], head.shape[0]):
        target = targets[rows, None]
        probabilities = _log_probabilities(hidden[rows], head).exp_()
        probabilities.scatter_add_(1, target, probabilities.new_full(target.shape, -1.0))
        gradient.addmm_(probabilities.t(), hidden[rows].float(), alpha=factor)


def _log_probabilities(hidden: torch.Tensor, head: torch.Tensor) -> torch.Tensor:
    return torch.log_softmax(linear(hidden, head).float(), dim=-1)


def _chunks(rows: int, vocabulary: int) -> Iterator[slice]:
    rows_per_chunk = max(16, _CHUNK_LOGITS // vocabulary)
    return (slice(begin, begin + rows_per_chunk) for begin in range(0, rows, rows_per_chunk))
