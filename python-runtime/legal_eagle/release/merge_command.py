"""`python -m legal_eagle merge`: without the studio. Imports a bare Python only, so that --help works."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from legal_eagle.jobs.context import ControlCommand, JobContext
from legal_eagle.jobs.errors import EXIT_DONE, EXIT_SPEC, EXIT_STOPPED, JobError
from legal_eagle.models.shard_size import MAX_SHARD_BYTES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("base", type=Path, help="folder of the base model")
    parser.add_argument("adapter", type=Path, help="adapter folder of a run, or one of its checkpoints")
    parser.add_argument("out", type=Path, help="folder to write; must not exist")
    parser.add_argument("--dtype", choices=("base", "fp32"), default="base", help="type of the weights")
    parser.add_argument(
        "--max-shard-bytes", type=int, default=MAX_SHARD_BYTES, help="size of one file at most"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(chosen: argparse.Namespace) -> int:
    """Merge and print; after Ctrl-C the same command goes on. Raises JobError."""
    from legal_eagle.release.merge_job import run as run_merge

    if chosen.max_shard_bytes < 1024:
        raise JobError(
            "job.spec_invalid",
            "--max-shard-bytes is at least 1024",
            exit_code=EXIT_SPEC,
            params={"field": "--max-shard-bytes", "reason": "too small", "allowed": "1024 and more"},
        )
    stop = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        outcome = run_merge(
            JobContext(
                spec={
                    "kind": "merge",
                    "params": {
                        "basePath": str(chosen.base.absolute()),
                        "adapterPath": str(chosen.adapter.absolute()),
                        "outPath": str(chosen.out.absolute()),
                        "dtype": chosen.dtype,
                        "maxShardBytes": chosen.max_shard_bytes,
                        "parityPrompts": [],
                    },
                },
                dir=chosen.out.absolute().parent,
                reporter=_ConsoleReporter(as_json=chosen.json),
                control=_NoControl(),
                stop_flag=stop.is_set,
            )
        )
    finally:
        signal.signal(signal.SIGINT, before)
    return EXIT_DONE if outcome == "done" else EXIT_STOPPED


class _NoControl:
    def poll(self) -> list[ControlCommand]:
        return []


class _ConsoleReporter:
    """Events as lines: JSON for programs, words for a person, bytes on one line that is written over."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._live = not as_json and sys.stdout.isatty()

    def emit(self, type: str, data: Mapping[str, object], /) -> None:
        if self._as_json:
            _say(json.dumps({"type": type, "data": data}, ensure_ascii=False))
        elif type == "progress" and self._live:
            _say(f"\r\x1b[2K{data['done']:,} of {data['total']:,} bytes", end="")
        elif type == "phase":
            _say(f"{data['name']}: {data['detail']}" if "detail" in data else str(data["name"]))
        elif type == "result":
            values: Mapping[str, Any] = data
            _say(f"{values['path']}  max|Δlogit| {values['maxAbsLogitDiff']:.2e}")


def _say(text: str, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()
