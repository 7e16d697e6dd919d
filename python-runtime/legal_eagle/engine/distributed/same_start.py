"""Ranks that start alike: one builds what a machine needs once, and all begin from what rank 0 has.

Only rank 0 reads checkpoints and adapters: other machines need not have them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import torch

from legal_eagle.engine import rng_state
from legal_eagle.engine.distributed.collective import Collective
from legal_eagle.engine.distributed.ranks import Ranks
from legal_eagle.engine.optimizer import AdapterOptimizer, NamedParameters
from legal_eagle.engine.train_state import TrainState
from legal_eagle.jobs.errors import EXIT_SPEC, JobError

# Ranks on cards of different kinds round differently; this is far above rounding and far below another run.
_DRIFT = 1e-4
# An odd constant (2^64 / golden ratio) spreads the seeds of neighbouring ranks over all bits.
_SEED_STRIDE = 0x9E3779B97F4A7C15
_SEED_MASK = (1 << 63) - 1
_GLOBAL_SEED_MASK = (1 << 32) - 1

Built = TypeVar("Built")


class StopRequested(Exception):
    """A stop arrived before the first step; there is nothing to save."""


def in_turn(ranks: Ranks, build: Callable[[], Built]) -> Built:
    """`build()` by the first rank of each machine, then by the others, who find its files there.

    Raises StopRequested on every rank where it was raised on one of the first.
    """
    if ranks.facts.world_size == 1:
        return build()
    built: list[Built] = []
    stopped = False
    if ranks.leads_machine:
        try:
            built.append(build())
        except StopRequested:
            stopped = True
    if any(ranks.collective.gather(stopped)):
        raise StopRequested
    return built[0] if built else build()


def refuse_differences(collective: Collective, parts: Mapping[str, object]) -> None:
    """JobError `train.ranks_differ` unless all ranks have the same parts; the first that differs is named."""
    of_ranks = collective.gather({name: str(value) for name, value in parts.items()})
    for rank, theirs in enumerate(of_ranks):
        for name, value in of_ranks[0].items():
            if theirs.get(name) != value:
                raise _differ(name, rank, theirs.get(name), value)


def eight_bits_for_all(collective: Collective, own: bool | None) -> bool:
    """Whether all ranks hold their base in 8 bits: as rank 0 found, unless one cannot hold such a base.

    `own`: what this rank found, None where it cannot. Ranks measure the same documents and still round apart;
    close to the limit each would decide for itself, and they would train on two bases.
    """
    said = collective.gather(own)
    return None not in said and bool(said[0])


def same_start(
    ranks: Ranks,
    named: NamedParameters,
    optimizer: AdapterOptimizer,
    state: TrainState,
    generator: torch.Generator,
    seed: int,
    saved_generators: Sequence[Mapping[str, Any]] | None,
) -> TrainState:
    """Parameters, Adam's state and progress of rank 0 on every rank; generators of the rank's own.

    `saved_generators`, on rank 0 of a resumed run, are those of all ranks. A fresh rank has a dropout stream
    of its own: the same masks on other documents would be a smaller sample than they look.
    """
    collective = ranks.collective
    _copy_from_first(collective, [parameter for _, parameter in named])
    generators = collective.from_first(None if saved_generators is None else list(saved_generators))
    state = TrainState.from_json(collective.from_first(state.to_json()))
    if generators is None:
        if not ranks.is_first:
            own = (seed + ranks.facts.rank * _SEED_STRIDE) & _SEED_MASK
            rng_state.seed_all(own & _GLOBAL_SEED_MASK)
            generator.manual_seed(own)
        return state
    _share_moments(collective, named, optimizer)
    rng_state.restore(generators[ranks.facts.rank], generator)
    return state


def refuse_drift(collective: Collective, named: NamedParameters) -> None:
    """JobError `train.ranks_differ` where the ranks no longer train the same adapter.

    They compute it separately from the same sums; a broken card or link shows here at the latest.
    """
    norm = float(torch.linalg.vector_norm(torch.stack([one.detach().norm() for _, one in named])))
    for rank, theirs in enumerate(norms := collective.gather(norm)):
        if not abs(theirs - norms[0]) <= _DRIFT * abs(norms[0]):
            raise _differ("adapter norm", rank, theirs, norms[0])


def _copy_from_first(collective: Collective, parameters: Sequence[torch.Tensor]) -> None:
    """All in one message; each is then written in place, so that whoever watches versions sees it."""
    if not parameters:
        return
    with torch.no_grad():
        flat = torch.cat([one.detach().flatten() for one in parameters])
        collective.copy_from_first(flat)
        parts = torch.split(flat, [one.numel() for one in parameters])
        for parameter, part in zip(parameters, parts, strict=True):
            parameter.copy_(part.view(parameter.shape))


def _share_moments(collective: Collective, named: NamedParameters, optimizer: AdapterOptimizer) -> None:
    tensors = optimizer.state_tensors()
    shapes = collective.from_first({name: list(one.shape) for name, one in tensors.items()})
    if not shapes:
        return
    if collective.rank != 0:
        tensors = {name: torch.empty(shape) for name, shape in shapes.items()}
    device = named[0][1].device
    shared = [tensors[name].to(device) for name in shapes]
    _copy_from_first(collective, shared)
    if collective.rank != 0:
        optimizer.load_state_tensors(dict(zip(shapes, shared, strict=True)))


def _differ(what: str, rank: int, theirs: object, first: object) -> JobError:
    return JobError(
        "train.ranks_differ",
        f"{what} of rank {rank} is not that of rank 0: {theirs!s:.200} and {first!s:.200}",
        exit_code=EXIT_SPEC,
        params={"what": what, "rank": rank, "theirs": f"{theirs!s:.200}", "first": f"{first!s:.200}"},
    )
