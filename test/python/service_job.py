"""Running a job folder as the core does: a real child process through run.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

RUN_PY = Path(__file__).resolve().parents[2] / "python-runtime" / "run.py"


# Tiny models; on a busy machine a second thread mostly waits for the first.
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def write_job(folder: Path, kind: str, params: Mapping[str, Any]) -> Path:
    folder.mkdir(parents=True)
    (folder / "control").mkdir()
    spec = {
        "version": 1,
        "id": folder.name,
        "kind": kind,
        "createdAtMs": time.time_ns() // 1_000_000,
        "nonce": "0123456789abcdef",
        "params": dict(params),
    }
    (folder / "job.json").write_text(json.dumps(spec), encoding="utf-8")
    return folder


def command(folder: Path, entry: Sequence[str] = (str(RUN_PY),)) -> list[str]:
    return [sys.executable, "-I", "-X", "utf8", *entry, str(folder)]


def run_job(folder: Path) -> int:
    """Run to the end with an open stdin; returns the exit code."""
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command(folder), stdin=subprocess.PIPE, stdout=log, stderr=log, env=ENVIRONMENT
        )
        assert process.stdin is not None
        process.stdin.write(b"{}\n")
        process.stdin.flush()
        code = process.wait(timeout=240)
        process.stdin.close()
    return code


def events(folder: Path, kind: str | None = None) -> list[dict[str, Any]]:
    lines = (folder / "events.ndjson").read_text(encoding="utf-8").splitlines()
    parsed = [json.loads(line) for line in lines]
    return [event for event in parsed if kind is None or event["type"] == kind]


def only(folder: Path, kind: str) -> dict[str, Any]:
    found = events(folder, kind)
    assert len(found) == 1, (folder / "log.txt").read_text(encoding="utf-8")
    data: dict[str, Any] = found[0]["data"]
    return data


class ChatProcess:
    """A chat job with its pipes. Lines written to stdout by anything but the protocol fail the parse."""

    def __init__(self, folder: Path, arguments: list[str] | None = None) -> None:
        self.folder = folder
        # How far loading was; `reply` reads over these.
        self.loading: list[dict[str, Any]] = []
        self._log = (folder / "log.txt").open("wb")
        self.process = subprocess.Popen(
            arguments or command(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=ENVIRONMENT,
        )
        self.send_line(b"{}")

    def __enter__(self) -> ChatProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=60)
        for stream in (self.process.stdin, self.process.stdout, self._log):
            if stream is not None:
                stream.close()

    def send_line(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def send(self, request: Mapping[str, Any]) -> None:
        self.send_line(json.dumps(request, ensure_ascii=False).encode("utf-8"))

    def reply(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log()
        value: dict[str, Any] = json.loads(line)
        if value["kind"] == "loading":
            self.loading.append(value)
            return self.reply()
        return value

    def log(self) -> str:
        return (self.folder / "log.txt").read_text(encoding="utf-8", errors="replace")

    def last_reply(self, request_id: str) -> tuple[dict[str, Any], list[str]]:
        """The ``done`` or ``error`` of a request and the texts of its deltas before."""
        texts = []
        while True:
            reply = self.reply()
            assert reply.get("id") == request_id, reply
            if reply["kind"] != "delta":
                return reply, texts
            texts.append(reply["text"])

    def end(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(timeout=60)
