"""`python -m legal_eagle`: the engine without the studio, for a cluster node.

    python -m legal_eagle train recipe.yaml [--set key=value]… [--runs DIR] [--resume] [--json]
                                            [--profile-steps N] [--hosts A,B…]
    python -m legal_eagle merge BASE ADAPTER OUT [--dtype base|fp32] [--json]
    python -m legal_eagle chat MODEL [--adapter DIR] [--prompt TEXT] [--json]
    python -m legal_eagle job FOLDER

With `--hosts` it only prints what to run on each machine. Under `torchrun` or `accelerate launch` the same
`train` is one rank of a run over several cards or machines. `train` writes the studio's own run folder; the
studio takes it over with `runs adopt`. Ctrl-C once stops and saves.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from legal_eagle import __version__
from legal_eagle.jobs.errors import EXIT_RESUMABLE, EXIT_STOPPED, JobError
from legal_eagle.jobs.main import main as run_job_folder
from legal_eagle.launch_lines import launch_lines, parse_hosts
from legal_eagle.protocol.spec_types import Recipe
from legal_eagle.release import merge_command
from legal_eagle.serve import chat_command

_RUNS = Path("runs")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m legal_eagle", description="LoRA training without Node.js."
    )
    parser.add_argument("--version", action="version", version=__version__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    train = verbs.add_parser("train", help="train a LoRA adapter as a recipe says")
    train.add_argument("recipe", type=Path, help="recipe file, YAML or JSON")
    train.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change a recipe field"
    )
    train.add_argument("--runs", type=Path, default=_RUNS, help="folder of the runs (default: runs)")
    train.add_argument("--resume", action="store_true", help="go on from the run's newest checkpoint")
    train.add_argument(
        "--profile-steps", metavar="N", help="record N steps as a Chrome trace in the run folder"
    )
    train.add_argument(
        "--hosts", metavar="A,B", help="start nothing; print what to run on each of these machines"
    )
    train.add_argument("--json", action="store_true", help="one JSON object a line")
    merge_command.add_arguments(verbs.add_parser("merge", help="merge an adapter into its base"))
    chat_command.add_arguments(verbs.add_parser("chat", help="talk to a model in the terminal"))
    job = verbs.add_parser("job", help="run a job folder, as the studio does")
    job.add_argument("folder")
    chosen = parser.parse_args(arguments)
    if chosen.verb == "job":
        return run_job_folder([chosen.folder])
    try:
        return _VERBS[chosen.verb](chosen)
    except JobError as error:
        if chosen.json:
            body = {"code": error.code, "message": error.message, "params": error.params}
            print(json.dumps({"error": body}, ensure_ascii=False))
        else:
            print(error, file=sys.stderr)
        return error.exit_code


def _train(chosen: argparse.Namespace) -> int:
    # Only `train` needs the engine's packages: `--help` and `job` work on a bare Python.
    from legal_eagle.engine.distributed.facts import launched_rank
    from legal_eagle.engine.recipe import read_recipe
    from legal_eagle.progress_view import ProgressView
    from legal_eagle.run_folder import prepare_attempt, prepare_rank

    steps = chosen.profile_steps
    changes = chosen.set if steps is None else [*chosen.set, f"hardware.profileSteps={steps}"]
    recipe = read_recipe(chosen.recipe, changes)
    if chosen.hosts is not None:
        return _print_lines(chosen, recipe, changes)
    recipe_dir = chosen.recipe.absolute().parent
    rank = launched_rank()
    if rank > 0:
        # A launcher runs this command once a rank. Rank 0 makes and writes the run; the others only compute.
        return run_job_folder([str(prepare_rank(recipe, chosen.runs, recipe_dir=recipe_dir, rank=rank))])
    attempt = prepare_attempt(recipe, chosen.runs, recipe_dir=recipe_dir, resume=chosen.resume)
    if not chosen.json:
        print(f"run folder: {attempt.run_dir}")
    with ProgressView(attempt.job_dir, sys.stdout, as_json=chosen.json):
        exit_code = run_job_folder([str(attempt.job_dir)])
    # A job counts a signal as "stopped by the system"; here Ctrl-C is the person.
    return EXIT_STOPPED if exit_code == EXIT_RESUMABLE else exit_code


def _print_lines(chosen: argparse.Namespace, recipe: Recipe, changes: Sequence[str]) -> int:
    from legal_eagle.engine.distributed.facts import local_processes

    hosts = parse_hosts(chosen.hosts)
    words = [str(chosen.recipe), *(word for change in changes for word in ("--set", change))]
    if chosen.runs != _RUNS:
        words += ["--runs", str(chosen.runs)]
    if chosen.resume:
        words.append("--resume")
    hardware = recipe["hardware"]
    lines = launch_lines(hosts, hardware, local_processes(hardware), words)
    if chosen.json:
        machines = [{"host": host, "command": line} for host, line in zip(hosts, lines, strict=True)]
        print(json.dumps({"machines": machines}, ensure_ascii=False))
        return 0
    print("Nothing was started. Run on each machine, within five minutes:")
    for host, line in zip(hosts, lines, strict=True):
        print(f"\n{host}:\n  {line}")
    print(
        "\nAll need the same base, dataset, recipe and engine under these paths; "
        f"{hosts[0]} keeps the run folder."
    )
    return 0


_VERBS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "train": _train,
    "merge": merge_command.run,
    "chat": chat_command.run,
}


if __name__ == "__main__":
    sys.exit(main())
