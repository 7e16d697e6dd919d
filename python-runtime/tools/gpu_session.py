"""Everything that a lent card is for, in one command and less than ten minutes: the correctness gates, then
the throughput protocol in what time is left. Leaves `gates.json` and `protocol.json` in a folder.

    python python-runtime/tools/gpu_session.py OUT [--dry-run] [--limit-seconds N]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

_RUNTIME = Path(__file__).resolve().parents[1]
_LIMIT_SECONDS = 580.0
# Of the limit, for the gates; the protocol gets what they leave.
_GATES_SHARE = 0.3
_CURVE_STEPS = 200
_DRY_CURVE_STEPS = 3
# What the protocol's last process may run over, and the start of two interpreters.
_RESERVE_SECONDS = 15.0


def main(arguments: list[str]) -> int:
    """Exit code 1 where either found something wrong or did not end."""
    parser = argparse.ArgumentParser(prog="gpu_session")
    parser.add_argument("out", type=Path)
    parser.add_argument("--dry-run", action="store_true", help="on this CPU, at a tiny size")
    parser.add_argument("--limit-seconds", type=float, default=_LIMIT_SECONDS)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()

    gates = ["gates", "--device", "cpu" if options.dry_run else "cuda"]
    gates += ["--steps", str(_DRY_CURVE_STEPS if options.dry_run else _CURVE_STEPS)]
    passed = _bench(gates, options.out / "gates.json", options.limit_seconds * _GATES_SHARE)

    left = options.limit_seconds - (time.monotonic() - started) - _RESERVE_SECONDS
    protocol = ["h200", *(["--dry-run"] if options.dry_run else []), "--budget-seconds", f"{left:.0f}"]
    reached = _bench(protocol, options.out / "protocol.json", left + _RESERVE_SECONDS)
    return 0 if passed and reached else 1


def _bench(arguments: list[str], out: Path, timeout_seconds: float) -> bool:
    environment = {**os.environ, "PYTHONPATH": str(_RUNTIME), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "legal_eagle.bench", *arguments, "--json-out", str(out)]
    try:
        ended = subprocess.run(command, env=environment, timeout=max(1.0, timeout_seconds), check=False)
    except subprocess.TimeoutExpired:
        print(f"{arguments[0]}: not ended after {timeout_seconds:.0f} s", file=sys.stderr)
        return False
    return ended.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
