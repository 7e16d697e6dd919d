"""Uploads to Hugging Face: account, repository, blobs, one commit.

Routes and fields are those of huggingface_hub 1.33 with its Xet client off (``hf_api.py``, ``lfs.py``,
``_commit_api.py``): the hub serves Git LFS, whole or in numbered parts, to clients that know no Xet. The
storage that the bytes go to is another's, and never sees the token.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal
from urllib.parse import quote

from legal_eagle.hub import huggingface
from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.listing import RemoteFile, answer_invalid
from legal_eagle.hub.place import origin_of
from legal_eagle.hub.refusals import Answer, FileGone, TryAgain
from legal_eagle.upload.checked_body import CheckedBody
from legal_eagle.upload.file_body import FileChanged
from legal_eagle.upload.huggingface_account import account_of
from legal_eagle.upload.huggingface_refusals import commit_refusal, create_refusal, write_refusal
from legal_eagle.upload.lfs_target import LfsTarget, read_target
from legal_eagle.upload.refusals import blob_refused
from legal_eagle.upload.upload_hub import Account, Blob, Negotiated, RepositoryState, Target

# The hub reads this much of a file to tell text from data.
_SAMPLE_BYTES: Final = 512
# What one question of the pinned client holds at most.
_FILES_A_QUESTION: Final = 256
_LFS_KIND: Final = "application/vnd.git-lfs+json"


class HuggingFaceUpload:
    """One repository, at its default branch. Not shared between threads, except `put`."""

    def __init__(self, repository: str, endpoint: str) -> None:
        self._repository = repository
        self._endpoint = endpoint.rstrip("/")
        self._api = f"/api/models/{quote(repository)}"
        # The commit that was listed last: what a new one is to stand upon.
        self._head: str | None = None

    def account(self, session: HubSession) -> Account:
        """Raises TryAgain, ``hub.token_refused``, ``hub.answer_invalid``."""
        try:
            body, _ = session.get_json("/api/whoami-v2")
        except FileGone as error:
            raise answer_invalid(session.place.origin, "it has no accounts") from error
        return account_of(body, session.place.origin, self._repository)

    def state(self, session: HubSession) -> RepositoryState:
        """Read anew each time; only a plain ``true`` counts as private."""
        try:
            body, _ = session.get_json(self._api)
        except FileGone:
            return "absent"
        where = session.place.origin
        if not isinstance(body, dict) or not isinstance(body.get("private"), bool):
            raise answer_invalid(where, "it does not say whether the repository is private")
        name = body.get("id")
        if not isinstance(name, str) or name.lower() != self._repository.lower():
            # A renamed repository answers under its old name too, to questions alone.
            raise answer_invalid(where, f"the repository is called {name!r} there")
        return "private" if body["private"] else "public"

    def create_private(self, session: HubSession, licence: str | None) -> None:  # noqa: ARG002
        """The hub keeps a licence in the README alone: ``licence`` is not sent."""
        owner, name = self._repository.split("/")
        answer = session.post_json(
            "/api/repos/create",
            {"name": name, "organization": owner, "visibility": "private", "type": "model"},
        )
        if not answer.is_success:
            raise create_refusal(answer, session, self._repository, lambda: self.account(session))

    def list_files(self, session: HubSession) -> Mapping[str, RemoteFile]:
        listing = huggingface.HuggingFace(self._repository).list_files(session, None)
        self._head = listing.commit
        return {file.path: file for file in listing.files}

    def negotiate(self, session: HubSession, blobs: Sequence[Blob]) -> Negotiated:
        """What the hub wants inside the commit, and where the rest goes.

        A ``.gitignore`` of the repository is not obeyed: which files go up is the caller's word.
        """
        inline = frozenset(path for group in _groups(blobs) for path in self._inline_of(session, group))
        large = {blob.sha256: blob for blob in blobs if blob.path not in inline}
        targets: dict[str, Target | None] = {}
        for group in _groups(list(large.values())):
            targets |= self._targets_of(session, group)
        return Negotiated(targets, inline)

    def put(self, session: HubSession, target: Target, blob: Blob, sent: Callable[[int], None]) -> None:
        """Raises TryAgain, also where an address has expired; FileChanged before a wrong file is whole;
        ``upload.blob_refused``."""
        if not isinstance(target, LfsTarget):
            raise TypeError("a target of another hub")
        hasher = hashlib.sha256()
        if target.part_bytes is None:
            self._put_stretch(session, target.href, CheckedBody(blob, 0, blob.bytes, sent, hasher))
        else:
            parts = []
            for number, href in enumerate(target.part_hrefs, 1):
                start = (number - 1) * target.part_bytes
                size = min(target.part_bytes, blob.bytes - start)
                answer = self._put_stretch(session, href, CheckedBody(blob, start, size, sent, hasher))
                etag = answer.headers.get("ETag", "")
                if not etag:
                    raise TryAgain("server", f"part {number} has no ETag")
                parts.append({"partNumber": number, "etag": etag})
            self._post_lfs(session, target.href, blob.path, {"oid": blob.sha256, "parts": parts}, bare=True)
        if target.verify_href is not None:
            self._post_lfs(session, target.verify_href, blob.path, {"oid": blob.sha256, "size": blob.bytes})

    def commit(self, session: HubSession, blobs: Sequence[Blob], deletes: Sequence[str], message: str) -> str:
        """Upon the commit that was listed last: where another came between, TryAgain."""
        header = {"summary": message, "description": ""}
        if self._head is not None:
            header["parentCommit"] = self._head
        lines = [{"key": "header", "value": header}]
        lines += [_commit_line(blob) for blob in blobs]
        lines += [{"key": "deletedFile", "value": {"path": path}} for path in deletes]
        body = b"".join(json.dumps(line).encode("ascii") + b"\n" for line in lines)
        answer = session.write("POST", f"{self._api}/commit/main", body, kind="application/x-ndjson")
        if not answer.is_success:
            raise commit_refusal(answer, session, self._repository, lambda: self.account(session))
        said = answer.json()
        name = said.get("commitOid") if isinstance(said, dict) else None
        if not isinstance(name, str):
            raise TryAgain("server", "the commit has no name")
        return name

    def set_visibility(self, session: HubSession, visibility: Literal["private", "public"]) -> None:
        answer = session.put_json(f"{self._api}/settings", {"visibility": visibility})
        if not answer.is_success:
            raise self._refused(session, answer)

    def page_url(self) -> str:
        return f"{self._endpoint}/{self._repository}"

    def _refused(self, session: HubSession, answer: Answer) -> Exception:
        return write_refusal(answer, session, self._repository, lambda: self.account(session))

    def _inline_of(self, session: HubSession, blobs: Sequence[Blob]) -> Iterator[str]:
        files = [{"path": blob.path, "sample": _sample(blob), "size": blob.bytes} for blob in blobs]
        answer = session.post_json(f"{self._api}/preupload/main", {"files": files})
        if not answer.is_success:
            raise self._refused(session, answer)
        said = answer.json()
        modes = _by_key(said.get("files") if isinstance(said, dict) else None, "path")
        for blob in blobs:
            mode = modes.get(blob.path, {}).get("uploadMode")
            if mode not in ("regular", "lfs"):
                raise answer_invalid(session.place.origin, f"it does not say how {blob.path!r} goes up")
            # Git LFS knows no empty file.
            if mode == "regular" or blob.bytes == 0:
                yield blob.path

    def _targets_of(self, session: HubSession, blobs: Sequence[Blob]) -> dict[str, Target | None]:
        question = {
            "operation": "upload",
            "transfers": ["basic", "multipart"],
            "objects": [{"oid": blob.sha256, "size": blob.bytes} for blob in blobs],
            "hash_algo": "sha256",
            "ref": {"name": "main"},
        }
        path = f"/{quote(self._repository)}.git/info/lfs/objects/batch"
        answer = session.write(
            "POST", path, json.dumps(question).encode("ascii"), kind=_LFS_KIND, accept=_LFS_KIND
        )
        if not answer.is_success:
            raise self._refused(session, answer)
        said = answer.json()
        objects = _by_key(said.get("objects") if isinstance(said, dict) else None, "oid")
        where = session.place.origin
        targets: dict[str, Target | None] = {}
        for blob in blobs:
            found = objects.get(blob.sha256)
            if found is None:
                raise answer_invalid(where, f"it says nothing of {blob.path!r}")
            error = found.get("error")
            if isinstance(error, dict):
                raise self._refused(session, _as_answer(error))
            targets[blob.sha256] = read_target(found, blob, where)
        return targets

    def _put_stretch(self, session: HubSession, href: str, body: CheckedBody) -> Answer:
        with body:
            # Signed addresses: who holds one needs no token, and may be anybody.
            answer = session.write("PUT", href, body, size=len(body), bare=True)
        if answer.status in (401, 403):
            # Expired, or a signature of another minute: the next question brings a new address.
            raise TryAgain("server", f"HTTP {answer.status} of the storage")
        if not answer.is_success:
            raise blob_refused(body.path, origin_of(href), answer)
        return answer

    def _post_lfs(
        self, session: HubSession, href: str, path: str, value: object, *, bare: bool = False
    ) -> None:
        body = json.dumps(value).encode("ascii")
        answer = session.write("POST", href, body, kind=_LFS_KIND, accept=_LFS_KIND, bare=bare)
        if answer.status == 401 and not bare:
            raise session.refuse(answer)
        if not answer.is_success:
            raise blob_refused(path, origin_of(href), answer)


def _groups(blobs: Sequence[Blob]) -> Iterator[Sequence[Blob]]:
    for start in range(0, len(blobs), _FILES_A_QUESTION):
        yield blobs[start : start + _FILES_A_QUESTION]


def _sample(blob: Blob) -> str:
    with blob.local_path.open("rb") as file:
        return base64.b64encode(file.read(_SAMPLE_BYTES)).decode("ascii")


def _by_key(entries: Any, key: str) -> dict[str, dict[str, Any]]:
    """What an answer says, by the name it says it of; nothing of what has no name."""
    if not isinstance(entries, list):
        return {}
    return {
        entry[key]: entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get(key), str)
    }


def _commit_line(blob: Blob) -> dict[str, Any]:
    if not blob.inline:
        value = {"path": blob.path, "algo": "sha256", "oid": blob.sha256, "size": blob.bytes}
        return {"key": "lfsFile", "value": value}
    content = blob.local_path.read_bytes()
    if hashlib.sha256(content).hexdigest() != blob.sha256:
        raise FileChanged(str(blob.local_path))
    encoded = base64.b64encode(content).decode("ascii")
    return {"key": "file", "value": {"content": encoded, "path": blob.path, "encoding": "base64"}}


def _as_answer(error: Mapping[str, Any]) -> Answer:
    """An error of one object as if the whole question had been answered so."""
    code, message = error.get("code"), error.get("message")
    status = code if isinstance(code, int) and 400 <= code < 500 else 400
    return Answer(status, {}, json.dumps({"error": str(message or "")}).encode("utf-8"))
