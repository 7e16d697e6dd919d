"""A lock on an open file that ends with the process that holds it, on both systems."""

from __future__ import annotations

import importlib
import sys


def try_lock(descriptor: int, platform: str = sys.platform) -> bool:
    """Take an exclusive lock without waiting; False if another process (or descriptor) holds it.

    POSIX: flock(2) on the whole file. Windows: its first byte (LockFile through the C runtime's _locking).
    """
    try:
        if platform == "win32":
            msvcrt = importlib.import_module("msvcrt")
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl = importlib.import_module("fcntl")
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
