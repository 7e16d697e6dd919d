"""How far a run is: everything that is not a tensor and has to survive a kill."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# Means of this many first and last steps stand in the result.
EDGE_STEPS = 5


@dataclass
class TrainState:
    """`step` counts finished optimizer steps, skipped ones included."""

    step: int = 0
    tokens: int = 0
    answer_tokens: int = 0
    skipped_steps: int = 0
    # Skipped steps directly before the next one.
    non_finite_in_a_row: int = 0
    max_tokens_per_micro_batch: int = 0
    # fp16's (`LossScaler`): None elsewhere; and the steps taken since it last changed.
    loss_scale: float | None = None
    clean_steps: int = 0
    # Layers that the passes compute again: a resumed run goes on with them, where that still fits.
    recompute_layers: int = 0
    eval_loss_first: float | None = None
    eval_loss_last: float | None = None
    best_eval_loss: float | None = None
    best_step: int | None = None
    train_seconds: float = 0.0
    first_losses: list[float] = field(default_factory=list)
    last_losses: list[float] = field(default_factory=list)
    # What the steps were computed with (`mechanisms`), so that a resumed run rounds alike.
    mechanisms: dict[str, Any] = field(default_factory=dict)

    def add_loss(self, loss: float) -> None:
        if len(self.first_losses) < EDGE_STEPS:
            self.first_losses.append(loss)
        self.last_losses = [*self.last_losses, loss][-EDGE_STEPS:]

    def add_eval_loss(self, loss: float) -> bool:
        """Takes note of an evaluation; True where it is the best so far. One that is not finite is none."""
        if not math.isfinite(loss):
            return False
        if self.eval_loss_first is None:
            self.eval_loss_first = loss
        self.eval_loss_last = loss
        better = self.best_eval_loss is None or loss < self.best_eval_loss
        if better:
            self.best_eval_loss, self.best_step = loss, self.step
        return better

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> TrainState:
        return TrainState(**values)


def mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
