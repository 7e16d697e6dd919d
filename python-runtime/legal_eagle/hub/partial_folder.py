"""What a download has so far, in a hidden folder beside the one it becomes; it outlives the job.

``files/`` holds whole, compared files under their names, ``parts/`` the beginnings of others under the name
of their content, ``state.json`` what was compared. The content's hash decides what is taken up again, so it
may be another commit, a mirror or the other hub that goes on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from legal_eagle.engine.disk import sync_file, sync_folder, write_synced
from legal_eagle.file_lock import try_lock
from legal_eagle.hub.listing import ContentHash, RemoteFile
from legal_eagle.jobs.errors import EXIT_DATA, EXIT_DISK_FULL, EXIT_SPEC, JobError

# What a file system needs for itself.
DISK_MARGIN_BYTES: Final = 64 << 20
_READ_BYTES: Final = 4 << 20


def partial_path(final: Path) -> Path:
    """Where the download of ``final`` lies until it is whole."""
    return final.parent / f".{final.name}.downloading"


def refuse_existing(final: Path) -> None:
    """Raise ``hub.output_exists`` unless ``final`` is absent or an empty folder."""
    if final.is_symlink() or (final.exists() and (not final.is_dir() or any(final.iterdir()))):
        raise JobError(
            "hub.output_exists", f"{final} already exists", exit_code=EXIT_SPEC, params={"path": str(final)}
        )


def free_bytes_at(folder: Path) -> int:
    """Free bytes for this user on the volume of ``folder`` or of the nearest parent that exists."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def disk_full(path: Path, needed_bytes: int, free_bytes: int) -> JobError:
    return JobError(
        "hub.disk_full",
        f"{path} needs {needed_bytes} more bytes, {free_bytes} are free",
        exit_code=EXIT_DISK_FULL,
        params={"path": str(path), "neededBytes": needed_bytes, "freeBytes": free_bytes},
    )


class PartialFolder:
    """Held by one job at a time; the lock ends with its process. Use as a context manager."""

    def __init__(self, final: Path, *, platform: str = sys.platform) -> None:
        self.final = final
        self.path = partial_path(final)
        self._platform = platform
        self._lock: int | None = None
        self._state_guard = threading.Lock()
        self._verified: dict[str, dict[str, Any]] = {}
        self.source: dict[str, Any] = {}

    def __enter__(self) -> PartialFolder:
        refuse_existing(self.final)
        if self.path.is_symlink() or (self.path.exists() and not self.path.is_dir()):
            raise JobError(
                "hub.output_exists",
                f"{self.path} is no folder of a download",
                exit_code=EXIT_SPEC,
                params={"path": str(self.path)},
            )
        self._lock = self._acquire()
        for folder in (self.files, self.parts):
            folder.mkdir(exist_ok=True)
        self._read_state()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave what has come; a folder with nothing in it goes."""
        if self._lock is None:
            return
        is_empty = not (self.path / "state.json").exists()
        if is_empty and self._platform != "win32":
            # While still held: whoever opened the lock before then sees that it is no longer there.
            shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)
        self._lock = None
        if is_empty and self._platform == "win32":
            # An open file cannot be removed there.
            shutil.rmtree(self.path, ignore_errors=True)

    def _acquire(self) -> int:
        place = self.path / "lock"
        while True:
            self.path.mkdir(parents=True, exist_ok=True)
            try:
                descriptor = os.open(place, os.O_RDWR | os.O_CREAT, 0o644)
            except FileNotFoundError:
                continue  # the holder before took the folder away in this moment
            if not try_lock(descriptor, self._platform):
                os.close(descriptor)
                raise JobError(
                    "hub.output_busy",
                    f"another download is writing {self.final}",
                    exit_code=EXIT_SPEC,
                    params={"path": str(self.final)},
                )
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(place.stat(), os.fstat(descriptor)):
                    return descriptor
            os.close(descriptor)

    @property
    def files(self) -> Path:
        return self.path / "files"

    @property
    def parts(self) -> Path:
        return self.path / "parts"

    def part(self, file: RemoteFile) -> Path:
        """The beginning of a file; other content under the same name has another part."""
        key = f"{file.content_key or 'unknown'} {file.path}"
        return self.parts / f"{hashlib.sha256(key.encode('utf-8', 'backslashreplace')).hexdigest()[:40]}.part"

    def say_source(self, source: Mapping[str, Any]) -> None:
        """Keep where the files come from, so that a later job asks for the same commit."""
        self.source = dict(source)
        with self._state_guard:
            self._write_state()

    def keep(self, taken: tuple[RemoteFile, ...], on_hashed: Callable[[int], None]) -> dict[str, str]:
        """Remove what the listing does not have, and give the SHA-256 of each whole file that stays, by path.

        ``on_hashed`` gets the bytes of files that have to be read again; it may raise to stop.
        """
        wanted = {file.path: file for file in taken}
        kept: dict[str, str] = {}
        for folder, _, names in os.walk(self.files, topdown=False):
            for name in names:
                path = Path(folder) / name
                relative = path.relative_to(self.files).as_posix()
                file = wanted.get(relative)
                sha256 = None if file is None or path.is_symlink() else self._hash_of(file, path, on_hashed)
                if sha256 is None:
                    path.unlink()
                    self._verified.pop(relative, None)
                else:
                    kept[relative] = sha256
            if Path(folder) != self.files:
                with contextlib.suppress(OSError):
                    Path(folder).rmdir()  # where nothing stayed
        parts = {self.part(file).name for file in taken if file.content_key is not None}
        for path in self.parts.iterdir():
            if path.name not in parts:
                path.unlink()
        return kept

    def _hash_of(self, file: RemoteFile, path: Path, on_hashed: Callable[[int], None]) -> str | None:
        stat = path.stat()
        known = self._verified.get(file.path, {})
        if file.content_key is None or stat.st_size != file.bytes:
            return None
        if (
            known.get("bytes") == stat.st_size
            and known.get("mtimeNs") == stat.st_mtime_ns
            and known.get("contentKey") == file.content_key
        ):
            return str(known.get("sha256"))
        content = ContentHash(file.bytes)
        with path.open("rb") as opened:
            while block := opened.read(_READ_BYTES):
                content.update(block)
                on_hashed(len(block))
        return content.sha256 if content.is_of(file) else None

    def settle(self, file: RemoteFile, part: Path, sha256: str) -> None:
        """Give a whole, compared part its name, after the disk has it."""
        sync_file(part)
        target = self.files / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)
        with self._state_guard:
            self._verified[file.path] = {
                "bytes": file.bytes,
                "mtimeNs": target.stat().st_mtime_ns,
                "contentKey": file.content_key,
                "sha256": sha256,
            }
            self._write_state()

    def present_bytes(self, taken: tuple[RemoteFile, ...], kept: Mapping[str, str]) -> int:
        """Of the files to take, what lies here: whole files and beginnings."""
        total = 0
        for file in taken:
            total += file.bytes if file.path in kept else self.part_bytes(file)
        return total

    def part_bytes(self, file: RemoteFile) -> int:
        """How much of a file that is not whole lies here."""
        part = self.part(file)
        return min(part.stat().st_size, file.bytes) if part.exists() else 0

    def publish(self, record_name: str, record: bytes) -> None:
        """Add the record of where it comes from and give the folder its name; then nothing else is left."""
        refuse_existing(self.final)
        write_synced(self.files / record_name, record)
        for folder, _, _ in os.walk(self.files):
            sync_folder(Path(folder))
        if self.final.is_dir():
            self.final.rmdir()  # empty; Windows does not rename onto it
        self.files.rename(self.final)
        sync_folder(self.final.parent)
        (self.path / "state.json").unlink(missing_ok=True)
        self.__exit__()

    def _read_state(self) -> None:
        try:
            state = json.loads((self.path / "state.json").read_text(encoding="utf-8"))
            verified, source = state["verified"], state["source"]
        except (OSError, ValueError, KeyError, TypeError):
            return  # nothing is lost by it: files are read and compared again
        if isinstance(verified, dict):
            self._verified = {str(key): one for key, one in verified.items() if isinstance(one, dict)}
        if isinstance(source, dict):
            self.source = source

    def _write_state(self) -> None:
        fresh = self.path / "state.json.new"
        write_synced(fresh, json.dumps({"source": self.source, "verified": self._verified}).encode("utf-8"))
        fresh.replace(self.path / "state.json")


def hash_mismatch(file: RemoteFile, tries: int) -> JobError:
    return JobError(
        "hub.hash_mismatch",
        f"{file.path} came {tries} times with other bytes than the hub's listing says",
        exit_code=EXIT_DATA,
        params={"path": file.path, "tries": tries},
    )
