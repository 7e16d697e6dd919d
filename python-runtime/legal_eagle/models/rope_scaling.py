"""Rotary position settings as checkpoints spell them.

Transformers 4 writes `rope_theta` and `rope_scaling`, transformers 5 `rope_parameters`, early
InternLM2 `rotary: {base, type}`. All are read; both spellings may stand in one file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from legal_eagle.jobs.errors import JobError

_DEFAULT_THETA = 10000.0


@dataclass(frozen=True, slots=True)
class RopeScaling:
    """`original_positions`, `low_freq_factor` and `high_freq_factor` are used by llama3 only."""

    kind: Literal["linear", "dynamic", "llama3"]
    factor: float
    original_positions: int
    low_freq_factor: float = 1.0
    high_freq_factor: float = 4.0


def read_rope_theta(values: Mapping[str, object]) -> float:
    """The rotary base; 10000 where nothing states one, as in Llama 1."""
    parameters = _mapping(values.get("rope_parameters"))
    rotary = _mapping(values.get("rotary"))
    for value in (values.get("rope_theta"), parameters.get("rope_theta"), rotary.get("base")):
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return float(value)
    return _DEFAULT_THETA


def read_rope_scaling(values: Mapping[str, object], max_positions: int) -> RopeScaling | None:
    """The scaling, or None where positions are used as they are.

    Raises JobError `model.rope_unsupported` for a kind that the engine does not compute.
    """
    stated = _mapping(values.get("rope_scaling")) or _mapping(values.get("rope_parameters"))
    kind = str(stated.get("rope_type") or stated.get("type") or "default")
    if kind == "default":
        return None
    factor = _number(stated, "factor", 1.0)
    if kind == "linear":
        return RopeScaling("linear", factor, max_positions)
    if kind == "dynamic":
        return RopeScaling("dynamic", factor, max_positions)
    if kind == "llama3":
        return RopeScaling(
            "llama3",
            factor,
            int(_number(stated, "original_max_position_embeddings", max_positions)),
            _number(stated, "low_freq_factor", 1.0),
            _number(stated, "high_freq_factor", 4.0),
        )
    raise JobError(
        "model.rope_unsupported", f"Rope scaling {kind!r} is not supported.", params={"kind": kind}
    )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _number(values: Mapping[str, object], key: str, default: float) -> float:
    value = values.get(key, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
        raise JobError(
            "model.config_invalid",
            f"config.json: rope scaling {key} = {value!r} is not possible.",
            params={"key": f"rope_scaling.{key}", "value": str(value)},
        )
    return float(value)
