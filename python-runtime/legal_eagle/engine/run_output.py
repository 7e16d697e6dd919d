"""What a run writes of its weights: an adapter, or with full fine-tuning a whole model, each with a record.

A checkpoint of full fine-tuning is a model folder too, in fp32, so that it can be talked to as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from legal_eagle.engine.adapter_output import write_adapter_folder, write_record
from legal_eagle.engine.resume import Fingerprint
from legal_eagle.engine.token_source import Rendering
from legal_eagle.engine.train_params import TrainParams
from legal_eagle.engine.train_state import TrainState
from legal_eagle.engine.trainable import Trainable
from legal_eagle.models.chat_template import to_jinja
from legal_eagle.models.sidecar_files import copy_sidecars
from legal_eagle.models.template_record import template_record

ADAPTER_DIR = "adapter"
MODEL_DIR = "model"


@dataclass(frozen=True, slots=True)
class RunOutput:
    """`stop_ids` end an answer of the template."""

    params: TrainParams
    model: Trainable
    rendering: Rendering
    stop_ids: tuple[int, ...]
    fingerprint: Fingerprint
    state: TrainState

    @property
    def kind(self) -> Literal["adapter", "model"]:
        return "model" if self.params.recipe["method"] == "full" else "adapter"

    def write_checkpoint_files(self, folder: Path) -> None:
        """The weights as they are trained, beside which a checkpoint keeps its state."""
        self.model.save_weights(folder, str(self.params.model_path))
        self._write_rest(folder, in_fp32=True)

    def write_result(self) -> Path:
        """Replaces the run's adapter or model, whole or not at all; the model in the base's own types."""
        target = self.params.run_dir / (MODEL_DIR if self.kind == "model" else ADAPTER_DIR)

        def write_files(folder: Path) -> None:
            self.model.save_result(folder, str(self.params.model_path))
            self._write_rest(folder, in_fp32=False)

        write_adapter_folder(target, write_files)
        return target

    def _write_rest(self, folder: Path, *, in_fp32: bool) -> None:
        if self.kind == "model":
            copy_sidecars(
                self.params.model_path,
                folder,
                output_is_fp32=in_fp32,
                stop_ids=self.stop_ids,
                chat_template=to_jinja(self.rendering.template),
            )
        write_record(folder, self._record())

    def _record(self) -> dict[str, object]:
        params, rendering, base = self.params, self.rendering, self.params.model_path
        return {
            "version": 1,
            "kind": "fine-tuned" if self.kind == "model" else "adapter",
            "runId": params.run_id,
            "attempt": params.attempt,
            "step": self.state.step,
            "base": {
                **({"name": base.name} if self.kind == "model" else {}),
                "path": str(base),
                "fingerprint": self.fingerprint.base_model,
            },
            "dataset": {"path": str(params.dataset_path), "hash": self.fingerprint.dataset},
            "tokenizerHash": self.fingerprint.tokenizer,
            **template_record(rendering.template),
            "systemPrompt": rendering.system_prompt,
            "evalLoss": self.state.eval_loss_last,
            # What the adapter has learned to correct: merged, it stands on the base as it is.
            "quantization": self.state.mechanisms.get("quantization", "none"),
            "recipe": params.recipe,
        }
