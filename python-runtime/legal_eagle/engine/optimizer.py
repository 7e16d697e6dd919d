"""AdamW over the fp32 masters, with a state that is plain tensors by parameter name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

NamedParameters = Sequence[tuple[str, torch.nn.Parameter]]


class AdapterOptimizer:
    """torch.optim.AdamW (decoupled weight decay, arXiv:1711.05101) plus clipping and a portable state."""

    def __init__(
        self,
        parameters: NamedParameters,
        *,
        beta1: float,
        beta2: float,
        epsilon: float,
        weight_decay: float,
        max_grad_norm: float,
    ) -> None:
        self._named = list(parameters)
        self._parameters = [parameter for _, parameter in self._named]
        self._max_grad_norm = max_grad_norm
        self._adam = torch.optim.AdamW(
            self._parameters, lr=0.0, betas=(beta1, beta2), eps=epsilon, weight_decay=weight_decay, fused=True
        )

    def zero_grad(self) -> None:
        self._adam.zero_grad(set_to_none=True)

    def unscale(self, scale: float) -> None:
        """Divides the gradients by a loss scale, a power of two, so exactly."""
        for parameter in self._parameters:
            if parameter.grad is not None:
                parameter.grad.mul_(1.0 / scale)

    def clip(self) -> torch.Tensor:
        """Scales the gradients down to the recipe's norm where they exceed it; returns the norm before."""
        gradients = [parameter.grad for parameter in self._parameters if parameter.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        if self._max_grad_norm > 0:
            torch.nn.utils.clip_grads_with_norm_(self._parameters, self._max_grad_norm, norm)
        return norm

    def step(self, learning_rate: float) -> None:
        for group in self._adam.param_groups:
            group["lr"] = learning_rate
        self._adam.step()

    def held_tensors(self) -> list[torch.Tensor]:
        """The parameters, and the moments that there are."""
        moments = [one for state in self._adam.state.values() for one in state.values()]
        return [*self._parameters, *(one for one in moments if isinstance(one, torch.Tensor))]

    def missing_state_bytes(self) -> int:
        """What the two moments will take that the first step makes."""
        return sum(
            2 * one.numel() * one.element_size() for one in self._parameters if one not in self._adam.state
        )

    def state_tensors(self) -> dict[str, torch.Tensor]:
        """`<parameter>.exp_avg`, `.exp_avg_sq` and `.step` of every parameter that was stepped: the tensors
        themselves, where they are."""
        tensors: dict[str, torch.Tensor] = {}
        for name, parameter in self._named:
            for key, value in self._adam.state.get(parameter, {}).items():
                tensors[f"{name}.{key}"] = value.detach()
        return tensors

    def load_state_tensors(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Takes back `state_tensors()`. KeyError names a parameter that the state does not know."""
        for name, parameter in self._named if tensors else []:
            state: dict[str, Any] = {}
            for key in ("step", "exp_avg", "exp_avg_sq"):
                # Fused AdamW keeps the step count beside the parameter.
                state[key] = tensors[f"{name}.{key}"].to(parameter.device, copy=True)
            self._adam.state[parameter] = state
