"""The stored peaks of training are still what the engine holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from peak_configurations import CONFIGURATIONS

from legal_eagle.engine.storage_bytes import StorageBytes
from measure_peaks import MEASURED

# Every mechanism once: blocks, the fused kernel, bf16, masks. The others run in the full depth.
_SUBSET = {"long and short documents", "dropout on a bf16 base", "several micro-batches"}
_STALE = "the engine's memory changed: run python python-runtime/tools/measure_peaks.py"


_TOOLS = Path(__file__).parents[2] / "python-runtime" / "tools"
_MEASURE = """
import json, sys
from measure_peaks import measure
from peak_configurations import CONFIGURATIONS
print(json.dumps(measure(next(one for one in CONFIGURATIONS if one.name == sys.argv[1]))))
"""


def _found(name: str) -> dict[str, Any]:
    """Measured in a process of its own, as the stored ones were: torch keeps buffers of what ran before."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, name],
        cwd=_TOOLS,
        env={**os.environ, "PYTHONPATH": str(_TOOLS.parent)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _stored() -> dict[str, Any]:
    entries = json.loads(MEASURED.read_text(encoding="utf-8"))["configurations"]
    return {entry["name"]: entry for entry in entries}


@pytest.mark.parametrize(
    "name",
    [pytest.param(one.name, marks=() if one.name in _SUBSET else pytest.mark.long) for one in CONFIGURATIONS],
)
def test_the_stored_peak_is_what_the_engine_holds(name: str) -> None:
    # Bug caught: a tensor kept longer than the preflight was told.
    stored, described = _stored()[name], _found(name)
    measured, expected = described.pop("measured"), stored.pop("measured")
    assert described == stored, _STALE
    assert measured == pytest.approx(expected, rel=0.01), _STALE


def test_counting_storages_agrees_with_the_allocator() -> None:
    # A storage that the count misses, or keeps too long, would make every prediction wrong alike.
    for name, entry in _stored().items():
        measured = entry["measured"]
        assert measured["peakBytes"] == pytest.approx(measured["allocatorPeakBytes"], rel=0.02), name


def test_every_configuration_is_stored() -> None:
    assert list(_stored()) == [one.name for one in CONFIGURATIONS]
    assert len(CONFIGURATIONS) >= 12


def test_views_count_once_and_freed_storages_leave() -> None:
    with StorageBytes() as live:
        first = torch.zeros(1000)
        view = first.view(10, 100)[3]
        assert live.current == 4000
        first.add_(view.sum())
        second = torch.ones(500, dtype=torch.float64)
        del first, view
        assert live.current == second.numel() * 8
    assert live.peak >= 8000
