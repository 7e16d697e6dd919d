"""Ranks that the run starts itself: the same run, and what happens when one is killed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from loop_fixtures import Attempt, Run, check_events, recipe, write_dataset, write_model
from rank_fixtures import adapter, assert_same_run, largest_difference

from legal_eagle.engine.distributed.local_ranks import cards_of_ranks
from legal_eagle.jobs.errors import JobError


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("ranks")
    return write_model(folder / "model"), write_dataset(folder / "data")


def settings(processes: int, **changes: Any) -> dict[str, Any]:
    """A global batch of four, dropout and all, however many processes share it."""
    batch = {"microBatch": 2, "gradientAccumulation": 2 // processes}
    return recipe(batch=batch, hardware={"processes": processes}, **changes)


def rank_pid(attempt: Attempt, rank: int) -> int:
    other = Attempt(attempt.folder / "ranks" / str(rank), None)
    return int(other.data("started")[0]["pid"])


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_a_killed_rank_is_named_and_the_run_goes_on_bit_equal(
    tmp_path: Path, material: tuple[Path, Path]
) -> None:
    # Bug caught: rank 0 waits for ever for a rank that is gone; a resume without the other rank's dropout.
    straight = Run(tmp_path / "straight", *material, settings(2, epochs=1))
    assert straight.start().wait() == 0, straight.attempts[0].log()
    check_events(straight.attempts[0])

    run = Run(tmp_path / "killed", *material, settings(2, epochs=1))
    attempt = run.start()
    attempt.wait_until(lambda: len(attempt.data("step")) >= 4)
    os.kill(rank_pid(attempt, 1), signal.SIGKILL)
    assert attempt.wait() == 23, attempt.log()
    error = attempt.error()
    assert error["code"] == "train.rank_lost"
    assert (error["params"]["rank"], error["params"]["cause"]) == ("1", "killed by SIGKILL")
    check_events(attempt)

    checkpoint = run.newest_checkpoint()
    assert checkpoint is not None
    last = run.start(checkpoint)
    assert last.wait() == 0, last.log()
    assert run.losses() == straight.losses()
    assert run.eval_losses() == straight.eval_losses()
    assert largest_difference(adapter(run), adapter(straight)) == 0.0


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_the_others_end_with_the_first_rank(tmp_path: Path, material: tuple[Path, Path]) -> None:
    # Bug caught: ranks that stay behind on their cards when the run was killed.
    run = Run(tmp_path / "run", *material, settings(2, epochs=20))
    attempt = run.start()
    attempt.wait_until(lambda: len(attempt.data("step")) >= 1)
    other = rank_pid(attempt, 1)
    assert attempt.process is not None
    attempt.process.kill()
    attempt.process.wait()
    assert _ends(other), f"rank 1 (pid {other}) still runs"


@pytest.mark.skipif(os.name == "nt", reason="SIGTERM is POSIX")
def test_a_stop_is_agreed_and_saves_once(tmp_path: Path, material: tuple[Path, Path]) -> None:
    # Bug caught: one rank stops and saves, the other waits for it in the next step.
    never = {"everySteps": 0, "keepBest": False}
    run = Run(tmp_path / "run", *material, settings(2, epochs=400, checkpoints=never))
    attempt = run.start()
    attempt.wait_until(lambda: bool(attempt.data("step")))
    attempt.control("save-now")
    attempt.wait_until(lambda: bool(attempt.data("control-done")))
    attempt.control("stop")
    assert attempt.wait() == 10, attempt.log()
    assert [one["reason"] for one in attempt.data("checkpoint")] == ["save-now", "stop"]


def test_one_process_and_two_own_ranks_agree(tmp_path: Path, material: tuple[Path, Path]) -> None:
    # Bug caught: a global batch that the ranks do not share, or share twice.
    one = Run(tmp_path / "one", *material, settings(1, epochs=1, lora={"dropout": 0.0}))
    two = Run(tmp_path / "two", *material, settings(2, epochs=1, lora={"dropout": 0.0}))
    one.here()
    assert two.start().wait() == 0, two.attempts[0].log()
    print("two own ranks:", assert_same_run(two, one, 1e-5))
    (device,) = two.attempts[0].data("device")
    assert any("came back right" in reason for reason in device["reasons"])


@pytest.mark.parametrize(
    ("hardware", "environment", "cards", "expected"),
    [
        ({"device": "cpu", "gpu": "GPU-a,GPU-b"}, {}, 0, [None, None]),
        ({"device": "auto"}, {}, 0, [None, None]),
        ({"device": "auto", "gpu": "GPU-a,GPU-b"}, {}, 2, ["GPU-a", "GPU-b"]),
        ({"device": "auto"}, {"CUDA_VISIBLE_DEVICES": "3, 1,0"}, 3, ["3", "1"]),
        ({"device": "cuda"}, {}, 4, ["0", "1"]),
        ({"device": "auto"}, {}, 1, "train.too_few_cards"),
        ({"device": "cuda"}, {}, 0, "train.too_few_cards"),
        ({"gpu": "GPU-a,GPU-a"}, {}, 4, "train.too_few_cards"),
    ],
)
def test_every_rank_gets_a_card_of_its_own(
    hardware: dict[str, Any], environment: dict[str, str], cards: int, expected: Any
) -> None:
    # Bug caught: two ranks on one card, or ranks on cards that a scheduler gave to somebody else.
    whole = recipe(hardware={"device": "auto", **hardware})["hardware"]
    if isinstance(expected, str):
        with pytest.raises(JobError) as caught:
            cards_of_ranks(whole, 2, lambda: cards, environment)
        assert caught.value.code == expected
    else:
        assert cards_of_ranks(whole, 2, lambda: cards, environment) == expected


def _ends(pid: int) -> bool:
    """Whether the process ends within the bound that a person would wait."""
    for _ in range(600):
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
