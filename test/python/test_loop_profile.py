"""A Chrome trace on demand: written, bounded, and never at the cost of the run."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import torch
from loop_fixtures import Run, recipe, write_dataset, write_model

from legal_eagle.engine.recipe import read_recipe
from legal_eagle.engine.step_profile import StepProfile
from legal_eagle.jobs.errors import JobError


def test_a_recorded_run_has_the_losses_of_one_that_is_not(tmp_path: Path) -> None:
    # Bug caught: recording that draws random numbers or reorders work; a file of other steps than it says.
    material = write_model(tmp_path / "model"), write_dataset(tmp_path / "data", rows=24)
    plain = Run(tmp_path / "plain", *material, recipe(maxSteps=5))
    assert plain.here().failure is None
    recorded = Run(tmp_path / "recorded", *material, recipe(maxSteps=5, hardware={"profileSteps": 2}))
    attempt = recorded.here()
    assert attempt.failure is None
    assert recorded.losses() == plain.losses()
    (path,) = (recorded.root / "profile").iterdir()
    assert path.name == "steps-3-4.json.gz"
    with gzip.open(path) as trace:
        names = {event.get("name") for event in json.load(trace)["traceEvents"]}
    assert {"aten::mm", "_TrainingLossBackward"} <= names
    assert [str(path)] == [one["detail"] for one in attempt.data("phase") if one["name"] == "profile"]


def test_a_run_shorter_than_the_warm_up_is_recorded_all_the_same(tmp_path: Path) -> None:
    # Bug caught: a two-step trial that waits for its third step and writes nothing.
    written: list[Path] = []
    profile = StepProfile(
        tmp_path, 5, 2, torch.device("cpu"), on_written=written.append, on_failure=pytest.fail
    )
    for number in (1, 2):
        with profile.step(number):
            torch.ones(3).sum()
    profile.close()
    profile.close()
    assert [path.name for path in written] == ["steps-1-2.json.gz"]


def test_a_trace_that_is_too_large_or_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    # Bug caught: a trace without bounds on the person's disk, or one that ends the run.
    failures: list[str] = []
    for run_dir, limit in ((tmp_path, 10), (tmp_path / "no-such-folder", 1 << 30)):
        profile = StepProfile(
            run_dir,
            1,
            1,
            torch.device("cpu"),
            on_written=lambda path: pytest.fail(str(path)),
            on_failure=failures.append,
            max_bytes=limit,
        )
        with profile.step(1):
            torch.ones(3).sum()
    assert "more than 10" in failures[0]
    assert len(failures) == 2
    assert list((tmp_path / "profile").iterdir()) == []


@pytest.mark.parametrize("steps", ["-1", "21", "many", "1.5"])
def test_a_number_of_steps_that_makes_no_sense_is_refused(steps: str, tmp_path: Path) -> None:
    # Bug caught: a recording of thousands of steps that fills memory before it is written.
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps({"model": "m", "dataset": "d"}), encoding="utf-8")
    with pytest.raises(JobError) as refused:
        read_recipe(path, [f"hardware.profileSteps={steps}"])
    assert refused.value.code == "recipe.invalid"
    assert refused.value.params["issues"][0]["field"] == "hardware.profileSteps"
