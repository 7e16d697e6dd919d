"""Memory of an import does not grow with the file: a real process on real rows with changed ids."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from data_fixtures import REPOSITORY, shared_data

_IMPORT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from legal_eagle.data import import_job
from legal_eagle.jobs.context import JobContext

class Last:
    result = None
    def emit(self, type_, data):
        if type_ == "result":
            self.result = data

class NoControl:
    def poll(self):
        return []

params = json.loads(sys.argv[2])
reporter = Last()
context = JobContext({"params": params}, Path(sys.argv[3]), reporter, NoControl())
import_job.run(context)
peak = None
if sys.platform == "linux":
    status = Path("/proc/self/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
print(json.dumps({"result": reporter.result, "peakBytes": peak}))
"""
# The bound of the whole (core and job together) is 600 MB; the job alone must leave the core its part.
_LIMIT_BYTES = 300_000_000


def _write_volume(folder: Path, rows: int, *, as_array: bool) -> Path:
    real: list[tuple[str, str]] = []
    for (row,) in json.loads((shared_data("lawyer-llama") / "legal_advice.json").read_text(encoding="utf-8")):
        real.append((row["instruction"], row["output"]))
    path = folder / ("rows.json" if as_array else "rows.jsonl")
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("[" if as_array else "")
        for index in range(rows):
            question, answer = real[index % len(real)]
            row = {"id": f"row-{index}", "input": f"{question}（第{index}号）", "output": answer}
            file.write(", " if as_array and index else "")
            file.write(json.dumps(row, ensure_ascii=False) + ("" if as_array else "\n"))
        file.write("]" if as_array else "")
    return path


def _import(folder: Path, source: Path) -> tuple[dict[str, object], int | None]:
    params = {"sources": [str(source)], "outPath": str(folder / "dataset.db")}
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-X",
            "utf8",
            "-c",
            _IMPORT,
            str(REPOSITORY / "python-runtime"),
            json.dumps(params),
            str(folder),
        ],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    return answer["result"], answer["peakBytes"]


@pytest.mark.parametrize("as_array", [False, True], ids=["lines", "one-line-array"])
@pytest.mark.parametrize(
    "rows", [pytest.param(30_000, id="30k"), pytest.param(300_000, id="300k", marks=pytest.mark.long)]
)
def test_a_large_file_is_imported_in_little_memory(tmp_path: Path, rows: int, as_array: bool) -> None:
    """A reader that holds the file, the rows or the index in memory."""
    source = _write_volume(tmp_path, rows, as_array=as_array)
    result, peak = _import(tmp_path, source)
    print(f"{rows} rows, {source.stat().st_size} bytes, peak {peak}")
    assert (result["rows"], result["usable"]) == (rows, rows)
    assert result["eval"] == round(rows * 0.05)
    assert peak is None or peak < _LIMIT_BYTES
