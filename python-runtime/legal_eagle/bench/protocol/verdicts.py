"""The table that the figures are held against: one row a promise, what is required and what is aimed at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from legal_eagle.bench.protocol import variants

Results = Mapping[str, Mapping[str, Any]]
Verdict = Literal["no figure", "below the gate", "gate", "goal", "stretch"]

MAX_LOSS_DIFFERENCE = 0.01
_GB = 1e9


@dataclass(frozen=True, slots=True)
class Row:
    """`gate`, `goal`, `stretch`: bounds of the figure, None where there is none. `figure`: None where a
    variant that it needs has none."""

    name: str
    unit: str
    figure: Callable[[Results], float | None]
    gate: float | None
    goal: float | None
    stretch: float | None = None
    smaller_is_better: bool = False

    def reaches(self, value: float, bound: float | None) -> bool:
        if bound is None:
            return False
        return value <= bound if self.smaller_is_better else value >= bound

    def verdict(self, value: float | None) -> Verdict:
        if value is None:
            return "no figure"
        if self.reaches(value, self.stretch):
            return "stretch"
        if self.reaches(value, self.goal):
            return "goal"
        return "gate" if self.gate is None or self.reaches(value, self.gate) else "below the gate"


def _figure(name: str, key: str) -> Callable[[Results], float | None]:
    def read(results: Results) -> float | None:
        value = results.get(name, {}).get("figures", {}).get(key)
        return None if value is None else float(value)

    return read


def _rate(name: str) -> Callable[[Results], float | None]:
    return _figure(name, "tokensPerSecond")


def _ratio(
    upper: Callable[[Results], float | None], lower: Callable[[Results], float | None]
) -> Callable[[Results], float | None]:
    def read(results: Results) -> float | None:
        above, below = upper(results), lower(results)
        return None if above is None or not below else above / below

    return read


def _gigabytes(name: str) -> Callable[[Results], float | None]:
    read = _figure(name, "peakAllocatedBytes")
    return lambda results: None if (value := read(results)) is None else value / _GB


_OURS = _rate(variants.OURS_FREE)

ROWS: tuple[Row, ...] = (
    Row("ours, bf16", "tok/s", _OURS, 13_000, 16_000, 18_000),
    Row(
        "/ Trainer + PEFT, padded, checkpointing",
        "×",
        _ratio(_OURS, _rate(variants.HF_CHECKPOINTED)),
        2.5,
        3.3,
    ),
    Row("/ the same with Liger", "×", _ratio(_OURS, _rate(variants.HF_LIGER)), 2.0, None),
    Row("/ LLaMA-Factory", "×", _ratio(_OURS, _rate("llama-factory")), 1.0, 1.3),
    Row("/ Unsloth", "×", _ratio(_OURS, _rate("unsloth")), 1.0, 1.1),
    Row("FP8 base / bf16", "×", _ratio(_rate(variants.OURS_FP8), _OURS), 1.15, None),
    Row("ours, FP8 base", "tok/s", _rate(variants.OURS_FP8), None, 20_000, 24_000),
    Row("ours, 20B bf16", "tok/s", _rate(variants.OURS_20B), 4_500, 6_000, 6_800),
    Row(
        "peak memory, full recompute / Trainer + PEFT's",
        "×",
        _ratio(_gigabytes(variants.OURS_COMPILED), _gigabytes(variants.HF_CHECKPOINTED)),
        1.0,
        None,
        smaller_is_better=True,
    ),
    Row(
        "peak memory, 8k pack, full recompute",
        "GB",
        _gigabytes(variants.OURS_COMPILED),
        None,
        20,
        smaller_is_better=True,
    ),
    Row(
        "peak memory, 8k pack, no recompute",
        "GB",
        _gigabytes(variants.OURS_FREE_SMALL),
        None,
        42,
        smaller_is_better=True,
    ),
    Row(
        "peak memory on an emulated 24 GB card",
        "GB",
        _gigabytes(variants.OURS_24GB),
        None,
        None,
        24 * (1 << 30) / _GB,
        smaller_is_better=True,
    ),
)


def judge(results: Results) -> list[dict[str, object]]:
    """One object a row: value, bounds and what they say of it."""
    judged: list[dict[str, object]] = []
    for row in ROWS:
        value = row.figure(results)
        judged.append(
            {
                "name": row.name,
                "unit": row.unit,
                "value": value,
                "gate": row.gate,
                "goal": row.goal,
                "stretch": row.stretch,
                "verdict": row.verdict(value),
            }
        )
    return judged


def loss_agreement(results: Results) -> dict[str, dict[str, object]]:
    """By group of variants that train the same: how far final losses are from their median, relatively."""
    groups: dict[str, dict[str, float]] = {}
    for variant in variants.VARIANTS:
        loss = _figure(variant.name, "finalLoss")(results)
        if loss is not None:
            groups.setdefault(variant.group, {})[variant.name] = loss
    return {group: _agreement(losses) for group, losses in groups.items()}


def _agreement(losses: Mapping[str, float]) -> dict[str, object]:
    ordered = sorted(losses.values())
    middle = ordered[len(ordered) // 2]
    furthest = max(losses, key=lambda name: _distance(losses[name], middle))
    difference = _distance(losses[furthest], middle)
    return {
        "variants": len(losses),
        "largestDifference": difference,
        "of": furthest,
        "allowed": MAX_LOSS_DIFFERENCE,
        # A loss that is no number differs from everything.
        "agree": difference <= MAX_LOSS_DIFFERENCE,
    }


def _distance(loss: float, middle: float) -> float:
    difference = abs(loss / middle - 1.0) if middle else float("inf")
    return difference if difference == difference else float("inf")
