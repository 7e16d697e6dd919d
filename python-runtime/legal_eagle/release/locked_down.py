"""Takes from this process what reading a stranger's file never needs: network, other programs, foreign files.

An audit hook cannot be removed again and sees what Python code asks for, whatever library asks. It stands
behind a reader that calls nothing from the file: a second wall, for the day on which the first has a hole.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_REFUSED = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.startfile",
    "ctypes.dlopen", "pickle.find_class", "urllib.Request", "ftplib.", "smtplib.", "webbrowser.open",
)  # fmt: skip
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Events that name the path that is changed first (a rename names the target second).
_CHANGES = (
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.truncate",
    "os.link",
    "os.symlink",
    "shutil.",
)


def lock_down(writable: Sequence[Path]) -> None:
    """From here on this process writes below `writable` only, connects nowhere and starts nothing."""
    roots = tuple(str(folder.resolve()) for folder in writable)

    def is_inside(path: object) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            # A descriptor that is open already.
            return True
        whole = os.path.realpath(os.fsdecode(path))
        return whole == os.devnull or any(whole == root or whole.startswith(root + os.sep) for root in roots)

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(_REFUSED):
            raise PermissionError(f"{event} is refused while a stranger's file is read")
        if event == "open":
            path, mode, flags = arguments
            writes = bool(flags & _WRITES) if isinstance(flags, int) else bool(set(mode or "") & set("wax+"))
            if writes and not is_inside(path):
                raise PermissionError(f"{path!r} is outside of what may be written")
        elif event.startswith(_CHANGES) and not all(map(is_inside, arguments[:2])):
            raise PermissionError(f"{event} outside of what may be written")

    sys.addaudithook(refuse)
