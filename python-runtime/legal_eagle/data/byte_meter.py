"""Progress of an import in bytes of its sources, over several passes of different cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from legal_eagle.jobs.context import Reporter

# At most two events a second.
_INTERVAL_S = 0.5


@dataclass
class ByteMeter:
    """Tells `progress` events. `share` of all work is one pass; passes follow one another."""

    reporter: Reporter
    total_bytes: int
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._started = self.clock()
        self._told = self._started
        self._before = 0.0
        self._share = 0.0
        self._pass_bytes = 0

    def begin_pass(self, name: str, share: float) -> None:
        """Start a pass that is `share` (0–1) of the whole work."""
        self._before += self._share
        self._share = share
        self._pass_bytes = 0
        self.reporter.emit("phase", {"name": name})

    def at(self, offset: int) -> None:
        """Byte offset within the file that is being read."""
        now = self.clock()
        if now - self._told < _INTERVAL_S:
            return
        self._told = now
        fraction = self._before + self._share * min(
            1.0, (self._pass_bytes + offset) / max(1, self.total_bytes)
        )
        elapsed = now - self._started
        self.reporter.emit(
            "progress",
            {
                "done": round(fraction * self.total_bytes),
                "total": self.total_bytes,
                "unit": "bytes",
                "etaMs": round(elapsed * (1 - fraction) / fraction * 1000) if fraction > 0.01 else None,
            },
        )

    def file_done(self, size: int) -> None:
        self._pass_bytes += size
