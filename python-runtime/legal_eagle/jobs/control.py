"""The inbox `control/`: one JSON file a command, written by rename, removed by the job that obeys it."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from legal_eagle.jobs.context import ControlCommand, Reporter
from legal_eagle.protocol import validate

CONTROL_DIR: Final = "control"
# Fast enough that Ctrl-C feels answered; an empty folder costs about 20 microseconds to list.
SCAN_INTERVAL_SECONDS: Final = 0.2


class ControlInbox:
    """Reads the inbox from a thread of its own, so that a long step delays no acknowledgement.

    Each command is acknowledged once with `control-ack`; `stop` also raises the flag behind
    `JobContext.stop_requested`. A file that is not a command is removed with the warning
    `job.control_invalid`.
    """

    def __init__(self, folder: Path, reporter: Reporter, on_stop: Callable[[], None]) -> None:
        self._folder = folder / CONTROL_DIR
        self._folder.mkdir(exist_ok=True)
        self._reporter = reporter
        self._on_stop = on_stop
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._waiting: list[ControlCommand] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="control", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread; commands that arrive later stay unanswered in the folder."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def poll(self) -> list[ControlCommand]:
        """See context.Control."""
        self.scan()
        with self._lock:
            commands, self._waiting = self._waiting, []
        return commands

    def scan(self) -> None:
        """Take in what lies in the folder now. Never raises: a broken inbox must not end the job."""
        with self._lock, contextlib.suppress(OSError):
            # Writers use another suffix until their rename.
            for path in sorted(self._folder.glob("*.json")):
                self._take(path)

    def _take(self, path: Path) -> None:
        try:
            message: Any = json.loads(path.read_text(encoding="utf-8"))
            issues = validate(message, "Control")
            reason = "; ".join(map(str, issues))
        except ValueError as error:
            message, reason = None, str(error)
        if reason:
            self._reporter.emit(
                "warning",
                {
                    "code": "job.control_invalid",
                    "message": f"{path.name}: {reason}",
                    "params": {"file": path.name, "reason": reason},
                },
            )
        elif message["id"] not in self._seen:
            self._seen.add(message["id"])
            command = ControlCommand(id=message["id"], command=message["command"])
            if command.command == "stop":
                self._on_stop()
            self._reporter.emit("control-ack", {"id": command.id, "command": command.command})
            if command.command != "ping":
                self._waiting.append(command)
        path.unlink(missing_ok=True)

    def _watch(self) -> None:
        while not self._stop.wait(SCAN_INTERVAL_SECONDS):
            self.scan()
