"""The upload to Hugging Face as a process: killed in the middle, resumed; where its token does not lie."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

import pytest

from fake_hub import TOKEN, sha256
from fake_huggingface import FakeHuggingFace
from huggingface_upload_fixtures import NEW, blob_of
from service_job import ENVIRONMENT, command, events, only, write_job

# A cap on waiting, never an expectation.
CAP_SECONDS = 120
_CHANCE = random.Random(5)
FILES = {
    "README.md": "---\nlicense: other\n---\n法律".encode(),
    "config.json": b"{}",
    "model-00001-of-00002.safetensors": _CHANCE.randbytes(1_500_000),
    "model-00002-of-00002.safetensors": _CHANCE.randbytes(700_001),
    "tokenizer.model": _CHANCE.randbytes(40_000),
}


def start(fake: FakeHuggingFace, folder: Path, token: str = TOKEN) -> subprocess.Popen[bytes]:
    blobs = [blob_of(folder.parent, path, content) for path, content in FILES.items()]
    params = {
        "hub": "huggingface",
        "endpoint": fake.endpoint,
        "tokenOrigin": fake.endpoint,
        "repository": NEW,
        "licence": None,
        "files": [
            {"path": one.path, "localPath": str(one.local_path), "sha256": one.sha256} for one in blobs
        ],
        "commitMessage": "law",
        "existing": "refuse",
        "statePath": str(folder.parent / "upload.json"),
    }
    write_job(folder, "upload", params)
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command(folder), stdin=subprocess.PIPE, stdout=log, stderr=log, env=ENVIRONMENT
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


def wait_until_received(fake: FakeHuggingFace, count: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + CAP_SECONDS
    while fake.received_bytes < count and process.poll() is None:
        assert time.monotonic() < deadline, f"{fake.received_bytes} of {count} bytes came"
        time.sleep(0.005)


def killed_and_resumed(fake: FakeHuggingFace, folder: Path, kills: int) -> None:
    chance = random.Random(3)
    fake.faults.slow_seconds = 0.01
    kept: set[str] = set()
    running = 0
    for number in range(kills):
        process = start(fake, folder / f"job-{number}")
        wait_until_received(fake, fake.received_bytes + chance.randrange(1, 1_600_000), process)
        running += process.poll() is None
        process.kill()
        end(process)
        assert kept <= set(fake.uploads.blobs)
        kept = set(fake.uploads.blobs)
    assert running, "no kill met a job that was at work"
    fake.faults.slow_seconds = 0
    last = folder / "job-last"
    assert end(start(fake, last)) == 0, (last / "log.txt").read_text(encoding="utf-8")
    there = fake.repositories[NEW].files
    assert {path: there[path] for path in FILES} == FILES
    assert fake.repositories[NEW].private
    assert len(fake.uploads.commits) == 1
    assert all(sha256(content) == oid for oid, content in fake.uploads.blobs.items())


# A state file, or a repository that is there already, must not stand in the way of the next attempt.
def test_killed_and_resumed(huggingface: FakeHuggingFace, tmp_path: Path) -> None:
    killed_and_resumed(huggingface, tmp_path, 2)


@pytest.mark.long
def test_killed_twenty_times_and_resumed(huggingface: FakeHuggingFace, tmp_path: Path) -> None:
    killed_and_resumed(huggingface, tmp_path, 20)


# Signed addresses are as good as the token for as long as they live.
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads another process's environment")
def test_token_and_addresses_lie_nowhere(huggingface: FakeHuggingFace, tmp_path: Path) -> None:
    huggingface.faults.slow_seconds = 0.02
    cut = tmp_path / "cut"
    process = start(huggingface, cut)
    wait_until_received(huggingface, 100_000, process)
    seen = b"".join(Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
    process.kill()
    end(process)
    huggingface.faults.slow_seconds = 0
    refused = tmp_path / "refused"
    other = TOKEN[:-1] + "2"
    assert end(start(huggingface, refused, other)) != 0
    assert events(refused, "error")[0]["data"]["code"] == "upload.token_refused"
    done = tmp_path / "done"
    assert end(start(huggingface, done)) == 0
    assert only(done, "result")["visibility"] == "private"
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    for secret in (TOKEN.encode(), other.encode(), b"X-Amz-Signature", b"signed-1"):
        assert not any(secret in content for content in (seen, *written))
    assert any("Authorization" in one.headers for one in huggingface.questions)
