"""The gradients of a model as the one tensor that ranks add up."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from legal_eagle.engine.distributed.collective import Collective
from legal_eagle.engine.distributed.exchange import RankExchange, StepExchange, alone
from legal_eagle.engine.fast_model import FastModel
from legal_eagle.engine.lora import EXCHANGE_FLOATS, LoraStore
from legal_eagle.engine.trainable import Trainable


class StoreGradients:
    """Of an adapter whose gradients lie in one tensor already: nothing is copied."""

    def __init__(self, store: LoraStore) -> None:
        self._store = store

    def collect(self) -> torch.Tensor:
        self._store.attach_gradients()
        return self._store.exchanged

    def hand_back(self) -> None:
        pass


class ParameterGradients:
    """Of any parameters, through a tensor of their own."""

    def __init__(self, parameters: Sequence[torch.nn.Parameter], device: torch.device) -> None:
        self._parameters = list(parameters)
        size = sum(one.numel() for one in self._parameters)
        self._flat = torch.zeros(size + EXCHANGE_FLOATS, dtype=torch.float32, device=device)

    def collect(self) -> torch.Tensor:
        for parameter, part in self._parts():
            if parameter.grad is None:
                part.zero_()
            else:
                part.copy_(parameter.grad)
        return self._flat

    def hand_back(self) -> None:
        for parameter, part in self._parts():
            parameter.grad = part if parameter.dtype == part.dtype else part.to(parameter.dtype)

    def _parts(self) -> list[tuple[torch.nn.Parameter, torch.Tensor]]:
        sizes = [one.numel() for one in self._parameters]
        parts = torch.split(self._flat[: sum(sizes)], sizes)
        return [(one, part.view(one.shape)) for one, part in zip(self._parameters, parts, strict=True)]


def exchange_for(collective: Collective, model: Trainable, device: torch.device) -> StepExchange:
    """The exchange of a run: none in one process, else over one tensor of gradients."""
    if collective.world_size == 1:
        return alone
    if isinstance(model, FastModel) and model.decoder.lora is not None:
        return RankExchange(collective, StoreGradients(model.decoder.lora))
    parameters = [parameter for _, parameter in model.trained_parameters()]
    return RankExchange(collective, ParameterGradients(parameters, device))
