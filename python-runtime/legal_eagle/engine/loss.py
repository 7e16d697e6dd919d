"""Cross-entropy over a frozen output head, in chunks, without ever holding all logits.

Unless it is trained itself, the head has no gradient; that of the hidden rows is computed in the forward
pass while a chunk's logits exist (as in Liger Kernel's fused linear cross-entropy, arXiv:2410.10989).
"""

from collections.abc import Iterator

import torch

from legal_eagle.engine.elementwise import EAGER, Elementwise
from legal_eagle.engine.gemm import linear, matmul

# Logits of one chunk on a CPU: large enough for the matrix product, small enough to stay near the cores.
_CHUNK_LOGITS = 1 << 21
# On a GPU a chunk of few rows is spent on reading the head: the product is bound by arithmetic from some 300
# rows on, which 2^25 logits give a vocabulary of 100,000 (128 MB in fp32).
_GPU_CHUNK_LOGITS = 1 << 25


def linear_cross_entropy_value(
    hidden: torch.Tensor, head: torch.Tensor, targets: torch.Tensor
) -> torch.Tensor:
    """Sum of -log softmax(hidden headᵀ)[target] over the rows, fp32 scalar: hidden [N, d], head
    [V, d], targets int64 [N]. N may be 0."""
    total = torch.zeros((), dtype=torch.float32, device=hidden.device)
    for rows in row_chunks(hidden, head):
        total -= _log_probabilities(hidden[rows], head).gather(1, targets[rows, None]).sum()
    return total


def linear_cross_entropy(
    hidden: torch.Tensor, head: torch.Tensor, targets: torch.Tensor, elementwise: Elementwise = EAGER
) -> tuple[torch.Tensor, torch.Tensor]:
    """`linear_cross_entropy_value` and its gradient for `hidden` [N, d]."""
    total = torch.zeros((), dtype=torch.float32, device=hidden.device)
    gradient = torch.empty_like(hidden)
    for rows in row_chunks(hidden, head):
        loss, d_logits = elementwise.cross_entropy_rows(linear(hidden[rows], head), targets[rows, None])
        total += loss
        gradient[rows] = matmul(d_logits, head)
    return total, gradient


def add_head_gradient(
    hidden: torch.Tensor, head: torch.Tensor, targets: torch.Tensor, factor: float, gradient: torch.Tensor
) -> None:
    """Adds `factor` times the loss's gradient for the head to `gradient` [V, d], fp32. The logits are
    computed again: a head's gradient of its own between the passes would be as large as the head."""
    for rows in row_chunks(hidden, head):
        target = targets[rows, None]
        probabilities = _log_probabilities(hidden[rows], head).exp_()
        probabilities.scatter_add_(1, target, probabilities.new_full(target.shape, -1.0))
        gradient.addmm_(probabilities.t(), hidden[rows].float(), alpha=factor)


def _log_probabilities(hidden: torch.Tensor, head: torch.Tensor) -> torch.Tensor:
    return torch.log_softmax(linear(hidden, head).float(), dim=-1)


def row_chunks(hidden: torch.Tensor, head: torch.Tensor) -> Iterator[slice]:
    """Rows of `hidden` [N, d] whose logits over `head` [V, d] stand at once."""
    chunk_logits = _CHUNK_LOGITS if hidden.device.type == "cpu" else _GPU_CHUNK_LOGITS
    rows_per_chunk = max(16, chunk_logits // head.shape[0])
    return (slice(begin, begin + rows_per_chunk) for begin in range(0, hidden.shape[0], rows_per_chunk))
