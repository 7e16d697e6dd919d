"""Training stages: which tokens of a document are learned and by what loss. The loop knows none of them.

A stage says what a batch needs and how it becomes a loss; planning, accumulation, ranks, evaluation,
checkpoints and resume are the same for all. Another stage is another entry of `STAGES`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from legal_eagle.data.token_store import TokenStore
from legal_eagle.engine.batch import PackedBatch
from legal_eagle.engine.batches import packed_batch
from legal_eagle.engine.trainable import Trainable


@dataclass(frozen=True, slots=True)
class Stage:
    """`counts(store)` int64 [documents]: what each document adds to the divisor of a step's loss, known
    before the step. `batch(store, documents, device)`: one pass. `loss(model, batch, count_in_step)`: its
    share of the step's mean, fp32 scalar; with gradients off the same number."""

    counts: Callable[[TokenStore], npt.NDArray[np.int64]]
    batch: Callable[[TokenStore, Sequence[int], torch.device], PackedBatch]
    loss: Callable[[Trainable, PackedBatch, int], torch.Tensor]


def _answer_counts(store: TokenStore) -> npt.NDArray[np.int64]:
    return np.asarray(store.answer_counts, dtype=np.int64)


def _cross_entropy(model: Trainable, batch: PackedBatch, count_in_step: int) -> torch.Tensor:
    return model.loss(batch, count_in_step)


STAGES: dict[str, Stage] = {
    # Supervised fine-tuning: cross-entropy of the answers' tokens.
    "sft": Stage(_answer_counts, packed_batch, _cross_entropy),
}


@dataclass(frozen=True, slots=True)
class LossOfStore:
    """`loop.LossOf` of a stage over one token store. `computed_rows[0]` counts rows of token matrices."""

    stage: Stage
    model: Trainable
    store: TokenStore
    device: torch.device
    computed_rows: list[int]

    def __call__(self, documents: Sequence[int], count_in_step: int) -> torch.Tensor:
        batch = self.stage.batch(self.store, documents, self.device)
        self.computed_rows[0] += self.model.computed_rows(batch)
        return self.stage.loss(self.model, batch, count_in_step)
