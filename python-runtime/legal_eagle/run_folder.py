"""Run folders made without the studio, in the studio's own layout, so that it can adopt them."""

from __future__ import annotations

import json
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from legal_eagle.engine.checkpoint import list_checkpoints
from legal_eagle.jobs.errors import EXIT_DATA, EXIT_SPEC, JobError
from legal_eagle.protocol.spec_types import Recipe

RUN_FILE = "run.json"
# Crockford's base 32 (https://www.crockford.com/base32.html), as ULIDs use it.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_UNSAFE_NAME = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')


@dataclass(frozen=True, slots=True)
class PreparedAttempt:
    """An attempt that is ready to run: its job folder, and the checkpoint it goes on from."""

    job_dir: Path
    run_dir: Path
    number: int
    resume_from: Path | None


def new_id() -> str:
    """A ULID: 48 bits of milliseconds and 80 random bits (https://github.com/ulid/spec)."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))


def folder_name(name: str) -> str:
    """`name` as a folder name that Windows takes too."""
    return _UNSAFE_NAME.sub("-", name).strip(" .") or "run"


def prepare_attempt(
    recipe: Recipe, root: Path, *, recipe_dir: Path, resume: bool, or_from_start: bool = False
) -> PreparedAttempt:
    """Creates `root/<name>/run.json` and the job folder of a first or a further attempt. `or_from_start`: to
    resume a run without a checkpoint, or one that never began, is to begin it.

    Raises JobError `recipe.model_not_found`, `recipe.dataset_not_found`, `train.run_exists`,
    `recipe.adapter_not_found`, `train.nothing_to_resume`.
    """
    model = _existing(recipe["model"], recipe_dir, "model", Path.is_dir)
    dataset = _existing(recipe["dataset"], recipe_dir, "dataset", Path.is_file)
    named = recipe["lora"]["continueFrom"]
    run_dir = (root / folder_name(recipe["name"])).absolute()
    exists = (run_dir / RUN_FILE).is_file()
    if exists and not resume:
        raise JobError(
            "train.run_exists",
            f"{run_dir} holds a run already; --resume continues it, --set name=… starts another",
            exit_code=EXIT_SPEC,
            params={"folder": str(run_dir)},
        )
    checkpoints = list_checkpoints(run_dir / "checkpoints")
    if resume and not checkpoints and not or_from_start:
        raise JobError(
            "train.nothing_to_resume",
            f"{run_dir} has no whole checkpoint",
            exit_code=EXIT_DATA,
            params={"folder": str(run_dir)},
        )
    resume_from = checkpoints[-1].path if resume and checkpoints else None
    initial = None
    if named is not None and resume_from is None:
        initial = _existing(named, recipe_dir, "adapter", Path.is_dir)
    run_id = _read_id(run_dir) if exists else new_id()
    number = 1 + max((int(one.name) for one in (run_dir / "attempts").glob("[1-9]*")), default=0)
    job_dir = run_dir / "attempts" / str(number)
    (job_dir / "control").mkdir(parents=True)
    now_ms = time.time_ns() // 1_000_000
    if not exists:
        _write_json(
            run_dir / RUN_FILE,
            {
                "version": 1,
                "id": run_id,
                "name": recipe["name"],
                "recipe": recipe,
                "datasetId": None,
                "datasetPath": str(dataset),
                "modelPath": str(model),
                "createdAtMs": now_ms,
            },
        )
    _write_json(
        job_dir / "job.json",
        {
            "version": 1,
            "id": new_id(),
            "kind": "train",
            "createdAtMs": now_ms,
            "nonce": secrets.token_hex(16),
            "params": {
                "runId": run_id,
                "attempt": number,
                "recipe": recipe,
                "modelPath": str(model),
                "datasetPath": str(dataset),
                "runDir": str(run_dir),
                "tokenCacheDir": str((root / ".token-cache").absolute()),
                "resumeFrom": None if resume_from is None else str(resume_from),
                "initialAdapter": None if initial is None else str(initial),
            },
        },
    )
    return PreparedAttempt(job_dir, run_dir, number, resume_from)


def prepare_rank(recipe: Recipe, root: Path, *, recipe_dir: Path, rank: int) -> Path:
    """The job folder of a rank that a launcher started beside rank 0: `root/<name>/ranks/<id>-<rank>`. What
    is resumed or started from comes from rank 0.

    Raises JobError `recipe.model_not_found`, `recipe.dataset_not_found`.
    """
    model = _existing(recipe["model"], recipe_dir, "model", Path.is_dir)
    dataset = _existing(recipe["dataset"], recipe_dir, "dataset", Path.is_file)
    run_dir, job_id = (root / folder_name(recipe["name"])).absolute(), new_id()
    job_dir = run_dir / "ranks" / f"{job_id}-{rank}"
    (job_dir / "control").mkdir(parents=True)
    params = {
        "runId": job_id,
        "attempt": 1,
        "recipe": recipe,
        "modelPath": str(model),
        "datasetPath": str(dataset),
        "runDir": str(run_dir),
        "tokenCacheDir": str((root / ".token-cache").absolute()),
        "resumeFrom": None,
        "initialAdapter": None,
    }
    _write_json(
        job_dir / "job.json",
        {
            "version": 1,
            "id": job_id,
            "kind": "train",
            "createdAtMs": time.time_ns() // 1_000_000,
            "nonce": secrets.token_hex(16),
            "params": params,
        },
    )
    return job_dir


def _existing(named: str, recipe_dir: Path, what: str, is_there: Any) -> Path:
    """A path of the recipe, taken from the working directory or else from beside the recipe."""
    for path in (Path(named).expanduser(), recipe_dir / named):
        if is_there(path):
            return path.absolute()
    raise JobError(
        f"recipe.{what}_not_found",
        f"{what}: {named} does not exist",
        exit_code=EXIT_SPEC,
        params={what: named},
    )


def _read_id(run_dir: Path) -> str:
    run: dict[str, Any] = json.loads((run_dir / RUN_FILE).read_text(encoding="utf-8"))
    return str(run["id"])


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
