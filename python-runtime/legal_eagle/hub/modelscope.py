"""ModelScope's listing and file addresses (modelscope-hub 0.5.1, ``_legacy_api.py``: the same routes)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.listing import Listing, RemoteFile, answer_invalid, not_found
from legal_eagle.hub.refusals import FileGone
from legal_eagle.jobs.errors import EXIT_DATA, JobError

DEFAULT_REVISION: Final = "master"
# `repo/files` cuts every answer here without a word.
LISTING_CAP: Final = 3000
# A repository with that many full folders is no model.
_MAX_REQUESTS: Final = 500
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")


class ModelScope:
    """One repository. No commit is named anywhere in its listing: the files' hashes pin what is fetched."""

    def __init__(self, repository: str) -> None:
        self._repository = repository

    def list_files(self, session: HubSession, revision: str | None) -> Listing:
        """Raises TryAgain, ``hub.not_found``, ``hub.answer_invalid``, ``hub.listing_truncated`` …"""
        asked = revision or DEFAULT_REVISION
        found: dict[str, RemoteFile] = {}
        whole = self._page(session, asked, None, recursive=True)
        waiting: list[str | None] = []
        if len(whole) < LISTING_CAP:
            self._take(session, whole, found)
        else:
            waiting = [None]
        requests_left = _MAX_REQUESTS
        while waiting:
            root = waiting.pop()
            requests_left -= 2
            entries = self._page(session, asked, root, recursive=True) if root is not None else whole
            if len(entries) >= LISTING_CAP:
                entries = self._page(session, asked, root, recursive=False)
                if len(entries) >= LISTING_CAP or requests_left < 0:
                    raise JobError(
                        "hub.listing_truncated",
                        f"folder {root or '/'} has more than {LISTING_CAP} entries",
                        exit_code=EXIT_DATA,
                        params={"folder": root or "/", "limit": LISTING_CAP},
                    )
                waiting += [entry["Path"] for entry in entries if entry.get("Type") == "tree"]
            self._take(session, entries, found)
        return Listing(asked, None, tuple(found.values()))

    def file_path(self, listing: Listing, file: RemoteFile) -> str:
        """Where the file's bytes are, on the endpoint."""
        query = urlencode({"Revision": listing.revision, "FilePath": file.path})
        return f"/api/v1/models/{quote(self._repository)}/repo?{query}"

    def check_answer(self, _listing: Listing, _headers: Mapping[str, str], /) -> str | None:
        """The commit that the endpoint gives, where it is another than the listing's; never known here."""
        return None

    def _page(
        self, session: HubSession, revision: str, root: str | None, *, recursive: bool
    ) -> list[dict[str, Any]]:
        query = {"Revision": revision, "Recursive": str(recursive), **({"Root": root} if root else {})}
        path = f"/api/v1/models/{quote(self._repository)}/repo/files?{urlencode(query)}"
        try:
            body, _ = session.get_json(path)
        except FileGone as error:
            raise not_found(self._repository, revision) from error
        where = session.place.origin
        if not isinstance(body, dict):
            raise answer_invalid(where, "the listing is no object")
        if body.get("Success") is False or body.get("Code", 200) not in (200, 0):
            reason = str(body.get("Message") or "")[:300]
            raise JobError(
                "hub.refused",
                f"{where}: {body.get('Code')} {reason}",
                exit_code=EXIT_DATA,
                params={"origin": where, "status": body.get("Code"), "reason": reason},
            )
        data = body.get("Data")
        files = data.get("Files") if isinstance(data, dict) else data
        if not isinstance(files, list) or not all(isinstance(entry, dict) for entry in files):
            raise answer_invalid(where, "the listing has no files")
        for entry in files:
            if not isinstance(entry.get("Path"), str):
                raise answer_invalid(where, "a listed file has no path")
        return files

    def _take(self, session: HubSession, entries: list[dict[str, Any]], found: dict[str, RemoteFile]) -> None:
        for entry in entries:
            if entry.get("Type", "blob") != "blob":
                continue
            path, size, sha256 = entry["Path"], entry.get("Size"), entry.get("Sha256")
            if not isinstance(size, int) or isinstance(size, bool) or size < 0:
                raise answer_invalid(session.place.origin, f"{path!r} has no size")
            known = isinstance(sha256, str) and _SHA256.fullmatch(sha256) is not None
            found[path] = RemoteFile(path, size, str(sha256).lower() if known else None)
