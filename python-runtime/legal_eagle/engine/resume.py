"""What a checkpoint holds beside the weights, and when a run may go on from it.

A resumed run must compute exactly what the uninterrupted one would have: the optimizer's moments, the step,
the random generators and the plan all come back, and anything that would make the rest of the run another run
is refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from legal_eagle.engine import rng_state
from legal_eagle.engine.checkpoint import DamagedCheckpointError, verify_checkpoint
from legal_eagle.engine.disk import write_synced
from legal_eagle.engine.optimizer import AdapterOptimizer
from legal_eagle.engine.train_state import TrainState
from legal_eagle.jobs.errors import EXIT_DATA, EXIT_SPEC, JobError
from legal_eagle.models.model_writer import write_tensor_file
from legal_eagle.protocol.spec_types import Recipe

OPTIMIZER_FILE = "optimizer.safetensors"
STATE_FILE = "state.json"
_VERSION = 1

# Recipe fields that decide the gradients and are not already covered by the plan hash or a fingerprint of
# their own. Reporting, saving and hardware may change between attempts.
_DECIDING_FIELDS = ("optimizer", "schedule", "lora", "seed")
# Fields that came later, with the value that means what was done before them: a checkpoint older than they
# are does not name them and is no other run for it.
_LATER_LORA_FIELDS: Mapping[str, object] = {
    "targetPattern": None,
    "dora": False,
    "bias": "none",
    "continueFrom": None,
    "whole": "none",
}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What must be the same for a run to go on. Compared in this order, so the cause is named before its
    consequences (a changed dataset also changes the plan)."""

    base_model: str
    dataset: str
    tokenizer: str
    template: str
    world_size: int
    recipe: str
    plan: str


def deciding_recipe(recipe: Recipe, engine: str = "fast") -> str:
    """The deciding part of a recipe as canonical text. The engines keep their masters in other orders."""
    part: dict[str, object] = {name: recipe[name] for name in _DECIDING_FIELDS}  # type: ignore[literal-required]
    if recipe["method"] == "full":
        # What is said of an adapter decides nothing where there is none.
        del part["lora"]
        part["method"] = "full"
    else:
        part["lora"] = {
            name: value
            for name, value in recipe["lora"].items()
            if name not in _LATER_LORA_FIELDS or value != _LATER_LORA_FIELDS[name]
        }
    if engine != "fast":
        part["engine"] = engine
    # Of the hardware only this changes the gradient. Absent where it is off, as before there was any.
    if recipe["hardware"]["quantization"] != "none":
        part["hardware"] = {"quantization": recipe["hardware"]["quantization"]}
    return json.dumps(part, ensure_ascii=False, sort_keys=True)


def write_state(
    folder: Path,
    optimizer: AdapterOptimizer,
    state: TrainState,
    generator: torch.Generator,
    fingerprint: Fingerprint,
    rank_generators: Sequence[Mapping[str, Any]] | None = None,
) -> None:
    """Writes everything of a checkpoint but the adapter into `folder`. `rank_generators`: the captured
    generators of every rank, where there are several."""
    # One tensor after the other: of full fine-tuning the moments are twice the model.
    write_tensor_file(folder / OPTIMIZER_FILE, optimizer.state_tensors())
    content = {
        "version": _VERSION,
        "state": state.to_json(),
        "fingerprint": asdict(fingerprint),
        "generators": rng_state.capture(generator),
        **({} if rank_generators is None else {"rankGenerators": list(rank_generators)}),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }
    write_synced(folder / STATE_FILE, json.dumps(content, ensure_ascii=False).encode("utf-8"))


@dataclass(frozen=True, slots=True)
class SavedState:
    """A verified checkpoint, read but not yet applied."""

    folder: Path
    state: TrainState
    generators: dict[str, Any]
    rank_generators: list[dict[str, Any]]
    optimizer_tensors: dict[str, torch.Tensor]


def read_state(folder: Path, fingerprint: Fingerprint) -> SavedState:
    """Reads a checkpoint to go on from. Nothing of the run is changed yet.

    Raises JobError `train.checkpoint_damaged`, or `train.resume_mismatch` naming what changed.
    """
    try:
        verify_checkpoint(folder)
        content: dict[str, Any] = json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))
        saved = content["fingerprint"]
        state = TrainState.from_json(content["state"])
        tensors = load_file(folder / OPTIMIZER_FILE)
    except DamagedCheckpointError as error:
        raise _damaged(folder, error.reason) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, str(error)) from error
    _refuse_changes(folder, saved, asdict(fingerprint))
    own: dict[str, Any] = content["generators"]
    return SavedState(folder, state, own, content.get("rankGenerators", [own]), tensors)


def apply_state(saved: SavedState, optimizer: AdapterOptimizer, generator: torch.Generator) -> TrainState:
    """Puts moments and generators back; the caller has loaded the adapter. Call it last before the loop."""
    try:
        optimizer.load_state_tensors(saved.optimizer_tensors)
    except KeyError as error:
        raise _damaged(saved.folder, f"{OPTIMIZER_FILE} has no {error}") from error
    rng_state.restore(saved.generators, generator)
    return saved.state


def _refuse_changes(folder: Path, saved: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for part, value in now.items():
        if saved.get(part) == value:
            continue
        detail = f"{part}: checkpoint {saved.get(part)!s:.400}, now {value!s:.400}"
        fields = _changed_fields(saved.get(part), value) if part == "recipe" else part
        raise JobError(
            "train.resume_mismatch",
            f"the run cannot go on from {folder.name}: {fields} changed",
            exit_code=EXIT_SPEC,
            params={"checkpoint": folder.name, "changed": fields},
            detail=detail,
        )


def _changed_fields(saved: object, now: str) -> str:
    """Dotted names of the recipe fields that differ, for a person."""
    try:
        before = _flat(json.loads(str(saved)))
    except ValueError:
        return "recipe"
    after = _flat(json.loads(now))
    changed = [name for name in sorted(before | after) if before.get(name) != after.get(name)]
    return ", ".join(changed) or "recipe"


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, one in value.items():
        if isinstance(one, dict):
            flat |= _flat(one, f"{prefix}{key}.")
        else:
            flat[prefix + key] = one
    return flat


def _damaged(folder: Path, reason: str) -> JobError:
    return JobError(
        "train.checkpoint_damaged",
        f"{folder} cannot be used: {reason}",
        exit_code=EXIT_DATA,
        params={"checkpoint": folder.name, "reason": reason},
    )
