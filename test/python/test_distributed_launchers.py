"""`python -m legal_eagle train` under launchers that are not the studio's, and the check of the links."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from builders import launched
from builders.launched import free_port, losses, start, start_on, torchrun
from legal_eagle.engine.distributed.link_check import LinkReport, sound_links
from legal_eagle.jobs.errors import JobError


def accumulate(passes: int) -> list[str]:
    return ["--set", f"batch.gradientAccumulation={passes}"]


def finish(runs: Path, *processes: subprocess.Popen[str]) -> dict[int, float]:
    for process in processes:
        said, _ = process.communicate(timeout=400)
        assert process.returncode == 0, said[-4000:]
    return losses(runs)


@pytest.fixture(scope="module")
def recipe_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return launched.write_recipe(tmp_path_factory.mktemp("launched"))


@pytest.fixture(scope="module")
def one_process(recipe_file: Path) -> dict[int, float]:
    runs = recipe_file.parent / "one"
    return finish(runs, start(recipe_file, runs, [sys.executable], *accumulate(2)))


def assert_same(found: dict[int, float], expected: dict[int, float]) -> None:
    assert found.keys() == expected.keys()
    worst = max(abs(found[step] - expected[step]) for step in expected)
    print(f"two ranks against one process: {worst}")
    assert worst < 1e-5


def test_torchrun_computes_what_one_process_computes(
    recipe_file: Path, one_process: dict[int, float], tmp_path: Path
) -> None:
    # Bug caught: every rank makes a run folder of its own, or the second refuses the folder of the first.
    launcher = torchrun("2", "--master-port", str(free_port()))
    assert_same(finish(tmp_path, start(recipe_file, tmp_path, launcher, *accumulate(1))), one_process)


def test_accelerate_launch_computes_what_one_process_computes(
    recipe_file: Path, one_process: dict[int, float], tmp_path: Path
) -> None:
    # Bug caught: variables that this launcher leaves out, or sets otherwise.
    launcher = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    launcher += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    launcher += ["--main_process_port", str(free_port())]
    assert_same(finish(tmp_path, start(recipe_file, tmp_path, launcher, *accumulate(1))), one_process)


@pytest.fixture
def two_hosts() -> Iterator[tuple[str, str]]:
    with contextlib.ExitStack() as stack:
        try:
            names = stack.enter_context(launched.two_hosts())
        except (OSError, subprocess.CalledProcessError) as error:
            if hasattr(os, "geteuid") and os.geteuid() == 0:
                raise
            pytest.skip(f"network namespaces are not permitted here: {error}")
        yield names


def test_torchrun_over_two_hosts_computes_what_one_process_computes(
    recipe_file: Path, one_process: dict[int, float], two_hosts: tuple[str, str], tmp_path: Path
) -> None:
    # Bug caught: anything that only works on the loopback, or a second machine that needs the run's folder.
    port = free_port()
    folders = tmp_path / "first", tmp_path / "second"
    hosts = [
        start_on(host, number, recipe_file, folders[number], port, *accumulate(1))
        for number, host in enumerate(two_hosts)
    ]
    assert_same(finish(folders[0], *hosts), one_process)
    assert not (folders[1] / "launched" / "run.json").exists()


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_a_rank_pulled_from_torchrun_is_named_and_the_run_goes_on_bit_equal(tmp_path: Path) -> None:
    # Bug caught: under a launcher rank 0 waits for ever, dies without a reason, or goes on otherwise than it
    # would have.
    recipe_file = launched.write_recipe(tmp_path, epochs=12, checkpoints={"everySteps": 3, "keepLast": 2})
    straight, pulled = tmp_path / "straight", tmp_path / "pulled"

    def torchrun_two(runs: Path, *more: str) -> subprocess.Popen[str]:
        launcher = torchrun("2", "--master-port", str(free_port()))
        return start(recipe_file, runs, launcher, *accumulate(1), *more)

    expected = finish(straight, torchrun_two(straight))
    process = torchrun_two(pulled)
    wait_until(process, lambda: len(losses(pulled)) >= 7)
    os.kill(launched.pid_of_rank(pulled, 1), signal.SIGKILL)
    said, _ = process.communicate(timeout=120)
    assert process.returncode != 0, said[-4000:]
    (error,) = launched.read_events(launched.attempt_of(pulled), "error")
    assert error["code"] == "train.rank_lost"
    before = losses(pulled)
    assert max(before) < max(expected), "the run was over before the kill: no test"

    process = torchrun_two(pulled, "--resume")
    said, _ = process.communicate(timeout=400)
    assert process.returncode == 0, said[-4000:]
    after = losses(pulled, 2)
    assert min(after) > 1, "nothing was resumed"
    assert before | after == expected


def wait_until(process: subprocess.Popen[str], ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 240
    while not ready():
        assert process.poll() is None, process.communicate()[0][-4000:]
        assert time.monotonic() < deadline, "the steps did not come within 240 seconds"
        time.sleep(0.005)


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
