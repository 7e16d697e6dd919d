"""ModelScope as its clients see it: routes, envelopes and limits (release.md 2).

What writes is in fake_modelscope_uploads.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fake_hub import FakeHandler, FakeHub, Question, Repository, serve_folder, sha256
from fake_modelscope_uploads import USERNAME, ModelScopeUploads

LISTING_CAP = 3000


class FakeModelScope(FakeHub):
    """A hub in which tests may also cut the listing lower than the real one."""

    def __init__(self, listing_cap: int = LISTING_CAP) -> None:
        super().__init__()
        self.listing_cap = listing_cap
        name = r"([^/]+/[^/]+)"
        self.routes = [
            ("GET", "user", r"/openapi/v1/users/me", self._user),
            ("GET", "model", rf"/openapi/v1/models/{name}", self._open_model),
            ("GET", "list", rf"/api/v1/models/{name}/repo/files", self._files),
            ("GET", "file", rf"/api/v1/models/{name}/repo", self._file),
            ("GET", "revisions", rf"/api/v1/models/{name}/revisions", self._revisions),
            ("GET", "acceleration", r"/api/v1/repos/internalAccelerationInfo", self._acceleration),
            ("GET", "model", rf"/api/v1/models/{name}", self._model),
        ]
        self.uploads = ModelScopeUploads(self)

    def is_body(self, question: Question) -> bool:
        return question.host == "storage" or "/repo?" in question.path

    def _found(self, handler: FakeHandler, repository: str) -> Repository | None:
        """A private repository is not there for strangers."""
        found = self.repositories.get(repository)
        if found is not None and (not found.private or handler.is_signed_in()):
            return found
        handler.send_json({"Code": 10010205001, "Message": "Not found", "Success": False}, 404)
        return None

    def _data(self, handler: FakeHandler, data: Any) -> None:
        handler.send_json(
            {"Code": 200, "Data": data, "Message": "success", "RequestId": "fake", "Success": True}
        )

    def _user(self, handler: FakeHandler, _query: dict[str, str]) -> None:
        if not handler.is_signed_in():
            handler.send_json({"success": False, "code": "InvalidAuthentication", "message": "who"}, 401)
            return
        handler.send_json(
            {"success": True, "data": {"username": USERNAME, "email": "", "nickname": USERNAME}}
        )

    def _open_model(self, handler: FakeHandler, _query: dict[str, str], repository: str) -> None:
        found = self.repositories.get(repository)
        if found is None or found.private:
            handler.send_json({"success": False, "code": "ResourceNotFound", "message": "not found"}, 404)
            return
        handler.send_json({"success": True, "data": {"id": repository, "private": False}})

    def _model(self, handler: FakeHandler, _query: dict[str, str], repository: str) -> None:
        found = self._found(handler, repository)
        if found is None:
            return
        owner, name = repository.split("/")
        visibility = 1 if found.private else 5
        licence = self.uploads.licences.get(repository, "")
        self._data(
            handler, {"Id": 1, "Path": owner, "Name": name, "Visibility": visibility, "License": licence}
        )

    def _revisions(self, handler: FakeHandler, _query: dict[str, str], repository: str) -> None:
        found = self._found(handler, repository)
        if found is None:
            return
        branches = [{"Revision": name, "CreatedAt": 1} for name in ("master", *found.history)]
        self._data(handler, {"RevisionMap": {"Branches": branches, "Tags": []}})

    def _acceleration(self, handler: FakeHandler, _query: dict[str, str]) -> None:
        self._data(handler, {"InternalRegionId": "", "InternalEndpoint": ""})

    def _files(self, handler: FakeHandler, query: dict[str, str], repository: str) -> None:
        found = self._found(handler, repository)
        files = None if found is None else self._at(handler, found, query.get("Revision", "master"))
        if files is None:
            return
        files = self.uploads.listed(repository, files)
        root = query.get("Root", "").strip("/")
        prefix = f"{root}/" if root else ""
        entries: dict[str, dict[str, Any]] = {}
        for path, content in sorted(files.items()):
            if not path.startswith(prefix):
                continue
            rest = path.removeprefix(prefix).split("/")
            for depth in range(1, len(rest)):
                folder = prefix + "/".join(rest[:depth])
                entries.setdefault(
                    folder, {"Path": folder, "Name": rest[depth - 1], "Type": "tree", "Size": 0}
                )
            entry = {
                "Path": path,
                "Name": rest[-1],
                "Type": "blob",
                "Size": len(content),
                "Revision": "f" * 40,
            }
            entries[path] = entry if self.faults.without_hashes else {**entry, "Sha256": sha256(content)}
        if query.get("Recursive") not in ("True", "true"):
            entries = {path: entry for path, entry in entries.items() if "/" not in path.removeprefix(prefix)}
        self._data(handler, {"Files": list(entries.values())[: self.listing_cap]})
        after, self.faults.after_listing = self.faults.after_listing, None
        if after is not None:
            after()

    def _file(self, handler: FakeHandler, query: dict[str, str], repository: str) -> None:
        found = self._found(handler, repository)
        files = None if found is None else self._at(handler, found, query.get("Revision", "master"))
        if files is None:
            return
        path = query["FilePath"]
        if path not in files:
            handler.send_json({"Code": 10010205002, "Message": "no such file", "Success": False}, 404)
        elif self.faults.to_storage:
            self.stored[path] = files[path]
            location = f"{self.storage_origin}/{quote(path)}?Signature=abc&Expires=1"
            handler.send_content(b"", status=302, headers={"Location": location})
        else:
            handler.send_file(path, files[path])

    def _at(self, handler: FakeHandler, repository: Repository, revision: str) -> dict[str, bytes] | None:
        if revision == "master":
            return repository.files
        if revision not in repository.history:
            handler.send_json({"Code": 10010205003, "Message": "no such revision", "Success": False}, 404)
        return repository.history.get(revision)


if __name__ == "__main__":
    serve_folder(FakeModelScope(), Path(sys.argv[1]))
