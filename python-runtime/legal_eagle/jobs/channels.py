"""Standard descriptors of a job: secrets and the life line on 0, chat replies on a private copy of 1."""

from __future__ import annotations

import io
import json
import os
import stat
import threading
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from legal_eagle.jobs.errors import EXIT_SPEC, JobError

_READ_BYTES: Final = 65536
_STDIN: Final = 0
_STDOUT: Final = 1
_STDERR: Final = 2


class LineInput(io.RawIOBase):
    """Lines of a descriptor, with a call at its end.

    Not a BufferedReader: a daemon thread that waits inside one holds its lock, and CPython aborts when it
    finalises a locked buffer.
    """

    def __init__(self, fd: int, on_end: Callable[[], None]) -> None:
        self._fd = fd
        self._on_end = on_end
        self._buffer = bytearray()
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any, /) -> int:
        view = memoryview(target).cast("B")
        if not self._buffer and not self._fill():
            return 0
        count = min(len(view), len(self._buffer))
        view[:count] = self._buffer[:count]
        del self._buffer[:count]
        return count

    def readline(self, size: int | None = -1, /) -> bytes:
        limit = -1 if size is None else size
        searched = 0
        while True:
            newline = self._buffer.find(b"\n", searched)
            if newline >= 0:
                return self._cut(newline + 1, limit)
            if 0 <= limit <= len(self._buffer):
                return self._cut(limit, limit)
            searched = len(self._buffer)
            if not self._fill():
                return self._cut(len(self._buffer), limit)

    def _cut(self, count: int, limit: int) -> bytes:
        if limit >= 0:
            count = min(count, limit)
        line = bytes(self._buffer[:count])
        del self._buffer[:count]
        return line

    def _fill(self) -> bool:
        if self._ended:
            return False
        try:
            chunk = os.read(self._fd, _READ_BYTES)
        except OSError:
            # A reset pipe means the same as a closed one.
            chunk = b""
        if not chunk:
            self._ended = True
            self._on_end()
            return False
        self._buffer += chunk
        return True


def stdin_is_life_line() -> bool:
    """Whether descriptor 0 is a pipe or a socket; the null device, a terminal and a file are not."""
    try:
        mode = os.fstat(_STDIN).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def read_secrets(line_input: LineInput) -> dict[str, str]:
    """First line of stdin: a JSON object of texts. The error never quotes the line."""
    line = line_input.readline()
    if not line:
        return {}
    try:
        secrets = json.loads(line)
    except ValueError:
        secrets = None
    if not isinstance(secrets, dict) or not all(isinstance(value, str) for value in secrets.values()):
        raise JobError(
            "job.secrets_invalid",
            "the first line of stdin is not a JSON object of texts",
            exit_code=EXIT_SPEC,
        )
    return secrets


def drain_until_end(line_input: LineInput) -> threading.Thread:
    """Read and drop the rest of stdin in the background, for jobs that take no requests."""

    def drain() -> None:
        while line_input.readline(_READ_BYTES):
            pass

    thread = threading.Thread(target=drain, name="life-line", daemon=True)
    thread.start()
    return thread


def take_stdout() -> BinaryIO:
    """A private copy of descriptor 1; 1 itself then writes to 2, so that a library's print harms nothing."""
    private = os.dup(_STDOUT)
    os.dup2(_STDERR, _STDOUT)
    return os.fdopen(private, "wb", buffering=0)
