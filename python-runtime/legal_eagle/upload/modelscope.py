"""Releases to ModelScope by the routes and fields of its own client (modelscope-hub 0.5.1).

What was not tried against the live hub is marked in release.md 8; every answer is therefore read again
from the hub before it is believed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal
from urllib.parse import quote

from legal_eagle.hub import modelscope as reading
from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.listing import RemoteFile, answer_invalid
from legal_eagle.hub.place import origin_of
from legal_eagle.hub.refusals import Answer, FileGone, TryAgain
from legal_eagle.jobs.errors import JobError
from legal_eagle.upload import modelscope_refusals as refusals
from legal_eagle.upload.file_body import FileBody, FileChanged
from legal_eagle.upload.refusals import blob_refused, repository_missing, token_refused, wrong_site
from legal_eagle.upload.upload_hub import Account, Blob, Negotiated, RepositoryState, Target

_PRIVATE: Final = 1
_PUBLIC: Final = 5
_NOT_GATED: Final = 2
_KEPT: Final = ("ChineseName", "License", "ModelTask")
_SITES: Final = {"cn": "https://www.modelscope.cn", "ai": "https://www.modelscope.ai"}
_LFS_BYTES: Final = 64 << 10
# The hub itself reads these, and reads them only where they are no LFS files.
_ALWAYS_INLINE: Final = frozenset({"readme.md", ".gitattributes", "config.json", "configuration.json"})
_ALWAYS_LFS: Final = (
    ".bin", ".gguf", ".model", ".npy", ".npz", ".onnx", ".parquet", ".safetensors", ".tar", ".zip",
)  # fmt: skip
_MAX_INLINE_COMMIT_BYTES: Final = 7 << 20
_OBJECTS_A_QUESTION: Final = 64
# Both clients of the hub take it for Apache-2.0 where nothing is said.
_NO_CLAIM: Final = "other"
# Its pages' names, as its create call wants them.
_LICENCES: Final = {"Apache License 2.0": "apache-2.0", "MIT License": "mit"}
_SPELLED_LOW: Final = ("GPL-", "LGPL-", "AFL-", "ECL-", "BSD-", "CC-BY-", "CC0-")


class ModelScopeUpload:
    """One repository; see UploadHub."""

    def __init__(self, repository: str, endpoint: str) -> None:
        self._repository = repository
        self._endpoint = endpoint.rstrip("/")
        self._username = ""
        self._commits_refused = 0
        # Whatever is asked of some files alone must agree with what was said of all of them.
        self._no_room: set[str] = set()

    def account(self, session: HubSession) -> Account:
        """``users/me`` says whose token it is; only a token that may write is taken by ``login``."""
        where = session.place.origin
        try:
            body, _ = session.get_json("/openapi/v1/users/me")
        except JobError as error:
            if error.code not in ("hub.token_refused", "hub.token_needed"):
                raise
            raise _refused_token(where) from error
        data = body.get("data") if isinstance(body, dict) else None
        username = data.get("username") if isinstance(data, dict) else None
        if not isinstance(username, str) or not username:
            raise answer_invalid(where, "the account has no name")
        self._username = username
        answer = session.post_json("/api/v1/login", {"AccessToken": session.place.token})
        if answer.status in (400, 401, 403) or refusals.is_refusal(answer):
            return Account(username, False, (username,))
        return Account(username, True if answer.is_success else None, (username,))

    def state(self, session: HubSession) -> RepositoryState:
        """By the new route, which does not show private ones, then by the old one."""
        name = quote(self._repository)
        found = self._info(session, f"/openapi/v1/models/{name}", "data")
        is_private = None if found is None else found.get("private")
        if isinstance(is_private, bool):
            return "private" if is_private else "public"
        found = self._info(session, f"/api/v1/models/{name}", "Data")
        if found is None:
            return "absent"
        # 3 is open to an organisation, and what is unknown is not known to be closed.
        return "private" if found.get("Visibility") == _PRIVATE else "public"

    def create_private(self, session: HubSession, licence: str | None) -> None:
        owner, name = self._repository.split("/")
        body = {"Path": owner, "Name": name, "Visibility": _PRIVATE, "License": _licence(licence)}
        answer = session.post_json("/api/v1/models", body)
        if refusals.is_transient_create(answer):
            answer = session.post_json("/api/v1/models", body)
        if refusals.is_refusal(answer):
            raise refusals.create_refusal(session, answer, self._repository, self._username)

    def list_files(self, session: HubSession) -> Mapping[str, RemoteFile]:
        try:
            listing = reading.ModelScope(self._repository).list_files(session, None)
        except JobError as error:
            # A repository without a commit has no branch either.
            if error.code == "hub.not_found":
                return {}
            raise
        return {file.path: file for file in listing.files}

    def negotiate(self, session: HubSession, blobs: Sequence[Blob]) -> Negotiated:
        inline = _inline([blob for blob in blobs if blob.path not in self._no_room])
        self._no_room |= {blob.path for blob in blobs if blob.path not in inline}
        sizes = {blob.sha256: blob.bytes for blob in blobs if blob.path not in inline}
        targets: dict[str, Target | None] = {}
        oids = sorted(sizes)
        for start in range(0, len(oids), _OBJECTS_A_QUESTION):
            group = oids[start : start + _OBJECTS_A_QUESTION]
            objects = [{"oid": oid, "size": sizes[oid]} for oid in group]
            answer = session.post_json(
                f"/api/v1/repos/models/{quote(self._repository)}/info/lfs/objects/batch",
                {"operation": "upload", "objects": objects},
            )
            if refusals.is_refusal(answer):
                raise refusals.refusal(session, answer)
            # Blobs the hub has come without an address, or not at all.
            hrefs = _hrefs(session, answer)
            for oid in group:
                targets[oid] = hrefs.get(oid)
        return Negotiated(targets, inline)

    def put(self, session: HubSession, target: Target, blob: Blob, sent: Callable[[int], None]) -> None:
        href = str(target)
        with FileBody(blob.local_path, blob.bytes, sent) as body:
            answer = session.write("PUT", href, body, size=blob.bytes)
            if not refusals.is_refusal(answer):
                if body.left_bytes and blob.bytes:
                    raise TryAgain("server", "answered before the whole file had left")
                return
        if answer.status == 401 and origin_of(href) == session.place.origin:
            raise token_refused(session.place.origin)
        if refusals.is_quota(answer):
            raise refusals.refusal(session, answer)
        raise blob_refused(blob.path, origin_of(href), answer)

    def commit(self, session: HubSession, blobs: Sequence[Blob], deletes: Sequence[str], message: str) -> str:
        actions = [_action("create", blob) for blob in blobs] + [_delete(path) for path in deletes]
        answer = session.post_json(
            f"/api/v1/repos/models/{quote(self._repository)}/commit/{reading.DEFAULT_REVISION}",
            {"commit_message": message, "actions": actions},
        )
        if refusals.is_refusal(answer):
            self._commits_refused += 1
            raise refusals.commit_refusal(session, answer, self._commits_refused)
        data = answer.json().get("Data") if isinstance(answer.json(), dict) else None
        oid = data.get("oid") if isinstance(data, dict) else None
        return oid if isinstance(oid, str) else ""

    def set_visibility(self, session: HubSession, visibility: Literal["private", "public"]) -> None:
        found = self._info(session, f"/api/v1/models/{quote(self._repository)}", "Data")
        if found is None:
            raise repository_missing(self._repository)
        # The route takes the whole record: what is not sent is emptied.
        body: dict[str, object] = {
            "Visibility": _PUBLIC if visibility == "public" else _PRIVATE,
            "ProtectedMode": _NOT_GATED,
        }
        body |= {key: found[key] for key in _KEPT if key in found}
        answer = session.put_json(f"/api/v1/models/{quote(self._repository)}", body)
        if refusals.is_refusal(answer):
            raise refusals.refusal(session, answer)

    def page_url(self) -> str:
        return f"{self._endpoint}/models/{quote(self._repository)}"

    def _info(self, session: HubSession, path: str, key: str) -> dict[str, Any] | None:
        try:
            body, _ = session.get_json(path)
        except FileGone:
            return None
        data = body.get(key) if isinstance(body, dict) else None
        if not isinstance(data, dict):
            raise answer_invalid(session.place.origin, "the repository has no record")
        return data


def _refused_token(where: str) -> JobError:
    site = next((site for site in _SITES if where.endswith(f"modelscope.{site}")), None)
    return token_refused(where) if site is None else wrong_site(where, _SITES["ai" if site == "cn" else "cn"])


def _licence(licence: str | None) -> str:
    if licence is None:
        return _NO_CLAIM
    return _LICENCES.get(licence, licence.lower() if licence.startswith(_SPELLED_LOW) else licence)


def _inline(blobs: Sequence[Blob]) -> frozenset[str]:
    """Paths whose bytes stand in the commit: what the hub reads itself; small texts while there is room."""
    chosen: set[str] = set()
    room = _MAX_INLINE_COMMIT_BYTES
    for blob in sorted(blobs, key=lambda blob: (not _must_be_inline(blob.path), blob.bytes, blob.path)):
        small = blob.bytes <= _LFS_BYTES and not blob.path.lower().endswith(_ALWAYS_LFS)
        # An empty blob has nothing to put.
        wanted = _must_be_inline(blob.path) or small or blob.bytes == 0
        # In base64, four characters for three bytes.
        if wanted and blob.bytes * 4 // 3 + 300 <= room:
            chosen.add(blob.path)
            room -= blob.bytes * 4 // 3 + 300
    return frozenset(chosen)


def _must_be_inline(path: str) -> bool:
    return path.rsplit("/", 1)[-1].lower() in _ALWAYS_INLINE


def _hrefs(session: HubSession, answer: Answer) -> dict[str, str]:
    """Where blobs go, by their hashes; of those the hub has there is nothing."""
    body = answer.json()
    data = body.get("Data") if isinstance(body, dict) else None
    objects = data.get("objects") if isinstance(data, dict) else None
    # What is missing counts as sent, so an answer that says nothing at all must not pass for one.
    if not isinstance(objects, list) or body.get("Code") not in (200, "200"):
        raise answer_invalid(session.place.origin, "the answer about the files is none")
    found: dict[str, str] = {}
    for entry in objects:
        actions = entry.get("actions") if isinstance(entry, dict) else None
        upload = actions.get("upload") if isinstance(actions, dict) else None
        href = upload.get("href") if isinstance(upload, dict) else None
        if isinstance(href, str) and href:
            origin_of(href)
            found[str(entry.get("oid"))] = href
    return found


def _action(action: str, blob: Blob) -> dict[str, object]:
    lfs = not blob.inline
    content = b"" if lfs else blob.local_path.read_bytes()
    if not lfs and hashlib.sha256(content).hexdigest() != blob.sha256:
        raise FileChanged(str(blob.local_path))
    return {
        "action": action,
        "path": blob.path,
        "type": "lfs" if lfs else "normal",
        "size": blob.bytes,
        "sha256": blob.sha256 if lfs else "",
        "content": base64.b64encode(content).decode("ascii"),
        "encoding": "" if lfs else "base64",
    }


def _delete(path: str) -> dict[str, object]:
    return {
        "action": "delete",
        "path": path,
        "type": "normal",
        "size": 0,
        "sha256": "",
        "content": "",
        "encoding": "",
    }
