"""Who this process is among the ranks of a run, as its launcher says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch.distributed as dist

from legal_eagle.jobs.errors import EXIT_SPEC, JobError
from legal_eagle.protocol.spec_types import RecipeHardware

# Set for the ranks that the studio starts: the file through which they find each other.
STORE_VARIABLE = "LEGAL_EAGLE_RANK_STORE"
_LAUNCHER_VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")

Launcher = Literal["none", "own", "environment", "group"]


@dataclass(frozen=True, slots=True)
class RankFacts:
    """`launcher`: none (one process), own (the studio's), environment (torchrun, accelerate and whatever else
    sets RANK and WORLD_SIZE), group (a process group stood already: Ray Train)."""

    rank: int
    world_size: int
    local_rank: int
    local_world_size: int
    launcher: Launcher

    @property
    def is_first(self) -> bool:
        return self.rank == 0


ALONE = RankFacts(0, 1, 0, 1, "none")


def rank_facts(hardware: RecipeHardware, environment: Mapping[str, str] = os.environ) -> RankFacts:
    """A process group that stands wins over the environment, the environment over the recipe.

    JobError `train.launcher_incomplete` where the environment names a rank and not how to meet the others.
    """
    if dist.is_available() and dist.is_initialized():
        rank, world_size = dist.get_rank(), dist.get_world_size()
        return ALONE if world_size == 1 else _launched(environment, rank, world_size, "group")
    if environment.get("WORLD_SIZE", ""):
        world_size = _number(environment, "WORLD_SIZE")
        if world_size == 1:
            return ALONE
        own = STORE_VARIABLE in environment
        missing = [name for name in _LAUNCHER_VARIABLES if not environment.get(name)]
        if missing and not own:
            raise _incomplete(missing[0], "is not set")
        rank = _number(environment, "RANK")
        if not 0 <= rank < world_size:
            raise _incomplete("RANK", f"{rank} is not below WORLD_SIZE {world_size}")
        return _launched(environment, rank, world_size, "own" if own else "environment")
    processes = local_processes(hardware)
    return ALONE if processes == 1 else RankFacts(0, processes, 0, processes, "own")


def local_processes(hardware: RecipeHardware) -> int:
    """Ranks that the recipe wants on this machine: one a named card, else as many as it says."""
    named = 0 if hardware["gpu"] == "auto" else hardware["gpu"].count(",") + 1
    return max(hardware["processes"], 1 if hardware["device"] == "cpu" else named)


def launched_rank(environment: Mapping[str, str] = os.environ) -> int:
    """The rank that a launcher gave to this process, before anything of torch is loaded; 0 without one."""
    text = environment.get("RANK", "")
    return int(text) if text.isdecimal() and environment.get("WORLD_SIZE", "1") != "1" else 0


def _launched(environment: Mapping[str, str], rank: int, world_size: int, launcher: Launcher) -> RankFacts:
    local_world = _number(environment, "LOCAL_WORLD_SIZE", 1)
    return RankFacts(rank, world_size, _number(environment, "LOCAL_RANK", 0), local_world, launcher)


def _number(environment: Mapping[str, str], name: str, default: int | None = None) -> int:
    text = environment.get(name, "")
    if default is not None and not text:
        return default
    if not text.isdecimal():
        raise _incomplete(name, f"is not a number: {text!r}")
    return int(text)


def _incomplete(name: str, reason: str) -> JobError:
    return JobError(
        "train.launcher_incomplete",
        f"the launcher's environment is incomplete: {name} {reason}",
        exit_code=EXIT_SPEC,
        params={"variable": name, "reason": reason},
    )
