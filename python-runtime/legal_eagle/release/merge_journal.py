"""Which shards of an unfinished merge are whole, so that the same merge goes on after a kill.

The journal lies among the shards and names plan, base and adapter by one digest. A line is added when its
shard is closed and on the disk; nobody believes it without hashing the shard again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from legal_eagle.engine.disk import sync_folder, write_synced
from legal_eagle.models.shard_writer import ShardPlan, WrittenShard
from legal_eagle.models.sidecar_files import file_sha256
from legal_eagle.models.strict_json import parse_json_object

JOURNAL_FILE = "merge-journal.ndjson"
_VERSION = 1


def merge_key(plan_parts: Mapping[str, object], shards: tuple[ShardPlan, ...]) -> str:
    """SHA-256 in hex over what decides every byte of a merge: ``plan_parts`` and the shards' headers."""
    digest = hashlib.sha256(json.dumps([_VERSION, plan_parts], sort_keys=True).encode("utf-8"))
    for shard in shards:
        digest.update(b"\0" + shard.file_name.encode("utf-8") + b"\0" + shard.header)
    return digest.hexdigest()


class MergeJournal:
    """The journal of a staged folder, which must exist and be held by this process alone."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder = folder
        self._path = folder / JOURNAL_FILE
        self._key = key

    def resume(
        self,
        shards: tuple[ShardPlan, ...],
        *,
        on_bytes: Callable[[int], None] = lambda _: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> dict[str, WrittenShard]:
        """The shards that are whole, by file name; everything else in the folder is removed.

        ``on_bytes`` gets the tensor bytes of each whole shard. Where ``should_stop`` turns true nothing is
        removed and what was found so far is returned.
        """
        kept: dict[str, WrittenShard] = {}
        noted = self._noted()
        for shard in shards:
            if should_stop():
                return kept
            sha256 = noted.get(shard.file_name)
            if sha256 is not None and _is_whole(self.folder / shard.file_name, shard.file_bytes, sha256):
                kept[shard.file_name] = WrittenShard(shard.file_name, shard.file_bytes, sha256)
                on_bytes(sum(tensor.bytes for tensor in shard.tensors))
        for path in self.folder.iterdir():
            if path.name not in kept and path != self._path:
                _remove(path)
        # Anew, so that no torn line stands before what is added, and at once, so that a kill loses nothing.
        renewed = self.folder / f"{JOURNAL_FILE}.new"
        lines = [_encoded({"key": self._key}), *(_encoded(_line(written)) for written in kept.values())]
        write_synced(renewed, b"".join(lines))
        renewed.replace(self._path)
        sync_folder(self.folder)
        return kept

    def add(self, written: WrittenShard) -> None:
        """Note a shard that is closed and synced."""
        sync_folder(self.folder)
        with self._path.open("ab") as file:
            file.write(_encoded(_line(written)))
            file.flush()
            os.fsync(file.fileno())

    def remove(self) -> None:
        """Before the folder gets its name: a finished model has no journal."""
        self._path.unlink(missing_ok=True)

    def _noted(self) -> dict[str, str]:
        """SHA-256 by file name; of no shard where the journal is another merge's, or missing."""
        noted: dict[str, str] = {}
        try:
            lines = self._path.read_bytes().split(b"\n")
            if parse_json_object(lines[0]) != {"key": self._key}:
                return {}
            # What follows the last line break was cut off while it was written.
            for line in lines[1:-1]:
                value = parse_json_object(line)
                noted[str(value["file"])] = str(value["sha256"])
        except (OSError, ValueError, KeyError):
            return noted
        return noted


def _encoded(line: Mapping[str, object]) -> bytes:
    return json.dumps(line).encode("utf-8") + b"\n"


def _line(written: WrittenShard) -> dict[str, object]:
    return {"file": written.file_name, "sha256": written.sha256}


def _is_whole(path: Path, file_bytes: int, sha256: str) -> bool:
    if path.is_symlink() or not path.is_file() or path.stat().st_size != file_bytes:
        return False
    return file_sha256(path) == sha256


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
