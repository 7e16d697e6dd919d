"""The repository of an upload: found or made, and private unless a person said otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.refusals import TryAgain
from legal_eagle.jobs.errors import JobError
from legal_eagle.upload.asking import Asking
from legal_eagle.upload.refusals import (
    name_taken,
    not_private,
    repository_exists,
    repository_missing,
    repository_public,
)
from legal_eagle.upload.upload_hub import RepositoryState, UploadHub
from legal_eagle.upload.upload_state import UploadState


class Repository:
    """``params`` as in ``uploadParams``; ``username`` is the account's own name."""

    def __init__(
        self, asking: Asking, hub: UploadHub, record: UploadState, params: Mapping[str, Any], username: str
    ) -> None:
        self._asking = asking
        self._hub = hub
        self._record = record
        self._params = params
        self._username = username
        self._name = params["repository"]
        self.state: RepositoryState = "absent"
        self.created = False

    def open(self) -> None:
        """Afterwards it may be written to. Raises ``upload.repository_exists``, ``…public``,
        ``…not_private``, ``…name_taken`` and what ``create_private`` does."""
        self.state = self._asking.ask(self._hub.state)
        if self.state == "absent":
            if not self._params["planOnly"]:
                self._create()
            return
        existing = self._params["existing"]
        if self.state == "public" and existing != "update-any":
            if existing == "update-private" or self._record.created:
                raise repository_public(self._name)
            is_own = self._name.split("/")[0] == self._username
            raise repository_exists(self._name) if is_own else name_taken(self._name)
        if existing == "refuse" and not self._record.created:
            raise repository_exists(self._name)

    def assert_closed(self) -> None:
        """Read again: what follows must not become public by it. Raises ``upload.not_private``."""
        if self.state == "public":
            return  # a person's word for it was given
        state = self._asking.ask(self._hub.state)
        if state == "absent":
            raise repository_missing(self._name)
        if state != "private":
            raise not_private(self._name, state)

    def _create(self) -> None:
        # Before the question: its answer may never come.
        self._record.mark_created()
        is_unsure = False

        def create(session: HubSession) -> None:
            nonlocal is_unsure
            try:
                self._hub.create_private(session, self._params["licence"])
            except TryAgain:
                is_unsure = True
                raise

        try:
            self._asking.ask(create)
        except JobError as error:
            # Asked twice because the first answer was lost, it is taken, by us.
            if error.code != "upload.name_taken" or not is_unsure:
                raise
        self.state = "private"
        self.created = True
        state = self._asking.ask(self._hub.state)
        if state != "private":
            raise not_private(self._name, state)
