"""The pack plan: which documents each optimizer step sees, decided before the first step.

Every random choice of the data order comes from the seed through PCG64's raw stream, which numpy keeps stable
between versions (NEP 19), so the same seed gives the same plan on every machine.

Two ideas are kept apart on purpose:

* the *global batch* (the documents of one optimizer step) is part of the recipe, enters the gradient, and is
  what the plan hash covers;
* the *micro-batches* (how those documents are packed into forward passes, and which rank computes which) only
  decide speed and memory. They are recomputed when the memory limit is lowered; the plan hash does not change
  with them. Every rank plans for all ranks and takes its share.
"""

from __future__ import annotations

import bisect
import hashlib
import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

BatchUnit = Literal["samples", "packs"]

# A window bounds the work of best-fit packing and keeps distant documents apart, so that packs stay random.
_PACK_WINDOW_DOCUMENTS = 4096

# Distinguishes the two random streams that are drawn from one seed.
_STREAM_DOCUMENTS = 1
_STREAM_PACKS = 2


@dataclass(frozen=True, slots=True)
class BatchShape:
    """The recipe's global batch: `micro_batch` × `accumulation` × `world_size` units an optimizer step.

    As in the tools whose recipes are imported, both numbers count one rank: a second one doubles the batch.
    """

    unit: BatchUnit
    micro_batch: int
    accumulation: int
    world_size: int = 1
    # Tokens a pack may hold. Only meaningful for `packs`, where the unit is a pack of the cutoff length.
    pack_tokens: int = 0

    @property
    def units_per_step(self) -> int:
        return self.micro_batch * self.accumulation * self.world_size


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One optimizer step. `documents` is the global batch in plan order; `epoch` counts from 0.

    `micro_batches` holds the forward passes of all ranks, those of rank 0 first; `passes_of_ranks` says how
    many each rank has (none, where the last batch of an epoch has fewer documents than there are ranks).
    """

    documents: tuple[int, ...]
    tokens: int
    answer_tokens: int
    epoch: int
    micro_batches: tuple[tuple[int, ...], ...]
    passes_of_ranks: tuple[int, ...]

    def passes(self, rank: int) -> tuple[tuple[int, ...], ...]:
        """The forward passes of one rank."""
        first = sum(self.passes_of_ranks[:rank])
        return self.micro_batches[first : first + self.passes_of_ranks[rank]]


@dataclass(frozen=True, slots=True)
class Plan:
    """All optimizer steps of a run and what a person wants to know about them before it starts."""

    steps: tuple[StepPlan, ...]
    hash: str
    steps_per_epoch: int
    documents: int
    max_tokens_per_micro_batch: int
    # Packs of one epoch for `packs`; equal to `documents` for `samples`.
    units_per_epoch: int
    world_size: int = 1
    tokens: int = field(default=0)
    answer_tokens: int = field(default=0)

    @property
    def fill(self) -> float:
        """Share of the room of all micro-batches that holds tokens, between 0 and 1."""
        room = sum(len(step.micro_batches) for step in self.steps) * self.max_tokens_per_micro_batch
        return self.tokens / room if room else 0.0

    @property
    def epochs(self) -> float:
        return len(self.steps) / self.steps_per_epoch if self.steps_per_epoch else 0.0


def shuffled(count: int, seed: int, epoch: int, stream: int = _STREAM_DOCUMENTS) -> npt.NDArray[np.int64]:
    """A permutation of `range(count)` that depends on nothing but its arguments.

    Sorting random 64-bit keys uses only PCG64's raw output; `Generator.permutation` may change between numpy
    versions, which would refuse every checkpoint after an update.
    """
    keys = np.random.PCG64(np.random.SeedSequence([seed, epoch, stream])).random_raw(count)
    return np.argsort(keys, kind="stable").astype(np.int64)


def best_fit_decreasing(
    documents: Sequence[int], lengths: npt.NDArray[np.int64], limit: int
) -> list[list[int]]:
    """Packs documents into bins of at most `limit` tokens (best fit, longest first; ties by plan order).

    A document longer than `limit` is a caller's error: the token store has already cut rows to the cutoff and
    the loop never asks for less than the longest document.
    """
    order = sorted(range(len(documents)), key=lambda place: (-int(lengths[documents[place]]), place))
    bins: list[list[int]] = []
    # Open bins by the room they have left, the oldest of a room first; `rooms` are its keys, sorted. No more
    # than `limit` rooms differ, so a document costs the same however many bins there are.
    open_bins: dict[int, list[int]] = {}
    rooms: list[int] = []
    for place in order:
        document = documents[place]
        length = int(lengths[document])
        if length > limit:
            raise ValueError(f"document {document} has {length} tokens, more than the limit of {limit}")
        at = bisect.bisect_left(rooms, length)
        if at == len(rooms):
            room, index = limit, len(bins)
            bins.append([])
        else:
            room = rooms[at]
            index = heapq.heappop(open_bins[room])
            if not open_bins[room]:
                del open_bins[room], rooms[at]
        bins[index].append(document)
        left = room - length
        if left == 0:
            # Nothing is shorter than a token.
            continue
        if left not in open_bins:
            open_bins[left] = []
            bisect.insort(rooms, left)
        heapq.heappush(open_bins[left], index)
    return bins


def micro_batches_of(
    documents: Sequence[int], lengths: npt.NDArray[np.int64], limit: int
) -> tuple[tuple[int, ...], ...]:
    """The forward passes of one optimizer step, largest first so that a memory shortage shows at once."""
    bins = best_fit_decreasing(documents, lengths, limit)
    sizes = [int(lengths[np.asarray(members)].sum()) for members in bins]
    return tuple(tuple(bins[index]) for index in sorted(range(len(bins)), key=lambda i: (-sizes[i], i)))


def shares_of(
    documents: Sequence[int], lengths: npt.NDArray[np.int64], ranks: int
) -> tuple[tuple[int, ...], ...]:
    """The documents of each rank, in plan order: longest first to whoever has fewest tokens.

    Longest processing time first (Graham 1969, doi:10.1137/0117039): the rank with most has at most
    4/3 − 1/(3n) of what the best split over n ranks would give its own.
    """
    if ranks == 1:
        return (tuple(documents),)
    order = sorted(range(len(documents)), key=lambda place: (-int(lengths[documents[place]]), place))
    loads = [(0, rank) for rank in range(ranks)]
    places: list[list[int]] = [[] for _ in range(ranks)]
    for place in order:
        tokens, rank = loads[0]
        places[rank].append(place)
        heapq.heapreplace(loads, (tokens + int(lengths[documents[place]]), rank))
    return tuple(tuple(documents[place] for place in sorted(mine)) for mine in places)


def _packed(
    documents: Sequence[int], lengths: npt.NDArray[np.int64], limit: int, ranks: int
) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """`micro_batches` and `passes_of_ranks` of a step."""
    by_rank = [micro_batches_of(share, lengths, limit) for share in shares_of(documents, lengths, ranks)]
    return tuple(members for passes in by_rank for members in passes), tuple(len(one) for one in by_rank)


def plan(
    lengths: npt.NDArray[np.int64],
    answer_counts: npt.NDArray[np.int64],
    batch: BatchShape,
    *,
    epochs: float,
    seed: int,
    max_tokens_per_micro_batch: int,
    max_steps: int | None = None,
) -> Plan:
    """Plans a run.

    lengths, answer_counts: [documents], tokens and supervised tokens of each document.
    epochs may be fractional: the run has ceil(epochs × steps per epoch) steps, as the Hugging Face Trainer
    counts them (transformers, Trainer.set_initial_training_values), and at most max_steps.
    The last step of an epoch may hold fewer units; no document is dropped or repeated to fill it.
    """
    count = len(lengths)
    if count == 0:
        raise ValueError("nothing to plan: no documents")
    lengths = np.asarray(lengths, dtype=np.int64)
    answer_counts = np.asarray(answer_counts, dtype=np.int64)
    limit = max(max_tokens_per_micro_batch, int(lengths.max()))

    steps: list[StepPlan] = []
    digest = hashlib.sha256(f"pack-plan 1 {batch} {seed}".encode())
    epoch = 0
    total: int | None = None
    first_epoch_steps = 0
    units_per_epoch = 0
    while total is None or len(steps) < total:
        batches, units = _global_batches(lengths, batch, seed, epoch)
        if epoch == 0:
            first_epoch_steps, units_per_epoch = len(batches), units
        if total is None:
            total = max(1, math.ceil(round(epochs * first_epoch_steps, 9)))
            total = total if max_steps is None else min(total, max_steps)
        for documents in batches[: total - len(steps)]:
            chosen = np.asarray(documents, dtype=np.int64)
            digest.update(chosen.tobytes())
            digest.update(b"|")
            micro_batches, passes = _packed(documents, lengths, limit, batch.world_size)
            steps.append(
                StepPlan(
                    documents=tuple(documents),
                    tokens=int(lengths[chosen].sum()),
                    answer_tokens=int(answer_counts[chosen].sum()),
                    epoch=epoch,
                    micro_batches=micro_batches,
                    passes_of_ranks=passes,
                )
            )
        epoch += 1
    digest.update(lengths.tobytes())
    digest.update(answer_counts.tobytes())
    return Plan(
        steps=tuple(steps),
        hash=digest.hexdigest(),
        steps_per_epoch=first_epoch_steps,
        documents=count,
        max_tokens_per_micro_batch=limit,
        units_per_epoch=units_per_epoch,
        world_size=batch.world_size,
        tokens=sum(step.tokens for step in steps),
        answer_tokens=sum(step.answer_tokens for step in steps),
    )


def with_limit(
    old: Plan, lengths: npt.NDArray[np.int64], max_tokens_per_micro_batch: int, from_step: int
) -> Plan:
    """The same plan with smaller forward passes from step index `from_step` on; batches and hash stay."""
    lengths = np.asarray(lengths, dtype=np.int64)
    limit = max(max_tokens_per_micro_batch, int(lengths.max()))
    steps = list(old.steps)
    for index in range(from_step, len(steps)):
        micro_batches, passes = _packed(steps[index].documents, lengths, limit, old.world_size)
        steps[index] = replace(steps[index], micro_batches=micro_batches, passes_of_ranks=passes)
    return replace(old, steps=tuple(steps), max_tokens_per_micro_batch=limit)


def _global_batches(
    lengths: npt.NDArray[np.int64], batch: BatchShape, seed: int, epoch: int
) -> tuple[list[list[int]], int]:
    """The global batches of one epoch and the number of units (samples or packs) they came from."""
    order = shuffled(len(lengths), seed, epoch).tolist()
    size = batch.units_per_step
    if batch.unit == "samples":
        return [order[at : at + size] for at in range(0, len(order), size)], len(order)
    packs: list[list[int]] = []
    for at in range(0, len(order), _PACK_WINDOW_DOCUMENTS):
        window = order[at : at + _PACK_WINDOW_DOCUMENTS]
        packs.extend(best_fit_decreasing(window, lengths, batch.pack_tokens))
    # Best fit leaves full packs first and loose ones last; a step must not see only one kind.
    packs = [packs[index] for index in shuffled(len(packs), seed, epoch, _STREAM_PACKS).tolist()]
    batches = [
        [document for pack in packs[at : at + size] for document in pack] for at in range(0, len(packs), size)
    ]
    return batches, len(packs)
