"""The files that are still to come, over several lines side by side."""

from __future__ import annotations

from collections import deque

from legal_eagle.hub.fetch_file import FileFetcher, Hub
from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.listing import Listing, RemoteFile
from legal_eagle.hub.partial_folder import PartialFolder
from legal_eagle.hub.patience import Patience
from legal_eagle.hub.place import Place
from legal_eagle.hub.reports import say_verified
from legal_eagle.hub.side_by_side import SideBySide
from legal_eagle.hub.transfer_meter import TransferMeter
from legal_eagle.jobs.context import JobContext


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
        self._lines = SideBySide(context.stop_requested)

    def run(self, connections: int) -> None:
        """Return when all files are there. Raises the first failure, or Stopped."""
        self._lines.run(self._work, min(connections, len(self._rest)))

    def _work(self) -> None:
        with HubSession(self._place) as session:
            fetcher = FileFetcher(
                self._hub,
                session,
                self._listing,
                self._folder,
                self._patience,
                self._meter,
                self._lines.should_stop,
            )
            while not self._lines.should_stop():
                try:
                    file = self._rest.popleft()
                except IndexError:
                    return
                sha256 = fetcher.fetch(file)
                self._hashes[file.path] = sha256
                say_verified(self._context, file, sha256, kept=False)
