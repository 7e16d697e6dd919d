"""What an upload asks of a hub, in one form for both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.listing import RemoteFile

RepositoryState = Literal["absent", "private", "public"]


@dataclass(frozen=True, slots=True)
class Account:
    """``can_write`` is None where the hub does not say; ``namespaces`` begins with the account's own."""

    username: str
    can_write: bool | None
    namespaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blob:
    """One file to be there after the commit. ``sha256`` is lower-case hex over its ``bytes`` bytes."""

    path: str
    local_path: Path
    bytes: int
    sha256: str
    # Whether its bytes go into the commit itself; the hub's own rule, asked by `negotiate`.
    inline: bool = False


# Where one blob goes. It may expire and may hold a signature: never kept, never told.
Target = object


@dataclass(frozen=True, slots=True)
class Negotiated:
    """Per SHA-256 where it goes, or None where the hub has these bytes already; inline ones are not in it."""

    targets: Mapping[str, Target | None]
    inline: frozenset[str]


class UploadHub(Protocol):
    """One repository of one hub. Every verb raises TryAgain and JobError as HubSession does."""

    def account(self, session: HubSession) -> Account: ...

    def state(self, session: HubSession) -> RepositoryState:
        """Read anew from the hub each time it is asked."""

    def create_private(self, session: HubSession, licence: str | None) -> None:
        """Raises ``upload.name_taken``, ``upload.namespace_refused``, ``upload.read_only_token``."""

    def list_files(self, session: HubSession) -> Mapping[str, RemoteFile]: ...

    def negotiate(self, session: HubSession, blobs: Sequence[Blob]) -> Negotiated: ...

    def put(self, session: HubSession, target: Target, blob: Blob, sent: Callable[[int], None]) -> None:
        """Send one blob whole. ``sent`` gets bytes as they leave and may raise, which ends the request."""

    def commit(self, session: HubSession, blobs: Sequence[Blob], deletes: Sequence[str], message: str) -> str:
        """One commit; returns its name. Raises TryAgain where its outcome is unknown: list, then decide."""

    def set_visibility(self, session: HubSession, visibility: Literal["private", "public"]) -> None: ...

    def page_url(self) -> str: ...
