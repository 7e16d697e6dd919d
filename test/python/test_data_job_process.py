"""The import and statistics jobs as the core runs them: a real process, its events and exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from data_fixtures import REPOSITORY, write_lines

from legal_eagle.protocol import validate
from service_job import events, run_job, write_job


def _rows(count: int) -> list[dict[str, Any]]:
    return [{"id": n, "input": f"第{n}个问题怎么办？", "output": f"回答{n}"} for n in range(count)]


def _check_events(folder: Path) -> None:
    for event in events(folder):
        line = {key: value for key, value in event.items() if key != "crc"}
        assert validate(line, "JobEvent") == [], event["type"]


def test_import_then_statistics(tmp_path: Path) -> None:
    """Events that the core refuses, a handler that needs more than an isolated interpreter gives."""
    source = write_lines(tmp_path / "数据 1.jsonl", _rows(30))
    dataset = tmp_path / "datasets" / "d" / "dataset.db"
    folder = write_job(
        tmp_path / "import",
        "dataset-import",
        {"sources": [str(source)], "outPath": str(dataset), "mapping": {"referencePlacement": "before"}},
    )
    assert run_job(folder) == 0, (folder / "log.txt").read_text(encoding="utf-8")
    _check_events(folder)
    [result] = events(folder, "result")
    assert (result["data"]["rows"], result["data"]["train"], result["data"]["eval"]) == (30, 28, 2)
    assert dataset.is_file()
    folder = write_job(
        tmp_path / "statistics",
        "dataset-statistics",
        {"datasetPath": str(dataset), "modelPath": str(REPOSITORY / "resources" / "tiny-model")},
    )
    assert run_job(folder) == 0, (folder / "log.txt").read_text(encoding="utf-8")
    _check_events(folder)
    [result] = events(folder, "result")
    assert result["data"]["rows"] == 30


def test_a_half_valid_file_ends_with_the_data_exit_code(tmp_path: Path) -> None:
    """A refusal that looks like a crash, or whose report is lost."""
    source = write_lines(tmp_path / "rows.jsonl", [*_rows(3), {"input": "问"}])
    dataset = tmp_path / "dataset.db"
    folder = write_job(
        tmp_path / "import", "dataset-import", {"sources": [str(source)], "outPath": str(dataset)}
    )
    assert run_job(folder) == 22
    _check_events(folder)
    assert [event["type"] for event in events(folder)][-3:] == ["result", "error", "ended"]
    [error] = events(folder, "error")
    assert error["data"]["code"] == "data.import_needs_consent"
    assert json.loads(json.dumps(error["data"]["params"]))["usable"] == 3
    assert not dataset.exists()
