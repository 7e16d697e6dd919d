"""`profile [--steps N] [--threads N]`: where the time of our side of the CPU benchmark goes."""

import argparse
import json
import os

from legal_eagle.bench.command import Command, print_result


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--steps", type=int, default=6, help="optimizer steps of 16 samples")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))


def _run(options: argparse.Namespace) -> int:
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("KMP_BLOCKTIME", "0")
    # After the settings above: torch reads them when imported.
    from legal_eagle.bench.cpu_profile import profile_cpu

    print_result(json.dumps(profile_cpu(steps=options.steps, threads=options.threads), indent=2))
    return 0


COMMAND = Command("profile", "shares of our CPU step: products, attention, the rest", _add_arguments, _run)
