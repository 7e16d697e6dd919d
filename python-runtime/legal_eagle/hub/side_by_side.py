"""Threads that do parts of one job; the first failure ends them all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from legal_eagle.hub.patience import Stopped

# A thread that hangs on a silent line is left behind: what it was at is taken up again another time.
_STOP_GRACE_SECONDS: Final = 2.0
_POLL_SECONDS: Final = 0.05


class SideBySide:
    """``should_stop`` also says so when another thread has failed."""

    def __init__(self, stop_requested: Callable[[], bool]) -> None:
        self._stop_requested = stop_requested
        self._failures: list[BaseException] = []
        self._ended = threading.Event()

    def should_stop(self) -> bool:
        return bool(self._failures) or self._stop_requested()

    def run(self, work: Callable[[], None], count: int) -> None:
        """Run ``work`` in ``count`` threads until all have ended. Raises the first failure, or Stopped."""
        threads = [
            threading.Thread(target=self._guarded, args=(work,), name=f"line-{number}", daemon=True)
            for number in range(count)
        ]
        for thread in threads:
            thread.start()
        deadline: float | None = None
        while any(thread.is_alive() for thread in threads):
            if deadline is None and self.should_stop():
                deadline = time.monotonic() + _STOP_GRACE_SECONDS
            if deadline is not None and time.monotonic() > deadline:
                break
            self._ended.wait(_POLL_SECONDS)
            self._ended.clear()
        if self._failures:
            raise next((one for one in self._failures if not isinstance(one, Stopped)), self._failures[0])
        if self.should_stop():
            raise Stopped

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self._failures.append(error)
        finally:
            self._ended.set()
