"""The shape of a checkpoint, read from its config.json and its tensor names.

A folder is recognised by what its tensors are called, never by code it carries and only partly by
`model_type`: early InternLM2 folders say "internlm".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.attention_windows import read_windows
from legal_eagle.models.rope_scaling import RopeScaling, read_rope_scaling, read_rope_theta
from legal_eagle.models.strict_json import finite_number, parse_json, parse_json_object, whole_number
from legal_eagle.models.weights import SafetensorsFolder

Family = Literal["internlm2", "llama"]
Layout = Literal["internlm2", "llama"]

CONFIG_FILE = "config.json"
# Architectures that are a Llama decoder with flags; InternLM1 (with biases) and InternLM3 are, too.
_LLAMA_TYPES = ("llama", "mistral", "qwen2", "qwen3", "internlm", "internlm3")
_INTERNLM2_TYPES = ("internlm2", "internlm")
# Far beyond any model; a count from a broken file must not become a list of that length.
_MAX_LAYERS = 4096
_DTYPES = ("float32", "float16", "bfloat16")


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A decoder's shape. Sizes are in elements; `head_dim` is the width of one head."""

    family: Family
    layout: Layout
    model_type: str
    hidden_size: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate_size: int
    vocab_size: int
    max_positions: int
    rope_theta: float
    rope_scaling: RopeScaling | None
    rms_norm_eps: float
    qkv_bias: bool
    o_bias: bool
    qk_norm: bool
    # Of each layer: how many tokens a row attends to, None for all before it.
    windows: tuple[int | None, ...]
    tied_embeddings: bool
    dtype: str
    bos_id: int | None
    eos_ids: tuple[int, ...]
    pad_id: int | None


def read_config(folder: Path) -> ModelConfig:
    """Reads the shape of the model in `folder`.

    Raises JobError `model.*`: no folder, no or broken config.json, no safetensors, an architecture,
    activation, attention window or rope scaling that the engine does not compute exactly.
    """
    values = _read_json_object(folder)
    names = set(SafetensorsFolder(folder).names())
    return config_from_values(values, names, _generation_eos_ids(folder))


def config_from_values(
    values: Mapping[str, object], tensor_names: set[str], extra_eos_ids: tuple[int, ...] = ()
) -> ModelConfig:
    """`read_config` on the parsed config.json and the checkpoint's tensor names."""
    model_type = str(values.get("model_type", ""))
    layout = _detect_layout(model_type, tensor_names, values)
    _refuse_unsupported_options(values)
    heads = _positive_int(values, "num_attention_heads")
    hidden_size = _positive_int(values, "hidden_size")
    kv_heads = _positive_int(values, "num_key_value_heads", default=heads)
    head_dim = _positive_int(values, "head_dim", default=hidden_size // heads)
    if heads % kv_heads != 0:
        raise _invalid("num_key_value_heads", kv_heads)
    if head_dim % 2 != 0:
        raise _invalid("head_dim", head_dim)
    layers = _positive_int(values, "num_hidden_layers")
    if layers > _MAX_LAYERS:
        raise _invalid("num_hidden_layers", layers)
    max_positions = _positive_int(values, "max_position_embeddings", default=2048)
    dtype = str(values.get("dtype") or values.get("torch_dtype") or "float32").removeprefix("torch.")
    return ModelConfig(
        family=layout,
        layout=layout,
        model_type=model_type,
        hidden_size=hidden_size,
        layers=layers,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        intermediate_size=_positive_int(values, "intermediate_size"),
        vocab_size=_positive_int(values, "vocab_size"),
        max_positions=max_positions,
        rope_theta=read_rope_theta(values),
        rope_scaling=read_rope_scaling(
            values, max_positions, is_internlm1=layout == "llama" and model_type == "internlm"
        ),
        rms_norm_eps=_positive_float(values, "rms_norm_eps", default=1e-6),
        qkv_bias=_any_name_ends(tensor_names, ("self_attn.q_proj.bias", "attention.wqkv.bias")),
        o_bias=_any_name_ends(tensor_names, ("self_attn.o_proj.bias", "attention.wo.bias")),
        qk_norm=_any_name_ends(tensor_names, ("self_attn.q_norm.weight",)),
        windows=read_windows(values, model_type, layers),
        tied_embeddings=values.get("tie_word_embeddings") is True,
        dtype=dtype if dtype in _DTYPES else "float32",
        bos_id=_token_id(values.get("bos_token_id")),
        eos_ids=tuple(dict.fromkeys((*_token_ids(values.get("eos_token_id")), *extra_eos_ids))),
        pad_id=_token_id(values.get("pad_token_id")),
    )


def _read_json_object(folder: Path) -> dict[str, object]:
    if not folder.is_dir():
        raise JobError("model.folder_missing", f"No such folder: {folder}", params={"path": str(folder)})
    path = folder / CONFIG_FILE
    if not path.is_file():
        if (folder / "adapter_config.json").is_file():
            raise JobError(
                "model.adapter_not_base",
                f"{folder} holds an adapter, not a base model.",
                params={"folder": str(folder)},
            )
        raise JobError(
            "model.config_missing", f"{folder} has no {CONFIG_FILE}.", params={"path": str(folder)}
        )
    try:
        return parse_json_object(path.read_bytes())
    except (ValueError, OSError) as error:
        raise JobError(
            "model.config_broken",
            f"{path} is not readable JSON.",
            params={"file": str(path)},
            detail=str(error),
        ) from error


def _generation_eos_ids(folder: Path) -> tuple[int, ...]:
    path = folder / "generation_config.json"
    if not path.is_file():
        return ()
    try:
        values = parse_json(path.read_bytes())
    except (ValueError, OSError):
        return ()
    return _token_ids(values.get("eos_token_id")) if isinstance(values, dict) else ()


def _detect_layout(model_type: str, names: set[str], values: Mapping[str, object]) -> Layout:
    fused = any(name.endswith(".attention.wqkv.weight") for name in names)
    split = any(name.endswith(".self_attn.q_proj.weight") for name in names)
    if fused and not split and model_type in _INTERNLM2_TYPES:
        return "internlm2"
    if split and not fused and model_type in _LLAMA_TYPES:
        return "llama"
    architectures = values.get("architectures")
    stated = architectures[0] if isinstance(architectures, list) and architectures else model_type
    raise JobError(
        "model.unsupported_architecture",
        f"Architecture {stated or 'unknown'} (model_type {model_type or 'not stated'}) is not supported.",
        params={"architecture": str(stated or "unknown")},
    )


def _refuse_unsupported_options(values: Mapping[str, object]) -> None:
    """Refuses what would be computed differently from the checkpoint's own definition."""
    activation = values.get("hidden_act")
    if activation not in (None, "silu", "swish"):
        raise _unsupported_option("hidden_act", activation)
    mlp_bias = values.get("mlp_bias")
    if mlp_bias is not None and mlp_bias is not False:
        raise _unsupported_option("mlp_bias", mlp_bias)
    if values.get("quantization_config") is not None:
        raise _unsupported_option("quantization_config", "…")
    rotary = values.get("partial_rotary_factor")
    if rotary is not None and finite_number(rotary) != 1.0:
        raise _unsupported_option("partial_rotary_factor", rotary)


def _unsupported_option(option: str, value: object) -> JobError:
    return JobError(
        "model.unsupported_option",
        f"config.json: {option} = {value} is not supported.",
        params={"option": option, "value": str(value)},
    )


def _invalid(key: str, value: object) -> JobError:
    return JobError(
        "model.config_invalid",
        f"config.json: {key} = {value!r} is not possible.",
        params={"key": key, "value": str(value)},
    )


def _positive_int(values: Mapping[str, object], key: str, default: int | None = None) -> int:
    stated = values.get(key)
    value = whole_number(default if stated is None else stated)
    if value is None or value <= 0:
        raise _invalid(key, stated)
    return value


def _positive_float(values: Mapping[str, object], key: str, default: float) -> float:
    stated = values.get(key)
    value = finite_number(default if stated is None else stated)
    if value is None or not value > 0:
        raise _invalid(key, stated)
    return value


def _any_name_ends(names: set[str], suffixes: tuple[str, ...]) -> bool:
    return any(name.endswith(suffixes) for name in names)


def _token_id(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _token_ids(value: object) -> tuple[int, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(item for item in items if isinstance(item, int) and not isinstance(item, bool))
