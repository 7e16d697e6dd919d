"""`h200 [--dry-run] [--only NAME …] [--budget-seconds N] [--json-out FILE]` and its child, `variant`."""

import argparse
import json
from pathlib import Path
from typing import Any, cast

from legal_eagle.bench.command import Command, print_result, say

_BUDGET_SECONDS = 570.0


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="the same code at a tiny size on the CPU")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these variants alone")
    parser.add_argument("--budget-seconds", type=float, default=_BUDGET_SECONDS)
    parser.add_argument("--json-out", type=Path)


def _run(options: argparse.Namespace) -> int:
    """Exit code 1 where a variant failed, losses disagree or a gate is not reached."""
    from legal_eagle.bench.protocol.run_protocol import run_protocol
    from legal_eagle.bench.protocol.variants import VARIANTS

    unknown = sorted(set(options.only) - {variant.name for variant in VARIANTS})
    if unknown:
        say(f"no such variant: {', '.join(unknown)}")
        return 2
    result = run_protocol(
        size="dry" if options.dry_run else "whole",
        only=options.only,
        budget_seconds=options.budget_seconds,
        report=say,
    )
    text = json.dumps(result, indent=2)
    if options.json_out is not None:
        options.json_out.write_text(text + "\n", encoding="utf-8")
        _print_tables(result)
    else:
        print_result(text)
    return 0 if _passed(result) else 1


def _print_tables(result: dict[str, Any]) -> None:
    for row in result["table"]:
        value = "–" if row["value"] is None else f"{row['value']:.2f}"
        bounds = " / ".join(
            "–" if row[key] is None else f"{row[key]:g}" for key in ("gate", "goal", "stretch")
        )
        print_result(f"{row['name']}: {value} {row['unit']} ({bounds}): {row['verdict']}")
    for group, found in result["losses"].items():
        words = "agree" if found["agree"] else "DISAGREE"
        print_result(f"losses of {group}: {words}, at most {found['largestDifference']:.2%} ({found['of']})")


def _passed(result: dict[str, Any]) -> bool:
    measured = [one["status"] == "measured" for one in result["variants"].values()]
    whole = all(
        one["status"] in ("measured", "skipped", "over budget") for one in result["variants"].values()
    )
    agree = all(one["agree"] for one in result["losses"].values())
    return (
        any(measured)
        and whole
        and agree
        and all(row["verdict"] != "below the gate" for row in result["table"])
    )


def _add_variant_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--size", choices=["whole", "dry"], required=True)
    parser.add_argument("--out", type=Path, required=True)


def _run_variant(options: argparse.Namespace) -> int:
    from legal_eagle.bench.protocol.variant_process import run_variant

    run_variant(options.name, cast(Any, options.size), options.out)
    return 0


COMMAND = Command("h200", "the throughput protocol of one large card", _add_arguments, _run)
VARIANT_COMMAND = Command("variant", "one variant of the protocol", _add_variant_arguments, _run_variant)
