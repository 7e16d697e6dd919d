"""`python -m legal_eagle train` under launchers that are not the studio's, and the check of the links."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
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


def start(
    recipe_file: Path, runs: Path, launcher: Sequence[str], accumulation: int, interface: str = "lo"
) -> subprocess.Popen[str]:
    verb = ["-m", "legal_eagle", "train", str(recipe_file), "--runs", str(runs)]
    return subprocess.Popen(
        [*launcher, *verb, "--set", f"batch.gradientAccumulation={accumulation}"],
        env={
            **os.environ,
            "PYTHONPATH": str(RUNTIME),
            "GLOO_SOCKET_IFNAME": interface,
            "OMP_NUM_THREADS": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )


def finish(runs: Path, *processes: subprocess.Popen[str]) -> dict[int, float]:
    for process in processes:
        said, _ = process.communicate(timeout=400)
        assert process.returncode == 0, said[-4000:]
    return losses(runs / "launched")


def torchrun(*more: str) -> list[str]:
    return [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", *more]


@pytest.fixture(scope="module")
def recipe_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("launched")
    write_model(folder / "base")
    write_dataset(folder / "data", rows=24)
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
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def one_process(recipe_file: Path) -> dict[int, float]:
    runs = recipe_file.parent / "one"
    return finish(runs, start(recipe_file, runs, [sys.executable], 2))


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
    assert_same(finish(tmp_path, start(recipe_file, tmp_path, launcher, 1)), one_process)


def test_accelerate_launch_computes_what_one_process_computes(
    recipe_file: Path, one_process: dict[int, float], tmp_path: Path
) -> None:
    # Bug caught: variables that this launcher leaves out, or sets otherwise.
    launcher = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    launcher += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    launcher += ["--main_process_port", str(free_port())]
    assert_same(finish(tmp_path, start(recipe_file, tmp_path, launcher, 1)), one_process)


@pytest.fixture
def two_hosts() -> Iterator[tuple[str, str]]:
    """Two network namespaces with an address each, joined by a cable; their names."""
    tag = uuid.uuid4().hex[:6]
    names = f"le{tag}a", f"le{tag}b"
    try:
        ip("netns", "add", names[0])
    except (OSError, subprocess.CalledProcessError) as error:
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            raise
        pytest.skip(f"network namespaces are not permitted here: {error}")
    try:
        ip("netns", "add", names[1])
        ip("link", "add", names[0], "netns", names[0], "type", "veth", "peer", names[1], "netns", names[1])
        for number, name in enumerate(names, start=1):
            ip("-n", name, "addr", "add", f"10.77.0.{number}/24", "dev", name)
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", name, "up")
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def start_on(host: str, number: int, recipe_file: Path, runs: Path, port: int) -> subprocess.Popen[str]:
    launcher = ["ip", "netns", "exec", host, *torchrun("1", "--nnodes", "2", "--node-rank", str(number))]
    launcher += ["--master-addr", "10.77.0.1", "--master-port", str(port)]
    return start(recipe_file, runs, launcher, 1, host)


def test_torchrun_over_two_hosts_computes_what_one_process_computes(
    recipe_file: Path, one_process: dict[int, float], two_hosts: tuple[str, str], tmp_path: Path
) -> None:
    # Bug caught: anything that only works on the loopback, or a second machine that needs the run's folder.
    port = free_port()
    folders = tmp_path / "first", tmp_path / "second"
    hosts = [start_on(host, n, recipe_file, folders[n], port) for n, host in enumerate(two_hosts)]
    assert_same(finish(folders[0], *hosts), one_process)
    assert not (folders[1] / "launched" / "run.json").exists()


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
