"""A stretch of a blob as the body of a request, which never becomes whole where the file has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Protocol

from legal_eagle.upload.file_body import FileBody, FileChanged
from legal_eagle.upload.upload_hub import Blob


class Hasher(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


class CheckedBody:
    """Bytes ``start`` to ``start + size`` of a blob's file. Use as a context manager.

    A storage that is told a hash believes it. So ``hasher`` gets the bytes on their way, in the order of the
    file, and the blob's last piece leaves only if they are what was said. Raises FileChanged.
    """

    def __init__(
        self, blob: Blob, start: int, size: int, sent: Callable[[int], None], hasher: Hasher
    ) -> None:
        self._blob = blob
        self._size = size
        self._hasher = hasher
        self._ends_blob = start + size == blob.bytes
        self._body = FileBody(blob.local_path, size, sent, start=start)

    def __enter__(self) -> CheckedBody:
        self._body.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._body.__exit__(kind, error, trace)

    @property
    def path(self) -> str:
        """Of the blob, in the repository."""
        return self._blob.path

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._body:
            self._hasher.update(piece)
            if (
                self._ends_blob
                and self._body.left_bytes == 0
                and self._hasher.hexdigest() != self._blob.sha256
            ):
                raise FileChanged(str(self._blob.local_path))
            yield piece
