"""Win32 calls through ctypes. Imported on Windows only; every decision stands in process_identity.py."""

from __future__ import annotations

import ctypes
import importlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

_PROCESS_QUERY_LIMITED_INFORMATION: Final = 0x1000
_STILL_ACTIVE: Final = 259
_JOB_EXTENDED_LIMIT_INFORMATION: Final = 9
_JOB_LIMIT_KILL_ON_JOB_CLOSE: Final = 0x2000
_CTRL_BREAK_EVENT: Final = 1
_SW_HIDE: Final = 0


class _BasicLimits(ctypes.Structure):
    _fields_ = (
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", ctypes.c_uint32),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", ctypes.c_uint32),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", ctypes.c_uint32),
        ("SchedulingClass", ctypes.c_uint32),
    )


class _ExtendedLimits(ctypes.Structure):
    _fields_ = (
        ("BasicLimitInformation", _BasicLimits),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    )


def _kernel32() -> Any:
    kernel32: Any = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    for name in ("OpenProcess", "GetCurrentProcess", "CreateJobObjectW", "GetConsoleWindow"):
        getattr(kernel32, name).restype = ctypes.c_void_p
    return kernel32


def _last_error() -> OSError:
    error: OSError = ctypes.WinError(ctypes.get_last_error())  # type: ignore[attr-defined,unused-ignore]
    return error


class Win32Api:
    """Implements process_identity.WindowsApi."""

    def __init__(self) -> None:
        self._kernel32 = _kernel32()
        # Kept open as long as the process lives: closing the last handle ends every process of the job.
        self._job: int | None = None
        # ctypes frees a callback that nobody holds.
        self._ctrl_handler: Any = None

    def creation_filetime(self, pid: int) -> int | None:
        handle = self._kernel32.OpenProcess(_PROCESS_QUERY_LIMITED_INFORMATION, False, pid)
        if not handle:
            return None
        try:
            exit_code = ctypes.c_uint32()
            times = [ctypes.c_uint64() for _ in range(4)]
            pointers = [ctypes.byref(item) for item in times]
            process = ctypes.c_void_p(handle)
            if not self._kernel32.GetExitCodeProcess(process, ctypes.byref(exit_code)):
                return None
            # A process object outlives its process while somebody holds a handle on it.
            if exit_code.value != _STILL_ACTIVE:
                return None
            if not self._kernel32.GetProcessTimes(process, *pointers):
                return None
            return int(times[0].value)
        finally:
            self._kernel32.CloseHandle(ctypes.c_void_p(handle))

    def registry_boot_counter(self) -> int | None:
        # By name: the type checker's platform is Linux, where the module does not exist.
        winreg: Any = importlib.import_module("winreg")
        path = r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters"
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
                value, _kind = winreg.QueryValueEx(key, "BootId")
        except OSError:
            return None
        return value if isinstance(value, int) else None

    def create_kill_on_close_job(self, name: str) -> None:
        job = self._kernel32.CreateJobObjectW(None, ctypes.c_wchar_p(name))
        if not job:
            raise _last_error()
        limits = _ExtendedLimits()
        limits.BasicLimitInformation.LimitFlags = _JOB_LIMIT_KILL_ON_JOB_CLOSE
        handle = ctypes.c_void_p(job)
        size = ctypes.sizeof(limits)
        kind = _JOB_EXTENDED_LIMIT_INFORMATION
        if not self._kernel32.SetInformationJobObject(handle, kind, ctypes.byref(limits), size):
            raise _last_error()
        current = ctypes.c_void_p(self._kernel32.GetCurrentProcess())
        if not self._kernel32.AssignProcessToJobObject(handle, current):
            raise _last_error()
        self._job = job

    def replace(self, source: str, target: str) -> None:
        Path(source).replace(target)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def listen_for_ctrl_break(self, on_break: Callable[[], None]) -> None:
        # A detached process starts without a console, and CTRL_BREAK reaches console processes only.
        if self._kernel32.AllocConsole():
            user32: Any = ctypes.WinDLL("user32")  # type: ignore[attr-defined,unused-ignore]
            user32.ShowWindow(ctypes.c_void_p(self._kernel32.GetConsoleWindow()), _SW_HIDE)

        def handle(event: int) -> int:
            if event != _CTRL_BREAK_EVENT:
                return 0
            on_break()
            return 1

        # Not signal.signal(SIGBREAK): AllocConsole empties the handler table, and the C runtime, which
        # filled it once at start, does not do so again.
        self._set_ctrl_handler(handle)

    def send_ctrl_break(self, pid: int) -> None:
        """Send CTRL_BREAK to every process on the console of `pid`, from a helper process. Raises OSError.

        Only processes of one console can signal each other, so the helper gives up its own.
        """
        self._kernel32.FreeConsole()
        if not self._kernel32.AttachConsole(pid):
            raise _last_error()
        self._set_ctrl_handler(lambda _event: 1)
        if not self._kernel32.GenerateConsoleCtrlEvent(_CTRL_BREAK_EVENT, 0):
            raise _last_error()

    def _set_ctrl_handler(self, handle: Callable[[int], int]) -> None:
        kind: Any = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint32)  # type: ignore[attr-defined,unused-ignore]
        self._ctrl_handler = kind(handle)
        if not self._kernel32.SetConsoleCtrlHandler(self._ctrl_handler, True):
            raise _last_error()
