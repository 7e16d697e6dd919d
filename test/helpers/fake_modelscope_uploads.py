"""What ModelScope does with those who write: its routes, its codes, and the faults of its uploads.

Two rules are the hub's own here and fail a test wherever it is: nothing is ever created public, and no
blob comes before its repository was read again.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from fake_hub import TOKEN, FakeHandler, Repository, sha256

if TYPE_CHECKING:
    from fake_modelscope import FakeModelScope

USERNAME = "reader"
ORGANISATION = "law-lab"
_MAX_ACTIONS = 2000
_MAX_OBJECTS = 64


@dataclass
class UploadFaults:
    """Switches; each is off until a test turns it on."""

    read_only_token: bool = False
    # Requests of this route and later ones find the token expired: 'blob', 'commit', 'batch' …
    expires_at: str | None = None
    # Answers of commits in order: 'refs' (500), 'policy' (200 and Success false), 'drop' (carried out, no
    # answer), 'lost' (neither), 'large' (422), 'quota', 'echo' (403 with the headers it got), or 'fine'.
    commits: deque[str] = field(default_factory=deque)
    creates: deque[str] = field(default_factory=deque)
    # Create makes it public whatever was asked.
    creates_public: bool = False
    # The space is used up when this route is asked: 'batch' or 'blob'.
    quota_at: str | None = None
    leave_out_known: bool = True
    # Files that the hub has taken and does not list for so many listings.
    listings_behind: int = 0
    under_review: frozenset[str] = frozenset()
    # Committed content under these paths is listed with another hash.
    spoiled: set[str] = field(default_factory=set)
    ignore_visibility: bool = False
    # Called with the path of each blob's address before its body is read.
    before_blob: Callable[[], None] | None = None


class ModelScopeUploads:
    """Adds the writing routes to a fake hub; `blobs` is the store that all repositories share."""

    def __init__(self, hub: FakeModelScope) -> None:
        self.hub = hub
        self.faults = UploadFaults()
        self.blobs: dict[str, bytes] = {}
        self.licences: dict[str, str] = {}
        self.messages: list[str] = []
        self.puts: list[str] = []
        # Addresses that were given out; each is good once.
        self._open: dict[str, tuple[str, str, int]] = {}
        self._has_expired = False
        self._before: dict[str, dict[str, bytes]] = {}
        name = r"([^/]+/[^/]+)"
        hub.routes += [
            ("POST", "login", r"/api/v1/login", self._login),
            ("POST", "create", r"/api/v1/models", self._create),
            ("POST", "batch", rf"/api/v1/repos/models/{name}/info/lfs/objects/batch", self._batch),
            ("PUT", "blob", r"/lfs/([0-9a-f]{64})", self._blob),
            ("POST", "commit", rf"/api/v1/repos/models/{name}/commit/([^/]+)", self._commit),
            ("PUT", "visibility", rf"/api/v1/models/{name}", self._visibility),
            ("POST", "tag", rf"/api/v1/models/{name}/repo/tag", self._tag),
        ]

    def listed(self, repository: str, files: dict[str, bytes]) -> dict[str, bytes]:
        """What the listing shows of a repository's files."""
        before = self._before.get(repository, {})
        if repository in self._before and self.faults.listings_behind > 0:
            self.faults.listings_behind -= 1
            return before
        shown = dict(files)
        for path in self.faults.under_review:
            shown.pop(path, None)
            if path in before:
                shown[path] = before[path]
        for path in self.faults.spoiled & set(shown):
            shown[path] = b"\0" + shown[path][1:]
        return shown

    def renew_token(self) -> None:
        """What expired is good again, as a new token would be."""
        self._has_expired = False

    def _may(self, handler: FakeHandler, route: str) -> bool:
        """Whether the request holds a good token; else it is answered."""
        self._has_expired = self._has_expired or self.faults.expires_at == route
        if handler.is_signed_in() and not self._has_expired:
            return True
        self._refuse(handler, 401, 10010103009, "登录失败，AccessToken错误")
        return False

    def _is_full(self, handler: FakeHandler, route: str) -> bool:
        if self.faults.quota_at != route:
            return False
        self._refuse(handler, 403, "QuotaLimitExceed", "private storage quota exceeded")
        return True

    def _refuse(self, handler: FakeHandler, status: int, code: int | str, message: str) -> None:
        body = {"Code": code, "Data": None, "Message": message, "RequestId": "fake", "Success": False}
        handler.send_json(body, status)

    def _fine(self, handler: FakeHandler, data: Any) -> None:
        body = {"Code": 200, "Data": data, "Message": "success", "RequestId": "fake", "Success": True}
        handler.send_json(body)

    def _json(self, handler: FakeHandler) -> Any:
        return json.loads(handler.body)

    def _login(self, handler: FakeHandler, _query: dict[str, str]) -> None:
        if self.faults.read_only_token or self._json(handler) != {"AccessToken": TOKEN}:
            self._refuse(handler, 400, 10010103009, "登录失败，AccessToken错误")
            return
        self._fine(handler, {"AccessToken": "git-" + "0" * 32, "Username": USERNAME, "Email": ""})

    def _create(self, handler: FakeHandler, _query: dict[str, str]) -> None:
        if not self._may(handler, "create"):
            return
        body = self._json(handler)
        repository = f"{body['Path']}/{body['Name']}"
        fault = self.faults.creates.popleft() if self.faults.creates else None
        if fault == "transient":
            self._refuse(handler, 400, 10010101000, "创建模型失败，信息：record not found")
        elif self.faults.read_only_token:
            self._refuse(handler, 403, "OperationNotAllowed", "no write permission")
        elif body["Path"] not in (USERNAME, ORGANISATION):
            self._refuse(handler, 403, 10010101002, "namespace not found")
        elif repository in self.hub.repositories:
            self._refuse(handler, 400, 10010101001, "该名称已被注册使用，请重新命名")
        else:
            is_private = body.get("Visibility", 5) == 1 and not self.faults.creates_public
            made = self.hub.add(repository, {".gitattributes": b"*.bin filter=lfs"}, private=is_private)
            self.licences[repository] = body.get("License", "Apache-2.0")
            assert made is self.hub.repositories[repository]
            if fault == "drop":
                handler.hang_up()
                return
            self._fine(handler, {"Id": 7, "Path": body["Path"], "Name": body["Name"]})

    def _batch(self, handler: FakeHandler, _query: dict[str, str], repository: str) -> None:
        if not self._may(handler, "batch") or self._repository(handler, repository) is None:
            return
        body = self._json(handler)
        assert body["operation"] == "upload"
        assert len(body["objects"]) <= _MAX_OBJECTS
        if self._is_full(handler, "batch"):
            return
        answers: list[dict[str, Any]] = []
        for entry in body["objects"]:
            oid, size = entry["oid"], entry["size"]
            if oid in self.blobs:
                if not self.faults.leave_out_known:
                    answers.append({"oid": oid, "size": size})
                continue
            key = secrets.token_hex(8)
            self._open[key] = (repository, oid, size)
            href = f"{self.hub.endpoint}/lfs/{oid}?Signature={key}"
            answers.append({"oid": oid, "size": size, "actions": {"upload": {"href": href}}})
        self._fine(handler, {"objects": answers, "transfer": "basic"})

    def _blob(self, handler: FakeHandler, query: dict[str, str], oid: str) -> None:
        if self.faults.before_blob is not None:
            self.faults.before_blob()
        if not self._may(handler, "blob") or self._is_full(handler, "blob"):
            handler.close_connection = True
            return
        opened = self._open.pop(query.get("Signature", ""), None)
        if opened is None:
            self._refuse(handler, 403, "AccessDenied", "the address was used before")
            return
        _, expected, size = opened
        assert expected == oid
        self.puts.append(oid)
        content = handler.receive_upload()
        if content is None:
            return
        if len(content) != size or sha256(content) != oid:
            self._refuse(handler, 400, 10010205999, "sha256 mismatch")
            return
        self.blobs[oid] = content
        handler.send_content(b"")

    def _commit(self, handler: FakeHandler, _query: dict[str, str], repository: str, revision: str) -> None:
        if not self._may(handler, "commit"):
            return
        found = self._repository(handler, repository)
        if found is None:
            return
        fault = self.faults.commits.popleft() if self.faults.commits else "fine"
        body = self._json(handler)
        if fault == "refs":
            self._refuse(handler, 500, 10010000500, "Could not update refs, try again")
        elif fault == "policy":
            self._refuse(handler, 200, 10030000001, "commit message contains sensitive words")
        elif fault == "large" or len(body["actions"]) > _MAX_ACTIONS:
            self._refuse(handler, 422, 422, f"commit request exceeds actions limit: 3300 > {_MAX_ACTIONS}")
        elif fault == "quota":
            self._refuse(handler, 403, "QuotaLimitExceed", "quota exceeded")
        elif fault == "echo":
            said = f"denied: Authorization {handler.headers['Authorization']}; {handler.headers['Cookie']}"
            self._refuse(handler, 403, "OperationNotAllowed", said)
        elif fault == "lost":
            handler.hang_up()
        else:
            assert revision == "master"
            self._before[repository] = dict(found.files)
            self._carry_out(found, body["actions"])
            self.messages.append(body["commit_message"])
            if fault == "drop":
                handler.hang_up()
                return
            self._fine(handler, {"oid": found.commit()})

    def _carry_out(self, found: Repository, actions: list[dict[str, Any]]) -> None:
        for action in actions:
            assert set(action) == {"action", "path", "type", "size", "sha256", "content", "encoding"}
            path = action["path"]
            if action["action"] == "delete":
                found.files.pop(path)
            elif action["type"] == "lfs":
                content = self.blobs[action["sha256"]]
                assert len(content) == action["size"]
                found.files[path] = content
            else:
                assert action["encoding"] == "base64"
                found.files[path] = base64.b64decode(action["content"], validate=True)
                assert len(found.files[path]) == action["size"]

    def _visibility(self, handler: FakeHandler, _query: dict[str, str], repository: str) -> None:
        if not self._may(handler, "visibility"):
            return
        found = self._repository(handler, repository)
        if found is not None:
            body = self._json(handler)
            self.licences[repository] = body.get("License", "")
            if not self.faults.ignore_visibility:
                found.private = body["Visibility"] == 1
            self._fine(handler, {})

    def _tag(self, handler: FakeHandler, _query: dict[str, str], repository: str) -> None:
        if self._may(handler, "tag") and self._repository(handler, repository) is not None:
            self._fine(handler, {"TagName": self._json(handler)["TagName"]})

    def _repository(self, handler: FakeHandler, repository: str) -> Repository | None:
        found = self.hub.repositories.get(repository)
        if found is None:
            self._refuse(handler, 404, 10010205001, "Not found")
        return found

    def check_order(self) -> None:
        """No public creation; no blob before its repository was read after it was made."""
        created_at: int | None = None
        read_at: int | None = None
        for at, question in enumerate(self.hub.questions):
            path = urlsplit(question.path).path
            if question.method == "POST" and path == "/api/v1/models":
                assert question.json["Visibility"] == 1, "asked for a public repository"
                created_at = at
            elif question.method == "PUT" and path.startswith("/api/v1/models/"):
                assert question.json["Visibility"] == 1, "an upload opened a repository"
            elif question.method == "GET" and "/repo" not in path and path.startswith("/api/v1/models/"):
                read_at = at
            elif question.method == "PUT" and path.startswith("/lfs/"):
                assert read_at is not None, "a blob came before the repository was read"
                assert created_at is None or read_at > created_at, "a blob came before the re-read"
                assert "Signature" in parse_qs(urlsplit(question.path).query)
