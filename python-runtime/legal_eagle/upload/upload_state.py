"""What an upload has done so far, in a file that outlives the job. No address and no token is in it."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any, Final, Literal

from legal_eagle.engine.disk import write_synced

_VERSION: Final = 1
FileState = Literal["hashed", "put", "committed"]


class UploadState:
    """Of one repository; a file about another one is begun anew. Safe from several threads."""

    def __init__(self, path: Path, hub: str, endpoint: str, repository: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        # Whether this upload has asked for the repository: found again, it is its own.
        self.created = False
        self._target = {"hub": hub, "endpoint": endpoint, "repository": repository}
        self._files: dict[str, dict[str, Any]] = {}
        self._read()

    def known_sha256(self, path: str, size: int, mtime_ns: int) -> str | None:
        """The hash of an earlier attempt, where the file is still as large and as old as it was then."""
        with self._lock:
            known = self._files.get(path)
        if known is None or (known.get("bytes"), known.get("mtimeNs")) != (size, mtime_ns):
            return None
        sha256 = known.get("sha256")
        return sha256 if isinstance(sha256, str) and len(sha256) == 64 else None

    def hashed(self, path: str, size: int, mtime_ns: int, sha256: str) -> None:
        with self._lock:
            self._files[path] = {
                "bytes": size,
                "mtimeNs": mtime_ns,
                "sha256": sha256,
                "state": "hashed",
            }
            self._write()

    def forget(self, path: str) -> None:
        with self._lock:
            self._files.pop(path, None)
            self._write()

    def mark(self, paths: list[str], state: FileState) -> None:
        with self._lock:
            for path in paths:
                if path in self._files:
                    self._files[path]["state"] = state
            self._write()

    def mark_created(self) -> None:
        with self._lock:
            self.created = True
            self._write()

    def _read(self) -> None:
        try:
            record = json.loads(self._path.read_text(encoding="utf-8"))
            if record["version"] != _VERSION or record["target"] != self._target:
                return
            files, created = record["files"], record["created"]
        except (OSError, ValueError, KeyError, TypeError):
            return  # nothing is lost by it: files are hashed again, and the hub knows what it has
        if isinstance(files, dict):
            self._files = {str(path): one for path, one in files.items() if isinstance(one, dict)}
        self.created = created is True

    def _write(self) -> None:
        record = {
            "version": _VERSION,
            "target": self._target,
            "created": self.created,
            "files": self._files,
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(f"{self._path.name}.new")
        write_synced(fresh, json.dumps(record, ensure_ascii=False).encode("utf-8"))
        fresh.replace(self._path)
