"""The conversion job: weights from PyTorch's checkpoint files as safetensors beside them, locked down."""

from __future__ import annotations

import os
import time
from pathlib import Path

from legal_eagle.engine.disk import is_disk_full
from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.release.byte_progress import ByteProgress
from legal_eagle.release.convert_pickle import convert, source_bytes
from legal_eagle.release.locked_down import lock_down
from legal_eagle.release.merge import MergeStopped
from legal_eagle.release.staged_folder import DISK_MARGIN_BYTES, disk_full, free_bytes_at


def run(context: JobContext) -> Outcome:
    """Convert the weights of ``folder``. See ``convertParams`` of the job spec.

    The result event holds ``path, files, bytes, tensors, sources, seconds``.
    """
    folder = Path(context.params["folder"])
    started = time.monotonic()
    context.reporter.emit("phase", {"name": "check"})
    if not folder.is_dir():
        raise JobError(
            "model.folder_missing",
            f"No such folder: {folder}",
            exit_code=EXIT_DATA,
            params={"folder": str(folder)},
        )
    if not os.access(folder, os.W_OK):
        raise JobError(
            "model.convert_not_writable",
            f"{folder} cannot be written",
            exit_code=EXIT_DATA,
            params={"folder": str(folder)},
        )
    total = source_bytes(folder)
    free = free_bytes_at(folder)
    if free < total + DISK_MARGIN_BYTES:
        raise disk_full(folder, total + DISK_MARGIN_BYTES, free)
    # The job's own folder holds its events and its heartbeat.
    lock_down([folder, context.dir])
    context.reporter.emit("phase", {"name": "write"})
    progress = ByteProgress(context.reporter, total)
    try:
        done = convert(folder, on_bytes=progress.add, should_stop=context.stop_requested)
    except MergeStopped:
        return "stopped"
    except OSError as error:
        if is_disk_full(error):
            raise disk_full(folder, total, free_bytes_at(folder)) from error
        raise
    context.reporter.emit(
        "result",
        {
            "path": str(folder),
            "files": [
                {"file": one.file_name, "bytes": one.bytes, "sha256": one.sha256} for one in done.shards
            ],
            "bytes": sum(one.bytes for one in done.shards),
            "tensors": done.tensors,
            "sources": done.sources,
            "seconds": time.monotonic() - started,
        },
    )
    return "done"
