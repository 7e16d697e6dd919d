"""Full fine-tuning behind the seam of `engine.trainable`: a transformers model, all of it trained.

The parameters are the fp32 masters themselves; a pass in bf16 or fp16 computes with copies that autocast
makes of them (as transformers' own Trainer does) and that live as long as the pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import torch
from transformers import PreTrainedModel
from transformers.modeling_layers import GradientCheckpointingLayer

from legal_eagle.compat.documents_pass import DocumentsPass
from legal_eagle.compat.generation import generate
from legal_eagle.compat.stored_layout import StoredLayout
from legal_eagle.engine.batch import PackedBatch
from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.base_facts import BaseFacts
from legal_eagle.models.model_writer import write_model
from legal_eagle.models.weights import SafetensorsFolder


class FullModel:
    """A `Trainable` without an adapter. `dtype`: the arithmetic of its passes."""

    def __init__(
        self,
        model: PreTrainedModel,
        layout: StoredLayout,
        passes: DocumentsPass,
        facts: BaseFacts,
        dtype: torch.dtype,
    ) -> None:
        self.model = model
        self._layout = layout
        self._passes = passes
        self._facts = facts
        self._dtype = dtype
        self._parameters = list(model.named_parameters())

    @property
    def eos_ids(self) -> tuple[int, ...]:
        return self._facts.eos_ids

    def trained_parameters(self) -> list[tuple[str, torch.nn.Parameter]]:
        return list(self._parameters)

    def loss(self, batch: PackedBatch, answer_tokens_in_step: int) -> torch.Tensor:
        self._set_training(torch.is_grad_enabled())
        with self._arithmetic():
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
            answer = generate(
                self.model,
                ids,
                max_positions=self._facts.max_positions,
                max_new_tokens=max_new_tokens,
                stop_ids=stop_ids,
                should_stop=should_stop,
            )
            while True:
                # Around each token, not around the loop: between two of them the caller computes as it likes.
                with self._arithmetic():
                    token = next(answer, None)
                if token is None:
                    return
                yield token

    def recompute_all(self) -> bool:
        if self.model.is_gradient_checkpointing or not self.model.supports_gradient_checkpointing:
            return False
        self.model.gradient_checkpointing_enable({"use_reentrant": False})
        return True

    def save_weights(self, folder: Path, _base_path: str, /) -> None:
        """The masters as they are, so that a resumed run goes on from the same numbers."""
        layout = self._layout
        write_model(folder, [(name, "F32", layout.shape(name)) for name in layout.names()], layout.read)

    def save_result(self, folder: Path, _base_path: str, /) -> None:
        layout = self._layout
        tensors = [(name, layout.stored_dtype(name), layout.shape(name)) for name in layout.names()]
        write_model(folder, tensors, layout.read)

    def load_weights(self, folder: Path) -> None:
        weights = SafetensorsFolder(folder)
        if missing := sorted(set(self._layout.names()) ^ set(weights.names())):
            raise _mismatch(missing[0])
        for name in self._layout.names():
            try:
                self._layout.write(name, weights.load(name))
            except ValueError as error:
                raise _mismatch(name) from error

    def start_from(self, _folder: Path, _base_fingerprint: str, /) -> None:
        raise ValueError("full fine-tuning starts from no adapter; the recipe check refuses it")

    def _arithmetic(self) -> AbstractContextManager[None]:
        return torch.autocast(
            self.model.device.type, dtype=self._dtype, enabled=self._dtype is not torch.float32
        )

    def _set_training(self, trains: bool) -> None:
        """Only what decides whether layers are computed again; no dropout of the configuration is ever on."""
        if not self.model.is_gradient_checkpointing:
            return
        for module in self.model.modules():
            if isinstance(module, GradientCheckpointingLayer):
                module.training = trains


def _mismatch(tensor: str) -> JobError:
    return JobError(
        "model.tensor_shape",
        f"the checkpoint is of another model: {tensor}",
        exit_code=EXIT_DATA,
        params={"tensor": tensor, "shape": "?", "expected": "?"},
    )
