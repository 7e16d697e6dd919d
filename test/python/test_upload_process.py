"""The upload as a process: killed at random bytes and taken up again; where its token does not lie."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_hub import TOKEN, sha256
from fake_modelscope import FakeModelScope
from service_job import ENVIRONMENT, command, events, only, write_job
from upload_fixtures import content_at, release_files, upload_params, write_files

FILES = release_files(seed=12, shards=6, shard_bytes=900_000)
# A cap on waiting, never an expectation.
CAP_SECONDS = 120


@pytest.fixture
def hub() -> Iterator[FakeModelScope]:
    with FakeModelScope() as fake:
        yield fake
        fake.uploads.check_order()


def start(hub: FakeModelScope, job: Path, token: str = TOKEN, **params: object) -> subprocess.Popen[bytes]:
    folder = job.parent / "导出"
    if not folder.exists():
        write_files(folder, FILES)
    write_job(job, "upload", upload_params(hub, folder, **params))
    scratch = job.parent / "tmp"
    scratch.mkdir(exist_ok=True)
    with (job / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command(job),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env={**ENVIRONMENT, "TMPDIR": str(scratch)},
        )
    assert process.stdin is not None
    process.stdin.write(b'{"hubToken": "%s"}\n' % token.encode())
    process.stdin.flush()
    return process


def end(process: subprocess.Popen[bytes]) -> int:
    code = process.wait(timeout=CAP_SECONDS)
    assert process.stdin is not None
    process.stdin.close()
    return code


def log_of(job: Path) -> str:
    return (job / "log.txt").read_text(encoding="utf-8", errors="replace")


def wait_until_received(hub: FakeModelScope, count: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + CAP_SECONDS
    while hub.received_bytes < count and process.poll() is None:
        assert time.monotonic() < deadline, f"{hub.received_bytes} of {count} bytes were received"
        time.sleep(0.002)


def killed_and_resumed(hub: FakeModelScope, tmp_path: Path, kills: int) -> None:
    chance = random.Random(31)
    total = sum(map(len, FILES.values()))
    hub.faults.slow_seconds = 0.004
    for number in range(kills):
        process = start(hub, tmp_path / f"job-{number}")
        at = hub.received_bytes + chance.randrange(1, total // (kills + 1))
        wait_until_received(hub, at, process)
        assert process.poll() is None, log_of(tmp_path / f"job-{number}")
        process.kill()
        end(process)
        assert hub.uploads.messages == [], "half of a release was committed"
    hub.faults.slow_seconds = 0
    last = tmp_path / "job-last"
    assert end(start(hub, last)) == 0, log_of(last)
    assert content_at(hub) == FILES
    assert len(hub.uploads.messages) == 1
    # Whole files are kept: at most those on the two lines at each kill were sent again.
    assert hub.received_bytes <= total + kills * 2 * 900_100
    # What was hashed before the first kill is not hashed again.
    assert events(last, "hash-progress") == []
    puts = len(hub.uploads.puts)
    again = tmp_path / "job-again"
    assert end(start(hub, again)) == 0, log_of(again)
    assert len(hub.uploads.puts) == puts


def test_killed_and_resumed(hub: FakeModelScope, tmp_path: Path) -> None:
    killed_and_resumed(hub, tmp_path, 3)


@pytest.mark.long
def test_killed_twenty_times_and_resumed(hub: FakeModelScope, tmp_path: Path) -> None:
    killed_and_resumed(hub, tmp_path, 20)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads another process's environment")
def test_the_token_lies_nowhere(hub: FakeModelScope, tmp_path: Path) -> None:
    # Catches a token in an event, an error's words, the log, the state file, arguments or environment.
    hub.faults.slow_seconds = 0.004
    stopped = start(hub, tmp_path / "stopped")
    wait_until_received(hub, 300_000, stopped)
    seen = b"".join(Path(f"/proc/{stopped.pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
    stopped.send_signal(signal.SIGTERM)
    assert end(stopped) == 75, log_of(tmp_path / "stopped")
    assert only(tmp_path / "stopped", "ended")["status"] == "stopped"
    # A crash in native code: what Python never sees.
    crashed = start(hub, tmp_path / "crashed")
    wait_until_received(hub, hub.received_bytes + 100_000, crashed)
    crashed.send_signal(signal.SIGABRT)
    assert end(crashed) != 0
    hub.faults.slow_seconds = 0
    other = TOKEN[:-1] + "2"
    assert end(start(hub, tmp_path / "refused", other)) == 20
    assert only(tmp_path / "refused", "error")["code"] == "upload.token_refused"
    # The hub's own words repeat what it was sent.
    hub.uploads.faults.commits = deque(["echo"])
    assert end(start(hub, tmp_path / "echoed")) == 22, log_of(tmp_path / "echoed")
    assert only(tmp_path / "echoed", "error")["code"] == "upload.commit_refused"
    done = tmp_path / "done"
    assert end(start(hub, done)) == 0, log_of(done)
    assert content_at(hub) == FILES
    assert only(done, "result")["files"][0]["sha256"] == sha256(FILES["README.md"])
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 20
    for secret in (TOKEN.encode(), other.encode(), b"Signature=", b"git-000"):
        assert not any(secret in content for content in (seen, *written)), secret
    assert any("Authorization" in one.headers for one in hub.questions)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_the_core_that_goes_ends_the_upload(hub: FakeModelScope, tmp_path: Path) -> None:
    hub.faults.slow_seconds = 0.01
    job = tmp_path / "job"
    process = start(hub, job)
    wait_until_received(hub, 200_000, process)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=CAP_SECONDS) == 75, log_of(job)
    assert hub.uploads.messages == []
