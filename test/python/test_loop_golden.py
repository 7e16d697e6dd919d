"""20 steps on the embedded model against the stored losses: notices arithmetic that changed by accident."""

from __future__ import annotations

import json

import pytest

import make_golden_losses


def test_the_golden_losses_of_the_tiny_model() -> None:
    golden = json.loads(make_golden_losses.GOLDEN.read_text(encoding="utf-8"))
    assert golden["modelSha256"] == make_golden_losses.model_hash(), (
        "the tiny model changed: run python python-runtime/tools/make_golden_losses.py"
    )
    first = make_golden_losses.losses()
    assert first == pytest.approx(golden["losses"], rel=1e-3)
    # Same seed, same machine: the same bits.
    assert make_golden_losses.losses(steps=3) == first[:3]
    assert len(first) == make_golden_losses.STEPS
    assert first[-1] < 0.8 * first[0]
