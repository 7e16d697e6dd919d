"""Files that survive a crash: synced writes, folder replacement, and how a full disk looks."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import uuid
from pathlib import Path

# A quota and a file-size limit (RLIMIT_FSIZE) end a write exactly as a full disk does.
_FULL = frozenset({errno.ENOSPC, errno.EFBIG, *([errno.EDQUOT] if hasattr(errno, "EDQUOT") else [])})

# safetensors reports its own I/O errors as text: "I/O error: No space left on device (os error 28)".
# 112 and 39 are Windows' ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL.
_FULL_TEXT = re.compile(
    r"\bos error (28|27|122|112|39)\b|Os \{ code: (28|27|122|112|39)\b|No space left on device"
)


def is_disk_full(error: BaseException) -> bool:
    """Whether `error`, or the error it was raised from, says that the disk is full."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in _FULL:
            return True
        if type(seen).__module__.startswith("safetensors") and _FULL_TEXT.search(str(seen)):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def write_synced(path: Path, content: bytes) -> None:
    """Writes a file and waits until the disk has it."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_file(path: Path) -> None:
    """Waits until the disk has a file that a library wrote."""
    # Windows flushes only handles that were opened for writing.
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Makes renames inside a folder durable. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_folder(built: Path, target: Path) -> None:
    """Moves a finished folder to `target`, which may exist. At every moment one of the two is whole.

    A folder cannot be renamed over a non-empty one on any system, so the old one steps aside first.
    """
    aside: Path | None = None
    if target.exists():
        aside = target.with_name(f"{target.name}.old-{uuid.uuid4().hex[:8]}")
        target.rename(aside)
    try:
        built.rename(target)
    except OSError:
        if aside is not None:
            with contextlib.suppress(OSError):
                aside.rename(target)
        raise
    sync_folder(target.parent)
    if aside is not None:
        shutil.rmtree(aside, ignore_errors=True)
