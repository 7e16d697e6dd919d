"""The run's adapter folder: PEFT files plus `legal_eagle.json`, which says how to talk to it."""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from legal_eagle.engine.disk import replace_folder, sync_file, write_synced
from legal_eagle.models.weights import SafetensorsFolder

RECORD_FILE = "legal_eagle.json"
# Small files are hashed whole; of a large shard, blocks spread evenly over it.
_WHOLE_BYTES = 64 << 20
_BLOCK_BYTES = 1 << 20
_BLOCKS = 16


def base_fingerprint(folder: Path) -> str:
    """SHA-256 over config.json and, for each shard, its name, size and (sampled) bytes.

    Reads at most 16 MiB of a large shard, spread over it: a retrained base of the same shape differs
    everywhere, and reading 40 GB before every run would cost minutes.
    """
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    for name in sorted(SafetensorsFolder(folder).shards()):
        path = folder / name
        size = path.stat().st_size
        digest.update(f"\n{name} {size}\n".encode())
        with path.open("rb") as file:
            if size <= _WHOLE_BYTES:
                digest.update(file.read())
                continue
            for block in range(_BLOCKS):
                file.seek((size - _BLOCK_BYTES) * block // (_BLOCKS - 1))
                digest.update(file.read(_BLOCK_BYTES))
    return digest.hexdigest()


def recorded_base(folder: Path) -> str | None:
    """The fingerprint of the base that an adapter's record names; None where it names none."""
    try:
        record = json.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
        fingerprint = record["base"]["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return fingerprint if isinstance(fingerprint, str) else None


def write_record(folder: Path, record: dict[str, object]) -> None:
    write_synced(folder / RECORD_FILE, json.dumps(record, ensure_ascii=False, indent=1).encode("utf-8"))


def write_adapter_folder(target: Path, write_files: Callable[[Path], None]) -> None:
    """Replaces `target` by what `write_files` puts into an empty folder; whole or not at all."""
    building = target.with_name(f"{target.name}.tmp-{uuid.uuid4().hex[:8]}")
    building.mkdir(parents=True)
    try:
        write_files(building)
        for path in building.iterdir():
            sync_file(path)
        replace_folder(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
