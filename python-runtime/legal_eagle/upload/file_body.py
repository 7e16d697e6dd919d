"""A file, or a stretch of it, as the body of a request: read as it leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

# As much as one question of the HTTP library takes at most; small, so that a slow line shows its progress.
_READ_BYTES: Final = 64 << 10


class FileChanged(Exception):
    """The file is no longer what was hashed."""


class FileBody:
    """Bytes ``start`` to ``start + size`` of a file. Use as a context manager.

    ``sent`` gets the number of bytes of each piece just before it leaves, and may raise to end the request.
    A file that has become shorter raises FileChanged: the request then never becomes whole.
    """

    def __init__(self, path: Path, size: int, sent: Callable[[int], None], *, start: int = 0) -> None:
        self._path = path
        self._size = size
        self._left = size
        self._sent = sent
        self._start = start

    def __enter__(self) -> FileBody:
        self._file = self._path.open("rb", buffering=0)
        self._file.seek(self._start)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read(_READ_BYTES):
            yield piece

    @property
    def left_bytes(self) -> int:
        """What has not been asked for yet."""
        return self._left

    def read(self, count: int = -1) -> bytes:
        """At most ``count`` bytes; empty at the end of the stretch."""
        asked = self._left if count < 0 else min(count, self._left)
        if asked == 0:
            return b""
        piece = self._file.read(asked)
        if not piece:
            raise FileChanged(str(self._path))
        self._left -= len(piece)
        self._sent(len(piece))
        return piece
