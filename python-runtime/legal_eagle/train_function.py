"""Training as a function, for a cluster's own trainer: Ray's TorchTrainer calls it once a rank.

    from ray.train.torch import TorchTrainer
    TorchTrainer(train_function, train_loop_config={"recipe": "recipe.yaml", "runs": "/shared/runs"}, …).fit()

The ranks meet in the process group that the caller made and leaves standing. Without one, and without a
launcher's variables, it trains in this process alone.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from legal_eagle.jobs.errors import EXIT_CRASHED, EXIT_DONE, EXIT_RESUMABLE, EXIT_SPEC, EXIT_STOPPED, JobError
from legal_eagle.jobs.main import main as run_job_folder
from legal_eagle.jobs.wire import EVENTS_FILE, read_events
from legal_eagle.protocol.spec_types import Recipe

_KEYS = ("recipe", "set", "runs", "resume")


def train_function(config: Mapping[str, Any]) -> dict[str, str | bool]:
    """Trains one rank of a run to its end, or to a stop that was asked for.

    `config`: `recipe` is a recipe file or its content; `set` are changes such as `"lora.rank=16"`; `runs` is
    the folder of the runs (default: `runs`), which rank 0 alone has to keep; `resume` goes on from the newest
    checkpoint and begins where there is none, so that a trainer may call again after a failure. Relative
    paths of the recipe's content are taken from the working directory.

    Returns the folder of the run and whether it was stopped before its end. Raises JobError for whatever else
    ended it: `train.config_invalid` for a wrong `config`, else what `python -m legal_eagle train` says. A
    rank that cannot be reached any more, inside NCCL, ends its process.
    """
    # Ray sends the function to its workers before their packages are loaded.
    from legal_eagle.run_folder import prepare_attempt, prepare_rank

    recipe, recipe_dir = _recipe_of(config)
    runs, resume = Path(config.get("runs", "runs")), bool(config.get("resume", False))
    rank = _rank()
    if rank > 0:
        job_dir = prepare_rank(recipe, runs, recipe_dir=recipe_dir, rank=rank)
        run_dir = job_dir.parents[1]
    else:
        attempt = prepare_attempt(recipe, runs, recipe_dir=recipe_dir, resume=resume, or_from_start=resume)
        job_dir, run_dir = attempt.job_dir, attempt.run_dir
    with _callers_process():
        exit_code = run_job_folder([str(job_dir)])
    if exit_code not in (EXIT_DONE, EXIT_STOPPED, EXIT_RESUMABLE):
        raise _failure_of(job_dir, exit_code)
    return {"runDir": str(run_dir), "stopped": exit_code != EXIT_DONE}


def _recipe_of(config: Mapping[str, Any]) -> tuple[Recipe, Path]:
    """The recipe, and the folder from which its paths are taken."""
    from legal_eagle.engine.recipe import read_recipe, recipe_with

    unknown = sorted(set(config) - set(_KEYS))
    if unknown or "recipe" not in config:
        reason = f"{unknown[0]!r} is unknown" if unknown else "'recipe' is missing"
        raise _wrong(reason)
    changes = config.get("set", ())
    if isinstance(changes, str) or not isinstance(changes, Sequence):
        raise _wrong("'set' is not a list of key=value")
    given = config["recipe"]
    if isinstance(given, Mapping):
        return recipe_with(given, changes), Path.cwd()
    return read_recipe(Path(given), changes), Path(given).absolute().parent


def _wrong(reason: str) -> JobError:
    allowed = ", ".join(_KEYS)
    return JobError(
        "train.config_invalid",
        f"config of train_function: {reason}; it takes {allowed}",
        exit_code=EXIT_SPEC,
        params={"reason": reason, "allowed": allowed},
    )


def _rank() -> int:
    import torch.distributed as dist

    from legal_eagle.engine.distributed.facts import launched_rank

    return dist.get_rank() if dist.is_available() and dist.is_initialized() else launched_rank()


@contextlib.contextmanager
def _callers_process() -> Iterator[None]:
    """Gives back what a job takes for itself where it has a process of its own."""
    streams = sys.stdout, sys.stderr
    names = ("SIGTERM", "SIGINT", "SIGHUP")
    # Python takes handlers in the main thread only, where Ray does not train.
    in_main = threading.current_thread() is threading.main_thread()
    numbers = [getattr(signal, name) for name in names if in_main and hasattr(signal, name)]
    handlers = [(number, signal.getsignal(number)) for number in numbers]
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams
        for number, handler in handlers:
            signal.signal(number, handler)


def _failure_of(job_dir: Path, exit_code: int) -> JobError:
    for event in read_events(job_dir / EVENTS_FILE):
        if event["type"] == "error":
            said = event["data"]
            return JobError(
                said["code"],
                said["message"],
                exit_code=exit_code,
                params=said["params"],
                detail=said.get("detail"),
            )
    return JobError(
        "job.crashed",
        f"the job ended with {exit_code}; its folder is {job_dir}",
        exit_code=EXIT_CRASHED,
        params={"reason": f"exit code {exit_code}"},
    )
