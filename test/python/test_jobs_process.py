"""A job process from the outside: run.py as the core starts it, and the scripted runner."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from legal_eagle.jobs.wire import read_events
from legal_eagle.protocol import validate

ROOT = Path(__file__).resolve().parents[2]
RUN_PY = ROOT / "python-runtime" / "run.py"
FAKE_RUNNER = ROOT / "test" / "helpers" / "fake_runner.py"
# A cap on waiting, never an expectation.
CAP_SECONDS = 120

Actions = list[dict[str, Any]]
Start = Callable[..., "Job"]


def spec_with(**changes: object) -> dict[str, object]:
    spec: dict[str, object] = {
        "version": 1,
        "id": "j",
        "kind": "self-test",
        "createdAtMs": 1,
        "nonce": "0123456789",
        "params": {},
    }
    return {**spec, **changes}


class Job:
    """One job folder and its process."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.process = process

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        path = self.folder / "events.ndjson"
        found = list(read_events(path)) if path.exists() else []
        return [event for event in found if kind is None or event["type"] == kind]

    def wait_for(self, kind: str) -> None:
        deadline = time.monotonic() + CAP_SECONDS
        while not self.events(kind):
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.01)

    def control(self, name: str, text: str) -> None:
        # The core makes the inbox; here the test may come before the job does.
        (self.folder / "control").mkdir(exist_ok=True)
        temporary = self.folder / "control" / f"{name}.tmp"
        temporary.write_text(text, encoding="utf-8")
        temporary.rename(self.folder / "control" / f"{name}.json")

    def exit_code(self) -> int:
        return self.process.wait(timeout=CAP_SECONDS)

    def log(self) -> str:
        return (self.folder / "log.txt").read_text(encoding="utf-8")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    jobs: list[Job] = []

    def start_one(
        actions: Actions,
        *,
        kind: str = "self-test",
        params: dict[str, Any] | None = None,
        stdin: int = subprocess.DEVNULL,
        script: Path = FAKE_RUNNER,
        spec: object = None,
        python: tuple[str, ...] = (sys.executable, "-I", "-X", "utf8"),
        **options: Any,
    ) -> Job:
        folder = tmp_path / f"任务 {len(jobs)}"
        folder.mkdir()
        body = spec_with(kind=kind, params=params or {}) if spec is None else spec
        (folder / "job.json").write_text(json.dumps(body), encoding="utf-8")
        (folder / "scenario.json").write_text(json.dumps(actions), encoding="utf-8")
        with (folder / "log.txt").open("wb") as log:
            command = [*python, str(script), str(folder)]
            process = subprocess.Popen(
                command, stdin=stdin, stdout=log, stderr=log, start_new_session=True, **options
            )
        job = Job(folder, process)
        jobs.append(job)
        return job

    yield start_one
    for job in jobs:
        if job.process.poll() is None:
            os.killpg(job.process.pid, signal.SIGKILL)
        job.process.wait()
        if job.process.stdin is not None:
            job.process.stdin.close()


def test_bare_python_without_any_package_says_what_is_missing(start: Start) -> None:
    # -S leaves out site-packages: the seam itself must not need anything that is installed.
    python = (sys.executable, "-I", "-S", "-X", "utf8")
    params = {"modelPath": "/none", "adapterPath": None}
    job = start([], kind="chat", params=params, script=RUN_PY, python=python)
    assert job.exit_code() == 23
    (error,) = job.events("error")
    assert error["data"]["code"] == "job.environment_broken"
    assert job.events()[0]["type"] == "started"
    assert job.events()[-1]["data"] == {"status": "failed", "exitCode": 23}


def test_bare_python_imports_nothing_installed() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); before = set(sys.modules);"
        "import legal_eagle.jobs.main;"
        "new = {n: m for n, m in sys.modules.items() if n not in before};"
        "print([n for n, m in new.items() if 'site-packages' in str(getattr(m, '__file__', ''))])"
    )
    command = [sys.executable, "-I", "-c", code, str(ROOT / "python-runtime")]
    assert subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (spec_with(params={"x": 1}), "params.x"),
        (spec_with(kind="nothing"), "kind"),
        ([], ""),
    ],
)
def test_spec_error_names_field_and_reason(start: Start, spec: object, field: str) -> None:
    job = start([], spec=spec)
    assert job.exit_code() == 20
    (error,) = job.events("error")
    assert error["data"]["code"] == "job.spec_invalid"
    assert error["data"]["params"]["field"] == field
    assert error["data"]["params"]["reason"]
    assert [event["type"] for event in job.events()] == ["started", "error", "ended"]


def test_missing_spec_is_a_spec_error(start: Start, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = subprocess.run([sys.executable, "-I", str(RUN_PY), str(empty)], capture_output=True, check=False)
    assert done.returncode == 20
    assert next(read_events(empty / "events.ndjson"))["type"] == "started"


def test_folder_that_was_run_is_not_run_again(start: Start) -> None:
    job = start([])
    assert job.exit_code() == 0
    before = (job.folder / "events.ndjson").read_bytes()
    again = subprocess.run(
        [sys.executable, "-I", str(RUN_PY), str(job.folder)], capture_output=True, check=False
    )
    assert again.returncode == 20
    assert b"run once" in again.stderr
    assert (job.folder / "events.ndjson").read_bytes() == before


def test_every_event_of_a_job_is_valid_and_names_the_process(start: Start) -> None:
    job = start([{"do": "steps", "count": 3}])
    assert job.exit_code() == 0
    for event in job.events():
        del event["crc"]
        assert validate(event, "JobEvent") == []
    started = job.events()[0]["data"]
    heartbeat = json.loads((job.folder / "heartbeat").read_text(encoding="utf-8"))
    assert validate(heartbeat, "Heartbeat") == []
    for key in ("pid", "osStartTime", "bootId", "nonce"):
        assert started[key] == heartbeat[key]
    assert started["pid"] == job.process.pid


def test_descriptors_above_two_are_closed_first(start: Start) -> None:
    # Electron leaks its sockets into children; a runner that keeps them keeps the app's helpers alive.
    read_end, write_end = os.pipe()
    try:
        job = start([{"do": "describe"}], pass_fds=(write_end,))
        assert job.exit_code() == 0
        (result,) = job.events("result")
        leaked = [text for text in result["data"]["descriptors"] if "pipe:" in text]
        assert leaked == []
    finally:
        os.close(read_end)
        os.close(write_end)


def test_workers_keep_their_pipes(tmp_path: Path) -> None:
    # multiprocessing imports the entry script again in each worker, where closing would cut the worker off.
    code = f"""
import multiprocessing, runpy, sys
runpy.run_path({str(RUN_PY)!r}, run_name="__mp_main__")
import os
os.fstat(int(sys.argv[1]))
"""
    read_end, write_end = os.pipe()
    try:
        command = [sys.executable, "-I", "-c", code, str(read_end)]
        assert subprocess.run(command, pass_fds=(read_end,), check=False).returncode == 0
    finally:
        os.close(read_end)
        os.close(write_end)


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_resumably(start: Start, signal_number: int) -> None:
    job = start([{"do": "stream"}])
    job.wait_for("progress")
    job.process.send_signal(signal_number)
    assert job.exit_code() == 75
    assert job.events()[-1]["data"] == {"status": "stopped", "exitCode": 75}


def test_hang_up_of_a_terminal_changes_nothing(start: Start) -> None:
    job = start([{"do": "stream"}])
    job.wait_for("progress")
    job.process.send_signal(signal.SIGHUP)
    job.control("1", json.dumps({"version": 1, "id": "1", "command": "stop", "atMs": 1}))
    assert job.exit_code() == 10


def test_broken_command_is_told_and_removed(start: Start) -> None:
    job = start([{"do": "stream"}])
    job.wait_for("progress")
    job.control("1", '{"version": 1, "id": "1", "comm')
    job.control("2", json.dumps({"version": 1, "id": "2", "command": "explode", "atMs": 1}))
    job.control("3", json.dumps({"version": 1, "id": "3", "command": "stop", "atMs": 1}))
    assert job.exit_code() == 10
    assert [event["data"]["code"] for event in job.events("warning")] == ["job.control_invalid"] * 2
    assert [event["data"]["id"] for event in job.events("control-ack")] == ["3"]
    assert list((job.folder / "control").iterdir()) == []


def test_ping_is_answered_while_the_handler_is_busy(start: Start) -> None:
    job = start([{"do": "hang"}])
    job.wait_for("started")
    job.control("1", json.dumps({"version": 1, "id": "1", "command": "ping", "atMs": 1}))
    job.wait_for("control-ack")


def test_end_of_stdin_stops_a_service_job_resumably(start: Start) -> None:
    job = start([{"do": "stream"}], stdin=subprocess.PIPE)
    assert job.process.stdin is not None
    job.process.stdin.write(b'{"hub": "token"}\n')
    job.process.stdin.flush()
    job.wait_for("progress")
    job.process.stdin.close()
    assert job.exit_code() == 75


def test_training_job_never_waits_for_stdin(start: Start) -> None:
    # A run survives its core, so a pipe that stays silent, or ends, must not matter.
    recipe: dict[str, Any] = {"model": "m", "dataset": "d"}
    params = {
        "runId": "r",
        "attempt": 1,
        "recipe": recipe,
        "modelPath": "/m",
        "datasetPath": "/d",
        "runDir": "/r",
        "tokenCacheDir": "/c",
    }
    job = start([{"do": "steps", "count": 2}], kind="train", params=params, stdin=subprocess.PIPE)
    assert job.exit_code() == 0, job.log()


@pytest.mark.parametrize("line", [b"not json\n", b"[1]\n", b'{"token": 5}\n'])
def test_wrong_secrets_are_refused_without_being_quoted(start: Start, line: bytes) -> None:
    job = start([], stdin=subprocess.PIPE)
    assert job.process.stdin is not None
    job.process.stdin.write(line)
    job.process.stdin.flush()
    assert job.exit_code() == 20
    (error,) = job.events("error")
    assert error["data"]["code"] == "job.secrets_invalid"
    assert line.strip().decode() not in json.dumps(error) + job.log()


def test_print_goes_to_the_log_and_not_into_the_protocol(start: Start) -> None:
    job = start([{"do": "say", "text": '{"v":1,"seq":1} 打印'}])
    assert job.exit_code() == 0
    assert "打印" in job.log()
    assert [event["type"] for event in job.events()] == ["started", "ended"]
