"""Progress by bytes with the time that is left, a few events a second at most."""

from __future__ import annotations

import time
from collections.abc import Callable

from legal_eagle.jobs.context import Reporter

# Often enough for a moving bar; every event is a line in a file.
_INTERVAL_SECONDS = 0.5


class ByteProgress:
    """Emits ``progress`` events; ``total_bytes`` is known in advance."""

    def __init__(
        self, reporter: Reporter, total_bytes: int, clock_seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._reporter = reporter
        self._total_bytes = total_bytes
        self._clock_seconds = clock_seconds
        self._start = clock_seconds()
        self._last = float("-inf")
        self.done_bytes = 0

    def add(self, count: int) -> None:
        self.done_bytes += count
        now = self._clock_seconds()
        if now - self._last < _INTERVAL_SECONDS and self.done_bytes < self._total_bytes:
            return
        self._last = now
        elapsed_ms = (now - self._start) * 1000
        left = self._total_bytes - self.done_bytes
        self._reporter.emit(
            "progress",
            {
                "done": self.done_bytes,
                "total": self._total_bytes,
                "unit": "bytes",
                "etaMs": round(elapsed_ms * left / self.done_bytes) if self.done_bytes else None,
            },
        )
