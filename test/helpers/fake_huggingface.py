"""Hugging Face: revision, tree in pages, resolve with the headers clients look at; and `uploads`."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fake_hub import FakeHandler, FakeHub, Question, Repository, git_sha1, serve_folder, sha256
from fake_huggingface_uploads import UploadRoutes

# Git LFS holds what is larger; the listing then has the SHA-256 of the content.
LFS_BYTES = 10_000


class FakeHuggingFace(FakeHub):
    """A hub whose listing comes in pages of `page_entries`."""

    def __init__(self, page_entries: int = 1000) -> None:
        super().__init__()
        self.page_entries = page_entries
        # X-Repo-Commit of files, where it is to be another than the listing's.
        self.other_commit: str | None = None
        name = r"([^/]+/[^/]+)"
        self.routes = [
            ("GET", "list", rf"/api/models/{name}/revision/([^/]+)", self._revision),
            ("GET", "list", rf"/api/models/{name}", self._default_revision),
            ("GET", "tree", rf"/api/models/{name}/tree/([^/]+)", self._tree),
            ("GET", "file", rf"/{name}/resolve/([^/]+)/(.+)", self._resolve),
        ]
        self.uploads = UploadRoutes(self)
        self.routes += self.uploads.routes

    def is_body(self, question: Question) -> bool:
        return question.host == "storage" or ("/resolve/" in question.path and not self.faults.to_storage)

    def store(self, handler: FakeHandler, path: str, query: Mapping[str, str]) -> None:
        if path.startswith(("blob/", "part/")):
            self.uploads.put(handler, path, query)
        else:
            super().store(handler, path, query)

    def is_signed_in(self, handler: FakeHandler) -> bool:
        return handler.is_signed_in() and not self.uploads.faults.token_revoked

    def is_lfs(self, path: str, size: int) -> bool:
        """Whether the content lies in Git LFS rather than in the commit."""
        return size > 0 and (path.endswith(".safetensors") or size > LFS_BYTES)

    def found(self, handler: FakeHandler, repository: str) -> Repository | None:
        """Strangers are told 401 of what is private and of what is not there, as the real hub does."""
        found = self.repositories.get(repository)
        if found is not None and found.gated and not self.is_signed_in(handler):
            code = {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access to this model is restricted."}
            handler.send_json({"error": "gated"}, 401, code)
            return None
        if found is not None and (not found.private or self.is_signed_in(handler)):
            return found
        status = 404 if self.is_signed_in(handler) else 401
        handler.send_json({"error": "Repository not found"}, status, {"X-Error-Code": "RepoNotFound"})
        return None

    def _at(
        self, handler: FakeHandler, repository: Repository, revision: str
    ) -> tuple[str, dict[str, bytes]] | None:
        commit = repository.commit()
        if revision in ("main", commit):
            return commit, repository.files
        if revision in repository.history:
            return revision, repository.history[revision]
        handler.send_json({"error": "Revision not found"}, 404, {"X-Error-Code": "RevisionNotFound"})
        return None

    def _default_revision(self, handler: FakeHandler, query: dict[str, str], repository: str) -> None:
        self._revision(handler, query, repository, "main")

    def _revision(self, handler: FakeHandler, _query: dict[str, str], repository: str, revision: str) -> None:
        found = self.found(handler, repository)
        at = None if found is None else self._at(handler, found, revision)
        if found is None or at is None:
            return
        siblings = [{"rfilename": path} for path in sorted(at[1])]
        handler.send_json(
            {
                "_id": "0",
                "id": repository,
                "modelId": repository,
                "sha": at[0],
                "private": found.private,
                "gated": False,
                "tags": [],
                "siblings": siblings,
            }
        )

    def _tree(self, handler: FakeHandler, query: dict[str, str], repository: str, revision: str) -> None:
        found = self.found(handler, repository)
        at = None if found is None else self._at(handler, found, revision)
        if at is None:
            return
        entries = [self._entry(path, content) for path, content in sorted(at[1].items())]
        folders = {path.rsplit("/", 1)[0] for path in at[1] if "/" in path}
        entries += [
            {"type": "directory", "oid": "0" * 40, "size": 0, "path": path} for path in sorted(folders)
        ]
        start = int(query.get("cursor", "0"))
        end = start + self.page_entries
        headers = {}
        if end < len(entries):
            page = f"{self.endpoint}/api/models/{repository}/tree/{revision}?recursive=true&cursor={end}"
            headers["Link"] = f'<{page}>; rel="next"'
        handler.send_json(entries[start:end], headers=headers)
        after, self.faults.after_listing = self.faults.after_listing, None
        if after is not None:
            after()

    def _entry(self, path: str, content: bytes) -> dict[str, Any]:
        entry: dict[str, Any] = {"type": "file", "oid": git_sha1(content), "size": len(content), "path": path}
        if self.faults.without_hashes:
            del entry["oid"]
        elif self.is_lfs(path, len(content)):
            entry["oid"] = git_sha1(b"pointer of " + content[:64])
            entry["lfs"] = {"oid": sha256(content), "size": len(content), "pointerSize": 134}
        return entry

    def _resolve(
        self, handler: FakeHandler, _query: dict[str, str], repository: str, revision: str, path: str
    ) -> None:
        found = self.found(handler, repository)
        at = None if found is None else self._at(handler, found, revision)
        if at is None:
            return
        commit, files = at
        headers = {"X-Repo-Commit": self.other_commit or commit}
        if path not in files:
            handler.send_json({"error": "Entry not found"}, 404, {**headers, "X-Error-Code": "EntryNotFound"})
            return
        content = files[path]
        etag = sha256(content) if self.is_lfs(path, len(content)) else git_sha1(content)
        if self.is_lfs(path, len(content)):
            headers |= {"X-Linked-Etag": f'"{etag}"', "X-Linked-Size": str(len(content))}
            if self.faults.to_storage:
                self.stored[path] = content
                location = f"{self.storage_origin}/{quote(path)}?X-Amz-Signature=abc&Expires=1"
                handler.send_content(b"", status=302, headers={**headers, "Location": location})
                return
        elif self.faults.gzip_small:
            # The real hub does so for text whatever was asked for; a range is then ignored.
            packed = gzip.compress(content)
            handler.send_content(
                packed, headers={**headers, "ETag": f'W/"{etag}"', "Content-Encoding": "gzip"}
            )
            return
        handler.send_file(path, content, {**headers, "ETag": f'"{etag}"'})


if __name__ == "__main__":
    serve_folder(FakeHuggingFace(), Path(sys.argv[1]))
