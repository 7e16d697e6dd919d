"""`gates [--device cuda|cpu] [--steps N] [--only NAME …] [--json-out FILE]` and its child, `gate`."""

import argparse
import json
from pathlib import Path

from legal_eagle.bench.command import Command, print_result, say

_STEPS = 200


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these gates alone")
    parser.add_argument("--json-out", type=Path)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--steps", type=int, default=_STEPS, help="optimizer steps of the loss curve")


def _run(options: argparse.Namespace) -> int:
    """Exit code 1 where a gate did not pass or none had anything to compare."""
    import torch

    from legal_eagle.bench.gates.table import GATES, run_gates
    from legal_eagle.bench.protocol.environment import describe

    unknown = sorted(set(options.only) - {gate.name for gate in GATES})
    if unknown:
        say(f"no such gate: {', '.join(unknown)}")
        return 2
    if options.device == "cuda" and not torch.cuda.is_available():
        say("there is no CUDA device; --device cpu computes what can be computed without one")
        return 2
    # On a card a gate that fails may take the whole context with it.
    isolated = options.device == "cuda"
    found = run_gates(
        device=options.device, steps=options.steps, only=options.only, isolated=isolated, report=say
    )
    device = torch.device(options.device, 0) if isolated else torch.device("cpu")
    text = json.dumps({"gates": 1, "steps": options.steps, **describe(device), "results": found}, indent=2)
    if options.json_out is None:
        print_result(text)
    else:
        options.json_out.write_text(text + "\n", encoding="utf-8")
    states = [one["status"] for one in found.values()]
    return 0 if "passed" in states and all(one in ("passed", "skipped") for one in states) else 1


def _add_gate_arguments(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    parser.add_argument("name")
    parser.add_argument("--out", type=Path, required=True)


def _run_gate(options: argparse.Namespace) -> int:
    from legal_eagle.bench.gates.table import run_gate

    found = run_gate(options.name, options.device, options.steps)
    options.out.write_text(json.dumps(found), encoding="utf-8")
    return 0


COMMAND = Command("gates", "correctness on the device at hand", _add_arguments, _run)
GATE_COMMAND = Command("gate", "one of the gates", _add_gate_arguments, _run_gate)
