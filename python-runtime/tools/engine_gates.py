"""Measures every correctness gate of the engine and prints it beside what is allowed.

    python python-runtime/tools/engine_gates.py [--only TEXT] [--json-out FILE]

Tiny models on the CPU, some minutes. Ends with 1 where a gate does not hold.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "python-runtime"), str(REPOSITORY / "test" / "python")]

# First: it limits oneDNN's caches before torch loads.
import legal_eagle.engine  # noqa: E402, F401, I001

from builders.engine_gates import GATES  # type: ignore[import-not-found]  # noqa: E402


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", default="", help="gates whose name contains this")
    parser.add_argument("--json-out", type=Path)
    options = parser.parse_args(arguments)
    gates = [gate for gate in GATES if options.only in gate.name]
    if not gates:
        parser.error(f"no gate has {options.only!r} in its name")
    print("| gate | unit | allowed | measured | held |")
    print("| --- | --- | --- | --- | --- |")
    rows: list[dict[str, object]] = []
    for gate in gates:
        with TemporaryDirectory() as folder:
            measured = gate.measure(Path(folder))
        held = measured <= gate.limit
        print(
            f"| {gate.name} | {gate.unit} | {gate.limit:g} | {measured:.1e} | {'yes' if held else 'NO'} |",
            flush=True,
        )
        rows.append(
            {
                "gate": gate.name,
                "unit": gate.unit,
                "allowed": gate.limit,
                "measured": measured,
                "held": held,
                "tests": list(gate.tests),
            }
        )
    if options.json_out is not None:
        facts = {
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "python": platform.python_version(),
            "versions": {name: version(name) for name in ("torch", "transformers", "peft")},
            "gates": rows,
        }
        options.json_out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return 0 if all(row["held"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
