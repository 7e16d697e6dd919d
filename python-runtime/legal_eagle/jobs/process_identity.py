"""Who a process is: its start time as the OS counts it, and which boot it belongs to.

A pid alone says nothing, because it is used again; pid + start time + boot id name one process for ever.
The same values are computed by electron/core/platform in TypeScript.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from legal_eagle.jobs.errors import EXIT_ENVIRONMENT, JobError

# Antivirus scanners and indexers on Windows hold a fresh file for a moment; ten tries make half a second.
_REPLACE_TRIES: Final = 10
_REPLACE_PAUSE_SECONDS: Final = 0.05


class ProcessPlatform(Protocol):
    """What differs between operating systems for a job process."""

    def start_time(self, pid: int) -> str | None:
        """Start of a living process in the OS's own unit, or None when there is no such process."""

    def boot_id(self) -> str:
        """A text that changes with every boot."""

    def replace_file(self, source: Path, target: Path) -> None:
        """Rename `source` over `target` in one step. Raises OSError."""

    def prepare(self, name: str, on_terminate: Callable[[], None]) -> None:
        """Before the job starts: make this process able to be asked to stop and to be ended with its tree."""


class LinuxPlatform:
    """Reads /proc (proc(5)); `proc_root` is injected by tests."""

    def __init__(self, proc_root: Path = Path("/proc")) -> None:
        self._proc_root = proc_root

    def start_time(self, pid: int) -> str | None:
        try:
            stat = (self._proc_root / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        # Field 2 is the command in parentheses and may hold spaces and parentheses itself.
        fields = stat[stat.rindex(")") + 2 :].split()
        state, start_ticks = fields[0], fields[19]
        return None if state in {"Z", "X"} else start_ticks

    def boot_id(self) -> str:
        return (self._proc_root / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()

    def replace_file(self, source: Path, target: Path) -> None:
        source.replace(target)

    def prepare(self, name: str, on_terminate: Callable[[], None]) -> None:
        """Nothing to do: the launcher gives every job a process group, and main.py handles SIGTERM."""


class WindowsApi(Protocol):
    """The few Win32 calls a job needs; see windows_api.py."""

    def creation_filetime(self, pid: int) -> int | None:
        """Creation FILETIME of a living process (GetProcessTimes), else None."""

    def registry_boot_counter(self) -> int | None:
        """`BootId` of Session Manager/Memory Management/PrefetchParameters; None when it cannot be read."""

    def create_kill_on_close_job(self, name: str) -> None:
        """Put this process into a new named job object that ends all its processes with its last handle."""

    def listen_for_ctrl_break(self, on_break: Callable[[], None]) -> None:
        """Have a console, hidden where it is new, and call `on_break` on CTRL_BREAK."""

    def replace(self, source: str, target: str) -> None:
        """MoveFileEx with MOVEFILE_REPLACE_EXISTING."""

    def sleep(self, seconds: float) -> None: ...


class WindowsPlatform:
    """Windows 10 and 11. The calls come through `api`, so that this class is tested anywhere."""

    def __init__(self, api: WindowsApi) -> None:
        self._api = api

    def start_time(self, pid: int) -> str | None:
        filetime = self._api.creation_filetime(pid)
        return None if filetime is None else str(filetime)

    def boot_id(self) -> str:
        counter = self._api.registry_boot_counter()
        # A creation FILETIME is a date, not a count since boot, so pid and start alone name the process too.
        return "boot-unknown" if counter is None else f"boot-{counter}"

    def replace_file(self, source: Path, target: Path) -> None:
        for attempt in range(_REPLACE_TRIES):
            try:
                self._api.replace(str(source), str(target))
                return
            except PermissionError:
                if attempt == _REPLACE_TRIES - 1:
                    raise
                self._api.sleep(_REPLACE_PAUSE_SECONDS)

    def prepare(self, name: str, on_terminate: Callable[[], None]) -> None:
        # Each of the two may be refused by an outer job or a session without consoles. The stop ladder
        # then has one rung less (control file, taskkill /T /F), so the job goes on.
        try:
            self._api.create_kill_on_close_job(name)
        except OSError as error:
            print(f"no job object: {error}", file=sys.stderr)  # noqa: T201
        try:
            self._api.listen_for_ctrl_break(on_terminate)
        except OSError as error:
            print(f"CTRL_BREAK cannot be received: {error}", file=sys.stderr)  # noqa: T201


def current_platform() -> ProcessPlatform:
    """The platform of this machine. Raises JobError `job.platform_unsupported`."""
    if sys.platform == "win32":
        from legal_eagle.jobs.windows_api import Win32Api

        return WindowsPlatform(Win32Api())
    if sys.platform == "linux":
        return LinuxPlatform()
    raise JobError(
        "job.platform_unsupported",
        f"jobs run on Linux and Windows, not on {sys.platform}",
        exit_code=EXIT_ENVIRONMENT,
        params={"platform": sys.platform},
    )


def kill_own_group(exit_code: int) -> None:
    """End this process and, where it leads a group, everything in the group. Does not return."""
    if os.name == "posix" and os.getpgrp() == os.getpid():
        # Our own handler only raises a flag, and this is not the main thread, which alone may change it.
        os.killpg(os.getpgrp(), signal.SIGTERM)
        time.sleep(0.2)
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(exit_code)


def send_ctrl_break(pid: int) -> int:
    """Exit code of the helper process that asks the job `pid` to stop: 0 when the event was sent."""
    if os.name != "nt":
        return EXIT_ENVIRONMENT
    from legal_eagle.jobs.windows_api import Win32Api

    try:
        Win32Api().send_ctrl_break(pid)
    except OSError as error:
        print(f"CTRL_BREAK to {pid} failed: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0
