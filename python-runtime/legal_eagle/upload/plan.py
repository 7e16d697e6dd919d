"""What one commit will do, from the files here and what the hub lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from legal_eagle.hub.listing import RemoteFile
from legal_eagle.jobs.context import JobContext
from legal_eagle.upload.asking import Asking
from legal_eagle.upload.check_files import MAX_ACTIONS
from legal_eagle.upload.local_files import is_at_hub
from legal_eagle.upload.refusals import too_many_files
from legal_eagle.upload.upload_hub import Blob, RepositoryState, UploadHub

Change = Literal["add", "replace", "same"]
# Hubs put it into every repository, and need it to tell which files are large.
_OWN_OF_HUBS: Final = frozenset({".gitattributes"})
_NOTHING: Final[Mapping[str, RemoteFile]] = {}


@dataclass(frozen=True, slots=True)
class Plan:
    """``changes`` per path; ``deletes`` are those that are there, ``others`` what is there besides and stays;
    ``missing`` as ``missing_paths`` says."""

    state: RepositoryState
    blobs: tuple[Blob, ...]
    changes: Mapping[str, Change]
    deletes: tuple[str, ...]
    others: tuple[str, ...]
    missing: tuple[str, ...]
    before: Mapping[str, RemoteFile]

    @property
    def changed_paths(self) -> list[str]:
        return [blob.path for blob in self.blobs if self.changes[blob.path] != "same"]

    @property
    def is_empty(self) -> bool:
        return not self.changed_paths and not self.deletes


def make_plan(
    asking: Asking,
    hub: UploadHub,
    state: RepositoryState,
    blobs: Sequence[Blob],
    deletes: Sequence[str],
    *,
    delete_others: bool = False,
) -> Plan:
    """Changes nothing at the hub. ``delete_others`` as in ``uploadParams``. Raises
    ``upload.too_many_files``."""
    before = _NOTHING if state == "absent" else asking.ask(hub.list_files)
    changes = {blob.path: _change(blob, before.get(blob.path)) for blob in blobs}
    changed = [blob for blob in blobs if changes[blob.path] != "same"]
    missing: Sequence[str]
    if state == "absent":
        # There is no repository yet that could be asked.
        missing = [blob.path for blob in changed]
    else:
        _, missing = negotiated_blobs(asking, hub, changed)
    kept = {blob.path for blob in blobs}
    gone = tuple(path for path in dict.fromkeys(deletes) if path in before and path not in kept)
    others = tuple(sorted({*before} - kept - {*gone} - _OWN_OF_HUBS))
    if delete_others:
        gone, others = (*gone, *others), ()
    # Nothing was sent yet: a person can still choose another way.
    if gone and len(changed) + len(gone) > MAX_ACTIONS:
        raise too_many_files(len(changed) + len(gone), MAX_ACTIONS)
    return Plan(state, tuple(blobs), changes, gone, others, tuple(missing), before)


def negotiated_blobs(asking: Asking, hub: UploadHub, blobs: Sequence[Blob]) -> tuple[list[Blob], list[str]]:
    """The blobs with the hub's word on which go into the commit itself, and for each content that the hub
    does not have one path of it."""
    if not blobs:
        return [], []
    answer = asking.ask(lambda session: hub.negotiate(session, blobs))
    told = [replace(blob, inline=blob.path in answer.inline) for blob in blobs]
    missing = {
        blob.sha256: blob.path
        for blob in told
        if not blob.inline and answer.targets.get(blob.sha256) is not None
    }
    return told, list(missing.values())


def say_plan(context: JobContext, plan: Plan) -> None:
    sizes = {blob.path: blob.bytes for blob in plan.blobs}
    context.reporter.emit(
        "upload-plan",
        {
            "repository": context.params["repository"],
            "state": plan.state,
            "files": [
                {
                    "path": blob.path,
                    "bytes": blob.bytes,
                    "sha256": blob.sha256,
                    "change": plan.changes[blob.path],
                }
                for blob in plan.blobs
            ],
            "deletes": list(plan.deletes),
            "others": list(plan.others),
            "totalBytes": sum(sizes.values()),
            "sendBytes": sum(sizes[path] for path in plan.missing),
        },
    )


def _change(blob: Blob, remote: RemoteFile | None) -> Change:
    if remote is None:
        return "add"
    return "same" if is_at_hub(blob, remote) is True else "replace"
