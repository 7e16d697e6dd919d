"""One variant in this process: what it measured, or why it could not, as one JSON object in a file."""

from __future__ import annotations

import json
import traceback
from pathlib import Path

from legal_eagle.bench.protocol.ceilings import measure_ceilings
from legal_eagle.bench.protocol.environment import describe
from legal_eagle.bench.protocol.measurement import figures_of, peak_memory
from legal_eagle.bench.protocol.scale import Scale, Size, scale_of
from legal_eagle.bench.protocol.variants import CannotRun, Variant, variant_named
from legal_eagle.engine.out_of_memory import is_out_of_memory

CEILINGS = "ceilings"
_DETAIL_LINES = 12


def run_variant(name: str, size: Size, out: Path) -> None:
    """`name` of a variant, or `CEILINGS` for the device, its versions and what it can do at most."""
    scale = scale_of(size)
    if name == CEILINGS:
        result: dict[str, object] = {"status": "measured", "ceilings": measure_ceilings(scale)}
        result |= describe(scale.device)
    else:
        result = _measure(variant_named(name), scale)
    out.write_text(json.dumps(result), encoding="utf-8")


def _measure(variant: Variant, scale: Scale) -> dict[str, object]:
    try:
        measured = variant.run(scale)
    except CannotRun as error:
        return {"status": "skipped", "reason": str(error)}
    except Exception as error:
        status = "out of memory" if is_out_of_memory(error) else "failed"
        lines = "".join(traceback.format_exception(error)).strip().splitlines()
        return {"status": status, "reason": lines[-1], "detail": lines[-_DETAIL_LINES:]}
    figures = figures_of(measured, peak_memory(scale.device))
    return {"status": "measured", "figures": figures.as_json(), "details": measured.details}
