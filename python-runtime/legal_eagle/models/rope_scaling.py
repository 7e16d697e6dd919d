"""Rotary position settings as checkpoints spell them.

Transformers 4 writes `rope_theta` and `rope_scaling`, transformers 5 `rope_parameters`, early
InternLM2 `rotary: {base, type}`. All are read; both spellings may stand in one file.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.strict_json import finite_number

_DEFAULT_THETA = 10000.0


@dataclass(frozen=True, slots=True)
class RopeScaling:
    """`original_positions` belongs to llama3 and yarn, the next two to llama3, the rest to yarn
    (Peng et al. 2023, arXiv:2309.00071): `attention_factor` multiplies the rotated q and k."""

    kind: Literal["linear", "dynamic", "llama3", "yarn"]
    factor: float
    original_positions: int
    low_freq_factor: float = 1.0
    high_freq_factor: float = 4.0
    beta_fast: float = 32.0
    beta_slow: float = 1.0
    attention_factor: float = 1.0
    truncate: bool = True


def read_rope_theta(values: Mapping[str, object]) -> float:
    """The rotary base; 10000 where nothing states one, as in Llama 1.

    Raises JobError `model.config_invalid` for one that is stated and cannot be: 10000 in its place would be
    another model.
    """
    stated = {
        "rope_theta": values.get("rope_theta"),
        "rope_parameters.rope_theta": _mapping(values.get("rope_parameters")).get("rope_theta"),
        "rotary.base": _mapping(values.get("rotary")).get("base"),
    }
    for key, value in stated.items():
        if value is None:
            continue
        theta = finite_number(value)
        # A base of 1 turns every pair alike, one below it backwards.
        if theta is None or not theta > 1:
            raise _invalid(key, value)
        return theta
    return _DEFAULT_THETA


def read_rope_scaling(
    values: Mapping[str, object], max_positions: int, *, is_internlm1: bool = False
) -> RopeScaling | None:
    """The scaling, or None where positions are used as they are.

    `is_internlm1`: the code of such a folder scales dynamically where its config.json says nothing.
    Raises JobError `model.rope_unsupported` for a kind that the engine does not compute.
    """
    # Early InternLM names its kind beside the base, and only ever "dynamic" with a factor of 1.
    rotary = _mapping(values.get("rotary"))
    is_old_internlm = is_internlm1 and not any(
        key in values for key in ("rotary", "rope_scaling", "rope_parameters", "rope_theta")
    )
    stated = _mapping(values.get("rope_scaling")) or _mapping(values.get("rope_parameters"))
    stated = stated or ({"type": "dynamic"} if rotary.get("type") == "dynamic" or is_old_internlm else {})
    named = next((stated[key] for key in ("rope_type", "type") if stated.get(key) is not None), "default")
    kind = str(named)
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
    if kind == "yarn":
        return _read_yarn(stated, max_positions)
    raise JobError(
        "model.rope_unsupported", f"Rope scaling {kind!r} is not supported.", params={"kind": kind}
    )


def _read_yarn(stated: Mapping[str, object], max_positions: int) -> RopeScaling:
    original = int(_number(stated, "original_max_position_embeddings", max_positions))
    factor = _number(stated, "factor", max_positions / original)
    if stated.get("attention_factor") is not None:
        attention = _number(stated, "attention_factor", 1.0)
    elif stated.get("mscale") is not None and stated.get("mscale_all_dim") is not None:
        own, every = _number(stated, "mscale", 1.0), _number(stated, "mscale_all_dim", 1.0)
        attention = _length_factor(factor, own) / _length_factor(factor, every)
    else:
        attention = _length_factor(factor, 1.0)
    return RopeScaling(
        "yarn",
        factor,
        original,
        beta_fast=_number(stated, "beta_fast", 32.0),
        beta_slow=_number(stated, "beta_slow", 1.0),
        attention_factor=attention,
        truncate=stated.get("truncate") is not False,
    )


def _length_factor(factor: float, scale: float) -> float:
    """The paper's temperature for a context `factor` times as long."""
    return 1.0 if factor <= 1.0 else 0.1 * scale * math.log(factor) + 1.0


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _number(values: Mapping[str, object], key: str, default: float) -> float:
    stated = values.get(key)
    value = finite_number(default if stated is None else stated)
    if value is None or not value > 0:
        raise _invalid(f"rope_scaling.{key}", stated)
    return value


def _invalid(key: str, value: object) -> JobError:
    return JobError(
        "model.config_invalid",
        f"config.json: {key} = {value!r} is not possible.",
        params={"key": key, "value": str(value)},
    )
