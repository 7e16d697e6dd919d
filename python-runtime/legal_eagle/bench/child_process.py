"""A benchmark in a process of its own: what fails or hangs there costs only itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

_PACKAGE_PARENT = Path(__file__).resolve().parents[2]
_LOG_TAIL_CHARACTERS = 2000


def run_child(arguments: Sequence[str], name: str, folder: Path, timeout_seconds: float) -> dict[str, Any]:
    """`python -m legal_eagle.bench <arguments> --out FILE`: the object it wrote there, with its `seconds`; or
    `status` and `reason` where it wrote none. Files of the child lie in `folder` under `name`."""
    out, log = folder / f"{name}.json", folder / f"{name}.log"
    command = [sys.executable, "-m", "legal_eagle.bench", *arguments, "--out", str(out)]
    inherited = os.environ.get("PYTHONPATH")
    paths = [str(_PACKAGE_PARENT), *([inherited] if inherited else [])]
    started = time.monotonic()
    with log.open("wb") as stream:
        ended = _wait(command, {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}, stream, timeout_seconds)
    seconds = round(time.monotonic() - started, 1)
    if ended is None:
        return {"status": "timed out", "reason": f"after {timeout_seconds:.0f} s", "seconds": seconds}
    if ended != 0 or not out.is_file():
        tail = log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL_CHARACTERS:]
        return {"status": "failed", "reason": f"exit code {ended}", "detail": tail, "seconds": seconds}
    result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return {**result, "seconds": seconds}


def _wait(
    command: list[str], environment: dict[str, str], log: IO[bytes], timeout_seconds: float
) -> int | None:
    """The exit code; None where the limit passed and the process, with what it had started, was killed."""
    own_group = os.name == "posix"
    process = subprocess.Popen(  # noqa: S603 (this interpreter and this package)
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=own_group,
    )
    try:
        return process.wait(timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            if own_group:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()
