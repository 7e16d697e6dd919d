"""Cutting a streamed answer at stop texts without ever showing a part of one."""

from __future__ import annotations

from collections.abc import Sequence


class StopText:
    """Feeds text through; holds back a tail that may be the beginning of a stop text."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stops)
        self._held = ""
        self.found = False

    def push(self, text: str) -> str:
        """Text that is safe to show. Once a stop text came by, ``found`` is true and nothing more comes."""
        if self.found:
            return ""
        pending = self._held + text
        ends = [position for position in (pending.find(stop) for stop in self._stops) if position >= 0]
        if ends:
            self.found = True
            self._held = ""
            return pending[: min(ends)]
        keep = self._possible_beginning(pending)
        self._held = pending[len(pending) - keep :]
        return pending[: len(pending) - keep]

    def finish(self) -> str:
        """What was held back and turned out to be no stop text."""
        rest, self._held = self._held, ""
        return rest

    def _possible_beginning(self, text: str) -> int:
        longest = max((len(stop) for stop in self._stops), default=0)
        for length in range(min(longest - 1, len(text)), 0, -1):
            tail = text[-length:]
            if any(stop.startswith(tail) for stop in self._stops):
                return length
        return 0
