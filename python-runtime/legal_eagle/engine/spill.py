"""Notices that a GPU's driver has begun to keep part of the memory in the computer's own.

On Windows a driver does that instead of refusing (the "system memory fallback"): nothing fails, the run only
becomes many times slower. What shows it is a collapse of the throughput without a change of the passes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from statistics import median

# The first steps compile, fill caches and are no measure.
_WARM_UP_STEPS = 3
_WINDOW_STEPS = 20
# A driver that swaps is slower by ten times and more; other programs and clocks are not.
_COLLAPSE = 0.25


class SpillWatch:
    """Fed with every step; says once that the throughput has collapsed. `on_spill` hears the tokens a second
    before and now."""

    def __init__(self, on_spill: Callable[[float, float], None]) -> None:
        self._on_spill = on_spill
        self._limit: int | None = None
        self._seen = 0
        self._recent: deque[float] = deque(maxlen=_WINDOW_STEPS)
        self._settled: float | None = None
        self._said = False

    def add(self, tokens: int, seconds: float, limit: int) -> None:
        """A step of `tokens` in `seconds`; `limit`: tokens computed at once."""
        if limit != self._limit:
            # Other passes have another throughput: what was settled says nothing any more.
            self._limit, self._seen, self._settled = limit, 0, None
            self._recent.clear()
        self._seen += 1
        if self._seen <= _WARM_UP_STEPS or seconds <= 0 or self._said:
            return
        self._recent.append(tokens / seconds)
        if len(self._recent) < _WINDOW_STEPS:
            return
        now = median(self._recent)
        if self._settled is None:
            self._settled = now
        elif now < _COLLAPSE * self._settled:
            self._said = True
            self._on_spill(self._settled, now)
