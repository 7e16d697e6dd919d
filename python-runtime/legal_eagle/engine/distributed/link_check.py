"""Are the links between the ranks sound, and how fast: known bytes between every pair, and one timed sum.

Some boards and virtual machines let GPUs copy directly into each other's memory and deliver wrong bytes. NCCL
trusts them, and a run would train on noise.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.distributed as dist

from legal_eagle.engine.distributed.collective import Collective
from legal_eagle.jobs.errors import EXIT_ENVIRONMENT, JobError

CHECK_BYTES = 1 << 20
# Of fp32; as much as a rank-8 adapter of a 7B model has gradients, at most.
TIMED_BYTES = 16 << 20
_TIMED_ROUNDS = 3

Mover = Callable[[torch.Tensor, int, int], torch.Tensor]
"""(what to send, to which rank, from which rank) -> what came, on the same device."""


@dataclass(frozen=True, slots=True)
class LinkReport:
    """`corrupt`: (from, to) of every pair whose bytes came back wrong. `sum_seconds` of `sum_bytes`."""

    corrupt: tuple[tuple[int, int], ...]
    checked_bytes: int
    sum_bytes: int
    sum_seconds: float

    def describe(self, backend: str, world_size: int) -> str:
        milliseconds, mebibytes = 1000 * self.sum_seconds, self.sum_bytes / (1 << 20)
        return (
            f"links {backend}: {self.checked_bytes >> 20} MiB between each pair of {world_size} ranks came"
            f" back right; a sum of {mebibytes:.0f} MiB takes {milliseconds:.1f} ms"
        )


def move(tensor: torch.Tensor, to_rank: int, from_rank: int) -> torch.Tensor:
    """Sends and receives at the same time, over the links that the gradients take."""
    came = torch.empty_like(tensor)
    operations = [dist.P2POp(dist.isend, tensor, to_rank), dist.P2POp(dist.irecv, came, from_rank)]
    for work in dist.batch_isend_irecv(operations):
        work.wait()
    return came


def check_links(
    collective: Collective, device: torch.device, sum_bytes: int, mover: Mover = move
) -> LinkReport:
    """Every rank sends to every other, a distance around the ring at a time. The same report on all ranks."""
    rank, ranks = collective.rank, collective.world_size
    corrupt: list[tuple[int, int]] = []
    for distance in range(1, ranks):
        to_rank, from_rank = (rank + distance) % ranks, (rank - distance) % ranks
        came = mover(_known(rank, to_rank).to(device), to_rank, from_rank)
        if not torch.equal(came.cpu(), _known(from_rank, rank)):
            corrupt.append((from_rank, rank))
    found: Sequence[Sequence[Sequence[int]]] = collective.gather(corrupt)
    pairs = sorted((pair[0], pair[1]) for of_rank in found for pair in of_rank)
    size = min(sum_bytes, TIMED_BYTES)
    seconds = _timed_sum(collective, device, size)
    return LinkReport(tuple(pairs), CHECK_BYTES, size, max(collective.gather(seconds)))


def _known(from_rank: int, to_rank: int) -> torch.Tensor:
    """Bytes that are those of no other pair."""
    generator = torch.Generator().manual_seed(from_rank << 16 | to_rank)
    return torch.randint(0, 256, (CHECK_BYTES,), dtype=torch.uint8, generator=generator)


def _timed_sum(collective: Collective, device: torch.device, size: int) -> float:
    """Seconds of the fastest of a few sums: what the link can do, not what else the machine did."""
    buffer = torch.zeros(max(1, size // 4), dtype=torch.float32, device=device)
    best = float("inf")
    for _ in range(_TIMED_ROUNDS):
        started = time.perf_counter()
        collective.add_up(buffer)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - started)
    return best


def sound_links(
    check: Callable[[], LinkReport], disable_peer_to_peer: Callable[[], None] | None, reasons: list[str]
) -> LinkReport:
    """A report without a corrupt pair, after peer-to-peer copies were turned off where they are at fault.

    `disable_peer_to_peer` makes the group anew without them; None where there are none to turn off. JobError
    `train.links_corrupt` where bytes still come back wrong.
    """
    report = check()
    if report.corrupt and disable_peer_to_peer is not None:
        pairs = ", ".join(f"{one}→{other}" for one, other in report.corrupt)
        disable_peer_to_peer()
        report = check()
        if not report.corrupt:
            reasons.append(
                f"NCCL_P2P_DISABLE=1: bytes copied directly between GPUs came back wrong ({pairs})"
            )
    if report.corrupt:
        pairs = ", ".join(f"{one}→{other}" for one, other in report.corrupt)
        raise JobError(
            "train.links_corrupt",
            f"bytes between ranks came back wrong: {pairs}",
            exit_code=EXIT_ENVIRONMENT,
            params={"pairs": pairs},
        )
    return report
