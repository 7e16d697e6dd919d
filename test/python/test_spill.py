"""The watch over a collapse of the throughput."""

from __future__ import annotations

from legal_eagle.engine.spill import SpillWatch


def _said(steps: list[tuple[int, float, int]]) -> list[tuple[float, float]]:
    said: list[tuple[float, float]] = []
    watch = SpillWatch(lambda before, now: said.append((before, now)))
    for tokens, seconds, limit in steps:
        watch.add(tokens, seconds, limit)
    return said


def test_a_collapse_is_said_once_with_both_figures() -> None:
    # Bug caught: a run that is ten times slower for days, or a warning at each of its steps.
    assert _said([(1000, 1.0, 8192)] * 40 + [(1000, 10.0, 8192)] * 100) == [(1000.0, 100.0)]


def test_what_is_no_collapse_is_not_said() -> None:
    # Slow first steps (compilation), single stalls (a checkpoint, another program), a third of the speed, and
    # steps of other sizes at the same speed.
    assert _said([(1000, 60.0, 8192)] * 3 + [(1000, 1.0, 8192)] * 60) == []
    assert _said([(1000, 30.0 if step % 4 == 0 else 1.0, 8192) for step in range(200)]) == []
    assert _said([(1000, 1.0, 8192)] * 40 + [(1000, 3.0, 8192)] * 100) == []
    assert _said([(1000 + 900 * (step % 2), 1.0 + 0.9 * (step % 2), 8192) for step in range(100)]) == []


def test_smaller_passes_are_measured_anew() -> None:
    # Bug caught: the studio's own lowering of the micro-batch taken for a driver that swaps.
    assert _said([(1000, 1.0, 8192)] * 40 + [(1000, 10.0, 4096)] * 100) == []
    assert _said([(1000, 1.0, 8192)] * 10 + [(1000, 2.0, 64)] * 40 + [(1000, 20.0, 64)] * 40) == [
        (500.0, 50.0)
    ]
