"""The compat engine behind the seam of `engine.trainable`: a transformers model with PEFT's LoRA layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import torch
from peft.tuners.lora import LoraLayer
from transformers import PreTrainedModel
from transformers.modeling_layers import GradientCheckpointingLayer

from legal_eagle.compat.adapter_files import read_adapter, write_adapter
from legal_eagle.compat.documents_pass import DocumentsPass
from legal_eagle.compat.generation import generate
from legal_eagle.compat.lora_layers import (
    add_layers,
    linear_modules,
    short_names,
    stored_name,
    targeted_modules,
    whole_names,
)
from legal_eagle.engine.batch import PackedBatch
from legal_eagle.engine.initial_adapter import lora_settings, refuse_differences, refuse_other_base
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.peft_format import read_adapter_config
from legal_eagle.models.base_facts import BaseFacts

_SEED_LIMIT = (1 << 62) - 1


class CompatModel:
    """A `Trainable`. The base stays in evaluation mode: only the recipe's dropout is ever on, seeded anew
    for every pass from `generator`, whose state is part of an exact resume."""

    def __init__(
        self,
        model: PreTrainedModel,
        passes: DocumentsPass,
        facts: BaseFacts,
        lora: LoraConfig,
        generator: torch.Generator,
    ) -> None:
        self.model = model
        self._passes = passes
        self._facts = facts
        self._lora = lora
        self._generator = generator
        self._linear = linear_modules(model)
        self._targets = targeted_modules(self._linear, lora.targets, lora.pattern)
        self._whole = whole_names(model, lora.whole)
        self._wrapped = add_layers(model, lora, generator)
        self._parameters = [
            (stored_name(name), parameter)
            for name, parameter in self._wrapped.named_parameters()
            if parameter.requires_grad
        ]
        # A LoRA layer asks itself, too, whether it is training (DoRA takes another way through it then).
        self._in_training = [
            module
            for name, module in self._wrapped.named_modules()
            if isinstance(module, LoraLayer) or ".lora_dropout." in name
        ]
        self._wrapped.eval()

    @property
    def eos_ids(self) -> tuple[int, ...]:
        return self._facts.eos_ids

    def trained_parameters(self) -> list[tuple[str, torch.nn.Parameter]]:
        return list(self._parameters)

    def loss(self, batch: PackedBatch, answer_tokens_in_step: int) -> torch.Tensor:
        trains = torch.is_grad_enabled()
        self._set_training(trains)
        with self._seeded() if trains else nullcontext():
            return self._passes.loss(batch) / max(1, answer_tokens_in_step)

    def computed_rows(self, batch: PackedBatch) -> int:
        return self._passes.rows(batch)

    def generate(
        self,
        ids: Sequence[int],
        *,
        max_new_tokens: int,
        stop_ids: Sequence[int],
        should_stop: Callable[[], bool] | None = None,
    ) -> Iterator[int]:
        self._set_training(False)
        with self._passes.unpacked():
            yield from generate(
                self.model,
                ids,
                max_positions=self._facts.max_positions,
                max_new_tokens=max_new_tokens,
                stop_ids=stop_ids,
                should_stop=should_stop,
            )

    def recompute_all(self) -> bool:
        if self.model.is_gradient_checkpointing or not self.model.supports_gradient_checkpointing:
            return False
        self.model.gradient_checkpointing_enable({"use_reentrant": False})
        layers = [one for one in self.model.modules() if isinstance(one, GradientCheckpointingLayer)]
        self._in_training += layers
        return True

    def adapter_disabled(self) -> AbstractContextManager[None]:
        disabled: AbstractContextManager[None] = self._wrapped.disable_adapter()
        return disabled

    def save_weights(self, folder: Path, base_path: str) -> None:
        targets = short_names(self._linear, self._targets)
        write_adapter(folder, self._parameters, self._lora, targets, self._whole, base_path)

    def save_result(self, folder: Path, base_path: str) -> None:
        self.save_weights(folder, base_path)

    def load_weights(self, folder: Path) -> None:
        read_adapter(folder, self._parameters)

    def start_from(self, folder: Path, base_fingerprint: str) -> None:
        refuse_other_base(folder, base_fingerprint)
        refuse_differences(self._settings(self._lora), self._settings(read_adapter_config(folder)))
        read_adapter(folder, self._parameters)

    def _settings(self, lora: LoraConfig) -> dict[str, object]:
        targets = targeted_modules(self._linear, lora.targets, lora.pattern)
        return lora_settings(lora, whole_names(self.model, lora.whole), short_names(self._linear, targets))

    def _set_training(self, trains: bool) -> None:
        """Stays until the next pass: a layer that is computed again in a backward pass drops again."""
        for module in self._in_training:
            module.training = trains

    @contextmanager
    def _seeded(self) -> Iterator[None]:
        """Dropout drawn from one seed; nothing is drawn, and no generator moves, where it is off."""
        if self._lora.dropout <= 0.0:
            yield
            return
        seed = int(torch.randint(_SEED_LIMIT, (), dtype=torch.int64, generator=self._generator))
        device = self.model.device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            yield
