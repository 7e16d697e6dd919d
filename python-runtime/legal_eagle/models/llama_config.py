"""config.json of a model in Llama layout, in words that every reader of Llama checkpoints knows."""

from __future__ import annotations

from collections.abc import Mapping

from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.config import ModelConfig
from legal_eagle.models.rope_scaling import RopeScaling

# Decoders that are Llama's in every sum; the others have flags of their own, which their classes alone read.
_LLAMA_EQUALS = ("llama", "internlm", "internlm2", "internlm3")
# What does not follow from the shape and means the same in every spelling.
_KEPT = (
    "initializer_range",
    "use_cache",
    "attention_dropout",
    "bos_token_id",
    "eos_token_id",
    "pad_token_id",
)


def llama_config_values(config: ModelConfig, values: Mapping[str, object]) -> dict[str, object]:
    """The content of config.json for a model that says `values` of itself.

    Rotary settings stand in both spellings: transformers 5 writes `rope_parameters` alone, readers before it
    and Ollama's importer know only `rope_theta` and `rope_scaling`, and one that finds neither computes
    another model without a word. Raises JobError `model.layout_unsupported`.
    """
    if config.model_type not in _LLAMA_EQUALS:
        raise layout_unsupported(f"{config.model_type} is not computed as Llama is")
    if config.qk_norm or any(window is not None for window in config.windows):
        raise layout_unsupported("normed queries or an attention window")
    if config.qkv_bias != config.o_bias:
        raise layout_unsupported("biases on only some of q, k, v and o")
    stored = str(values.get("dtype") or values.get("torch_dtype") or config.dtype)
    scaling = None if config.rope_scaling is None else _scaling_values(config.rope_scaling)
    parameters = scaling or {"rope_type": "default"}
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        **{key: values[key] for key in _KEPT if key in values},
        "hidden_act": "silu",
        **shape_values(config),
        "attention_bias": config.qkv_bias,
        "mlp_bias": False,
        "rope_theta": config.rope_theta,
        "rope_scaling": scaling,
        "rope_parameters": {**parameters, "rope_theta": config.rope_theta},
        "torch_dtype": stored,
        "dtype": stored,
    }


def shape_values(config: ModelConfig) -> dict[str, object]:
    """The keys of a shape, as the configurations of Llama's relatives spell them."""
    return {
        "hidden_size": config.hidden_size,
        "intermediate_size": config.intermediate_size,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_dim,
        "vocab_size": config.vocab_size,
        "max_position_embeddings": config.max_positions,
        "rms_norm_eps": config.rms_norm_eps,
        "tie_word_embeddings": config.tied_embeddings,
    }


def layout_unsupported(reason: str) -> JobError:
    return JobError(
        "model.layout_unsupported",
        f"this model has no such layout: {reason}",
        exit_code=EXIT_DATA,
        params={"reason": reason},
    )


def _scaling_values(scaling: RopeScaling) -> dict[str, object]:
    """`type` is the older name of `rope_type`."""
    values: dict[str, object] = {"type": scaling.kind, "rope_type": scaling.kind, "factor": scaling.factor}
    if scaling.kind in ("llama3", "yarn"):
        values["original_max_position_embeddings"] = scaling.original_positions
    if scaling.kind == "llama3":
        values["low_freq_factor"] = scaling.low_freq_factor
        values["high_freq_factor"] = scaling.high_freq_factor
    if scaling.kind == "yarn":
        values["beta_fast"], values["beta_slow"] = scaling.beta_fast, scaling.beta_slow
        values["attention_factor"], values["truncate"] = scaling.attention_factor, scaling.truncate
    return values
