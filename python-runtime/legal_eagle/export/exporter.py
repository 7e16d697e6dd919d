"""What every format gives the export job: its size, its files, and what a person should know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from legal_eagle.jobs.context import Reporter


class ExportStopped(Exception):
    """A stop was asked for; the unfinished files are the job's to remove."""


@dataclass(frozen=True)
class Notice:
    """A warning event: a code of errors/export.ts, English words for the log, and the code's params."""

    code: str
    message: str
    params: Mapping[str, object]


@dataclass
class WriteContext:
    """What a format is given while it writes."""

    folder: Path
    name: str
    reporter: Reporter
    on_bytes: Callable[[int], None]
    should_stop: Callable[[], bool]

    def stop_point(self) -> None:
        """Raises ExportStopped where the job is to stop."""
        if self.should_stop():
            raise ExportStopped


@dataclass
class Written:
    """What a format has written besides files: fields for the manifest and for the result event."""

    facts: dict[str, Any] = field(default_factory=dict)


class Exporter(Protocol):
    """One format on one source. Made by a function that has refused already whatever it cannot write."""

    @property
    def output_bytes(self) -> int:
        """Bytes that the folder takes at most while it is written."""

    @property
    def progress_bytes(self) -> int:
        """Sum of all ``on_bytes`` calls."""

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Warnings that are known before writing."""

    def write(self, context: WriteContext) -> Written:
        """Writes plain files into ``context.folder``."""
