"""A training attempt as lines for a person or for a program, read from its event file while it runs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from legal_eagle.jobs.wire import EVENTS_FILE, decode_line

_POLL_SECONDS = 0.3
_QUIET = frozenset({"started", "phase", "checkpoint-removed", "control-ack", "control-done", "ended"})


class ProgressView:
    """Follows one job folder in a thread. The file is the truth, so nothing here can slow the training."""

    def __init__(self, job_dir: Path, out: TextIO, *, as_json: bool) -> None:
        self._path = job_dir / EVENTS_FILE
        self._out = out
        self._as_json = as_json
        self._live = not as_json and out.isatty()
        self._steps = 0
        self._offset = 0
        self._line_open = False
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="progress", daemon=True)
        # The last event of these types, for the caller's summary.
        self.last: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> ProgressView:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Prints what is still unread."""
        self._done.set()
        self._thread.join()

    def _follow(self) -> None:
        finished = False
        while not finished:
            # Read once more after the end: the last events came after the last look.
            finished = self._done.wait(_POLL_SECONDS)
            for event in self._new_events():
                self.last[event["type"]] = event["data"]
                self._print(event)
        self._close_line()

    def _new_events(self) -> Iterator[dict[str, Any]]:
        if not self._path.is_file():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                yield decode_line(line)

    def _print(self, event: dict[str, Any]) -> None:
        if self._as_json:
            public = {key: event[key] for key in ("type", "t", "data")}
            self._out.write(json.dumps(public, ensure_ascii=False) + "\n")
            self._out.flush()
            return
        kind, data = event["type"], event["data"]
        if kind == "plan":
            self._steps = data["steps"]
        text = describe(kind, data, self._steps)
        if text is None:
            return
        if kind in ("step", "progress") and self._live:
            self._out.write(f"\r\x1b[2K{text}")
            self._line_open = True
        else:
            self._close_line()
            self._out.write(text + "\n")
        self._out.flush()

    def _close_line(self) -> None:
        if self._line_open:
            self._out.write("\n")
            self._line_open = False


def describe(kind: str, data: dict[str, Any], steps: int) -> str | None:
    """One event in words; None where it says nothing to a person."""
    if kind in _QUIET:
        return None
    if kind == "step":
        loss = "not finite, skipped" if data["skipped"] else f"{data['loss']:.4f}"
        speed = data["tokensPerSecond"]
        return (
            f"step {data['step']}/{steps}  loss {loss}  {0 if speed is None else speed:,.0f} tokens/s"
            f"  ETA {duration(data['etaMs'])}"
        )
    if kind == "eval":
        return f"step {data['step']}  eval loss {_number(data['loss'])}{'  (best)' if data['best'] else ''}"
    if kind == "sample":
        return f"step {data['step']}  {data['prompt']}\n    → {data['answer']} [{data['finish']}]"
    if kind == "checkpoint":
        return f"step {data['step']}  saved {data['path']} ({data['reason']})"
    if kind == "progress":
        total = "?" if data["total"] is None else f"{data['total']:,}"
        return f"{data['done']:,} of {total} {data['unit']}"
    if kind == "device":
        return (
            f"device {data['device']} ({data['name']}), {data['precision']}, {data['cpuThreads']} CPU threads"
        )
    if kind == "plan":
        return (
            f"plan: {data['steps']} steps, {data['trainRows']} rows, {data['trainTokens']:,} tokens;"
            f" {data['truncatedRows']} rows cut, {data['droppedRows']} dropped;"
            f" {data['evalRows']} rows for evaluation"
        )
    if kind in ("warning", "error"):
        return f"{kind} {data['code']}: {data['message']}"
    if kind == "result":
        where = data.get("adapterPath") or data.get("checkpointPath")
        return (
            f"loss {_number(data['lossFirst'])} → {_number(data['lossLast'])},"
            f" eval loss {_number(data['evalLossFirst'])} → {_number(data['evalLossLast'])}; {where}"
        )
    return None


def duration(milliseconds: float | None) -> str:
    """1:02:03 or 2:03; a dash where it is not known yet."""
    if milliseconds is None:
        return "–"
    seconds = round(milliseconds / 1000)
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
