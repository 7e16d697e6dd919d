"""A merge that was killed goes on, and its result is that of one that nobody touched."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from test_merge_job import merge_params

from legal_eagle.jobs.context import ControlCommand, JobContext
from legal_eagle.models.sidecar_files import MANIFEST_FILE, file_sha256
from legal_eagle.release import merge_job
from legal_eagle.release.merge_journal import JOURNAL_FILE
from merge_fixtures import write_adapter, write_base
from service_job import ENVIRONMENT, write_job

LAUNCHER = Path(__file__).with_name("builders") / "merge_launcher.py"
RUNTIME = Path(__file__).resolve().parents[2] / "python-runtime"
# What is set at the time, or measured with the clock's luck; the rest of the manifest is compared.
VOLATILE = ("createdAtMs", "parity")


def write_sources(folder: Path, strength: float = 0.05) -> None:
    # Weak, since random layers amplify the order of fp32 sums as no trained model does.
    config = write_base(folder / "base", dtype="bfloat16", files=2, num_hidden_layers=4)
    write_adapter(folder / "adapter", config, strength=strength)


def launch(job: Path, fatal: int) -> int:
    path = os.pathsep.join((str(RUNTIME), str(LAUNCHER.parents[1])))
    with (job / "log.txt").open("ab") as log:
        return subprocess.run(
            [sys.executable, str(LAUNCHER), str(job), str(fatal)],
            env={**ENVIRONMENT, "PYTHONPATH": path},
            stdout=log,
            stderr=log,
            timeout=240,
            check=False,
        ).returncode


def phases(job: Path) -> list[str]:
    lines = (job / "reports.ndjson").read_text(encoding="utf-8").splitlines()
    return [line["data"]["name"] for line in map(json.loads, lines) if line["type"] == "phase"]


def contents(folder: Path) -> dict[str, object]:
    """Every file of a merged model by its digest, the manifest by its lasting values."""
    found: dict[str, object] = {path.name: file_sha256(path) for path in folder.iterdir()}
    manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    return {**found, MANIFEST_FILE: {key: manifest[key] for key in manifest if key not in VOLATILE}}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object], int]:
    """Sources, the files of an uninterrupted merge, and how many moments it has."""
    folder = tmp_path_factory.mktemp("untouched")
    write_sources(folder)
    job = write_job(folder / "job", "merge", merge_params(folder))
    assert launch(job, 0) == 0, (job / "log.txt").read_text(encoding="utf-8")
    return folder, contents(folder / "models" / "merged"), int((job / "moments").read_text())


def _kills(folder: Path, wanted: Mapping[str, object], moments: int, kills: int, seed: int) -> None:
    """Kills at random moments, then lets the merge end and compares."""
    draw = random.Random(seed)
    out = folder / f"out-{seed}" / "merged"
    job = write_job(folder / f"job-{seed}", "merge", merge_params(folder, outPath=str(out)))
    done = 0
    while done < kills:
        code = launch(job, draw.randint(1, moments))
        assert code in (0, -signal.SIGKILL), (job / "log.txt").read_text(encoding="utf-8")
        if code == 0:
            # A resumed merge has fewer moments than a fresh one: this one had ended before its own came.
            assert contents(out) == wanted
            out.rename(out.with_name(f"merged-{done}"))
            continue
        done += 1
        # Killed right after the rename it is whole, else it is not there.
        assert not out.exists() or contents(out) == wanted
        if out.exists():
            out.rename(out.with_name(f"merged-{done}"))
    assert launch(job, 0) == 0, (job / "log.txt").read_text(encoding="utf-8")
    assert contents(out) == wanted
    assert not (out.parent / ".merged.merging").exists()


def test_kills_at_random_moments_change_no_byte(untouched: tuple[Path, dict[str, object], int]) -> None:
    """Would catch a shard that was cut off and counted as whole, and one that is missing or written twice."""
    folder, wanted, moments = untouched
    assert JOURNAL_FILE not in wanted
    assert len([name for name in wanted if name.endswith(".safetensors")]) > 3
    _kills(folder, wanted, moments, kills=4, seed=1)


@pytest.mark.long
def test_thirty_kills_change_no_byte(untouched: tuple[Path, dict[str, object], int]) -> None:
    """As above, at many more places."""
    folder, wanted, moments = untouched
    for seed in range(10, 16):
        _kills(folder, wanted, moments, kills=5, seed=seed)


class _Job:
    """A merge in this process, with its phases."""

    def __init__(self, folder: Path, stops: Callable[[], bool] = lambda: False, **changes: Any) -> None:
        self.phases: list[str] = []
        self.progress: list[int] = []
        params = merge_params(folder, **{"maxShardBytes": 30_000, **changes})
        spec = {"kind": "merge", "params": params}
        self.outcome = merge_job.run(JobContext(spec, folder, self, self, stop_flag=stops))

    def emit(self, type: str, data: Mapping[str, Any], /) -> None:
        if type == "phase":
            self.phases.append(str(data["name"]))
        if type == "progress":
            self.progress.append(data["done"])

    def poll(self) -> list[ControlCommand]:
        return []


def _stopped(folder: Path) -> Path:
    """A merge that was stopped as soon as two shards were whole; its staged folder."""
    write_sources(folder)
    staged = folder / "models" / ".merged.merging"

    def has_two() -> bool:
        return (staged / JOURNAL_FILE).exists() and len(whole_shards(staged)) > 1

    assert _Job(folder, has_two).outcome == "stopped"
    return staged


def whole_shards(staged: Path) -> list[Path]:
    lines = (staged / JOURNAL_FILE).read_text(encoding="utf-8").splitlines()[1:]
    return [staged / json.loads(line)["file"] for line in lines]


def test_a_stopped_merge_keeps_its_whole_shards(tmp_path: Path) -> None:
    """Would catch a merge that calls itself resumed and writes everything anew."""
    staged = _stopped(tmp_path)
    dates = {path.name: path.stat().st_mtime_ns for path in whole_shards(staged)}
    job = _Job(tmp_path)
    assert job.outcome == "done"
    assert "resume" in job.phases
    assert job.progress[0] > 0
    out = tmp_path / "models" / "merged"
    assert {name: (out / name).stat().st_mtime_ns for name in dates} == dates
    assert not (out / JOURNAL_FILE).exists()
    assert [path.name for path in out.parent.iterdir()] == ["merged"]


@pytest.mark.parametrize("damage", ["one byte", "cut off", "a link", "gone"])
def test_a_damaged_shard_is_written_anew(tmp_path: Path, damage: str) -> None:
    """Would catch a journal that is believed: a disk may have lost what it said it had."""
    staged = _stopped(tmp_path)
    shard = whole_shards(staged)[0]
    right = shard.read_bytes()
    if damage == "one byte":
        shard.write_bytes(right[:-1] + bytes([right[-1] ^ 1]))
    elif damage == "cut off":
        shard.write_bytes(right[:-1])
    else:
        shard.unlink()
        if damage == "a link":
            (tmp_path / "elsewhere").write_bytes(right)
            shard.symlink_to(tmp_path / "elsewhere")
    assert _Job(tmp_path).outcome == "done"
    written = tmp_path / "models" / "merged" / shard.name
    assert written.read_bytes() == right
    assert not written.is_symlink()


@pytest.mark.parametrize("change", ["adapter", "base", "dtype", "shards", "torn key"])
def test_the_journal_of_another_merge_is_discarded(tmp_path: Path, change: str) -> None:
    """Would catch shards of two merges in one model."""
    staged = _stopped(tmp_path)
    stale = {path.name: path.read_bytes() for path in whole_shards(staged)}
    changes: dict[str, Any] = {}
    if change == "adapter":
        (tmp_path / "adapter").rename(tmp_path / "first")
        config = merge_job.choose_engine(tmp_path / "base").config
        assert config is not None
        write_adapter(tmp_path / "adapter", config, seed=2, strength=0.05)
    elif change == "base":
        (tmp_path / "base").rename(tmp_path / "first")
        write_base(tmp_path / "base", dtype="bfloat16", files=2, num_hidden_layers=4, seed=3)
    elif change == "dtype":
        changes["dtype"] = "fp32"
    elif change == "shards":
        changes["maxShardBytes"] = 40_000
    else:
        journal = staged / JOURNAL_FILE
        journal.write_bytes(b"{" + journal.read_bytes())
    job = _Job(tmp_path, **changes)
    assert job.outcome == "done"
    assert "resume" not in job.phases
    out = tmp_path / "models" / "merged"
    if change in ("adapter", "base"):
        assert any((out / name).read_bytes() != content for name, content in stale.items())
    else:
        fresh = _Job(tmp_path, outPath=str(tmp_path / "fresh"), **changes)
        assert fresh.outcome == "done"
        assert contents(out) == contents(tmp_path / "fresh")


def test_a_line_that_was_cut_off_costs_one_shard_only(tmp_path: Path) -> None:
    """Would catch a torn last line that hides the lines before it, or is joined to the next one."""
    staged = _stopped(tmp_path)
    journal = staged / JOURNAL_FILE
    first, second = whole_shards(staged)
    dates = [path.stat().st_mtime_ns for path in (first, second)]
    journal.write_bytes(journal.read_bytes()[:-5])
    assert "resume" in _Job(tmp_path).phases
    out = tmp_path / "models" / "merged"
    assert (out / first.name).stat().st_mtime_ns == dates[0]
    assert (out / second.name).stat().st_mtime_ns != dates[1]
