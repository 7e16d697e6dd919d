"""Runs the variants one after another, each in a process of its own with a time limit of its own."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from legal_eagle.bench.child_process import run_child
from legal_eagle.bench.protocol.variants import VARIANTS, Variant
from legal_eagle.bench.protocol.verdicts import judge, loss_agreement

_CEILINGS = "ceilings"
_CEILINGS_TIMEOUT_SECONDS = 90
# Less than this buys no figure: loading alone takes as long.
_MIN_USEFUL_SECONDS = 20


def run_protocol(
    *,
    size: Literal["whole", "dry"],
    only: Sequence[str],
    budget_seconds: float,
    report: Callable[[str], None],
) -> dict[str, Any]:
    """`only`: names of variants, all where empty. What the budget leaves no time for is listed as such."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        device = _in_process(_CEILINGS, size, Path(folder), _CEILINGS_TIMEOUT_SECONDS)
        results: dict[str, dict[str, Any]] = {}
        for variant in VARIANTS:
            if only and variant.name not in only:
                continue
            left = budget_seconds - (time.monotonic() - started)
            result = _run(variant, size, Path(folder), left)
            results[variant.name] = {"title": variant.title, **result}
            report(_describe(variant, result))
    for result in results.values():
        _add_utilisation(result, device.get("ceilings", {}))
    return {
        "protocol": 1,
        "mode": size,
        "seconds": round(time.monotonic() - started, 1),
        **{key: value for key, value in device.items() if key != "status"},
        "variants": results,
        "losses": loss_agreement(results),
        # What a dry run takes says nothing of a card.
        "table": judge(results) if size == "whole" else [],
    }


def _run(
    variant: Variant, size: Literal["whole", "dry"], folder: Path, left_seconds: float
) -> dict[str, Any]:
    reason = "needs a CUDA device" if variant.cuda_only and size == "dry" else None
    reason = variant.missing() or reason
    if reason is not None:
        return {"status": "skipped", "reason": reason}
    if left_seconds < _MIN_USEFUL_SECONDS:
        return {"status": "over budget", "reason": "no time was left for it"}
    return _in_process(variant.name, size, folder, min(variant.timeout_seconds, left_seconds))


def _in_process(name: str, size: str, folder: Path, timeout_seconds: float) -> dict[str, Any]:
    return run_child(["variant", name, "--size", size], name, folder, timeout_seconds)


def _add_utilisation(result: dict[str, Any], ceilings: dict[str, Any]) -> None:
    """Shares of the three peaks: useful work (MFU) and everything that was computed (HFU)."""
    figures = result.get("figures")
    if figures is None:
        return
    for name, key in (("mfu", "usefulTflops"), ("hfu", "hardwareTflops")):
        figures[name] = {
            peak: figures[key] / ceilings[field] if ceilings.get(field) else None
            for peak, field in (
                ("sheet", "sheetTflops"),
                ("square", "squareTflops"),
                ("shapeWeighted", "shapeWeightedTflops"),
            )
        }


def _describe(variant: Variant, result: dict[str, Any]) -> str:
    figures = result.get("figures")
    if figures is None:
        return f"{variant.name}: {result['status']} ({result.get('reason', '')})"
    return (
        f"{variant.name}: {figures['tokensPerSecond']:.0f} tok/s, "
        f"loss {figures['finalLoss']:.4f}, {result['seconds']} s"
    )
