"""The writing half of the fake Hugging Face: account, create, preupload, Git LFS whole and in parts, commit.

Storage believes what it is told, as the real one does: what lies under a hash is checked by the tests. Its
addresses are signed, so that it needs no token, and each works for one blob.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from fake_hub import FakeHandler, Repository, git_sha1, sha256

if TYPE_CHECKING:
    from fake_huggingface import FakeHuggingFace

USER = "Shanghai_AI_Laboratory"


@dataclass
class UploadFaults:
    """Switches of what only uploads meet; each is off until a test turns it on."""

    # So many commits are carried out and their answers lost.
    dropped_commits: int = 0
    # A creation that makes the repository public whatever it is asked.
    creates_public: bool = False
    # Every token is refused from now on.
    token_revoked: bool = False
    # Objects over the quota, by their hash.
    over_quota: set[str] = field(default_factory=set)
    # Called with a commit that another client makes just before the next one arrives.
    before_commit: Callable[[], None] | None = None


class UploadRoutes:
    """What is added to a fake hub; `blobs` is the storage by hash, across repositories."""

    def __init__(self, hub: FakeHuggingFace) -> None:
        self.hub = hub
        self.faults = UploadFaults()
        # Blobs larger than this go up in parts of this size.
        self.part_bytes = 200_000
        self.with_verify = True
        self.user = USER
        self.token: dict[str, Any] = {"displayName": "studio", "role": "write"}
        self.organisations: list[dict[str, Any]] = []
        self.blobs: dict[str, bytes] = {}
        self.commits: list[str] = []
        self._numbers = count(1)
        # Number of an address → hash and size it was given for.
        self._granted: dict[str, tuple[str, int]] = {}
        self._parts: dict[str, dict[int, bytes]] = {}
        name = r"([^/]+/[^/]+)"
        self.routes: list[tuple[str, str, str, Callable[..., None]]] = [
            ("GET", "whoami", r"/api/whoami-v2", self._whoami),
            ("POST", "create", r"/api/repos/create", self._create),
            ("POST", "validate", r"/api/validate-yaml", self._validate),
            ("POST", "preupload", rf"/api/models/{name}/preupload/main", self._preupload),
            ("POST", "batch", rf"/{name}\.git/info/lfs/objects/batch", self._batch),
            ("POST", "verify", rf"/{name}\.git/info/lfs/objects/verify", self._verify),
            ("POST", "complete", r"/api/complete_multipart/(\d+)", self._complete),
            ("POST", "commit", rf"/api/models/{name}/commit/main", self._commit),
            ("PUT", "settings", rf"/api/models/{name}/settings", self._settings),
        ]

    def put(self, handler: FakeHandler, path: str, query: Mapping[str, str]) -> None:
        """The storage: a PUT to `blob/<number>` or `part/<number>/<part>`."""
        status = self.hub.take_status("store")
        kind, number, *part = path.split("/")
        if query.get("X-Amz-Signature") != f"signed-{number}" or number not in self._granted:
            status = (403, {})
        content = handler.receive_upload()
        if content is None:
            return
        if status is not None:
            handler.send_content(
                b"<Error><Code>AccessDenied</Code></Error>", "application/xml", status=status[0]
            )
            return
        with self.hub.lock:
            if kind == "part":
                self._parts.setdefault(number, {})[int(part[0])] = content
            else:
                self.blobs[self._granted[number][0]] = content
        handler.send_content(b"", headers={"ETag": _etag(content)})

    def _whoami(self, handler: FakeHandler, _query: object) -> None:
        if not self.hub.is_signed_in(handler):
            handler.send_json({"error": "Invalid credentials in Authorization header"}, 401)
            return
        auth = {"type": "access_token", "accessToken": self.token}
        handler.send_json(
            {
                "type": "user",
                "id": "0",
                "name": self.user,
                "fullname": "书生",
                "orgs": self.organisations,
                "auth": auth,
            }
        )

    def _create(self, handler: FakeHandler, _query: object) -> None:
        if not self.hub.is_signed_in(handler):
            handler.send_json({"error": "Invalid credentials in Authorization header"}, 401)
            return
        asked = json.loads(handler.body)
        owner = asked.get("organization") or self.user
        repository = f"{owner}/{asked['name']}"
        if not self._may_write(owner, None):
            words = f'You don\'t have the rights to create a model under the namespace "{owner}"'
            handler.send_json({"error": words}, 403)
            return
        if repository in self.hub.repositories:
            handler.send_json({"error": "You already created this model repo"}, 409)
            return
        # What says nothing of visibility is public.
        private = asked.get("visibility", "public") == "private" or asked.get("private") is True
        files = {".gitattributes": b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n"}
        self.hub.add(repository, files, private=private and not self.faults.creates_public)
        handler.send_json({"url": f"{self.hub.endpoint}/{repository}", "name": repository, "id": "0"})

    def _validate(self, handler: FakeHandler, _query: object) -> None:
        handler.send_json({"errors": [], "warnings": []})

    def _preupload(self, handler: FakeHandler, _query: object, repository: str) -> None:
        found = self._writable(handler, repository)
        if found is None:
            return
        files = []
        for asked in json.loads(handler.body)["files"]:
            sample = base64.b64decode(asked["sample"])
            if len(sample) != min(512, asked["size"]):
                handler.send_json({"error": f"sample of {asked['path']}"}, 400)
                return
            mode = "lfs" if self.hub.is_lfs(asked["path"], asked["size"]) else "regular"
            said = {"path": asked["path"], "uploadMode": mode, "shouldIgnore": False}
            content = found.files.get(asked["path"])
            if content is not None:
                said["oid"] = sha256(content) if mode == "lfs" else git_sha1(content)
            files.append(said)
        handler.send_json({"files": files})

    def _batch(self, handler: FakeHandler, _query: object, repository: str) -> None:
        if self._writable(handler, repository) is None:
            return
        asked = json.loads(handler.body)
        if (
            asked["operation"] != "upload"
            or asked["hash_algo"] != "sha256"
            or "basic" not in asked["transfers"]
        ):
            handler.send_json({"message": "unknown transfer"}, 422)
            return
        objects = [
            self._object(repository, one["oid"], one["size"], asked["transfers"]) for one in asked["objects"]
        ]
        transfer = "multipart" if any("chunk_size" in str(one) for one in objects) else "basic"
        handler.send_content(
            json.dumps({"transfer": transfer, "objects": objects}).encode(), "application/vnd.git-lfs+json"
        )

    def _object(self, repository: str, oid: str, size: int, transfers: list[str]) -> dict[str, Any]:
        known = {"oid": oid, "size": size, "authenticated": True}
        if oid in self.faults.over_quota:
            words = (
                "Private repository storage limit reached, please upgrade your plan to increase your storage"
            )
            return {"oid": oid, "size": size, "error": {"code": 403, "message": words}}
        if oid in self.blobs and len(self.blobs[oid]) == size:
            return known
        with self.hub.lock:
            number = str(next(self._numbers))
            self._granted[number] = (oid, size)
        signature = f"X-Amz-Signature=signed-{number}"
        actions: dict[str, Any] = {
            "upload": {"href": f"{self.hub.storage_origin}/blob/{number}?{signature}", "expires_in": 900}
        }
        if size > self.part_bytes and "multipart" in transfers:
            header = {"chunk_size": str(self.part_bytes)}
            # Ten and more parts: names that do not stand in the order of their numbers.
            for part in range(-(-size // self.part_bytes), 0, -1):
                header[f"{part:05}"] = f"{self.hub.storage_origin}/part/{number}/{part}?{signature}"
            href = f"{self.hub.endpoint}/api/complete_multipart/{number}?{signature}"
            actions["upload"] = {"href": href, "header": header, "expires_in": 900}
        if self.with_verify:
            href = f"{self.hub.endpoint}/{repository}.git/info/lfs/objects/verify"
            actions["verify"] = {"href": href, "expires_in": 900}
        return {**known, "actions": actions}

    def _complete(self, handler: FakeHandler, query: dict[str, str], number: str) -> None:
        asked = json.loads(handler.body)
        oid, size = self._granted.get(number, ("", 0))
        parts = self._parts.get(number, {})
        wanted = [{"partNumber": part, "etag": _etag(parts[part])} for part in sorted(parts)]
        content = b"".join(parts[part] for part in sorted(parts))
        sizes = [len(parts[part]) for part in sorted(parts)]
        is_whole = len(content) == size and all(one == self.part_bytes for one in sizes[:-1])
        if (
            query.get("X-Amz-Signature") != f"signed-{number}"
            or asked != {"oid": oid, "parts": wanted}
            or not is_whole
        ):
            handler.send_json({"error": "parts do not fit"}, 400)
            return
        self.blobs[oid] = content
        handler.send_json({"success": True})

    def _verify(self, handler: FakeHandler, _query: object, repository: str) -> None:
        if self._writable(handler, repository) is None:
            return
        asked = json.loads(handler.body)
        if len(self.blobs.get(asked["oid"], b"")) != asked["size"]:
            handler.send_json({"message": "object not found"}, 404)
            return
        handler.send_json({"message": "Object found"})

    def _commit(self, handler: FakeHandler, _query: object, repository: str) -> None:
        found = self._writable(handler, repository)
        if found is None:
            return
        before, self.faults.before_commit = self.faults.before_commit, None
        if before is not None:
            before()
        lines = [json.loads(line) for line in handler.body.splitlines()]
        parent = lines[0]["value"].get("parentCommit")
        if parent is not None and parent != found.commit():
            words = "A commit has happened since. Please refresh and try again."
            handler.send_json({"error": words}, 412)
            return
        files = dict(found.files)
        refused = self._apply(lines, files)
        if refused is not None:
            handler.send_json({"error": refused}, 400)
            return
        found.history[found.commit()] = found.files
        found.files = files
        self.commits.append(lines[0]["value"]["summary"])
        if self.faults.dropped_commits > 0:
            self.faults.dropped_commits -= 1
            handler.hang_up()
            return
        commit = found.commit()
        url = f"{self.hub.endpoint}/{repository}/commit/{commit}"
        handler.send_json({"success": True, "commitOid": commit, "commitUrl": url, "hookOutput": ""})

    def _apply(self, lines: list[dict[str, Any]], files: dict[str, bytes]) -> str | None:
        """Carry the lines out on `files`; words of what is wrong with them."""
        if lines[0]["key"] != "header" or not lines[0]["value"]["summary"]:
            return "no summary"
        for line in lines[1:]:
            kind, value = line["key"], line["value"]
            path = value["path"]
            if kind == "file":
                content = base64.b64decode(value["content"], validate=True)
                if value["encoding"] != "base64" or (content and self.hub.is_lfs(path, len(content))):
                    return f"{path} is not for a commit"
                files[path] = content
            elif kind == "lfsFile":
                if value["algo"] != "sha256" or len(self.blobs.get(value["oid"], b"")) != value["size"]:
                    return "LFS pointer pointed to a file that does not exist"
                files[path] = self.blobs[value["oid"]]
            elif kind == "deletedFile" and path in files:
                del files[path]
            else:
                return f"A file with this name doesn't exist: {path}"
        return None

    def _settings(self, handler: FakeHandler, _query: object, repository: str) -> None:
        found = self._writable(handler, repository)
        if found is not None:
            found.private = json.loads(handler.body)["visibility"] == "private"
            handler.send_json({"private": found.private})

    def _writable(self, handler: FakeHandler, repository: str) -> Repository | None:
        found = self.hub.found(handler, repository)
        if found is None:
            return None
        if not self.hub.is_signed_in(handler):
            handler.send_json({"error": "Invalid username or password."}, 401)
            return None
        if not self._may_write(repository.split("/")[0], repository):
            handler.send_json({"error": "You don't have write access to this repository"}, 403)
            return None
        return found

    def _may_write(self, owner: str, repository: str | None) -> bool:
        role = self.token["role"]
        if role == "fineGrained":
            wanted = [{"type": kind, "name": owner} for kind in ("user", "org")]
            wanted += [{"type": "model", "name": repository or ""}]
            return any(
                scope["entity"] in wanted and "repo.write" in scope["permissions"]
                for scope in self.token["fineGrained"]["scoped"]
            )
        roles = {one["name"]: one.get("roleInOrg", "write") for one in self.organisations}
        return role != "read" and (owner == self.user or roles.get(owner, "read") != "read")


def _etag(content: bytes) -> str:
    return f'"{sha256(content)[:32]}"'
