"""Holds an upload to so many bytes a second, over all its lines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

_POLL_SECONDS: Final = 0.1


class RateCap:
    """``take`` returns when the bytes may leave; ``check`` is called while it waits and may raise."""

    def __init__(
        self,
        bytes_per_second: int | None,
        clock_seconds: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._bytes_per_second = bytes_per_second
        self._clock_seconds = clock_seconds
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at = 0.0

    def take(self, count: int, check: Callable[[], None]) -> None:
        if self._bytes_per_second is None:
            return
        with self._lock:
            at = max(self._clock_seconds(), self._free_at)
            self._free_at = at + count / self._bytes_per_second
        while (left := at - self._clock_seconds()) > 0:
            check()
            self._sleep(min(_POLL_SECONDS, left))
