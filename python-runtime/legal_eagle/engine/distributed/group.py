"""Joining the process group of a run, or taking over one that stands."""

from __future__ import annotations

import os
import sys
from datetime import timedelta

import torch
import torch.distributed as dist
from torch._C._distributed_c10d import FileStore, PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from legal_eagle.engine.distributed.facts import STORE_VARIABLE, RankFacts
from legal_eagle.jobs.errors import EXIT_ENVIRONMENT, JobError

# Ranks wait for rank 0 while it saves and answers; that one is gone is found out by `watch`, not by waiting.
WAIT = timedelta(hours=2)
# Meeting at the start: a rank still has to load its packages, and no longer than that.
MEETING = timedelta(minutes=5)
P2P_VARIABLE = "NCCL_P2P_DISABLE"
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


class Meeting:
    """Where the ranks of a run meet, once or, with other settings of NCCL, again."""

    def __init__(self, facts: RankFacts, device: torch.device) -> None:
        self._facts = facts
        self.backend = backend_for(device)
        self._round = 0
        self._store: Store | None = None

    def join(self) -> dist.ProcessGroup:
        """Meets the others; returns the group that moves CPU tensors. RuntimeError where one stays away."""
        facts = self._facts
        if facts.launcher == "group":
            # Whoever made the group may have made it for GPU tensors alone.
            group: dist.ProcessGroup = dist.new_group(backend="gloo", timeout=WAIT)
            return group
        if self._store is None:
            self._store = _own_store(facts) if facts.launcher == "own" else _launchers_store(facts)
        dist.init_process_group(
            self.backend,
            store=PrefixStore(f"legal-eagle-{self._round}", self._store),
            rank=facts.rank,
            world_size=facts.world_size,
            timeout=WAIT,
        )
        world = dist.group.WORLD
        if world is None:
            raise RuntimeError("torch.distributed made no group")
        return world

    def can_turn_peer_to_peer_off(self) -> bool:
        """A group that somebody else made stays as it is."""
        return "nccl" in self.backend and self._facts.launcher != "group" and P2P_VARIABLE not in os.environ

    def join_without_peer_to_peer(self) -> dist.ProcessGroup:
        """Leaves and meets again; NCCL reads its settings when a group begins."""
        dist.destroy_process_group()
        os.environ[P2P_VARIABLE] = "1"
        self._round += 1
        return self.join()

    def leave(self) -> None:
        if self._facts.launcher != "group" and dist.is_initialized():
            dist.destroy_process_group()


def _own_store(facts: RankFacts) -> Store:
    """A file: nothing listens where another machine could connect, neither for the meeting nor afterwards."""
    if sys.platform == "linux":
        for name in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"):
            os.environ.setdefault(name, _LOOPBACK)
    store: Store = FileStore(os.environ[STORE_VARIABLE], facts.world_size)
    store.set_timeout(MEETING)
    return store


def _launchers_store(facts: RankFacts) -> Store:
    found = rendezvous("env://", facts.rank, facts.world_size, timeout=MEETING)
    store: Store = next(iter(found))[0]
    store.set_timeout(MEETING)
    return store
