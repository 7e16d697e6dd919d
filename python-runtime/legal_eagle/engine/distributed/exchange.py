"""The one sum of an optimizer step: every rank's gradients, its share of the loss, and whether it ran out of
memory.

The loss of a pass is already divided by the answer tokens of the whole step (known from the plan), so the sum
over ranks is the step's loss and its gradient; nothing is averaged. What every rank decides from the sum
(skip, clip, lower the limit) is the same on all of them, because the numbers are.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

import torch

from legal_eagle.engine.distributed.collective import Collective
from legal_eagle.engine.lora import EXCHANGE_FLOATS


@dataclass(frozen=True, slots=True)
class Exchanged:
    """`loss` of the whole step; `compute_seconds` this rank took before it waited for the others."""

    loss: float
    out_of_memory: bool
    compute_seconds: float


class StepExchange(Protocol):
    """Called once after the backward passes of a step. `loss` is None where this rank ran out of memory."""

    def __call__(self, loss: torch.Tensor | None, started: float) -> Exchanged: ...


def alone(loss: torch.Tensor | None, started: float) -> Exchanged:
    """The exchange of a run in one process. `started` is of time.perf_counter."""
    value = 0.0 if loss is None else float(loss)
    return Exchanged(value, loss is None, time.perf_counter() - started)


class FlatGradients(Protocol):
    """Gradients as one fp32 tensor [n + EXCHANGE_FLOATS]; the last places are the exchange's own."""

    def collect(self) -> torch.Tensor:
        """The tensor with the gradients of this rank in it; zeros where it computed none."""

    def hand_back(self) -> None:
        """Gives what now stands in the tensor to the optimizer."""


class RankExchange:
    """The exchange among ranks: one all-reduce a step."""

    def __init__(self, collective: Collective, gradients: FlatGradients) -> None:
        self._collective = collective
        self._gradients = gradients

    def __call__(self, loss: torch.Tensor | None, started: float) -> Exchanged:
        flat = self._gradients.collect()
        tail = flat[-EXCHANGE_FLOATS:]
        tail[0] = 0.0 if loss is None else loss
        tail[1] = 1.0 if loss is None else 0.0
        if flat.device.type == "cuda":
            # The launches are long done; what this rank took is known when its kernels are.
            torch.cuda.synchronize(flat.device)
        compute_seconds = time.perf_counter() - started
        self._collective.add_up(flat)
        total, short_of_memory = tail.tolist()
        tail.zero_()
        self._gradients.hand_back()
        return Exchanged(total, short_of_memory > 0, compute_seconds)
