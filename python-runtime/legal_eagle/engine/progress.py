"""Speed and remaining time, counted in tokens: steps differ in size, tokens do not."""

from __future__ import annotations

from collections import deque

# Long enough to smooth a single slow step, short enough to follow a machine that slows down.
_WINDOW_STEPS = 20


class Throughput:
    """Tokens per second over the last steps, and the time that the rest of the plan takes at that speed."""

    def __init__(self, window_steps: int = _WINDOW_STEPS) -> None:
        self._recent: deque[tuple[int, float]] = deque(maxlen=window_steps)

    def add(self, tokens: int, seconds: float) -> None:
        self._recent.append((tokens, seconds))

    def tokens_per_second(self) -> float | None:
        """None before the first step."""
        seconds = sum(one[1] for one in self._recent)
        return sum(one[0] for one in self._recent) / seconds if seconds > 0 else None

    def eta_ms(self, remaining_tokens: int) -> float | None:
        """Milliseconds for `remaining_tokens` at the present speed; None before the first step."""
        speed = self.tokens_per_second()
        return None if speed is None or speed <= 0 else 1000.0 * remaining_tokens / speed
