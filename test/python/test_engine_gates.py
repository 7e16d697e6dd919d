"""The table of gates names tests that exist, ARCHITECTURE shows it, and the script that measures it works."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import engine_gates
import pytest

from builders.engine_gates import GATES, Gate

_HERE = Path(__file__).parent
_ARCHITECTURE = (_HERE.parents[1] / "ARCHITECTURE.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_a_gate_has_its_tests_and_its_row(gate: Gate) -> None:
    """A gate whose test was renamed or removed, so that nothing holds it any more."""
    assert gate.tests
    for test in gate.tests:
        file, name = test.split("::")
        tree = ast.parse((_HERE / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test
        assert f"`{file.removesuffix('.py')}`: `{name}`" in _ARCHITECTURE, test
    assert f"| {gate.name} " in _ARCHITECTURE


def test_the_script_measures_and_says_what_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that says yes to everything, or that broke since somebody last ran it."""
    out = tmp_path / "gates.json"
    assert engine_gates.main(["--only", "accumulation", "--json-out", str(out)]) == 0
    (row,) = json.loads(out.read_text(encoding="utf-8"))["gates"]
    assert row["held"] is True
    assert 0 < row["measured"] < 1e-5
    worse = Gate("worse", 1e-5, "relative", ("a::b",), lambda _: 2e-5)
    monkeypatch.setattr(engine_gates, "GATES", [worse])
    assert engine_gates.main(["--json-out", str(out)]) == 1
