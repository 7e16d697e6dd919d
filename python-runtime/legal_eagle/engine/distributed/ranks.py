"""The ranks of a run, from finding out who one is to leaving the group."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch.distributed as dist

from legal_eagle.engine.devices import DeviceChoice
from legal_eagle.engine.distributed.collective import Alone, Collective, GroupCollective
from legal_eagle.engine.distributed.facts import ALONE, RankFacts
from legal_eagle.engine.distributed.group import join_group
from legal_eagle.jobs.errors import EXIT_SPEC, JobError

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class RankPlace:
    """Where a rank computes. `machine` tells machines of one name apart."""

    rank: int
    host: str
    machine: str
    pid: int
    device: str
    name: str
    uuid: str | None
    precision: str
    max_tokens_per_micro_batch: int


@dataclass(frozen=True, slots=True)
class Ranks:
    """`places` is the same on every rank; rank 0 alone writes events, checkpoints and adapters."""

    facts: RankFacts
    collective: Collective
    places: tuple[RankPlace, ...]

    @property
    def is_first(self) -> bool:
        return self.facts.is_first

    @property
    def leads_machine(self) -> bool:
        """Whether this rank does for its machine what one rank of a machine has to do."""
        mine = self.places[self.facts.rank].machine
        return all(place.machine != mine for place in self.places[: self.facts.rank])


@contextlib.contextmanager
def joined(facts: RankFacts, choice: DeviceChoice) -> Iterator[tuple[Ranks, DeviceChoice]]:
    """Meets the other ranks for the length of the block; with one process there are none to meet.

    The choice comes back with what all ranks agreed on. JobError `train.ranks_differ`, `train.rank_lost`.
    """
    if facts == ALONE:
        yield Ranks(facts, Alone(), (_place(facts, choice),)), choice
        return
    control = join_group(facts, choice.device)
    try:
        collective = GroupCollective(control, on_failure=lambda error: error)
        places = tuple(RankPlace(**one) for one in collective.gather(asdict(_place(facts, choice))))
        yield Ranks(facts, collective, places), _agreed(choice, places)
    finally:
        if facts.launcher != "group":
            dist.destroy_process_group()


def _agreed(choice: DeviceChoice, places: tuple[RankPlace, ...]) -> DeviceChoice:
    """The smallest limit of all ranks: each packs for all of them, so they must pack alike."""
    for place in places:
        if place.precision != places[0].precision:
            raise JobError(
                "train.ranks_differ",
                f"rank {place.rank} computes in {place.precision}, rank 0 in {places[0].precision}",
                exit_code=EXIT_SPEC,
                params={
                    "what": "hardware.precision",
                    "rank": place.rank,
                    "theirs": place.precision,
                    "first": places[0].precision,
                },
            )
    tokens = min(place.max_tokens_per_micro_batch for place in places)
    if tokens == choice.max_tokens_per_micro_batch:
        return choice
    reason = f"maxTokensPerMicroBatch {tokens}: the least of all ranks"
    return replace(choice, max_tokens_per_micro_batch=tokens, reasons=(*choice.reasons, reason))


def _place(facts: RankFacts, choice: DeviceChoice) -> RankPlace:
    host = socket.gethostname()
    try:
        machine = f"{host} {_BOOT_ID.read_text(encoding='ascii').strip()}"
    except OSError:
        machine = host
    return RankPlace(
        rank=facts.rank,
        host=host,
        machine=machine,
        pid=os.getpid(),
        device=str(choice.device),
        name=choice.name,
        uuid=choice.uuid,
        precision=choice.precision,
        max_tokens_per_micro_batch=choice.max_tokens_per_micro_batch,
    )
