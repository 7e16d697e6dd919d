"""Loading a base by transformers' own class for its architecture; no code of the folder is ever run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING
from transformers.utils.logging import disable_progress_bar

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.weights import SafetensorsFolder, missing_tensors


def is_implemented(config_values: dict[str, Any]) -> bool:
    """Whether transformers itself has a text decoder for this config.json: no encoder that can be switched
    into one, no model with parts for pictures or sound, no head for anything but the next token."""
    model_type = str(config_values.get("model_type", ""))
    try:
        config = AutoConfig.for_model(model_type)
        model_class = MODEL_FOR_CAUSAL_LM_MAPPING[config.__class__]
    except (ValueError, KeyError):
        return False
    # An encoder's configuration says whether it is to be a decoder; GPT-NeoX's says so and always is.
    switches = hasattr(config, "is_decoder") and model_type != "gpt_neox"
    if config.is_encoder_decoder or switches or config.get_text_config() is not config:
        return False
    stated = config_values.get("architectures")
    return not isinstance(stated, list) or not stated or model_class.__name__ in stated


def load_base(folder: Path, dtype: torch.dtype, device: torch.device) -> PreTrainedModel:
    """The model in `folder`, frozen, in evaluation mode (only the recipe's own dropout is ever on).

    Raises JobError `model.*`: pickle or no weights, tensors missing, too many or of other shapes, and
    `model.unsupported_option` for a quantised checkpoint.
    """
    # A bar drawn with control characters is noise in a job's log.
    disable_progress_bar()
    # Refuses pickle and broken shards before transformers looks at the folder.
    SafetensorsFolder(folder)
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if getattr(config, "quantization_config", None):
        raise _option("quantization_config", "…")
    model, report = AutoModelForCausalLM.from_pretrained(
        folder,
        config=config,
        dtype=dtype,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        # Reported, and refused below by name.
        ignore_mismatched_sizes=True,
        output_loading_info=True,
    )
    _refuse_incomplete(folder, report)
    if not isinstance(model, PreTrainedModel):
        raise TypeError(f"transformers gave {type(model).__name__}")
    model.set_attn_implementation(native_attention(model))
    model.requires_grad_(False)
    return model.eval().to(device)


def native_attention(model: PreTrainedModel) -> str:
    """transformers' own attention that computes this model exactly: SDPA has no soft cap."""
    softcap = getattr(model.config.get_text_config(), "attn_logit_softcapping", None)
    return "sdpa" if getattr(model, "_supports_sdpa", False) and not softcap else "eager"


def _refuse_incomplete(folder: Path, report: dict[str, Any]) -> None:
    if missing := sorted(report.get("missing_keys") or ()):
        raise missing_tensors(folder, missing)
    if extra := sorted(report.get("unexpected_keys") or ()):
        raise extra_tensors(folder, extra)
    for tensor, stored, expected in sorted(report.get("mismatched_keys") or ()):
        raise tensor_shape(str(tensor), tuple(stored), tuple(expected))


def extra_tensors(folder: Path, names: list[str]) -> JobError:
    return JobError(
        "model.extra_tensors",
        f"{len(names)} tensors do not belong to this architecture, first: {names[0]}.",
        params={"path": str(folder), "count": len(names), "first": names[0]},
        detail="\n".join(names[:50]),
    )


def tensor_shape(tensor: str, stored: tuple[int, ...], expected: tuple[int, ...]) -> JobError:
    return JobError(
        "model.tensor_shape",
        f"{tensor} has shape {stored} where config.json means {expected}.",
        params={
            "tensor": tensor,
            "shape": "×".join(map(str, stored)),
            "expected": "×".join(map(str, expected)),
        },
    )


def _option(option: str, value: str) -> JobError:
    return JobError(
        "model.unsupported_option",
        f"config.json: {option} = {value} is not supported.",
        params={"option": option, "value": value},
    )
