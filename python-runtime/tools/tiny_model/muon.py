"""Muon: momentum whose matrix updates are orthogonalised (Jordan et al. 2024, "Muon").

The orthogonalisation runs in bfloat16 as in the reference: its result only steers the step.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

# Quintic Newton-Schulz coefficients of the reference; five rounds bring singular values near 1.
_A, _B, _C = 3.4445, -4.7750, 2.0315
_ROUNDS = 5
_MOMENTUM = 0.95


class Muon(torch.optim.Optimizer):
    """For the weight matrices of the blocks; embeddings and norms belong to AdamW.

    `lr` is the length of an update per unit of sqrt(max(1, rows / columns)).
    """

    def __init__(self, params: Iterable[Tensor], lr: float, weight_decay: float) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One update of every parameter that has a gradient."""
        assert closure is None, "Muon takes no closure"
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum: Tensor = state["momentum"]
                momentum.lerp_(weight.grad, 1 - _MOMENTUM)
                update = orthogonalised(weight.grad.lerp(momentum, _MOMENTUM))
                rows, columns = weight.shape
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(update, alpha=-group["lr"] * max(1.0, rows / columns) ** 0.5)


def orthogonalised(matrix: Tensor) -> Tensor:
    """fp32 `matrix` [rows, columns] with all singular values moved to about 1."""
    tall = matrix.shape[0] > matrix.shape[1]
    x: Tensor = (matrix.T if tall else matrix).bfloat16()
    x = x / (x.norm() + 1e-7)
    for _ in range(_ROUNDS):
        gram = x @ x.T
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    return (x.T if tall else x).float()
