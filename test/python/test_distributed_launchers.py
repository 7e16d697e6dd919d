"""`python -m legal_eagle train` under launchers that are not the studio's, and the check of the links."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from loop_fixtures import recipe, write_dataset, write_model
from rank_fixtures import free_port

from legal_eagle.engine.distributed.link_check import LinkReport, sound_links
from legal_eagle.jobs.errors import JobError

RUNTIME = Path(__file__).resolve().parents[2] / "python-runtime"


def losses(folder: Path) -> dict[int, float]:
    lines = (folder / "attempts" / "1" / "events.ndjson").read_text(encoding="utf-8").splitlines()
    steps = [event["data"] for line in lines if (event := json.loads(line))["type"] == "step"]
    return {step["step"]: step["loss"] for step in steps}


def train(recipe_file: Path, runs: Path, *launcher: str, accumulation: int) -> dict[int, float]:
    verb = ["-m", "legal_eagle", "train", str(recipe_file), "--runs", str(runs)]
    done = subprocess.run(
        [sys.executable, *launcher, *verb, "--set", f"batch.gradientAccumulation={accumulation}"],
        env={**os.environ, "PYTHONPATH": str(RUNTIME), "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return losses(runs / "launched")


def test_torchrun_computes_what_one_process_computes(tmp_path: Path) -> None:
    # Bug caught: every rank makes a run folder of its own, or the second refuses the folder of the first.
    write_model(tmp_path / "base")
    write_dataset(tmp_path / "data")
    values = recipe(
        model="base",
        dataset="data/dataset.db",
        name="launched",
        epochs=1,
        batch={"microBatch": 2},
        lora={"dropout": 0.0},
        evaluation={"samplePrompts": [], "everySteps": 0, "sampleEverySteps": 0},
        checkpoints={"everySteps": 0},
    )
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    one = train(path, tmp_path / "one", accumulation=2)
    torchrun = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", str(free_port()))
    two = train(path, tmp_path / "two", *torchrun, accumulation=1)
    assert two.keys() == one.keys()
    worst = max(abs(two[step] - one[step]) for step in one)
    print(f"torchrun, two ranks against one process: {worst}")
    assert worst < 1e-5


def report(*corrupt: tuple[int, int]) -> LinkReport:
    return LinkReport(corrupt, 1 << 20, 1 << 20, 0.001)


def test_wrong_bytes_turn_peer_to_peer_off_and_say_so() -> None:
    # Bug caught: a run that trains on noise because two cards copy wrongly into each other.
    reports = [report((0, 1)), report()]
    turned_off: list[bool] = []
    reasons: list[str] = []
    found = sound_links(lambda: reports.pop(0), lambda: turned_off.append(True), reasons)
    assert found.corrupt == ()
    assert turned_off == [True]
    assert "NCCL_P2P_DISABLE=1" in reasons[0]
    assert "0→1" in reasons[0]


@pytest.mark.parametrize("can_turn_off", [True, False])
def test_links_that_stay_corrupt_end_the_run(can_turn_off: bool) -> None:
    with pytest.raises(JobError) as caught:
        sound_links(lambda: report((1, 0)), (lambda: None) if can_turn_off else None, [])
    assert caught.value.code == "train.links_corrupt"
    assert caught.value.params == {"pairs": "1→0"}
