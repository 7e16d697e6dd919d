"""`mechanisms [--rounds N] [--steps N] [--threads N] [--compile] [--json]`: each mechanism off and on."""

import argparse
import json
import os

from legal_eagle.bench.command import Command, print_result, say


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=2, help="optimizer steps of 16 samples a round and form")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--compile", action="store_true", help="also compile, which takes a minute at first")
    parser.add_argument("--json", action="store_true")


def _run(options: argparse.Namespace) -> int:
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("KMP_BLOCKTIME", "0")
    # After the settings above: torch reads them when imported.
    from legal_eagle.bench.mechanisms import measure_mechanisms

    result = measure_mechanisms(
        rounds=options.rounds,
        steps=options.steps,
        threads=options.threads,
        compiled=options.compile,
        report=say,
    )
    print_result(json.dumps(result, indent=None if options.json else 2))
    return 0


COMMAND = Command("mechanisms", "each mechanism of the engine off and on, as ratios", _add_arguments, _run)
