"""Signs of life that ranks leave in the store through which their launcher made them meet."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

from torch._C._distributed_c10d import PrefixStore, TCPStore

from legal_eagle.engine.distributed.facts import RankFacts
from legal_eagle.engine.distributed.watch import RANK_LOST, RankLoss
from legal_eagle.jobs.errors import JobError

_BEAT_SECONDS = 1.0
# A machine that pages or a debugger may hold a process up for a while; half of what a person would wait.
SILENT_SECONDS = 15.0
# After a connection broke, whoever is silent for this long is the one that broke it.
SILENT_AFTER_BREAK_SECONDS = 4.0
_STORE_TIMEOUT = timedelta(seconds=10)


class BeatStore(Protocol):
    """What is used of torch.distributed.Store."""

    def set(self, key: str, value: str, /) -> None: ...

    def get(self, key: str, /) -> bytes: ...

    def check(self, keys: list[str], /) -> bool: ...


def connect_store(environment: Mapping[str, str] = os.environ) -> BeatStore | None:
    """A connection of its own: the group's is held by whatever the main thread waits for. None where the
    launcher left no address."""
    host, port = environment.get("MASTER_ADDR"), environment.get("MASTER_PORT", "")
    if not host or not port.isdecimal():
        return None
    try:
        store = TCPStore(host, int(port), is_master=False, wait_for_workers=False, timeout=_STORE_TIMEOUT)
    except RuntimeError:
        return None
    return PrefixStore("legal-eagle", store)


class Beats:
    """A `watch.LossSource` over a store. `hosts` are those of the ranks."""

    def __init__(self, store: BeatStore, facts: RankFacts, hosts: Sequence[str]) -> None:
        self._store = store
        self._facts = facts
        self._hosts = hosts
        self._count = 0
        self._next = 0.0
        # Of each other rank: its last sign, and when it was seen first.
        self._seen: dict[int, tuple[bytes, float]] = {}

    def look(self, broken_since: float | None) -> RankLoss | None:
        now = time.monotonic()
        if now < self._next:
            return None
        self._next = now + _BEAT_SECONDS
        try:
            return self._look(now, broken_since)
        except (RuntimeError, OSError) as error:
            # The store lives with rank 0 or with the launcher on its machine.
            return RankLoss(0, self._hosts[0], f"its machine no longer answers: {str(error).splitlines()[0]}")

    def _look(self, now: float, broken_since: float | None) -> RankLoss | None:
        self._count += 1
        self._store.set(f"beat/{self._facts.rank}", str(self._count))
        quiet: list[tuple[float, int]] = []
        left: list[tuple[int, dict[str, Any]]] = []
        for rank in range(self._facts.world_size):
            if rank == self._facts.rank:
                continue
            if self._store.check([f"left/{rank}"]):
                left.append((rank, json.loads(self._store.get(f"left/{rank}"))))
                continue
            sign = self._store.get(f"beat/{rank}") if self._store.check([f"beat/{rank}"]) else b""
            if self._seen.get(rank, (None, 0.0))[0] != sign:
                self._seen[rank] = (sign, now)
            quiet.append((now - self._seen[rank][1], rank))
        for rank, said in left:
            if said["code"] not in (None, RANK_LOST):
                return RankLoss(rank, self._hosts[rank], f"{said['code']}: {said['message']}")
        since_break = 0.0 if broken_since is None else now - broken_since
        limit = SILENT_AFTER_BREAK_SECONDS if since_break > SILENT_AFTER_BREAK_SECONDS else SILENT_SECONDS
        longest = max(quiet, default=(0.0, -1))
        if longest[0] > limit:
            return RankLoss(
                longest[1], self._hosts[longest[1]], f"no sign of life for {longest[0]:.0f} seconds"
            )
        return None

    def leave(self, error: BaseException | None) -> None:
        code = None if error is None else error.code if isinstance(error, JobError) else "job.crashed"
        message = "" if error is None else str(error)
        with contextlib.suppress(RuntimeError, OSError):
            self._store.set(f"left/{self._facts.rank}", json.dumps({"code": code, "message": message}))
