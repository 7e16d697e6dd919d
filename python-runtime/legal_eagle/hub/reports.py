"""What a download says: events, and the record it leaves in the folder."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Final

from legal_eagle.hub.choose_files import MAX_FILES
from legal_eagle.hub.listing import Listing, RemoteFile, compared_by
from legal_eagle.hub.partial_folder import partial_path
from legal_eagle.jobs.context import JobContext

# With every file of the job in one event, its line stays below the limit of the wire.
_MAX_OTHERS_LISTED: Final = 500


def say_listing(
    context: JobContext, listing: Listing, taken: tuple[RemoteFile, ...], present_bytes: int
) -> None:
    chosen = {file.path for file in taken}
    others = [file for file in listing.files if file.path not in chosen]
    shown = [*taken, *others[: min(_MAX_OTHERS_LISTED, MAX_FILES - len(taken))]]
    context.reporter.emit(
        "listing",
        {
            "repository": context.params["repository"],
            "revision": context.params["revision"] or listing.revision,
            "commit": listing.commit,
            "files": [
                {
                    "path": _printable(file.path),
                    "bytes": file.bytes,
                    "sha256": file.sha256,
                    "taken": file.path in chosen,
                }
                for file in shown
            ],
            "unlisted": len(listing.files) - len(shown),
            "takenFiles": len(taken),
            "takenBytes": sum(file.bytes for file in taken),
            "repositoryFiles": len(listing.files),
            "repositoryBytes": sum(file.bytes for file in listing.files),
            "presentBytes": present_bytes,
            "partialPath": str(partial_path(Path(context.params["outPath"]))),
        },
    )


def _printable(path: str) -> str:
    """A name that is not taken may be anything; it is shown, so it is cut."""
    return path[:300] or "?"


def say_verified(context: JobContext, file: RemoteFile, sha256: str, *, kept: bool) -> None:
    context.reporter.emit(
        "file-verified",
        {"path": file.path, "bytes": file.bytes, "sha256": sha256, "kept": kept, "by": compared_by(file)},
    )
    if file.content_key is None:
        context.reporter.emit(
            "warning",
            {
                "code": "hub.no_hash",
                "message": f"the hub publishes no hash of {file.path}",
                "params": {"path": file.path},
            },
        )


def say_result(
    context: JobContext,
    listing: Listing,
    taken: tuple[RemoteFile, ...],
    hashes: dict[str, str],
    *,
    path: Path | None,
    received_bytes: int,
    started: float,
) -> None:
    params = context.params
    context.reporter.emit(
        "result",
        {
            "path": None if path is None else str(path),
            "hub": params["hub"],
            "endpoint": params["endpoint"],
            "repository": params["repository"],
            "revision": params["revision"] or listing.revision,
            "commit": listing.commit,
            "bytes": sum(file.bytes for file in taken),
            "files": _files(taken, hashes),
            "receivedBytes": received_bytes,
            "seconds": time.monotonic() - started,
        },
    )


def _files(taken: tuple[RemoteFile, ...], hashes: dict[str, str]) -> list[dict[str, object]]:
    return [
        {"path": file.path, "bytes": file.bytes, "sha256": hashes.get(file.path, file.sha256)}
        for file in sorted(taken, key=lambda file: file.path)
    ]


def origin_record(
    params: dict[str, Any], listing: Listing, taken: tuple[RemoteFile, ...], hashes: dict[str, str]
) -> bytes:
    """``legal_eagle_origin.json``: where the folder comes from, beside the files it is about."""
    record = {
        "version": 1,
        "hub": params["hub"],
        "endpoint": params["endpoint"],
        "repository": params["repository"],
        "revision": params["revision"] or listing.revision,
        "commit": listing.commit,
        "fetchedAtMs": time.time_ns() // 1_000_000,
        "files": _files(taken, hashes),
    }
    return (json.dumps(record, ensure_ascii=False, indent=2) + "\n").encode("utf-8")
