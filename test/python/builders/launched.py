"""`python -m legal_eagle train` under a launcher, on this machine or on two made of network namespaces."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from loop_fixtures import recipe, write_dataset, write_model

RUNTIME = Path(__file__).resolve().parents[3] / "python-runtime"
NAME = "launched"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_recipe(folder: Path, **changes: Any) -> Path:
    """A recipe file with its base and its dataset, without dropout, evaluations and checkpoints."""
    write_model(folder / "base")
    write_dataset(folder / "data", rows=24)
    values = recipe(
        model="base",
        dataset="data/dataset.db",
        name=NAME,
        batch={"microBatch": 2},
        lora={"dropout": 0.0},
        evaluation={"samplePrompts": [], "everySteps": 0, "sampleEverySteps": 0},
        **{"epochs": 1, "checkpoints": {"everySteps": 0}, **changes},
    )
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return path


def start(
    recipe_file: Path, runs: Path, launcher: Sequence[str], *more: str, interface: str = "lo"
) -> subprocess.Popen[str]:
    """`more`: further words of the verb."""
    verb = ["-m", "legal_eagle", "train", str(recipe_file), "--runs", str(runs)]
    return subprocess.Popen(
        [*launcher, *verb, *more],
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


def torchrun(*more: str) -> list[str]:
    return [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", *more]


def start_on(
    host: str, number: int, recipe_file: Path, runs: Path, port: int, *more: str
) -> subprocess.Popen[str]:
    """Rank `number` of two, in the namespace `host` of `two_hosts`."""
    launcher = ["ip", "netns", "exec", host, *torchrun("1", "--nnodes", "2", "--node-rank", str(number))]
    launcher += ["--master-addr", "10.77.0.1", "--master-port", str(port)]
    return start(recipe_file, runs, launcher, *more, interface=host)


def read_events(folder: Path, kind: str) -> list[dict[str, Any]]:
    """Data of the whole lines of a job folder's events; none before there is a file."""
    path = folder / "events.ndjson"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    events = [json.loads(line) for line in lines if line.endswith("\n")]
    return [event["data"] for event in events if event["type"] == kind]


def attempt_of(runs: Path, number: int = 1) -> Path:
    return runs / NAME / "attempts" / str(number)


def losses(runs: Path, number: int = 1) -> dict[int, float]:
    return {step["step"]: step["loss"] for step in read_events(attempt_of(runs, number), "step")}


def pid_of_rank(runs: Path, rank: int) -> int:
    """Of a rank above 0, started by a launcher or by the run itself."""
    folders = [*(runs / NAME / "ranks").glob(f"*-{rank}"), attempt_of(runs) / "ranks" / str(rank)]
    started = [one for folder in folders for one in read_events(folder, "started")]
    return int(started[-1]["pid"])


@contextlib.contextmanager
def two_hosts() -> Iterator[tuple[str, str]]:
    """Two network namespaces with an address each (10.77.0.1 and .2), joined by a cable; their names, which
    are those of their network cards too. CalledProcessError or OSError where they are not permitted."""
    tag = uuid.uuid4().hex[:6]
    names = f"le{tag}a", f"le{tag}b"
    try:
        for name in names:
            ip("netns", "add", name)
        ip("link", "add", names[0], "netns", names[0], "type", "veth", "peer", names[1], "netns", names[1])
        for number, name in enumerate(names, start=1):
            ip("-n", name, "addr", "add", f"10.77.0.{number}/24", "dev", name)
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", name, "up")
        yield names
    finally:
        for name in names:
            with contextlib.suppress(OSError):
                subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
