"""All gates in the order they run, and how they are run."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from legal_eagle.bench.child_process import run_child
from legal_eagle.bench.gates import curve, gradients, logits, quantised
from legal_eagle.bench.gates.gate import Gate, NotHere
from legal_eagle.bench.gates.scale import gate_scale
from legal_eagle.bench.protocol.variants import CannotRun

GATES: tuple[Gate, ...] = (
    Gate("half-logits", "half-precision logits against transformers', both against fp32", logits.half_logits),
    Gate("attention", "attention back ends against padding", gradients.attention_back_ends),
    Gate("recompute", "every layer recomputed against none", gradients.recomputed),
    Gate("quantised", "4-bit and 8-bit bases against the same weights dense", quantised.quantised_bases),
    Gate("compile", "the compiled parts against eager ones", gradients.compiled),
    Gate("loss-curve", "every step's loss against Trainer + PEFT", curve.loss_curve, timeout_seconds=150),
)


def run_gate(name: str, device: str, steps: int) -> dict[str, object]:
    """One gate in this process. KeyError where there is none of this name."""
    gate = next((one for one in GATES if one.name == name), None)
    if gate is None:
        raise KeyError(name)
    try:
        return gate.run(gate_scale(device, steps)).as_json()
    except (NotHere, CannotRun) as error:
        return {"status": "skipped", "reason": str(error)}
    except Exception as error:
        lines = "".join(traceback.format_exception(error)).strip().splitlines()
        return {"status": "FAILED", "reason": lines[-1], "detail": lines[-12:]}


def run_gates(
    *, device: str, steps: int, only: Sequence[str], isolated: bool, report: Callable[[str], None]
) -> dict[str, Any]:
    """By gate what it found. `isolated`: each in a process of its own with its time limit."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for gate in GATES:
            if only and gate.name not in only:
                continue
            if isolated:
                arguments = ["gate", gate.name, "--device", device, "--steps", str(steps)]
                found = run_child(arguments, gate.name, Path(folder), gate.timeout_seconds)
            else:
                found = run_gate(gate.name, device, steps)
            results[gate.name] = {"title": gate.title, **found}
            report(_describe(gate.name, found))
    return results


def _describe(name: str, found: dict[str, Any]) -> str:
    if "measured" not in found:
        return f"{name}: {found['status']} ({found.get('reason', '')})"
    return f"{name}: {found['status']}, {found['measured']:.3g} of at most {found['allowed']:g}"
