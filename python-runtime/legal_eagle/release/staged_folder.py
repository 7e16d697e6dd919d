"""A folder of results that appears under its name only when it is whole.

Files are written into a hidden sibling; a lock beside it, which the system drops when the process dies,
tells a left-over of a killed job (removed, or resumed) from one that is being written (refused).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal

from legal_eagle.engine.disk import sync_file, sync_folder
from legal_eagle.file_lock import try_lock
from legal_eagle.jobs.errors import EXIT_DISK_FULL, EXIT_SPEC, JobError

# Configuration and tokenizer files, and what a file system needs for itself.
DISK_MARGIN_BYTES = 64 << 20

# Whose words a refusal is told in, and what the hidden sibling is called.
Purpose = Literal["merge", "export"]
_SUFFIX: Mapping[Purpose, str] = {"merge": "merging", "export": "exporting"}
_DISK_FULL: Mapping[Purpose, str] = {"merge": "merge.disk_full", "export": "export.disk_full"}
_EXISTS: Mapping[Purpose, str] = {"merge": "merge.output_exists", "export": "export.output_exists"}
_BUSY: Mapping[Purpose, str] = {"merge": "merge.output_busy", "export": "export.output_busy"}


def free_bytes_at(folder: Path) -> int:
    """Free bytes for this user on the volume that holds ``folder``."""
    return shutil.disk_usage(folder).free


def disk_full(path: Path, needed_bytes: int, free_bytes: int, purpose: Purpose = "merge") -> JobError:
    return JobError(
        _DISK_FULL[purpose],
        f"{path} needs {needed_bytes} bytes, {free_bytes} are free",
        exit_code=EXIT_DISK_FULL,
        params={"path": str(path), "neededBytes": needed_bytes, "freeBytes": free_bytes},
    )


def refuse_existing(final: Path, purpose: Purpose = "merge") -> None:
    """Raise ``<purpose>.output_exists`` unless ``final`` is absent or an empty folder."""
    if final.is_symlink() or (final.exists() and (not final.is_dir() or any(final.iterdir()))):
        raise JobError(
            _EXISTS[purpose],
            f"{final} already exists",
            exit_code=EXIT_SPEC,
            params={"path": str(final)},
        )


class StagedFolder:
    """Use as a context manager; leaving it without ``publish`` or ``set_aside`` removes what was written.

    ``resumable``: what a killed job left is there when the folder is entered, for its journal to judge.
    """

    def __init__(
        self,
        final: Path,
        needed_bytes: int,
        *,
        free_bytes: Callable[[Path], int] = free_bytes_at,
        platform: str = sys.platform,
        purpose: Purpose = "merge",
        resumable: bool = False,
    ) -> None:
        self.final = final
        self.path = final.parent / f".{final.name}.{_SUFFIX[purpose]}"
        self._lock_path = final.parent / f".{final.name}.{_SUFFIX[purpose]}.lock"
        self._purpose: Purpose = purpose
        self._needed_bytes = needed_bytes
        self._free_bytes = free_bytes
        self._platform = platform
        self._resumable = resumable
        self._stays = False
        self._lock: int | None = None

    def __enter__(self) -> StagedFolder:
        refuse_existing(self.final, self._purpose)
        self.final.parent.mkdir(parents=True, exist_ok=True)
        self._lock = self._acquire()
        try:
            # Only the holder of the lock comes here, so a folder that is there belongs to nobody.
            if self.path.is_symlink():
                self.path.unlink()
            elif not self._resumable:
                shutil.rmtree(self.path, ignore_errors=True)
            # What is not kept of a left-over makes room for what is written instead.
            free = self._free_bytes(self.final.parent) + _file_bytes(self.path)
            needed = self._needed_bytes + DISK_MARGIN_BYTES
            if free < needed:
                raise disk_full(self.final, needed, free, self._purpose)
            self.path.mkdir(exist_ok=self._resumable)
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._stays:
            shutil.rmtree(self.path, ignore_errors=True)
        self._release()

    def leave(self) -> None:
        """Keep what was written, hidden, for the next job that resumes it."""
        self._stays = True

    def publish(self) -> Path:
        """Give the folder its name. Raises ``<purpose>.output_exists`` if somebody took it meanwhile."""
        refuse_existing(self.final, self._purpose)
        return self._rename(self.final)

    def publish_file(self, written: Path) -> Path:
        """Give a file of the folder the folder's name; the rest goes. Raises ``<purpose>.output_exists``."""
        refuse_existing(self.final, self._purpose)
        sync_file(written)
        if self.final.is_dir():
            self.final.rmdir()  # empty; no system renames a file onto a folder
        written.rename(self.final)
        sync_folder(self.final.parent)
        return self.final

    def set_aside(self, reason: str) -> Path:
        """Keep the files under ``<name>.<reason>`` (numbered if taken), never under the final name."""
        target = self.final.with_name(f"{self.final.name}.{reason}")
        number = 2
        while target.exists():
            target = self.final.with_name(f"{self.final.name}.{reason}-{number}")
            number += 1
        return self._rename(target)

    def _rename(self, target: Path) -> Path:
        for path in self.path.iterdir():
            sync_file(path)
        sync_folder(self.path)
        if target.is_dir():
            target.rmdir()  # empty; Windows does not rename onto it
        self.path.rename(target)
        sync_folder(target.parent)
        return target

    def _acquire(self) -> int:
        while True:
            descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o644)
            if not try_lock(descriptor, self._platform):
                os.close(descriptor)
                raise JobError(
                    _BUSY[self._purpose],
                    f"another {self._purpose} is writing {self.final}",
                    exit_code=EXIT_SPEC,
                    params={"path": str(self.final)},
                )
            if _is_still(self._lock_path, descriptor):
                return descriptor
            # The holder before removed the file after it was opened here; this lock guards nothing.
            os.close(descriptor)

    def _release(self) -> None:
        if self._lock is None:
            return
        if self._platform != "win32":
            # While still held, so that nobody who comes later takes the file that goes away.
            self._lock_path.unlink(missing_ok=True)
        os.close(self._lock)
        self._lock = None
        if self._platform == "win32":
            # An open file cannot be removed there, neither by us before nor while the next merge holds it.
            with contextlib.suppress(OSError):
                self._lock_path.unlink(missing_ok=True)


def _file_bytes(folder: Path) -> int:
    if not folder.is_dir():
        return 0
    return sum(path.lstat().st_size for path in folder.iterdir() if not path.is_dir())


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
