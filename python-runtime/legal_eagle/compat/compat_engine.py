"""What the engine's door hands out: facts of a base, and models ready to train or to chat."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import AutoConfig, GenerationConfig, PreTrainedModel

from legal_eagle.compat.base_model import is_implemented, load_base
from legal_eagle.compat.chat_reader import CompatConversation, as_itself
from legal_eagle.compat.compat_model import CompatModel
from legal_eagle.compat.documents_pass import DocumentsPass
from legal_eagle.compat.full_model import FullModel
from legal_eagle.compat.head_loss import HeadForm, head_fault, stated_form
from legal_eagle.compat.lora_layers import expert_parameters
from legal_eagle.compat.packed_attention import PackedAttention
from legal_eagle.compat.packing_check import packing_fault
from legal_eagle.compat.reference_model import ReferenceModel, reference_peak_bytes
from legal_eagle.compat.stored_layout import load_whole, stands_in_for
from legal_eagle.compat.stored_tensors import read_base_tensors
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.peft_format import read_adapter_config
from legal_eagle.models.adapter_layers import AdapterLayers
from legal_eagle.models.base_facts import BaseFacts
from legal_eagle.models.base_tensors import BaseTensors
from legal_eagle.models.config import CONFIG_FILE, read_config

# A base that states no limit (its positions are relative or a state's) is cut by the recipe alone.
_NO_LIMIT = 1 << 20


class CompatEngine:
    """transformers' model classes. Constructing one costs nothing."""

    def read_facts(self, folder: Path) -> BaseFacts | None:
        """None where transformers has no class of its own for the folder's architecture."""
        values = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        if not isinstance(values, dict) or not is_implemented(values):
            return None
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        text = config.get_text_config()
        return BaseFacts(
            architecture=str((values.get("architectures") or [values["model_type"]])[0]),
            vocab_size=int(text.vocab_size),
            max_positions=int(getattr(text, "max_position_embeddings", None) or _NO_LIMIT),
            eos_ids=_eos_ids(folder, getattr(text, "eos_token_id", None)),
        )

    def trainable(
        self,
        folder: Path,
        facts: BaseFacts,
        lora: LoraConfig,
        generator: torch.Generator,
        *,
        dtype: torch.dtype,
        device: torch.device,
        on_reason: Callable[[str], None],
    ) -> CompatModel:
        """The base with fresh LoRA layers. `on_reason` hears whether documents are packed, and why not."""
        model = load_base(folder, dtype, device)
        if (experts := expert_parameters(model)) > 0:
            on_reason(f"no adapters on the experts: their {experts:,} weights are joined, not layers")
        return CompatModel(model, _passes(model, device, on_reason), facts, lora, generator)

    def base_tensors(self, folder: Path) -> BaseTensors:
        """What the folder's files hold, by the model's own names. Raises JobError `model.*`."""
        return read_base_tensors(folder)

    def reference(
        self, folder: Path, adapter: Path | None = None, layers: AdapterLayers | None = None
    ) -> ReferenceModel:
        """The model in fp32 arithmetic on the CPU, with the adapter of these layers. Raises JobError."""
        return ReferenceModel(folder, adapter, layers)

    def reference_peak_bytes(self, folder: Path) -> int:
        """Host memory that `reference` takes, about, beside the logits that its caller keeps."""
        return reference_peak_bytes(folder)

    def full_facts(self, folder: Path) -> BaseFacts | None:
        """As `read_facts`, also of the bases that transformers' classes stand in for (`stored_layout`)."""
        facts = self.read_facts(folder)
        if facts is not None:
            return facts
        config = read_config(folder)
        if not stands_in_for(config):
            return None
        return BaseFacts(config.model_type, config.vocab_size, config.max_positions, config.eos_ids)

    def full(
        self,
        folder: Path,
        facts: BaseFacts,
        *,
        dtype: torch.dtype,
        device: torch.device,
        on_reason: Callable[[str], None],
    ) -> FullModel:
        """The base with every parameter to be trained, computed in `dtype`. `on_reason` as in `trainable`."""
        model, layout = load_whole(folder, device)
        return FullModel(model, layout, _passes(model, device, on_reason), facts, dtype)

    def conversations(
        self,
        folder: Path,
        facts: BaseFacts,
        adapter: Path | None,
        *,
        dtype: torch.dtype,
        device: torch.device,
    ) -> Callable[[bool], CompatConversation]:
        """A conversation with the adapter (True) or the base (False). Raises JobError `model.*`."""
        model = load_base(folder, dtype, device)
        if adapter is None:
            return lambda _: CompatConversation(model, as_itself)
        lora = read_adapter_config(adapter)
        adapted = CompatModel(model, DocumentsPass(model, None), facts, lora, torch.Generator())
        adapted.load_weights(adapter)
        return lambda use_adapter: CompatConversation(
            model, as_itself if use_adapter else adapted.adapter_disabled
        )


def _passes(model: PreTrainedModel, device: torch.device, on_reason: Callable[[str], None]) -> DocumentsPass:
    form: HeadForm | None = stated_form(model)
    if (fault := head_fault(model, stated_form(model))) is not None:
        form = None
        on_reason(f"logits of all answer rows at once: {fault}")
    native = model.config._attn_implementation
    attention = PackedAttention()
    fault = packing_fault(model, attention, device)
    if fault is None:
        on_reason("packing on: this model's packed documents come out as they do alone")
        return DocumentsPass(model, attention, form)
    model.set_attn_implementation(native)
    on_reason(f"packing off, documents are padded: {fault}")
    return DocumentsPass(model, None, form)


def _eos_ids(folder: Path, stated: object) -> tuple[int, ...]:
    ids = list(stated) if isinstance(stated, list) else [stated]
    if (folder / "generation_config.json").is_file():
        more = GenerationConfig.from_pretrained(folder, local_files_only=True).eos_token_id
        ids += more if isinstance(more, list) else [more]
    return tuple(dict.fromkeys(one for one in ids if isinstance(one, int)))
