"""The files that are still to come, over several lines side by side."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Final

from legal_eagle.hub.fetch_file import FileFetcher, Hub
from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.listing import Listing, RemoteFile
from legal_eagle.hub.partial_folder import PartialFolder
from legal_eagle.hub.patience import Patience, Stopped
from legal_eagle.hub.place import Place
from legal_eagle.hub.reports import say_verified
from legal_eagle.hub.transfer_meter import TransferMeter
from legal_eagle.jobs.context import JobContext

# A thread that hangs on a silent line is left behind: its part is whole up to where it is.
_STOP_GRACE_SECONDS: Final = 2.0
_POLL_SECONDS: Final = 0.05


class FetchFiles:
    """Takes files off ``rest`` and puts their hashes into ``hashes``."""

    def __init__(
        self,
        context: JobContext,
        hub: Hub,
        place: Place,
        listing: Listing,
        folder: PartialFolder,
        patience: Patience,
        meter: TransferMeter,
        rest: deque[RemoteFile],
        hashes: dict[str, str],
    ) -> None:
        self._context = context
        self._hub = hub
        self._place = place
        self._listing = listing
        self._folder = folder
        self._patience = patience
        self._meter = meter
        self._rest = rest
        self._hashes = hashes
        self._failures: list[BaseException] = []
        self._ended = threading.Event()

    def run(self, connections: int) -> None:
        """Return when all files are there. Raises the first failure, or Stopped."""
        count = min(connections, len(self._rest))
        threads = [
            threading.Thread(target=self._work, name=f"fetch-{number}", daemon=True)
            for number in range(count)
        ]
        for thread in threads:
            thread.start()
        deadline: float | None = None
        while any(thread.is_alive() for thread in threads):
            if deadline is None and self._should_stop():
                deadline = time.monotonic() + _STOP_GRACE_SECONDS
            if deadline is not None and time.monotonic() > deadline:
                break
            self._ended.wait(_POLL_SECONDS)
            self._ended.clear()
        if self._failures:
            raise next((one for one in self._failures if not isinstance(one, Stopped)), self._failures[0])
        if self._should_stop():
            raise Stopped

    def _should_stop(self) -> bool:
        return bool(self._failures) or self._context.stop_requested()

    def _work(self) -> None:
        try:
            with HubSession(self._place) as session:
                fetcher = FileFetcher(
                    self._hub,
                    session,
                    self._listing,
                    self._folder,
                    self._patience,
                    self._meter,
                    self._should_stop,
                )
                while not self._should_stop():
                    try:
                        file = self._rest.popleft()
                    except IndexError:
                        return
                    sha256 = fetcher.fetch(file)
                    self._hashes[file.path] = sha256
                    say_verified(self._context, file, sha256, kept=False)
        except BaseException as error:
            self._failures.append(error)
        finally:
            self._ended.set()
