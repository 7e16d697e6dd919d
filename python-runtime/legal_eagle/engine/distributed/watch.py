"""Noticing that a rank is gone, and ending this one with the reason.

A rank that waits for another inside a collective cannot look around, and inside NCCL it cannot even be
interrupted. So a thread looks: at the processes that this one started (`local_ranks`) or at the signs of life
that ranks leave in the launcher's store (`beats`).
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn, Protocol

from legal_eagle.jobs.errors import EXIT_ENVIRONMENT, JobError

RANK_LOST = "train.rank_lost"

# gloo breaks off at once when a peer's connection closes; whoever has not done so by then is inside NCCL.
_BREAK_OFF_SECONDS = 8.0
# Until a step that nobody will add up is given up.
_STEP_SECONDS = 15.0
# The connection may be gone a moment before the process is.
_EXPLAIN_SECONDS = 8.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class RankLoss:
    """`rank` is None where nobody can say which one it was."""

    rank: int | None
    host: str
    cause: str
    detail: str | None = None


class LossSource(Protocol):
    """Looks for a lost rank."""

    def look(self, broken_since: float | None) -> RankLoss | None:
        """The first rank that is gone, if any. `broken_since` (time.monotonic): a collective broke then."""

    def leave(self, error: BaseException | None) -> None:
        """Tells the others that this rank ends, and why; nobody is lost from here on."""


class RankWatch:
    """Looks from a thread of its own until it is closed."""

    def __init__(self, source: LossSource, end_now: Callable[[JobError], NoReturn]) -> None:
        self._source = source
        self._end_now = end_now
        self._lock = threading.Lock()
        self._loss: RankLoss | None = None
        self._broken_since: float | None = None
        self._speaking = False
        self._undisturbed = 0
        self._stop = threading.Event()
        self._found = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rank-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def leaving(self) -> None:
        """From here on this rank is done, and so may others be."""
        self._source.leave(None)

    def close(self, error: BaseException | None) -> None:
        """Ends the thread; `error` is what this rank ends with."""
        self._source.leave(error)
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    @contextlib.contextmanager
    def speaking(self) -> Iterator[None]:
        """Around every collective. Raises JobError `train.rank_lost` where a rank is known to be gone."""
        with self._lock:
            loss, self._speaking = self._loss, True
        try:
            if loss is not None:
                raise lost_error(loss)
            yield
        finally:
            self._speaking = False

    @contextlib.contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Around what is to be finished even when a rank is gone: a checkpoint."""
        self._undisturbed += 1
        try:
            yield
        finally:
            self._undisturbed -= 1

    def explain(self, error: BaseException) -> JobError:
        """What to raise in place of `error`, with which a collective broke off."""
        self._broken_since = time.monotonic()
        self._found.wait(_EXPLAIN_SECONDS)
        with self._lock:
            return lost_error(self._loss or RankLoss(None, "?", _first_line(error)), _first_line(error))

    def _run(self) -> None:
        noticed: float | None = None
        while not self._stop.wait(_POLL_SECONDS):
            if self._loss is None:
                loss = self._source.look(self._broken_since)
                if loss is None:
                    continue
                with self._lock:
                    self._loss = loss
                self._found.set()
                noticed = time.monotonic()
            waited = time.monotonic() - (noticed or 0.0)
            if self._undisturbed > 0 or waited < (_BREAK_OFF_SECONDS if self._speaking else _STEP_SECONDS):
                continue
            error = lost_error(self._loss)
            self._source.leave(error)
            self._end_now(error)


class NoWatch:
    """The watch of a run that has nobody to watch."""

    def leaving(self) -> None:
        pass

    def close(self, error: BaseException | None) -> None:
        pass

    def speaking(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def undisturbed(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def explain(self, error: BaseException) -> JobError:
        return lost_error(RankLoss(None, "?", _first_line(error)))


def lost_error(loss: RankLoss, broke_with: str | None = None) -> JobError:
    rank = "?" if loss.rank is None else str(loss.rank)
    detail = "\n".join(one for one in (loss.detail, broke_with) if one)
    return JobError(
        RANK_LOST,
        f"rank {rank} on {loss.host} was lost: {loss.cause}",
        exit_code=EXIT_ENVIRONMENT,
        params={"rank": rank, "host": loss.host, "cause": loss.cause},
        detail=detail or None,
    )


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__
