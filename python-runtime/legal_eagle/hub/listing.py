"""What a hub says of a repository, in one form for both hubs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from legal_eagle.jobs.errors import EXIT_DATA, EXIT_RESUMABLE, JobError


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a repository. Hashes are lower-case hex; None where the hub publishes none.

    ``git_sha1`` is git's name of the blob: SHA-1 over ``blob <bytes>\\0`` and the content.
    """

    path: str
    bytes: int
    sha256: str | None = None
    git_sha1: str | None = None

    @property
    def content_key(self) -> str | None:
        """Names these bytes wherever they come from; None where only the size is known."""
        known = self.sha256 or self.git_sha1
        return None if known is None else f"{self.bytes}-{known}"


@dataclass(frozen=True, slots=True)
class Listing:
    """``commit`` is what files are asked for; None where the hub names none and ``revision`` is asked for."""

    revision: str
    commit: str | None
    files: tuple[RemoteFile, ...]


class ContentHash:
    """SHA-256 and git's name of a file of a known size, from its bytes in order."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.restart()

    def restart(self) -> None:
        """Forget what came; the file begins anew."""
        self.bytes = 0
        self._sha256 = hashlib.sha256()
        # Git's own choice of hash; it is compared with what git says, nothing rests on its strength alone.
        self._sha1 = hashlib.sha1(b"blob %d\0" % self._size, usedforsecurity=False)

    def update(self, content: bytes) -> None:
        self.bytes += len(content)
        self._sha256.update(content)
        self._sha1.update(content)

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    @property
    def git_sha1(self) -> str:
        return self._sha1.hexdigest()

    def is_of(self, file: RemoteFile) -> bool:
        """Whether the bytes are this file's, as far as its hub says."""
        if self.bytes != file.bytes:
            return False
        if file.sha256 is not None:
            return self.sha256 == file.sha256
        return file.git_sha1 is None or self.git_sha1 == file.git_sha1


def compared_by(file: RemoteFile) -> str:
    """What a file is compared with: ``sha256``, ``git`` or ``size``."""
    if file.sha256 is not None:
        return "sha256"
    return "size" if file.git_sha1 is None else "git"


def answer_invalid(where: str, reason: str) -> JobError:
    return JobError(
        "hub.answer_invalid",
        f"{where}: {reason}",
        exit_code=EXIT_RESUMABLE,
        params={"origin": where, "reason": reason},
    )


def not_found(repository: str, revision: str) -> JobError:
    return JobError(
        "hub.not_found",
        f"{repository} at {revision} is not there",
        exit_code=EXIT_DATA,
        params={"repository": repository, "revision": revision},
    )
