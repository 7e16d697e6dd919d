"""`plan [--documents N] [--pack-tokens N] [--json]`: the pack plan at scale, on the legal length mix."""

import argparse
import json
import time

from legal_eagle.bench.command import Command, print_result
from legal_eagle.bench.length_mix import LEGAL, draw, padding_ratio
from legal_eagle.data.pack_plan import BatchShape, BatchUnit, plan

_MICRO_BATCH = 4
_ACCUMULATION = 16
_SEED = 1


def packing_figures(documents: int, pack_tokens: int) -> dict[str, object]:
    """Arithmetic on `documents` lengths: how full packs are, what padding would compute instead; and the
    seconds that planning takes here."""
    lengths, answers = draw(LEGAL, documents, _SEED)
    figures: dict[str, object] = {
        "documents": documents,
        "tokens": int(lengths.sum()),
        "packTokens": pack_tokens,
        "paddedOverPacked": {str(size): round(padding_ratio(lengths, size), 3) for size in (2, 4, 8)},
    }
    units: tuple[BatchUnit, ...] = ("samples", "packs")
    for unit in units:
        started = time.perf_counter()
        made = plan(
            lengths,
            answers,
            BatchShape(unit, _MICRO_BATCH, _ACCUMULATION, pack_tokens=pack_tokens),
            epochs=1.0,
            seed=_SEED,
            max_tokens_per_micro_batch=pack_tokens,
        )
        figures[unit] = {
            "seconds": round(time.perf_counter() - started, 2),
            "steps": len(made.steps),
            "fill": round(made.fill, 4),
        }
    return figures


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--pack-tokens", type=int, default=8192)
    parser.add_argument("--json", action="store_true")


def _run(options: argparse.Namespace) -> int:
    print_result(
        json.dumps(
            packing_figures(options.documents, options.pack_tokens), indent=None if options.json else 2
        )
    )
    return 0


COMMAND = Command(
    "plan", "the pack plan of many documents: fill, padding avoided, time", _add_arguments, _run
)
