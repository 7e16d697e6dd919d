"""Running the export job inside a test's own process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from legal_eagle.export import export_job
from legal_eagle.jobs.context import ControlCommand, JobContext


class Watched:
    """A reporter and an inbox; keeps every event."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Mapping[str, object]]] = []

    def emit(self, type: str, data: Mapping[str, object], /) -> None:
        self.events.append((type, data))

    def poll(self) -> list[ControlCommand]:
        return []

    def codes(self) -> list[object]:
        return [data["code"] for type_, data in self.events if type_ == "warning"]

    def result(self) -> Mapping[str, Any]:
        return next(data for type_, data in self.events if type_ == "result")


def params_of(
    model: Path,
    format_: str,
    out: Path,
    adapter: Path | None = None,
    ollama: str | None = None,
    **changes: Any,
) -> dict[str, Any]:
    return {
        "format": format_,
        "modelPath": str(model),
        "adapterPath": None if adapter is None else str(adapter),
        "outPath": str(out),
        "name": "model",
        "template": "auto",
        "ollamaName": ollama,
        "archive": "folder",
        "baseRepository": None,
        "baseRevision": None,
        **changes,
    }


def run_export(
    model: Path,
    format_: str,
    out: Path,
    adapter: Path | None = None,
    ollama: str | None = None,
    stop: Callable[[], bool] = lambda: False,
    **changes: Any,
) -> Watched:
    """Raises the job's JobError. A stopped job leaves no ``out``."""
    watched = Watched()
    params = params_of(model, format_, out, adapter, ollama, **changes)
    outcome = export_job.run(JobContext({"params": params}, out.parent, watched, watched, stop_flag=stop))
    assert outcome == ("done" if out.exists() else "stopped")
    return watched
