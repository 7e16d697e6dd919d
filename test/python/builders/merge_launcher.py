"""Runs a merge job that kills itself at its n-th moment: around a write into a shard, a journal line, the
reading of the journal, the last rename.

`python merge_launcher.py JOB N`; with N of 0 it lives. The moments are counted into JOB.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from legal_eagle.jobs.context import ControlCommand, JobContext
from legal_eagle.models.shard_writer import ShardWriter
from legal_eagle.release import merge_job
from legal_eagle.release.merge_journal import MergeJournal
from legal_eagle.release.staged_folder import StagedFolder


class Moments:
    def __init__(self, fatal: int) -> None:
        self.count = 0
        self._fatal = fatal

    def pass_one(self) -> None:
        self.count += 1
        if self.count == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: type, name: str) -> None:
        """A moment before and one after each call of a method."""
        real: Callable[..., Any] = getattr(owner, name)

        def surrounded(*args: Any, **options: Any) -> Any:
            self.pass_one()
            result = real(*args, **options)
            self.pass_one()
            return result

        setattr(owner, name, surrounded)


class Reports:
    """Phases into a file, which outlives the process."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def emit(self, type: str, data: Mapping[str, object], /) -> None:
        if type in ("phase", "result"):
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"type": type, "data": data}) + "\n")

    def poll(self) -> list[ControlCommand]:
        return []


def main(job: Path, fatal: int) -> None:
    moments = Moments(fatal)
    moments.around(ShardWriter, "_write")
    moments.around(MergeJournal, "add")
    moments.around(MergeJournal, "resume")
    moments.around(StagedFolder, "publish")
    spec = json.loads((job / "job.json").read_text(encoding="utf-8"))
    reports = Reports(job / "reports.ndjson")
    merge_job.run(JobContext(spec, job, reports, reports))
    (job / "moments").write_text(str(moments.count), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
