"""Ranks that hold their base in 8 bits hold the same one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from loop_fixtures import Run, recipe, write_dataset, write_model
from rank_fixtures import rank_environment

from builders.launched import free_port
from legal_eagle.engine.distributed.collective import Alone
from legal_eagle.engine.distributed.same_start import eight_bits_for_all
from service_job import RUN_PY, command, write_job

# Moves the limit of one rank far beyond either answer, as rounding would move its measurement past the limit.
_OTHER_LIMIT = """
import sys
sys.path.insert(0, {runtime!r})
import legal_eagle.engine
from legal_eagle.engine import load_base, quality_check
quality_check.LARGEST_GAP_NAT = {limit}
load = load_base.BaseLoader.load
def told(self):
    decoder = load(self)
    print("held as", self.mechanisms.quantization, flush=True)
    return decoder
load_base.BaseLoader.load = told
from legal_eagle.jobs.main import main
sys.exit(main(sys.argv[1:]))
"""


class Said(Alone):
    """What each rank of a group said, as this one hears it."""

    def __init__(self, *values: bool | None) -> None:
        self._values = values

    def gather(self, value: object) -> list[Any]:
        return list(self._values)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((True, False), True),
        ((False, True), False),
        ((True, None), False),
        ((None, None), False),
        ((True, True), True),
    ],
)
def test_rank_0_decides_for_those_that_can(said: tuple[bool | None, ...], expected: bool) -> None:
    # Bug caught: each rank takes its own answer, or one loads 8 bits on a card that cannot.
    assert [eight_bits_for_all(Said(*said), own) for own in said] == [expected] * len(said)


@pytest.mark.parametrize(
    ("first_limit", "other_limit", "expected"),
    [
        pytest.param(1.0, -1.0, "int8"),
        pytest.param(-1.0, 1.0, "none", marks=pytest.mark.long),
    ],
)
def test_ranks_that_measure_differently_train_on_one_base(
    first_limit: float, other_limit: float, expected: str, tmp_path: Path
) -> None:
    # Bug caught: rank 0 sums gradients of an INT8 base with those that rank 1 computed on the dense one.
    quiet = {"everySteps": 0, "sampleEverySteps": 0, "samplePrompts": []}
    settings = recipe(
        maxSteps=2,
        batch={"microBatch": 2, "gradientAccumulation": 1},
        hardware={"quantization": "int8"},
        evaluation=quiet,
        checkpoints={"everySteps": 0},
    )
    run = Run(tmp_path / "run", write_model(tmp_path / "model"), write_dataset(tmp_path / "data"), settings)
    port = free_port()
    folders = [run.root / "attempts" / "1", tmp_path / "other"]
    processes = []
    for rank, (folder, limit) in enumerate(zip(folders, (first_limit, other_limit), strict=True)):
        write_job(
            folder,
            "train",
            {
                "runId": "run-1",
                "attempt": 1,
                "recipe": settings,
                "modelPath": str(run.model),
                "datasetPath": str(run.dataset),
                "runDir": str(run.root),
                "tokenCacheDir": str(tmp_path / "tokens"),
                "resumeFrom": None,
            },
        )
        code = _OTHER_LIMIT.format(runtime=str(RUN_PY.parent), limit=limit)
        processes.append(
            subprocess.Popen(
                command(folder, ("-c", code)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**rank_environment(rank, 2, port), "OMP_NUM_THREADS": "1"},
            )
        )
    said = [process.communicate(timeout=300)[0].decode("utf-8", "replace") for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert all(f"held as {expected}\n" in one for one in said), said
    record = json.loads((run.root / "adapter" / "legal_eagle.json").read_text(encoding="utf-8"))
    assert record["quantization"] == expected
