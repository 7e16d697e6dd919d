"""Counts what has come and says so, at most once a second for the whole and for each file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from legal_eagle.jobs.context import Reporter

# A night's download writes a line of its event file for each.
_INTERVAL_SECONDS: Final = 1.0


class TransferMeter:
    """``progress`` (bytes of all files to take) and ``file-progress`` events. Safe from several threads."""

    def __init__(
        self,
        reporter: Reporter,
        sizes: dict[str, int],
        clock_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reporter = reporter
        self._sizes = sizes
        self._total_bytes = sum(sizes.values())
        self._clock_seconds = clock_seconds
        self._lock = threading.Lock()
        self._done: dict[str, int] = {}
        self._said: dict[str, float] = {}
        self._start = clock_seconds()
        self._last = float("-inf")
        self.received_bytes = 0

    def reset(self, path: str, done_bytes: int) -> None:
        """A file starts over, or from what an earlier attempt left."""
        with self._lock:
            self._done[path] = done_bytes

    def add(self, path: str, count: int) -> None:
        """Bytes of a file came."""
        with self._lock:
            self.received_bytes += count
            self._done[path] = self._done.get(path, 0) + count
            now = self._clock_seconds()
            if now - self._said.get(path, float("-inf")) >= _INTERVAL_SECONDS:
                self._said[path] = now
                size = self._sizes[path]
                done = min(self._done[path], size)
                self._reporter.emit("file-progress", {"path": path, "doneBytes": done, "bytes": size})
            if now - self._last >= _INTERVAL_SECONDS:
                self._last = now
                self._say(now)

    def finish(self) -> None:
        """Say where it stands, whenever the last word was."""
        with self._lock:
            self._say(self._clock_seconds())

    def _say(self, now: float) -> None:
        done = min(sum(self._done.values()), self._total_bytes)
        rate = self.received_bytes / max(now - self._start, 1e-3)
        eta = round((self._total_bytes - done) / rate * 1000) if self.received_bytes else None
        self._reporter.emit(
            "progress", {"done": done, "total": self._total_bytes, "unit": "bytes", "etaMs": eta}
        )
