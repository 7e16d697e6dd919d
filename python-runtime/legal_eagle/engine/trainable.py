"""What the loop, evaluation, samples and checkpoints need of a model, whichever engine computes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import torch

from legal_eagle.engine.batch import PackedBatch


class Trainable(Protocol):
    """A base model with what is trained of it. Masters of trained parameters are fp32."""

    @property
    def eos_ids(self) -> tuple[int, ...]: ...

    def trained_parameters(self) -> list[tuple[str, torch.nn.Parameter]]:
        """(name, fp32 master) in a fixed order; names are stable over a resume."""
        ...

    def loss(self, batch: PackedBatch, answer_tokens_in_step: int) -> torch.Tensor:
        """Σ cross-entropy of the batch's answer tokens ÷ `answer_tokens_in_step`, fp32 scalar. Its
        `backward()` adds to the masters' `.grad`; with gradients off nothing is dropped or kept."""
        ...

    def computed_rows(self, batch: PackedBatch) -> int:
        """Rows of the token matrices that `loss` computes for `batch`: its tokens unless it pads."""
        ...

    def generate(
        self,
        ids: Sequence[int],
        *,
        max_new_tokens: int,
        stop_ids: Sequence[int],
        should_stop: Callable[[], bool] | None = None,
    ) -> Iterator[int]:
        """Greedy ids, a stop id included. Raises JobError as `engine.generate.generate`."""
        ...

    def recompute_all(self) -> bool:
        """From now on passes keep only each layer's input; False where they do already, or cannot."""
        ...

    def save_weights(self, folder: Path, base_path: str, /) -> None:
        """Writes what is trained into `folder`, which exists, so that `load_weights` takes it back exactly.
        Not atomic."""
        ...

    def save_result(self, folder: Path, base_path: str, /) -> None:
        """As `save_weights`, as other tools read it: an adapter is the same, a model has its base's types."""
        ...

    def load_weights(self, folder: Path) -> None:
        """Takes back `save_weights`. Raises JobError `model.*`."""
        ...

    def start_from(self, folder: Path, base_fingerprint: str, /) -> None:
        """Fills fresh trained weights from an earlier training. Raises JobError `train.adapter_*`."""
        ...
