"""`python -m legal_eagle train` as a person uses it on a cluster node."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from loop_fixtures import recipe, write_dataset, write_model

from legal_eagle.progress_view import describe, duration
from legal_eagle.protocol import validate
from legal_eagle.run_folder import folder_name, new_id

RUNTIME = Path(__file__).resolve().parents[2] / "python-runtime"


@pytest.fixture(scope="module")
def recipe_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("standalone")
    write_model(folder / "base")
    write_dataset(folder / "data")
    path = folder / "recipe.yaml"
    values = recipe(model="base", dataset="data/dataset.db", name="试训", evaluation={"samplePrompts": []})
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return path


def command(recipe_file: Path, runs: Path, *more: str) -> list[str]:
    verb = [sys.executable, "-X", "utf8", "-m", "legal_eagle", "train", str(recipe_file)]
    return [*verb, "--runs", str(runs), *more]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(RUNTIME)}


def train(recipe_file: Path, runs: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(recipe_file, runs, *more),
        env=environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=240,
    )


@pytest.mark.skipif(os.name == "nt", reason="SIGINT to a child is POSIX")
def test_ctrl_c_saves_and_resume_goes_on_in_the_same_run_folder(recipe_file: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    process = subprocess.Popen(
        command(recipe_file, runs, "--set", "epochs=30"),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    while not lines[-1].startswith("step 2/"):
        lines.append(process.stdout.readline())
        assert lines[-1], "".join(lines)
    assert "tokens/s" in lines[-1]
    assert "ETA" in lines[-1]
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=120)
    assert process.returncode == 10, rest + errors
    assert "Traceback" not in errors
    assert "saved" in rest

    folder = runs / "试训"
    run: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert {"version", "id", "name", "recipe", "datasetPath", "modelPath", "createdAtMs"} <= set(run)
    again = train(recipe_file, runs, "--set", "epochs=30")
    assert again.returncode == 20
    assert "train.run_exists" in again.stderr

    # Kill-free but short: the rest of 30 epochs would be a test of patience.
    second = subprocess.Popen(
        command(recipe_file, runs, "--set", "epochs=30", "--resume", "--json"),
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert second.stdout is not None
    types, first_step = [], None
    for line in second.stdout:
        event = json.loads(line)
        types.append(event["type"])
        if event["type"] == "step" and first_step is None:
            first_step = event["data"]["step"]
            second.send_signal(signal.SIGINT)
    assert second.wait(timeout=120) == 10
    assert types[0] == "started"
    assert types[-1] == "ended"
    plans = [
        json.loads(line)["data"]
        for number in ("1", "2")
        for line in (folder / "attempts" / number / "events.ndjson").read_text(encoding="utf-8").splitlines()
        if '"type":"plan"' in line
    ]
    assert plans[1]["startStep"] == first_step - 1 > 0
    assert plans[0]["planHash"] == plans[1]["planHash"]
    for number in ("1", "2"):
        spec = json.loads((folder / "attempts" / number / "job.json").read_text(encoding="utf-8"))
        assert validate(spec, "JobSpec") == []
        assert spec["params"]["runId"] == run["id"]


def test_mistakes_end_with_a_code_and_no_traceback(recipe_file: Path, tmp_path: Path) -> None:
    cases = {
        "epochs=-1": "recipe.invalid",
        "model=nowhere": "recipe.model_not_found",
        "dataset=nowhere.db": "recipe.dataset_not_found",
    }
    for override, code in cases.items():
        done = train(recipe_file, tmp_path / "runs", "--set", override, "--json")
        assert done.returncode == 20, done.stderr
        assert json.loads(done.stdout.splitlines()[-1])["error"]["code"] == code
        assert "Traceback" not in done.stderr
    resumed = train(recipe_file, tmp_path / "runs", "--resume")
    assert resumed.returncode == 22
    assert "train.nothing_to_resume" in resumed.stderr
    assert not (tmp_path / "runs").exists()


def test_help_works_without_the_engine_packages() -> None:
    # Bug caught: a broken torch that keeps even --help from answering. -S hides every installed package.
    done = subprocess.run(
        [sys.executable, "-S", "-X", "utf8", "-m", "legal_eagle", "train", "--help"],
        env=environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "--resume" in done.stdout


def test_ids_are_ulids_and_sort_by_time() -> None:
    first = new_id()
    time.sleep(0.002)
    assert len(first) == 26
    assert first < new_id()
    assert set(first) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


@pytest.mark.parametrize(
    ("name", "expected"), [("试训", "试训"), ("a/b:c", "a-b-c"), ("..", "run"), ("x. ", "x"), ('<>"', "-")]
)
def test_run_names_become_folder_names_on_every_system(name: str, expected: str) -> None:
    # Bug caught: a run named "../x" written outside, or a name that Windows refuses.
    assert folder_name(name) == expected


def test_the_progress_line_says_what_a_person_waits_for() -> None:
    data = {"step": 7, "loss": 1.23456, "skipped": False, "tokensPerSecond": 4321.5, "etaMs": 83_400.0}
    assert describe("step", data, 90) == "step 7/90  loss 1.2346  4,322 tokens/s  ETA 1:23"
    skipped = describe("step", {**data, "loss": None, "skipped": True, "etaMs": None}, 90)
    assert skipped is not None
    assert "not finite" in skipped
    assert duration(3_723_000) == "1:02:03"
    assert describe("phase", {"name": "train"}, 90) is None
