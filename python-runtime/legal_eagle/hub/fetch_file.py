"""One file: taken up where it was left, compared, and put under its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from legal_eagle.hub.hub_session import HubSession, body_of
from legal_eagle.hub.listing import ContentHash, Listing, RemoteFile
from legal_eagle.hub.partial_folder import PartialFolder, hash_mismatch
from legal_eagle.hub.patience import Patience, Stopped
from legal_eagle.hub.refusals import FileGone, TryAgain
from legal_eagle.hub.transfer_meter import TransferMeter
from legal_eagle.jobs.errors import EXIT_RESUMABLE, JobError

# A copy of the hub may be stale once; the third time it is the hub.
TRIES: Final = 3
_READ_BYTES: Final = 4 << 20


class Hub(Protocol):
    """What differs between hubs."""

    def list_files(self, session: HubSession, revision: str | None) -> Listing: ...

    def file_path(self, listing: Listing, file: RemoteFile) -> str: ...

    def check_answer(self, listing: Listing, headers: Mapping[str, str], /) -> str | None: ...


class FileFetcher:
    """Fetches files of one listing; one a thread, because a session is."""

    def __init__(
        self,
        hub: Hub,
        session: HubSession,
        listing: Listing,
        folder: PartialFolder,
        patience: Patience,
        meter: TransferMeter,
        should_stop: Callable[[], bool],
    ) -> None:
        self._hub = hub
        self._session = session
        self._listing = listing
        self._folder = folder
        self._patience = patience
        self._meter = meter
        self._should_stop = should_stop

    def fetch(self, file: RemoteFile) -> str:
        """SHA-256 of the file, which then lies under its name.

        Raises Stopped, ``hub.revision_moved``, ``hub.hash_mismatch`` and what an answer means.
        """
        part = self._folder.part(file)
        for _ in range(TRIES):
            content = self._resumed(file, part)
            has_ended = content.bytes == file.bytes and part.exists()
            while not has_ended:
                try:
                    has_ended = self._receive(file, part, content)
                except TryAgain as failure:
                    self._patience.wait_after(failure)
            if content.is_of(file):
                self._folder.settle(file, part, content.sha256)
                return content.sha256
            part.unlink()
            self._meter.reset(file.path, 0)
            self._refuse_moved(file)
        raise hash_mismatch(file, TRIES)

    def _resumed(self, file: RemoteFile, part: Path) -> ContentHash:
        """Hash over what lies there already; what is longer than the file is no beginning of it."""
        content = ContentHash(file.bytes)
        if part.is_symlink() or (part.exists() and part.stat().st_size > file.bytes):
            part.unlink()
        if part.exists():
            with part.open("rb") as opened:
                while block := opened.read(_READ_BYTES):
                    self._stop_if_asked()
                    content.update(block)
        self._meter.reset(file.path, content.bytes)
        return content

    def _receive(self, file: RemoteFile, part: Path, content: ContentHash) -> bool:
        """Append what one answer brings to ``part`` and ``content``: True where that is all the hub gives.

        Raises TryAgain where it breaks off; what came is then on the disk.
        """
        self._stop_if_asked()
        path = self._hub.file_path(self._listing, file)
        try:
            with self._session.get(path, range_from=content.bytes) as (response, own_headers):
                other = self._hub.check_answer(self._listing, own_headers)
                if other is not None:
                    raise revision_moved(self._listing, file.path)
                if content.bytes > 0 and not _continues(response, content.bytes):
                    content.restart()
                    self._meter.reset(file.path, 0)
                elif content.bytes == 0 and response.status_code == 206:
                    raise TryAgain("server", "HTTP 206 to a question for the whole")
                mode = "ab" if content.bytes else "wb"
                # Unbuffered: what the hash has seen is in the file, however the process ends.
                with part.open(mode, buffering=0) as opened:
                    for piece in body_of(response):
                        self._stop_if_asked()
                        # More than the listing says is another file; its end is not waited for.
                        surplus = content.bytes + len(piece) > file.bytes
                        _write_all(opened, piece)
                        content.update(piece)
                        self._patience.answered()
                        self._meter.add(file.path, len(piece))
                        if surplus:
                            return True
                is_delimited = "Content-Length" in response.headers or "Transfer-Encoding" in response.headers
        except FileGone as error:
            self._refuse_moved(file)
            raise JobError(
                "hub.file_gone",
                f"{file.path} is listed, but not there",
                exit_code=EXIT_RESUMABLE,
                params={"path": file.path},
            ) from error
        except JobError as error:
            if error.code != "hub.refused" or error.params.get("status") != 416:
                raise
            # Nothing lies beyond what came: the part is not of this file.
            part.unlink(missing_ok=True)
            content.restart()
            self._meter.reset(file.path, 0)
            raise TryAgain("server", "HTTP 416") from error
        if content.bytes < file.bytes and not is_delimited:
            # Such a body ends by the end of the line, and a cut looks the same.
            raise TryAgain("network", f"{content.bytes} of {file.bytes} bytes came")
        return True

    def _refuse_moved(self, file: RemoteFile) -> None:
        """Ask the hub again: whether its listing still says what it said. Raises ``hub.revision_moved``."""
        while True:
            self._stop_if_asked()
            try:
                fresh = self._hub.list_files(self._session, self._listing.commit or self._listing.revision)
                break
            except TryAgain as failure:
                self._patience.wait_after(failure)
        now = next((one for one in fresh.files if one.path == file.path), None)
        if now != file:
            raise revision_moved(self._listing, file.path)

    def _stop_if_asked(self) -> None:
        if self._should_stop():
            raise Stopped


def revision_moved(listing: Listing, path: str) -> JobError:
    return JobError(
        "hub.revision_moved",
        f"{path} is no longer what the listing of {listing.revision} said",
        exit_code=EXIT_RESUMABLE,
        params={"revision": listing.revision, "path": path},
    )


def _continues(response: Any, start: int) -> bool:
    """Whether an answer goes on at byte ``start``; a whole one (200) or another range does not."""
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if response.status_code != 206 or encoding not in ("", "identity"):
        return False
    given = str(response.headers.get("Content-Range", ""))
    if not given.startswith(f"bytes {start}-"):
        raise TryAgain("server", f"asked from byte {start}, got {given[:60] or 'no range'}")
    return True


def _write_all(opened: Any, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[opened.write(left) :]
