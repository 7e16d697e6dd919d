"""The files that the hub does not have yet, whole, over several lines side by side."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Final

from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.patience import Patience
from legal_eagle.hub.place import Place
from legal_eagle.hub.refusals import TryAgain
from legal_eagle.hub.side_by_side import SideBySide
from legal_eagle.hub.transfer_meter import TransferMeter
from legal_eagle.jobs.context import JobContext
from legal_eagle.jobs.errors import JobError
from legal_eagle.upload.asking import Asking
from legal_eagle.upload.file_body import FileChanged
from legal_eagle.upload.local_files import LocalFiles
from legal_eagle.upload.rate_cap import RateCap
from legal_eagle.upload.refusals import file_changed
from legal_eagle.upload.upload_hub import Blob, Target, UploadHub
from legal_eagle.upload.upload_state import UploadState

# A storage may refuse once what it takes the second time; a file may be written once more after an export.
_TRIES: Final = 3


class SendFiles:
    """``sizes``: bytes by path, each path for all files of the same content.

    After ``run``, ``sent_bytes`` have left, ``resent_bytes`` of them in requests that came to nothing.
    """

    def __init__(
        self,
        context: JobContext,
        hub: UploadHub,
        place: Place,
        patience: Patience,
        files: LocalFiles,
        state: UploadState,
        sizes: dict[str, int],
    ) -> None:
        self._context = context
        self._hub = hub
        self._place = place
        self._patience = patience
        self._files = files
        self._state = state
        # Large ones first: the last line to end is then a short one.
        self._rest = deque(sorted(sizes, key=lambda path: -sizes[path]))
        self._meter = TransferMeter(context.reporter, sizes)
        self._cap = RateCap(context.params["maxBytesPerSecond"])
        self._lines = SideBySide(context.stop_requested)
        self.sent: dict[str, Blob] = {}
        self.reused: dict[str, Blob] = {}
        self.resent_bytes = 0

    @property
    def sent_bytes(self) -> int:
        return self._meter.received_bytes

    def run(self, connections: int) -> None:
        """Return when the hub has all of them. Raises the first failure, or Stopped."""
        if self._rest:
            self._lines.run(self._work, min(connections, len(self._rest)))
            self._meter.finish()

    def _work(self) -> None:
        with HubSession(self._place) as session:
            asking = Asking(
                session,
                self._patience,
                self._lines.should_stop,
                self._context.params["repository"],
                had_account=True,
            )
            while True:
                asking.stop_if_asked()
                try:
                    path = self._rest.popleft()
                except IndexError:
                    return
                self._send(asking, path)

    def _send(self, asking: Asking, path: str) -> None:
        changes, refused = 0, 0
        while True:
            asking.stop_if_asked()
            blob = self._files.blob(path)
            # Addresses expire and are for one try: asked for just before.
            target = asking.ask(partial(self._target, blob), is_contact=False)
            if target is None:
                self._note(blob, reused=True)
                return
            try:
                self._put(asking, target, blob)
            except TryAgain as failure:
                asking.wait_after(failure)
                continue
            except FileChanged as error:
                changes += 1
                self._files.forget(path)
                if changes >= _TRIES:
                    raise file_changed(path) from error
                continue
            except JobError as error:
                if error.code != "upload.blob_refused":
                    raise
                refused += 1
                if refused >= _TRIES:
                    raise
                # Other bytes than the hash says are refused as well.
                self._files.forget(path)
                asking.wait_after(TryAgain("server", error.message))
                continue
            asking.answered()
            if self._files.has_changed(path):
                changes += 1
                if changes >= _TRIES:
                    raise file_changed(path)
                continue
            self._note(blob, reused=False)
            return

    def _target(self, blob: Blob, session: HubSession) -> Target | None:
        return self._hub.negotiate(session, [blob]).targets.get(blob.sha256)

    def _put(self, asking: Asking, target: Target, blob: Blob) -> None:
        left = 0

        def sent(count: int) -> None:
            nonlocal left
            asking.stop_if_asked()
            self._cap.take(count, asking.stop_if_asked)
            left += count
            self._meter.add(blob.path, count)

        try:
            asking.once(lambda session: self._hub.put(session, target, blob, sent))
        except BaseException:
            self.resent_bytes += left
            self._meter.reset(blob.path, 0)
            raise

    def _note(self, blob: Blob, *, reused: bool) -> None:
        (self.reused if reused else self.sent)[blob.path] = blob
        self._meter.reset(blob.path, blob.bytes)
        self._state.mark([blob.path], "put")
        self._context.reporter.emit(
            "file-sent", {"path": blob.path, "bytes": blob.bytes, "sha256": blob.sha256, "reused": reused}
        )
