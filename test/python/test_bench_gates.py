"""The gates of a card, computed on the CPU: that they pass, and that they can fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from legal_eagle.bench import __main__ as bench
from legal_eagle.bench.gates.gate import Finding
from legal_eagle.bench.gates.table import GATES, run_gate
from legal_eagle.engine.attention import PerDocumentAttention
from legal_eagle.engine.optimizer import AdapterOptimizer


def test_every_gate_passes_on_this_device(tmp_path: Path) -> None:
    # Bug caught: a gate that has fallen behind the engine, found out only when a card is at hand.
    out = tmp_path / "gates.json"
    # Compiling takes longest, and the engine's own tests hold the compiled parts against eager ones on a CPU.
    names = [gate.name for gate in GATES if gate.name != "compile"]
    arguments = ["gates", "--device", "cpu", "--steps", "3", "--json-out", str(out), "--only", *names]
    assert bench.main(arguments) == 0
    written = json.loads(out.read_text(encoding="utf-8"))
    found = written["results"]
    assert list(found) == names
    compared = {name for name, one in found.items() if one["status"] == "passed"}
    assert {"half-logits", "attention", "recompute", "loss-curve"} <= compared
    assert all(one["reason"] for name, one in found.items() if name not in compared)
    assert len(found["attention"]["compared"]) == 2
    assert written["versions"]["torch"] == torch.__version__


def test_a_wrong_gradient_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    # Bug caught: a gate that compares a way with itself.
    right = PerDocumentAttention.backward

    def wrong(self: PerDocumentAttention, d: Any, saved: Any, dq: Any, dk: Any, dv: Any) -> None:
        right(self, d, saved, dq, dk, dv)
        dk.mul_(1.01)

    monkeypatch.setattr(PerDocumentAttention, "backward", wrong)
    assert run_gate("attention", "cpu", 1)["status"] == "FAILED"


def test_a_training_that_takes_other_steps_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    # Bug caught: a comparison of first losses only.
    right = AdapterOptimizer.step
    monkeypatch.setattr(AdapterOptimizer, "step", lambda self, rate: right(self, 3 * rate))
    found = run_gate("loss-curve", "cpu", 6)
    assert (found["status"], found["worstStep"]) == ("FAILED", 6)


@pytest.mark.parametrize(("measured", "passed"), [(1.0, True), (1.1, False), (float("nan"), False)])
def test_what_is_no_number_passes_no_gate(measured: float, passed: bool) -> None:
    assert Finding(measured, 1.0).passed is passed
