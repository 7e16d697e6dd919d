"""Hugging Face's listing and file addresses (huggingface_hub 1.33, ``hf_api.py``: the same routes)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.listing import Listing, RemoteFile, answer_invalid, not_found
from legal_eagle.hub.place import origin_of
from legal_eagle.hub.refusals import FileGone

DEFAULT_REVISION: Final = "main"
# A page has 1,000 entries.
_MAX_PAGES: Final = 200
_NEXT: Final = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class HuggingFace:
    """One repository. Everything after the first question is asked of the commit that answered it."""

    def __init__(self, repository: str) -> None:
        self._repository = repository

    def list_files(self, session: HubSession, revision: str | None) -> Listing:
        """Raises TryAgain, ``hub.not_found``, ``hub.answer_invalid`` and what a status means."""
        asked = revision or DEFAULT_REVISION
        where = session.place.origin
        name = quote(self._repository)
        try:
            info, _ = session.get_json(f"/api/models/{name}/revision/{quote(asked, safe='')}")
        except FileGone as error:
            raise not_found(self._repository, asked) from error
        commit = info.get("sha") if isinstance(info, dict) else None
        if not isinstance(commit, str) or _COMMIT.fullmatch(commit) is None:
            raise answer_invalid(where, "the revision names no commit")
        files: list[RemoteFile] = []
        path: str | None = f"/api/models/{name}/tree/{commit}?recursive=true"
        for _ in range(_MAX_PAGES):
            if path is None:
                return Listing(asked, commit, tuple(files))
            try:
                entries, headers = session.get_json(path)
            except FileGone as error:
                raise not_found(self._repository, commit) from error
            if not isinstance(entries, list):
                raise answer_invalid(where, "the listing is no list")
            files += [_file(where, entry) for entry in entries if _is_file(where, entry)]
            path = _next_page(session, headers)
        raise answer_invalid(where, "a listing without end")

    def file_path(self, listing: Listing, file: RemoteFile) -> str:
        """Where the file's bytes are, on the endpoint."""
        return f"/{quote(self._repository)}/resolve/{listing.commit}/{quote(file.path)}"

    def check_answer(self, listing: Listing, headers: Mapping[str, str], /) -> str | None:
        """The commit that the endpoint gives, where it is another than the listing's."""
        given = headers.get("X-Repo-Commit")
        return given if given is not None and given != listing.commit else None


def _is_file(where: str, entry: Any) -> bool:
    if not isinstance(entry, dict):
        raise answer_invalid(where, "a listed file is no object")
    return entry.get("type") == "file"


def _file(where: str, entry: dict[str, Any]) -> RemoteFile:
    path, size = entry.get("path"), entry.get("size")
    if not isinstance(path, str):
        raise answer_invalid(where, "a listed file has no path")
    lfs = entry.get("lfs")
    if isinstance(lfs, dict):
        size = lfs.get("size", size)
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise answer_invalid(where, f"{path!r} has no size")
    if isinstance(lfs, dict):
        # The `oid` of the entry is then git's name of the pointer, not of the content.
        return RemoteFile(path, size, _hash(lfs.get("oid"), _SHA256))
    return RemoteFile(path, size, git_sha1=_hash(entry.get("oid"), _COMMIT))


def _hash(value: object, form: re.Pattern[str]) -> str | None:
    return value if isinstance(value, str) and form.fullmatch(value) is not None else None


def _next_page(session: HubSession, headers: Mapping[str, str]) -> str | None:
    found = _NEXT.search(headers.get("Link", ""))
    if found is None:
        return None
    # A mirror passes on the hub's own address; the page is asked of the mirror all the same.
    parts = urlsplit(found[1])
    if parts.netloc and origin_of(found[1]) == session.place.origin:
        return found[1]
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
