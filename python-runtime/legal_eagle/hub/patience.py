"""Waiting until a hub can be reached again: one wait for all threads, told once, and ended by a stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from legal_eagle.hub.refusals import TryAgain
from legal_eagle.jobs.context import Reporter
from legal_eagle.jobs.errors import EXIT_RESUMABLE, JobError

_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True)
class Waits:
    """Waits double from ``first_seconds`` to ``longest_seconds``; a server's own wish goes before, capped."""

    first_seconds: float = 1.0
    longest_seconds: float = 60.0
    asked_cap_seconds: float = 600.0
    # A hub that has never answered is more likely a wrong address than a bad line.
    attempts_before_contact: int = 4
    # Errors of the server that go on while the line is good do not heal by themselves.
    attempts_of_server: int = 8


class Stopped(Exception):
    """A stop was asked for; what has come is kept."""


class Patience:
    """Shared by the threads of a job."""

    def __init__(
        self,
        reporter: Reporter,
        origin: str,
        should_stop: Callable[[], bool],
        waits: Waits,
        clock_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reporter = reporter
        self._origin = origin
        self._should_stop = should_stop
        self._waits = waits
        self._clock_seconds = clock_seconds
        self._lock = threading.Lock()
        self._attempt = 0
        self._until = 0.0
        self._had_contact = False

    def answered(self) -> None:
        """Something useful came: the next failure begins a new count."""
        self._had_contact = True
        if self._attempt:
            with self._lock:
                self._attempt = 0

    def wait_after(self, failure: TryAgain) -> None:
        """Wait as long as this failure is worth.

        Raises Stopped, ``hub.unreachable``, ``hub.tls``, ``hub.proxy``, ``hub.server_failing``.
        """
        with self._lock:
            now = self._clock_seconds()
            asked = min(failure.wait_seconds or 0.0, self._waits.asked_cap_seconds)
            seconds = asked
            # Whoever fails while another waits has met the same thing; only a hub's own number adds to it.
            if now >= self._until:
                self._attempt += 1
                self._give_up(failure)
                doubled = self._waits.first_seconds * 2.0 ** min(self._attempt - 1, 30)
                seconds = max(asked, min(self._waits.longest_seconds, doubled))
            if now + seconds > self._until:
                self._until = now + seconds
                self._reporter.emit(
                    "waiting",
                    {
                        "reason": failure.reason,
                        "waitMs": round(seconds * 1000),
                        "attempt": self._attempt,
                        "detail": failure.detail,
                    },
                )
            until = self._until
        while (left := until - self._clock_seconds()) > 0:
            if self._should_stop():
                raise Stopped
            time.sleep(min(_POLL_SECONDS, left))

    def _give_up(self, failure: TryAgain) -> None:
        params: dict[str, object] = {"origin": self._origin, "reason": failure.detail}
        if not self._had_contact and failure.trust is not None:
            raise JobError(f"hub.{failure.trust}", failure.detail, exit_code=EXIT_RESUMABLE, params=params)
        if not self._had_contact and self._attempt >= self._waits.attempts_before_contact:
            code = "hub.unreachable" if failure.reason == "network" else "hub.server_failing"
            raise JobError(code, failure.detail, exit_code=EXIT_RESUMABLE, params=params)
        if failure.reason == "server" and self._attempt >= self._waits.attempts_of_server:
            raise JobError("hub.server_failing", failure.detail, exit_code=EXIT_RESUMABLE, params=params)
