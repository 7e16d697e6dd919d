"""The files of a release on this disk: hashed once, and again where they have changed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from legal_eagle.hub.listing import ContentHash, RemoteFile
from legal_eagle.jobs.context import Reporter
from legal_eagle.upload.refusals import file_missing
from legal_eagle.upload.upload_hub import Blob
from legal_eagle.upload.upload_state import UploadState

_READ_BYTES: Final = 4 << 20
_SAY_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True)
class _Stamp:
    bytes: int
    mtime_ns: int


class LocalFiles:
    """``files`` as in ``uploadParams``. ``stop_if_asked`` is called while hashing and may raise."""

    def __init__(
        self,
        files: Sequence[Mapping[str, Any]],
        state: UploadState,
        reporter: Reporter,
        stop_if_asked: Callable[[], None],
    ) -> None:
        self._local = {file["path"]: Path(file["localPath"]) for file in files}
        self._given = {file["path"]: file["sha256"] for file in files if file["sha256"] is not None}
        self._state = state
        self._reporter = reporter
        self._stop_if_asked = stop_if_asked
        self._stamps: dict[str, _Stamp] = {}

    @property
    def paths(self) -> list[str]:
        return list(self._local)

    def blob(self, path: str) -> Blob:
        """The file as it is now; hashed unless it is as it was when it was hashed.

        Raises ``upload.file_missing`` and what ``stop_if_asked`` does.
        """
        local_path = self._local[path]
        try:
            stamp = self._stamp(path)
            sha256 = self._state.known_sha256(path, stamp.bytes, stamp.mtime_ns)
            if sha256 is None:
                # A hash that is given is for the file as the job finds it, and never for a later one.
                sha256 = self._given.pop(path, None) or self._hash(path, stamp.bytes)
                self._state.hashed(path, stamp.bytes, stamp.mtime_ns, sha256)
        except OSError as error:
            raise file_missing(path, error) from error
        self._given.pop(path, None)
        self._stamps[path] = stamp
        return Blob(path, local_path, stamp.bytes, sha256)

    def has_changed(self, path: str) -> bool:
        """Whether size or time differ from those of the last ``blob``."""
        try:
            return self._stamp(path) != self._stamps[path]
        except OSError as error:
            raise file_missing(path, error) from error

    def forget(self, path: str) -> None:
        """Hash it anew the next time, whatever size and time say."""
        self._state.forget(path)

    def _stamp(self, path: str) -> _Stamp:
        found = self._local[path].stat()
        return _Stamp(found.st_size, found.st_mtime_ns)

    def _hash(self, path: str, size: int) -> str:
        hasher = hashlib.sha256()
        done, said = 0, float("-inf")
        with self._local[path].open("rb", buffering=0) as opened:
            while piece := opened.read(_READ_BYTES):
                self._stop_if_asked()
                hasher.update(piece)
                done += len(piece)
                if (now := time.monotonic()) - said >= _SAY_SECONDS:
                    said = now
                    self._reporter.emit(
                        "hash-progress", {"path": path, "doneBytes": min(done, size), "bytes": size}
                    )
        return hasher.hexdigest()


def is_at_hub(blob: Blob, remote: RemoteFile | None) -> bool | None:
    """Whether the hub lists these very bytes; None where it lists their size and no hash."""
    if remote is None or remote.bytes != blob.bytes:
        return False
    if remote.sha256 is not None:
        return remote.sha256 == blob.sha256
    if remote.git_sha1 is None:
        return None
    content = ContentHash(blob.bytes)
    with blob.local_path.open("rb", buffering=0) as opened:
        while piece := opened.read(_READ_BYTES):
            content.update(piece)
    return content.git_sha1 == remote.git_sha1 and content.sha256 == blob.sha256
