"""A model that makes all its logits at once, as the parity check compares models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from legal_eagle.release.layered_model import Mode
from legal_eagle.release.logit_columns import LogitColumns, columns_of


class WholeModel(Protocol):
    """What the compat engine's reference offers."""

    def logits(self, documents: Sequence[Sequence[int]], mode: Mode, /) -> torch.Tensor: ...

    def greedy(
        self,
        prompts: Sequence[Sequence[int]],
        mode: Mode,
        /,
        *,
        stop_ids: Sequence[int],
        max_tokens: int,
        should_stop: Callable[[], bool],
    ) -> list[list[int]]: ...


@dataclass(frozen=True, slots=True)
class WholeLogits:
    """``parity.ComparedModel`` of such a model."""

    model: WholeModel

    def columns(self, documents: Sequence[Sequence[int]], mode: Mode) -> LogitColumns:
        return columns_of(self.model.logits(documents, mode))

    def greedy(
        self,
        prompts: Sequence[Sequence[int]],
        mode: Mode,
        *,
        stop_ids: Sequence[int],
        max_tokens: int,
        should_stop: Callable[[], bool],
    ) -> list[list[int]]:
        return self.model.greedy(
            prompts, mode, stop_ids=stop_ids, max_tokens=max_tokens, should_stop=should_stop
        )
