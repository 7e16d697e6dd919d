"""Joining the process group of a run, or taking over one that stands."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from datetime import timedelta

import torch
import torch.distributed as dist
from torch._C._distributed_c10d import FileStore

from legal_eagle.engine.distributed.facts import STORE_VARIABLE, RankFacts
from legal_eagle.jobs.errors import EXIT_ENVIRONMENT, JobError

# Ranks wait for rank 0 while it saves and answers; that one is gone is found out by `watch`, not by waiting.
WAIT = timedelta(hours=2)
# Meeting at the start: a rank still has to load its packages, and no longer than that.
MEETING = timedelta(minutes=5)
_LOOPBACK = "lo"


def backend_for(device: torch.device) -> str:
    """gloo moves CPU tensors everywhere; NCCL moves those of GPUs and exists on Linux only.

    JobError `train.no_collectives` where this torch was built without them.
    """
    if not dist.is_available() or not dist.is_gloo_available():
        raise JobError(
            "train.no_collectives",
            "this torch was built without torch.distributed",
            exit_code=EXIT_ENVIRONMENT,
            params={"torch": torch.__version__},
        )
    return "cpu:gloo,cuda:nccl" if device.type == "cuda" and dist.is_nccl_available() else "gloo"


def join_group(facts: RankFacts, device: torch.device) -> dist.ProcessGroup:
    """Meets the others; returns the group that moves CPU tensors. RuntimeError where one does not come."""
    backend = backend_for(device)
    if facts.launcher == "group":
        # Whoever made the group may have made it for GPU tensors alone.
        group: dist.ProcessGroup = dist.new_group(backend="gloo", timeout=WAIT)
        return group
    if facts.launcher == "own":
        store = FileStore(os.environ[STORE_VARIABLE], facts.world_size)
        store.set_timeout(MEETING)
        with _on_this_machine():
            dist.init_process_group(
                backend, store=store, rank=facts.rank, world_size=facts.world_size, timeout=WAIT
            )
    else:
        dist.init_process_group(
            backend, init_method="env://", rank=facts.rank, world_size=facts.world_size, timeout=WAIT
        )
    world = dist.group.WORLD
    if world is None:
        raise RuntimeError("torch.distributed made no group")
    return world


@contextlib.contextmanager
def _on_this_machine() -> Iterator[None]:
    """Ranks of one machine meet on its loopback: nothing listens where another machine could connect."""
    names = ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME") if sys.platform == "linux" else ()
    added = [name for name in names if name not in os.environ]
    os.environ.update(dict.fromkeys(added, _LOOPBACK))
    try:
        yield
    finally:
        # NCCL reads its own when it first moves something, so that one stays.
        for name in added:
            if name.startswith("GLOO"):
                os.environ.pop(name, None)
