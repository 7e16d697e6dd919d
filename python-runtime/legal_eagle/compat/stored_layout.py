"""A base with every parameter at hand, and its tensors by the names under which its own folder stores them.

transformers has no class for InternLM 1, 2 and 3; their layers are Llama's (with biases on q, k and v alone,
Qwen2's), so they are computed by those classes. InternLM2's fused wqkv is split on the way in and joined on
the way out; both only move rows, so nothing is rounded.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from legal_eagle.compat.base_model import is_implemented, load_base, native_attention
from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.check_tensors import check_tensors
from legal_eagle.models.config import CONFIG_FILE, ModelConfig, read_config
from legal_eagle.models.layouts import internlm2_to_llama_names, is_ignored_extra, pack_wqkv, unpack_wqkv
from legal_eagle.models.llama_config import shape_values
from legal_eagle.models.weights import SafetensorsFolder

# Named here because their layers were read against those of the class that stands in for them.
_STAND_IN_TYPES = ("internlm", "internlm2", "internlm3")
_ROTARY_BUFFER = "rotary_emb.inv_freq"
_QKV_PARTS = 3


class StoredLayout:
    """Names and shapes of a base's folder beside those of the model that computes it.

    `names()` is what a copy of the model in the same layout holds. Raises JobError `train.full_layout` where
    a tensor of the folder is no parameter of the model, or a parameter is not stored: a model trained so
    could not be written back.
    """

    def __init__(self, folder: Path, model: PreTrainedModel, config: ModelConfig | None) -> None:
        self._weights = SafetensorsFolder(folder)
        self._config = config if config is not None and config.layout == "internlm2" else None
        self._parameters = dict(model.named_parameters(remove_duplicate=False))
        self._targets = self._map()
        self._refuse_unknown(folder, model)

    def names(self) -> list[str]:
        """In the order of the folder's shards."""
        return list(self._targets)

    def stored_dtype(self, name: str) -> str:
        """As safetensors names it: F32, F16, BF16."""
        return self._weights.dtype(name)

    def shape(self, name: str) -> tuple[int, ...]:
        return self._weights.shape(name)

    @torch.no_grad()
    def read(self, name: str) -> torch.Tensor:
        """The present value of a stored tensor, in the model's own type, on the CPU."""
        parts: list[torch.Tensor] = [self._parameters[target].detach() for target in self._targets[name]]
        if len(parts) == 1:
            return parts[0].cpu()
        q, k, v = parts
        config = self._fused()
        return pack_wqkv(q, k, v, config.heads, config.kv_heads, config.head_dim).cpu()

    @torch.no_grad()
    def write(self, name: str, value: torch.Tensor) -> None:
        """Puts a stored tensor into the model. ValueError where its shape is another."""
        if tuple(value.shape) != self.shape(name):
            raise ValueError(f"{name} has shape {tuple(value.shape)}, not {self.shape(name)}")
        targets = self._targets[name]
        parts: tuple[torch.Tensor, ...] = (value,)
        if len(targets) == _QKV_PARTS:
            config = self._fused()
            parts = unpack_wqkv(value, config.heads, config.kv_heads, config.head_dim)
        for target, part in zip(targets, parts, strict=True):
            self._parameters[target].copy_(part)

    def _fused(self) -> ModelConfig:
        if self._config is None:
            raise RuntimeError("only InternLM2 stores q, k and v as one tensor")
        return self._config

    def _map(self) -> dict[str, tuple[str, ...]]:
        stored = [name for name in self._weights.names() if not name.endswith(_ROTARY_BUFFER)]
        if self._config is None:
            return {name: (name,) for name in stored}
        config = self._config
        modules = internlm2_to_llama_names(config)
        mapped = {}
        for name in stored:
            if is_ignored_extra(name, config):
                continue
            module, _, kind = name.rpartition(".")
            mapped[name] = tuple(f"{target}.{kind}" for target in modules[module])
        return mapped

    def _refuse_unknown(self, folder: Path, model: PreTrainedModel) -> None:
        reached = {target for targets in self._targets.values() for target in targets}
        strange = sorted(reached - self._parameters.keys())
        # Of tied parameters one name is enough.
        own = {id(self._parameters[name]) for name in reached & self._parameters.keys()}
        absent = sorted(name for name, one in model.named_parameters() if id(one) not in own)
        if strange or absent:
            first = (strange or absent)[0]
            raise JobError(
                "train.full_layout",
                f"{first} is not stored in {folder.name} as this model computes it",
                exit_code=EXIT_DATA,
                params={"tensor": first, "model": folder.name},
            )


def load_whole(folder: Path, device: torch.device) -> tuple[PreTrainedModel, StoredLayout]:
    """The model of a folder in fp32, everything to be trained, in evaluation mode: nothing is dropped but
    what a recipe says, and full fine-tuning has no dropout of its own. Raises as `base_model.load_base`."""
    values = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
    if is_implemented(values):
        model = load_base(folder, torch.float32, device)
        layout = StoredLayout(folder, model, None)
    else:
        config = read_config(folder)
        check_tensors(SafetensorsFolder(folder), config)
        model = _stand_in(config, values)
        layout = StoredLayout(folder, model, config)
        weights = SafetensorsFolder(folder)
        for name in layout.names():
            layout.write(name, weights.load(name))
        model = model.to(device)
        # Moving a model may replace its parameters.
        layout = StoredLayout(folder, model, config)
    model.requires_grad_(True)
    return model, layout


def stands_in_for(config: ModelConfig) -> bool:
    """Whether one of transformers' classes computes a base that transformers itself does not know."""
    return config.model_type in _STAND_IN_TYPES and (config.qkv_bias or not config.o_bias)


def _stand_in(config: ModelConfig, values: dict[str, Any]) -> PreTrainedModel:
    """An empty model of the class whose layers are `config`'s, in fp32."""
    has_qkv_bias_alone = config.qkv_bias and not config.o_bias
    settings: dict[str, Any] = {
        **shape_values(config),
        "bos_token_id": config.bos_id,
        "eos_token_id": list(config.eos_ids) or None,
        "pad_token_id": config.pad_id,
        "rope_parameters": _rope(config, values),
        **({} if has_qkv_bias_alone else {"attention_bias": config.qkv_bias}),
    }
    own = AutoConfig.for_model("qwen2" if has_qkv_bias_alone else "llama", **settings)
    model = AutoModelForCausalLM.from_config(own, dtype=torch.float32)
    if not isinstance(model, PreTrainedModel):
        raise TypeError(f"transformers gave {type(model).__name__}")
    model.set_attn_implementation(native_attention(model))
    return model.eval()


def _rope(config: ModelConfig, values: dict[str, Any]) -> dict[str, Any]:
    """In transformers' words; the kinds were checked when the configuration was read."""
    scaling = config.rope_scaling
    stated = values.get("rope_scaling") or values.get("rope_parameters") or {}
    if scaling is None:
        return {"rope_type": "default", "rope_theta": config.rope_theta}
    return {
        **{name: one for name, one in stated.items() if name != "type"},
        "rope_type": scaling.kind,
        "rope_theta": config.rope_theta,
        "factor": scaling.factor,
    }
