"""Helpers of the data tests: shared real data, an in-memory reporter, whole imports and whole reads."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from legal_eagle.data import import_job
from legal_eagle.data.mapping_options import MappingOptions
from legal_eagle.data.problem import Problem
from legal_eagle.data.row_mapper import MappedRow
from legal_eagle.data.source_rows import SourceRows
from legal_eagle.jobs.context import ControlCommand, JobContext, Outcome

REPOSITORY = Path(__file__).resolve().parents[2]


def shared_data(name: str) -> Path:
    """A folder of the shared real data. Where it is missing CI fails and other machines skip."""
    root = Path(os.environ.get("LEGAL_EAGLE_SHARED", REPOSITORY.parent / "shared"))
    path = root / "data" / name
    if not path.exists():
        message = f"shared data missing: data/{name} (set LEGAL_EAGLE_SHARED)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return path


class Events:
    """Keeps what a job reports."""

    def __init__(self) -> None:
        self.all: list[tuple[str, dict[str, Any]]] = []

    def emit(self, type_: str, data: Mapping[str, object], /) -> None:
        # Events cross as JSON: what cannot be written must fail here too.
        self.all.append((type_, json.loads(json.dumps(data, allow_nan=False))))

    def of(self, type_: str) -> list[dict[str, Any]]:
        return [data for name, data in self.all if name == type_]

    @property
    def result(self) -> dict[str, Any]:
        return self.of("result")[-1]


class NoControl:
    def poll(self) -> list[ControlCommand]:
        return []


def run_import(
    events: Events,
    folder: Path,
    sources: list[Path],
    *,
    stop_after: int | None = None,
    **params: Any,
) -> tuple[Outcome, Path]:
    """The import job in this process, into folder/dataset.db. `stop_after`: polls until stop is asked for."""
    out_path = folder / "dataset.db"
    polls = 0

    def stopped() -> bool:
        nonlocal polls
        polls += 1
        return stop_after is not None and polls > stop_after

    spec = {"params": {"sources": [str(source) for source in sources], "outPath": str(out_path), **params}}
    context = JobContext(spec=spec, dir=folder, reporter=events, control=NoControl(), stop_flag=stopped)
    return import_job.run(context), out_path


def read_all(path: Path, options: MappingOptions | None = None) -> tuple[list[MappedRow], list[Problem]]:
    """Rows of one file, and every finding: of the file, of lines, and of rows."""
    rows: list[MappedRow] = []
    problems: list[Problem] = []
    for item in SourceRows(path, options or MappingOptions()).rows():
        if isinstance(item, Problem):
            problems.append(item)
        else:
            rows.append(item)
            problems.extend(item.problems)
    return rows, problems


def write_lines(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path
