"""Atomic checkpoints: a folder appears under its name only when every byte of it is on disk.

Order of writing: files into a temporary folder, fsync of each, `manifest.json` with the size and SHA-256 of
every file last, fsync, rename. A crash at any moment leaves either the whole checkpoint or a folder whose
name does not match; `list_checkpoints` offers only folders whose manifest matches their files.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from legal_eagle.engine.disk import replace_folder, sync_file, sync_folder, write_synced

MANIFEST = "manifest.json"
_VERSION = 1
_NAME = re.compile(r"step-(\d{8,})")
_TEMPORARY = re.compile(r"(step-\d{8,})\.(tmp|old)-.+")
_READ_BYTES = 1 << 20


class DamagedCheckpointError(Exception):
    """A checkpoint whose files do not match its manifest; `reason` says which and how."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder}: {reason}")
        self.folder = folder
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CheckpointInfo:
    """A whole checkpoint. `bytes` counts all files but the manifest; `by_hand`: a person asked for it."""

    step: int
    path: Path
    bytes: int
    saved_at_ms: int
    manifest_sha256: str
    by_hand: bool


def checkpoint_name(step: int) -> str:
    return f"step-{step:08d}"


def write_checkpoint(
    root: Path, step: int, write_files: Callable[[Path], None], *, by_hand: bool = False
) -> CheckpointInfo:
    """Writes `root/step-…` from what `write_files` puts into an empty folder; replaces one of the same step.

    Errors of `write_files` and of the disk pass through after the temporary folder is gone.
    """
    root.mkdir(parents=True, exist_ok=True)
    target = root / checkpoint_name(step)
    building = root / f"{target.name}.tmp-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    building.mkdir()
    try:
        write_files(building)
        files: dict[str, dict[str, object]] = {}
        for path in sorted(building.iterdir()):
            sync_file(path)
            files[path.name] = {"bytes": path.stat().st_size, "sha256": _sha256(path)}
        # Strictly later than every other one, so that two saves in a millisecond keep their order.
        newest = max((info.saved_at_ms for info in list_checkpoints(root)), default=0)
        manifest = {
            "version": _VERSION,
            "step": step,
            "savedAtMs": max(time.time_ns() // 1_000_000, newest + 1),
            "byHand": by_hand,
            "files": files,
        }
        write_synced(building / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True).encode("utf-8"))
        sync_folder(building)
        replace_folder(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    info = read_checkpoint(target)
    if info is None:
        raise DamagedCheckpointError(target, "not readable after it was written")
    return info


def read_checkpoint(folder: Path) -> CheckpointInfo | None:
    """The checkpoint in `folder`, or None where it is not whole by name, manifest and file sizes."""
    named = _NAME.fullmatch(folder.name)
    if named is None:
        return None
    try:
        text = (folder / MANIFEST).read_bytes()
        manifest: dict[str, Any] = json.loads(text.decode("utf-8"))
        files: dict[str, dict[str, Any]] = manifest["files"]
        if manifest["version"] != _VERSION or not files:
            return None
        if any((folder / name).stat().st_size != entry["bytes"] for name, entry in files.items()):
            return None
        return CheckpointInfo(
            step=int(named.group(1)),
            path=folder,
            bytes=sum(int(entry["bytes"]) for entry in files.values()),
            saved_at_ms=int(manifest["savedAtMs"]),
            manifest_sha256=hashlib.sha256(text).hexdigest(),
            by_hand=manifest.get("byHand") is True,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def list_checkpoints(root: Path) -> list[CheckpointInfo]:
    """Whole checkpoints below `root`, oldest first by the time they were saved.

    Time and not step decides: a run resumed from an earlier step writes newer checkpoints of lower steps.
    """
    if not root.is_dir():
        return []
    found = [info for folder in root.iterdir() if (info := read_checkpoint(folder)) is not None]
    return sorted(found, key=lambda info: (info.saved_at_ms, info.step))


def verify_checkpoint(folder: Path) -> CheckpointInfo:
    """The checkpoint in `folder` after reading every byte of it. Raises DamagedCheckpointError."""
    if not (folder / MANIFEST).is_file():
        raise DamagedCheckpointError(folder, f"{MANIFEST} is missing")
    info = read_checkpoint(folder)
    if info is None:
        raise DamagedCheckpointError(folder, "the manifest does not match the files")
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    for name, entry in manifest["files"].items():
        if _sha256(folder / name) != entry["sha256"]:
            raise DamagedCheckpointError(folder, f"{name} is damaged (SHA-256 differs)")
    return info


def prune_checkpoints(root: Path, keep_last: int, best_step: int | None) -> list[CheckpointInfo]:
    """Removes all but the newest `keep_last`, the best and those saved by hand; returns what was removed.

    Unfinished folders of crashed runs go too.
    """
    whole = list_checkpoints(root)
    kept = {info.path for info in whole if info.by_hand or info.step == best_step}
    kept |= {info.path for info in [info for info in whole if not info.by_hand][-keep_last:]}
    removed = [info for info in whole if info.path not in kept]
    for info in removed:
        # The manifest goes first: a removal cut short must not leave something that looks whole.
        (info.path / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(info.path, ignore_errors=True)
    for folder in root.iterdir():
        if _TEMPORARY.fullmatch(folder.name):
            shutil.rmtree(folder, ignore_errors=True)
    return removed


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
