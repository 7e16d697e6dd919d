"""What a job does differently on Windows, with the system calls injected."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from legal_eagle.jobs import failures, process_identity
from legal_eagle.jobs.errors import EXIT_DISK_FULL, EXIT_ENVIRONMENT
from legal_eagle.jobs.heartbeat import Heartbeat
from legal_eagle.jobs.process_identity import LinuxPlatform, WindowsPlatform, send_ctrl_break


class FakeApi:
    """A Windows with one process, this one."""

    def __init__(self, *, counter: int | None = 419, held: int = 0, forbidden: bool = False) -> None:
        self.counter = counter
        self.held = held
        self.forbidden = forbidden
        self.slept = 0.0
        self.jobs: list[str] = []
        self.on_break: Callable[[], None] | None = None

    def creation_filetime(self, pid: int) -> int | None:
        return 133_775_712_000_000_000 if pid == os.getpid() else None

    def registry_boot_counter(self) -> int | None:
        return self.counter

    def create_kill_on_close_job(self, name: str) -> None:
        if self.forbidden:
            raise OSError(5, "Access is denied")
        self.jobs.append(name)

    def listen_for_ctrl_break(self, on_break: Callable[[], None]) -> None:
        if self.forbidden:
            raise OSError(5, "Access is denied")
        self.on_break = on_break

    def replace(self, source: str, target: str) -> None:
        if self.held > 0:
            self.held -= 1
            raise PermissionError(13, "a scanner holds the file")
        Path(source).replace(target)

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


def test_identity_is_a_filetime_and_the_boot_counter() -> None:
    # The TypeScript side compares these texts; test/unit/platform/windows-processes.test.ts has its half.
    platform = WindowsPlatform(FakeApi())
    assert platform.start_time(os.getpid()) == "133775712000000000"
    assert platform.start_time(os.getpid() + 1) is None
    assert platform.boot_id() == "boot-419"
    assert WindowsPlatform(FakeApi(counter=None)).boot_id() == "boot-unknown"


def test_heartbeat_waits_for_a_scanner_to_let_go(tmp_path: Path) -> None:
    api = FakeApi(held=3)
    beat = Heartbeat(tmp_path, "nonce-nonce", WindowsPlatform(api))
    beat.write_once()
    assert api.slept > 0
    assert '"bootId": "boot-419"' in (tmp_path / "heartbeat").read_text(encoding="utf-8")


def test_file_that_is_held_for_ever_is_an_error_not_a_hang(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a", encoding="utf-8")
    with pytest.raises(PermissionError):
        WindowsPlatform(FakeApi(held=1000)).replace_file(tmp_path / "a", tmp_path / "b")


def test_job_process_enters_a_job_object_and_hears_ctrl_break() -> None:
    api = FakeApi()
    heard: list[str] = []
    WindowsPlatform(api).prepare("Local\\LegalEagle-n", lambda: heard.append("break"))
    assert api.jobs == ["Local\\LegalEagle-n"]
    assert api.on_break is not None
    api.on_break()
    assert heard == ["break"]


def test_job_goes_on_where_an_outer_job_forbids_both(capsys: pytest.CaptureFixture[str]) -> None:
    WindowsPlatform(FakeApi(forbidden=True)).prepare("name", lambda: None)
    told = capsys.readouterr().err
    assert "no job object" in told
    assert "CTRL_BREAK" in told


def test_ctrl_break_helper_refuses_elsewhere() -> None:
    assert send_ctrl_break(os.getpid()) == EXIT_ENVIRONMENT


def test_full_disk_is_told_by_the_windows_error_too() -> None:
    error = OSError(0, "There is not enough space on the disk")
    error.winerror = 112  # type: ignore[attr-defined,unused-ignore]
    assert failures.to_job_error(error).exit_code == EXIT_DISK_FULL


def test_linux_start_time_is_read_past_a_hostile_command_name(tmp_path: Path) -> None:
    def write(pid: int, state: str) -> None:
        (tmp_path / str(pid)).mkdir()
        rest = " ".join(["0"] * 18)
        (tmp_path / str(pid) / "stat").write_text(
            f"{pid} (a) b (c)) {state} {rest} 7{pid} 0\n", encoding="utf-8"
        )

    write(5, "R")
    write(6, "Z")
    platform = LinuxPlatform(tmp_path)
    assert platform.start_time(5) == "75"
    assert platform.start_time(6) is None
    assert platform.start_time(99) is None


def test_unknown_system_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_identity.sys, "platform", "plan9")
    with pytest.raises(process_identity.JobError) as caught:
        process_identity.current_platform()
    assert caught.value.code == "job.platform_unsupported"
    assert caught.value.params == {"platform": "plan9"}
