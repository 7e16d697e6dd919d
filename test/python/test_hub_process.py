"""The download as a process: killed at random moments, and where its token does not lie."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_hub import TOKEN, FakeHub
from fake_huggingface import FakeHuggingFace
from fake_modelscope import FakeModelScope
from hub_fixtures import REPOSITORY, content_of, model_files, taken
from legal_eagle.hub.partial_folder import partial_path
from service_job import ENVIRONMENT, command, events, only, write_job

FILES = model_files(shard_bytes=2_000_000)
# A cap on waiting, never an expectation.
CAP_SECONDS = 120


@pytest.fixture(params=[FakeModelScope, FakeHuggingFace], ids=["modelscope", "huggingface"])
def hub(request: pytest.FixtureRequest) -> Iterator[FakeHub]:
    with request.param() as fake:
        fake.add(REPOSITORY, FILES)
        yield fake


def start(hub: FakeHub, folder: Path, out: Path, secrets: bytes = b"{}") -> subprocess.Popen[bytes]:
    params = {
        "hub": "huggingface" if isinstance(hub, FakeHuggingFace) else "modelscope",
        "endpoint": hub.endpoint,
        "repository": REPOSITORY,
        "outPath": str(out),
        "tokenOrigin": hub.endpoint,
    }
    write_job(folder, "download", params)
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command(folder), stdin=subprocess.PIPE, stdout=log, stderr=log, env=ENVIRONMENT
        )
    assert process.stdin is not None
    process.stdin.write(secrets + b"\n")
    process.stdin.flush()
    return process


def end(process: subprocess.Popen[bytes]) -> int:
    code = process.wait(timeout=CAP_SECONDS)
    assert process.stdin is not None
    process.stdin.close()
    return code


def wait_until_sent(hub: FakeHub, count: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + CAP_SECONDS
    while hub.sent_bytes < count and process.poll() is None:
        assert time.monotonic() < deadline, f"{hub.sent_bytes} of {count} bytes were sent"
        time.sleep(0.002)


def killed_and_resumed(hub: FakeHub, tmp_path: Path, kills: int) -> None:
    chance = random.Random(11)
    out = tmp_path / "模型"
    total = sum(map(len, taken(FILES).values()))
    hub.faults.slow_seconds = 0.004
    for number in range(kills):
        process = start(hub, tmp_path / f"job-{number}", out)
        wait_until_sent(hub, hub.sent_bytes + chance.randrange(1, total // (kills + 1)), process)
        process.kill()
        end(process)
        assert not out.exists(), "a folder appeared before it was whole"
    hub.faults.slow_seconds = 0
    last = tmp_path / "job-last"
    assert end(start(hub, last, out)) == 0, (last / "log.txt").read_text(encoding="utf-8")
    assert content_of(out) == taken(FILES)
    assert not partial_path(out).exists()
    # A kill may cost what was on three lines at that moment: sockets and one piece of each.
    assert hub.sent_bytes < total + kills * 3 * (6 << 20)
    assert only(last, "result")["receivedBytes"] < total


def test_killed_and_resumed(hub: FakeHub, tmp_path: Path) -> None:
    killed_and_resumed(hub, tmp_path, 3)


@pytest.mark.long
def test_killed_twenty_times_and_resumed(hub: FakeHub, tmp_path: Path) -> None:
    killed_and_resumed(hub, tmp_path, 20)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_stop_keeps_what_came(hub: FakeHub, tmp_path: Path) -> None:
    out = tmp_path / "out"
    hub.faults.slow_seconds = 0.01
    job = tmp_path / "job"
    process = start(hub, job, out)
    wait_until_sent(hub, 500_000, process)
    process.send_signal(signal.SIGTERM)
    assert end(process) == 75
    assert only(job, "ended") == {"status": "stopped", "exitCode": 75}
    hub.faults.slow_seconds = 0
    again = tmp_path / "again"
    assert end(start(hub, again, out)) == 0
    assert only(again, "listing")["presentBytes"] > 0
    assert content_of(out) == taken(FILES)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads another process's environment")
def test_the_token_lies_nowhere(hub: FakeHub, tmp_path: Path) -> None:
    hub.repositories[REPOSITORY].private = True
    hub.faults.to_storage = True
    hub.faults.slow_seconds = 0.005
    job, out = tmp_path / "job", tmp_path / "out"
    process = start(hub, job, out, b'{"hubToken": "%s"}' % TOKEN.encode())
    wait_until_sent(hub, 100_000, process)
    seen = b"".join(Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
    process.send_signal(signal.SIGTERM)
    assert end(process) == 75
    hub.faults.slow_seconds = 0
    refused = tmp_path / "refused"
    other = TOKEN[:-1] + "2"
    assert end(start(hub, refused, tmp_path / "b", b'{"hubToken": "%s"}' % other.encode())) != 0
    assert events(refused, "error")[0]["data"]["code"] in ("hub.not_found", "hub.token_refused")
    again = tmp_path / "again"
    assert end(start(hub, again, out, b'{"hubToken": "%s"}' % TOKEN.encode())) == 0
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    for secret in (TOKEN.encode(), other.encode(), b"Signature=abc"):
        assert not any(secret in content for content in (seen, *written))
    assert any("Authorization" in one.headers for one in hub.questions)
