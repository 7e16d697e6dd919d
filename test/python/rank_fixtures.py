"""Runs on several real processes, each started as a launcher would start it."""

from __future__ import annotations

import dataclasses
import os
import subprocess
from pathlib import Path
from typing import Any

import torch
from loop_fixtures import Attempt, Run, recipe
from safetensors.torch import load_file

from builders.launched import free_port
from service_job import command, write_job


def settings(micro_batch: int, accumulation: int, tokens_at_once: int) -> dict[str, Any]:
    """Without dropout: its masks follow the passes, which several ranks cut differently."""
    return recipe(
        epochs=1,
        batch={"microBatch": micro_batch, "gradientAccumulation": accumulation},
        lora={"dropout": 0.0},
        hardware={"maxTokensPerMicroBatch": tokens_at_once},
    )


def rank_environment(rank: int, world_size: int, port: int) -> dict[str, str]:
    """What torchrun sets for a rank of one machine, without torchrun's own processes."""
    return {
        **os.environ,
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(world_size),
        "LOCAL_WORLD_SIZE": str(world_size),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "GLOO_SOCKET_IFNAME": "lo",
    }


@dataclasses.dataclass
class LaunchedRanks:
    """The ranks of one attempt; `first` writes the run."""

    first: Attempt
    others: list[Attempt]

    def wait(self) -> list[int]:
        return [one.wait() for one in (self.first, *self.others)]

    def logs(self) -> str:
        return "\n".join(one.log() for one in (self.first, *self.others))


def start_ranks(run: Run, world_size: int, resume_from: Path | None = None) -> LaunchedRanks:
    port = free_port()
    first = run.start(resume_from, environment=rank_environment(0, world_size, port))
    others = []
    number = len(run.attempts)
    for rank in range(1, world_size):
        # Their own job folder; the run folder and the checkpoint are rank 0's.
        folder = run.root / "attempts" / str(number) / "ranks" / str(rank)
        params = {
            "runId": "run-1",
            "attempt": number,
            "recipe": run.recipe,
            "modelPath": str(run.model),
            "datasetPath": str(run.dataset),
            "runDir": str(run.root),
            "tokenCacheDir": str(run.root.parent / "tokens"),
            "resumeFrom": None,
        }
        write_job(folder, "train", params)
        with (folder / "log.txt").open("wb") as log:
            process = subprocess.Popen(
                command(folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=rank_environment(rank, world_size, port),
            )
        others.append(Attempt(folder, process))
    return LaunchedRanks(first, others)


def adapter(run: Run) -> dict[str, torch.Tensor]:
    return dict(load_file(run.root / "adapter" / "adapter_model.safetensors"))


def largest_difference(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> float:
    """Of any tensor, relative L2."""
    assert left.keys() == right.keys()
    return max(float((left[name] - right[name]).norm() / right[name].norm()) for name in right)


def assert_same_run(run: Run, straight: Run, tolerance: float) -> dict[str, Any]:
    """Losses, eval losses and adapter agree; returns what was measured."""
    losses, expected = run.losses(), straight.losses()
    assert losses.keys() == expected.keys()
    evaluations, expected_evaluations = run.eval_losses(), straight.eval_losses()
    assert evaluations.keys() == expected_evaluations.keys()
    worst = max(abs(losses[step] - expected[step]) for step in expected)
    worst_eval = max(abs(evaluations[step] - expected_evaluations[step]) for step in evaluations)
    weights = largest_difference(adapter(run), adapter(straight))
    assert max(worst, worst_eval, weights) < tolerance, (worst, worst_eval, weights)
    return {"loss": worst, "evalLoss": worst_eval, "adapter": weights}
