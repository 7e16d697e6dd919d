"""`train_function` as Ray's TorchTrainer calls it: in a thread, in a group that stands already."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from loop_fixtures import recipe, write_dataset, write_model
from rank_fixtures import rank_environment

from builders.launched import free_port
from legal_eagle.jobs.errors import JobError
from legal_eagle.jobs.wire import read_events
from legal_eagle.train_function import train_function

RUNTIME = Path(__file__).resolve().parents[2] / "python-runtime"

# What a worker of a cluster does: it makes the group, trains in a thread, and goes on living.
_WORKER = """
import json, signal, sys
from concurrent.futures import ThreadPoolExecutor
sys.path.insert(0, sys.argv[1])
import torch.distributed as dist
from legal_eagle.train_function import train_function
dist.init_process_group("gloo")
before = sys.stdout, signal.getsignal(signal.SIGTERM)
with ThreadPoolExecutor(1) as thread:
    result = thread.submit(train_function, json.loads(sys.argv[2])).result()
assert dist.is_initialized(), "the caller's group was taken down"
assert (sys.stdout, signal.getsignal(signal.SIGTERM)) == before, "the caller's process was changed"
dist.barrier()
dist.destroy_process_group()
print("result", json.dumps(result))
"""


def settings(folder: Path, **changes: Any) -> dict[str, Any]:
    return recipe(
        model=str(write_model(folder / "base")),
        dataset=str(write_dataset(folder / "data", rows=24)),
        name="called",
        epochs=1,
        lora={"dropout": 0.0},
        evaluation={"samplePrompts": [], "everySteps": 0, "sampleEverySteps": 0},
        **changes,
    )


def losses(run_dir: str, attempt: int) -> dict[int, float]:
    events = list(read_events(Path(run_dir) / "attempts" / str(attempt) / "events.ndjson"))
    return {one["data"]["step"]: one["data"]["loss"] for one in events if one["type"] == "step"}


def test_two_workers_compute_what_one_process_computes(tmp_path: Path) -> None:
    # Bug caught: a second group beside the caller's, a run folder a rank, handlers set in a thread.
    content = settings(tmp_path, batch={"microBatch": 2})
    alone = {"recipe": content, "runs": str(tmp_path / "one"), "set": ["batch.gradientAccumulation=2"]}
    one = train_function(alone)

    config = {"recipe": content, "runs": str(tmp_path / "two"), "set": ["batch.gradientAccumulation=1"]}
    port = free_port()
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _WORKER, str(RUNTIME), json.dumps(config)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env={**rank_environment(rank, 2, port), "OMP_NUM_THREADS": "1"},
        )
        for rank in range(2)
    ]
    said = [worker.communicate(timeout=300)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said
    results = [json.loads(text.rsplit("result ", 1)[1]) for text in said]
    assert [result["stopped"] for result in results] == [False, False]
    found, expected = losses(results[0]["runDir"], 1), losses(str(one["runDir"]), 1)
    assert found.keys() == expected.keys()
    assert max(abs(found[step] - expected[step]) for step in expected) < 1e-5
    assert (Path(results[0]["runDir"]) / "adapter" / "adapter_model.safetensors").is_file()


def test_a_second_call_begins_or_goes_on(tmp_path: Path) -> None:
    # Bug caught: a trainer that calls again after a failure is told that the run exists, or that there is no
    # checkpoint to go on from.
    config = {
        "recipe": settings(tmp_path, checkpoints={"everySteps": 2}),
        "runs": str(tmp_path),
        "resume": True,
    }
    changes = ["maxSteps=3"]
    first = train_function({**config, "set": changes})
    whole = losses(str(first["runDir"]), 1)
    assert list(whole) == [1, 2, 3]
    checkpoints = sorted((Path(str(first["runDir"])) / "checkpoints").iterdir())
    for newer in checkpoints[1:]:
        newer.rename(tmp_path / newer.name)
    train_function({**config, "set": changes})
    assert losses(str(first["runDir"]), 2) == {3: whole[3]}
    with pytest.raises(JobError) as caught:
        train_function({**config, "set": changes, "resume": False})
    assert caught.value.code == "train.run_exists"


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({}, "train.config_invalid"),
        ({"recipe": {}, "run": "x"}, "train.config_invalid"),
        ({"recipe": {}, "set": "lora.rank=4"}, "train.config_invalid"),
        ({"recipe": {"lora": {"rank": -1}}}, "recipe.invalid"),
    ],
)
def test_a_wrong_config_is_named(config: dict[str, Any], code: str) -> None:
    # Bug caught: a key written wrongly trains with the default instead.
    with pytest.raises(JobError) as caught:
        train_function(config)
    assert caught.value.code == code


def test_what_ended_the_job_is_raised(tmp_path: Path) -> None:
    # Bug caught: a trainer that takes a failed run for a trained one.
    content = settings(tmp_path, cutoffLength=16)
    with pytest.raises(JobError) as caught:
        train_function({"recipe": content, "runs": str(tmp_path)})
    assert caught.value.code == "train.no_rows"
    assert caught.value.exit_code == 22
