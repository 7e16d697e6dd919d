"""The fast engine behind the seam of `trainable`: a decoder of our own with its adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from legal_eagle.engine.batch import PackedBatch
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.generate import generate
from legal_eagle.engine.initial_adapter import load_initial_adapter
from legal_eagle.engine.peft_format import load_adapter, save_adapter


@dataclass(frozen=True, slots=True)
class FastModel:
    """A `Trainable` over a `Decoder` that has an adapter."""

    decoder: Decoder

    @property
    def eos_ids(self) -> tuple[int, ...]:
        return self.decoder.config.eos_ids

    def trained_parameters(self) -> list[tuple[str, torch.nn.Parameter]]:
        return self.decoder.lora_parameters()

    def loss(self, batch: PackedBatch, answer_tokens_in_step: int) -> torch.Tensor:
        return self.decoder.loss(batch, answer_tokens_in_step)

    def computed_rows(self, batch: PackedBatch) -> int:
        return batch.tokens

    def generate(
        self,
        ids: Sequence[int],
        *,
        max_new_tokens: int,
        stop_ids: Sequence[int],
        should_stop: Callable[[], bool] | None = None,
    ) -> Iterator[int]:
        return generate(
            self.decoder, ids, max_new_tokens=max_new_tokens, stop_ids=stop_ids, should_stop=should_stop
        )

    def recompute_all(self) -> bool:
        before = self.decoder.recompute_layers
        self.decoder.recompute_layers = len(self.decoder.blocks)
        return before < self.decoder.recompute_layers

    def save_weights(self, folder: Path, base_path: str) -> None:
        save_adapter(self.decoder, folder, base_path)

    def save_result(self, folder: Path, base_path: str) -> None:
        self.save_weights(folder, base_path)

    def load_weights(self, folder: Path) -> None:
        load_adapter(self.decoder, folder)

    def start_from(self, folder: Path, base_fingerprint: str) -> None:
        load_initial_adapter(self.decoder, folder, base_fingerprint)
