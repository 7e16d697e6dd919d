"""What a gate is and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from legal_eagle.bench.gates.scale import GateScale


class NotHere(Exception):
    """The gate has nothing to compare on this device or in this build; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`measured` must not exceed `allowed`; a figure that is no number does."""

    measured: float
    allowed: float
    detail: dict[str, object] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return self.measured <= self.allowed

    def as_json(self) -> dict[str, object]:
        return {
            "status": "passed" if self.passed else "FAILED",
            "measured": self.measured,
            "allowed": self.allowed,
            **self.detail,
        }


@dataclass(frozen=True, slots=True)
class Gate:
    """`run` raises NotHere where there is nothing to compare."""

    name: str
    title: str
    run: Callable[[GateScale], Finding]
    timeout_seconds: int = 60


def relative(found: torch.Tensor, reference: torch.Tensor) -> float:
    """‖found - reference‖ / ‖reference‖, in fp64."""
    difference = (found.double() - reference.double()).norm() / reference.double().norm()
    return float(difference)


def worst_of(findings: list[Finding]) -> Finding:
    """The finding nearest to its bound or furthest beyond, with all of them in its detail."""
    worst = max(findings, key=lambda one: one.measured if one.measured == one.measured else float("inf"))
    return Finding(
        worst.measured, worst.allowed, {**worst.detail, "compared": [one.detail for one in findings]}
    )
