"""The ranks of a run, from finding out who one is to leaving the others."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from legal_eagle.engine.devices import DeviceChoice
from legal_eagle.engine.distributed.beats import Beats, connect_store
from legal_eagle.engine.distributed.collective import Alone, Collective, GroupCollective
from legal_eagle.engine.distributed.facts import ALONE, STORE_VARIABLE, RankFacts, rank_facts
from legal_eagle.engine.distributed.group import Meeting
from legal_eagle.engine.distributed.link_check import TIMED_BYTES, check_links, sound_links
from legal_eagle.engine.distributed.local_ranks import LocalRanks, cards_of_ranks, follow_first_rank
from legal_eagle.engine.distributed.watch import NoWatch, RankWatch
from legal_eagle.jobs.context import JobContext
from legal_eagle.jobs.errors import EXIT_SPEC, JobError
from legal_eagle.protocol.spec_types import RecipeHardware

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
    watch: RankWatch | NoWatch

    @property
    def is_first(self) -> bool:
        return self.facts.is_first

    @property
    def leads_machine(self) -> bool:
        """Whether this rank does for its machine what one rank of a machine has to do."""
        mine = self.places[self.facts.rank].machine
        return all(place.machine != mine for place in self.places[: self.facts.rank])


@contextlib.contextmanager
def joined(
    context: JobContext, hardware: RecipeHardware, choose: Callable[[RankFacts], DeviceChoice]
) -> Iterator[tuple[Ranks, DeviceChoice]]:
    """Starts the ranks that are this one's to start, meets all of them for the length of the block, and
    checks the links between them. With one process there is nobody to meet.

    The choice comes back with what all ranks agreed on. JobError `train.ranks_differ`, `train.rank_lost`,
    `train.links_corrupt`, `train.too_few_cards`, `train.launcher_incomplete`.
    """
    facts = rank_facts(hardware)
    if facts == ALONE:
        choice = choose(facts)
        yield Ranks(facts, Alone(), (_place(facts, choice),), NoWatch()), choice
        return
    follow_first_rank()
    children = _own_ranks(context, hardware, facts)
    choice = choose(facts)
    watch: RankWatch | NoWatch = NoWatch()
    meeting = Meeting(facts, choice.device)
    failure: BaseException | None = None
    try:
        if children is not None:
            children.start()
            watch = RankWatch(children, context.end_now)
            watch.start()
        try:
            collective = GroupCollective(meeting.join(), on_failure=watch.explain, waiting=watch.speaking)
        except RuntimeError as error:
            raise watch.explain(error) from error
        places = tuple(RankPlace(**one) for one in collective.gather(asdict(_place(facts, choice))))
        if facts.launcher in ("environment", "group"):
            watch = _watch_signs(context, facts, places)
            collective = GroupCollective(collective.control, on_failure=watch.explain, waiting=watch.speaking)
        collective, choice = _checked(meeting, collective, watch, _agreed(choice, places))
        yield Ranks(facts, collective, places, watch), choice
        watch.leaving()
        # Whoever is done early stays until all are: the store may live in its process.
        collective.gather(None)
    except BaseException as error:
        failure = error
        raise
    finally:
        watch.close(failure)
        if failure is None or meeting.backend == "gloo":
            meeting.leave()
        if children is not None:
            children.end(in_peace=failure is None)


def _own_ranks(context: JobContext, hardware: RecipeHardware, facts: RankFacts) -> LocalRanks | None:
    """Makes this process rank 0 of its own ranks, where it is that."""
    if facts.launcher != "own" or not facts.is_first or STORE_VARIABLE in os.environ:
        return None
    cards = cards_of_ranks(hardware, facts.world_size, torch.cuda.device_count)
    children = LocalRanks(context.dir, context.spec, cards)
    # The card must be chosen before CUDA starts.
    os.environ.update(children.environment(0))
    return children


def _watch_signs(context: JobContext, facts: RankFacts, places: tuple[RankPlace, ...]) -> RankWatch | NoWatch:
    store = connect_store()
    if store is None:
        return NoWatch()
    watch = RankWatch(Beats(store, facts, [place.host for place in places]), context.end_now)
    watch.start()
    return watch


def _checked(
    meeting: Meeting, collective: GroupCollective, watch: RankWatch | NoWatch, choice: DeviceChoice
) -> tuple[GroupCollective, DeviceChoice]:
    """The collective over links that were found sound, and the choice with what was found."""
    reasons: list[str] = []
    current = collective

    def meet_again() -> None:
        nonlocal current
        group = meeting.join_without_peer_to_peer()
        current = GroupCollective(group, on_failure=watch.explain, waiting=watch.speaking)

    report = sound_links(
        lambda: check_links(current, choice.device, TIMED_BYTES),
        meet_again if meeting.can_turn_peer_to_peer_off() else None,
        reasons,
    )
    reasons.append(report.describe(meeting.backend, current.world_size))
    return current, replace(choice, reasons=(*choice.reasons, *reasons))


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
