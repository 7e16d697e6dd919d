"""The ranks that this one starts on its own machine: a process a card, each a job folder below this job's.

A rank's folder is `ranks/<rank>`: its log, its heartbeat, and an event file that holds its start, its end
and, where it failed, why. Everything else is written by rank 0.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any, Final

import legal_eagle
from legal_eagle.engine.distributed.facts import STORE_VARIABLE
from legal_eagle.engine.distributed.watch import RANK_LOST, RankLoss
from legal_eagle.jobs.errors import EXIT_RESUMABLE, EXIT_SPEC, JobError
from legal_eagle.protocol.spec_types import RecipeHardware

RANKS_DIR: Final = "ranks"
LOG_FILE: Final = "log.txt"
_CARDS: Final = "CUDA_VISIBLE_DEVICES"
_LOG_LINES = 12
# A rank has nothing to write at its end.
_LEAVE_SECONDS = 20.0
_KILL_SECONDS = 5.0


def cards_of_ranks(
    hardware: RecipeHardware,
    processes: int,
    count_cards: Callable[[], int],
    environment: Mapping[str, str] = os.environ,
) -> list[str | None]:
    """What CUDA_VISIBLE_DEVICES each rank gets; None on CPUs. What this process sees wins over the recipe:
    its owner has decided. JobError `train.too_few_cards`."""
    if hardware["device"] == "cpu":
        return [None] * processes
    named = "" if hardware["gpu"] == "auto" else hardware["gpu"]
    seen = [one.strip() for one in environment.get(_CARDS, named).split(",") if one.strip()]
    # One named twice is one card.
    cards = list(dict.fromkeys(seen)) or [str(index) for index in range(count_cards())]
    if not cards and hardware["device"] == "auto" and not named:
        return [None] * processes
    if len(cards) < processes:
        raise JobError(
            "train.too_few_cards",
            f"{processes} processes need a card each; this one sees {len(cards)}",
            exit_code=EXIT_SPEC,
            params={"processes": processes, "cards": len(cards)},
        )
    return list(cards[:processes])


class LocalRanks:
    """Ranks 1 … n − 1 as child processes, and the file through which all meet. A `watch.LossSource`.

    Each child holds the reading end of a pipe whose writing end is here: when this process is gone, however
    it went, the child reads its end and goes too.
    """

    def __init__(self, job_dir: Path, spec: Mapping[str, Any], cards: Sequence[str | None]) -> None:
        self._dir = job_dir / RANKS_DIR
        self._spec = spec
        self._cards = cards
        # On this machine's own disk: the job's folder may lie on a network share that cannot lock files.
        self._meeting = Path(tempfile.mkdtemp(prefix="legal-eagle-ranks-"))
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._leaving = False

    def environment(self, rank: int) -> dict[str, str]:
        """The variables that make a process this rank."""
        processes = str(len(self._cards))
        card = self._cards[rank]
        return {
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": processes,
            "LOCAL_WORLD_SIZE": processes,
            STORE_VARIABLE: str(self._meeting / "store"),
            **({} if card is None else {_CARDS: card}),
        }

    def start(self) -> None:
        for rank in range(1, len(self._cards)):
            folder = self._write_job(rank)
            with (folder / LOG_FILE).open("wb") as log:
                self._children[rank] = subprocess.Popen(  # noqa: S603 (this very Python)
                    _command(folder),
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, **self.environment(rank)},
                )

    def look(self, broken_since: float | None) -> RankLoss | None:  # noqa: ARG002
        """Of several, one that ended for a reason of its own rather than one that lost its partner."""
        ended = [(rank, child.poll()) for rank, child in self._children.items()]
        gone = [(rank, code) for rank, code in ended if code is not None]
        if self._leaving or not gone:
            return None
        found = [self._loss(rank, code) for rank, code in gone]
        own = [loss for loss in found if RANK_LOST not in loss.cause]
        # All the others broke off because one did: that one is still ending.
        return own[0] if own else (found[0] if len(gone) == len(self._children) else None)

    def leave(self, error: BaseException | None) -> None:  # noqa: ARG002
        self._leaving = True

    def end(self, *, in_peace: bool) -> None:
        """Waits, where all went well, for ranks that end by themselves; then they lose their pipe, and at
        last their lives."""
        for child in self._children.values() if in_peace else ():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=_LEAVE_SECONDS)
        for child in self._children.values():
            if child.stdin is not None:
                with contextlib.suppress(OSError):
                    child.stdin.close()
        for child in self._children.values():
            try:
                child.wait(timeout=_KILL_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        shutil.rmtree(self._meeting, ignore_errors=True)

    def _write_job(self, rank: int) -> Path:
        folder = self._dir / str(rank)
        (folder / "control").mkdir(parents=True)
        params = {**self._spec["params"], "resumeFrom": None, "initialAdapter": None}
        spec = {**self._spec, "id": f"{self._spec['id']}-{rank}", "nonce": secrets.token_hex(16)}
        content = json.dumps({**spec, "params": params}, ensure_ascii=False, indent=2)
        (folder / "job.json").write_text(content + "\n", encoding="utf-8")
        return folder

    def _loss(self, rank: int, code: int) -> RankLoss:
        folder = self._dir / str(rank)
        said = _own_error(folder)
        cause = _end_of(code) if said is None else f"{said} ({_end_of(code)})"
        return RankLoss(rank, socket.gethostname(), cause, _last_lines(folder / LOG_FILE))


def follow_first_rank(environment: MutableMapping[str, str] = os.environ) -> None:
    """In a rank that another one started: ends this process when that one is gone."""
    if STORE_VARIABLE not in environment:
        return

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1):
                pass
        # Nothing is to be saved here, and the main thread may be inside a collective that never returns.
        os._exit(EXIT_RESUMABLE)

    threading.Thread(target=wait, name="first-rank", daemon=True).start()


def _command(folder: Path) -> list[str]:
    entry = Path(legal_eagle.__file__).resolve().parents[1] / "run.py"
    if entry.is_file():
        return [sys.executable, "-I", "-X", "utf8", str(entry), str(folder)]
    return [sys.executable, "-X", "utf8", "-m", "legal_eagle", "job", str(folder)]


def _end_of(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"killed by {signal.Signals(-code).name}"
    return f"killed by signal {-code}"


def _own_error(folder: Path) -> str | None:
    """What the rank wrote about its end."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        for line in (folder / "events.ndjson").read_text(encoding="utf-8").splitlines():
            event = json.loads(line)
            if event["type"] == "error":
                return f"{event['data']['code']}: {event['data']['message']}"
    return None


def _last_lines(path: Path) -> str:
    with contextlib.suppress(OSError):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_LOG_LINES:])
    return ""
