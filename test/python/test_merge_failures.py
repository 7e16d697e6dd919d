"""What a merge leaves behind when its check fails or its disk fills up."""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from legal_eagle.jobs.context import ControlCommand, JobContext
from legal_eagle.jobs.errors import EXIT_DATA, EXIT_DISK_FULL, JobError
from legal_eagle.models.shard_writer import ShardWriter
from legal_eagle.release import merge_job
from legal_eagle.release.merge import MergePlan, MergeReport, write_merged
from merge_fixtures import write_adapter, write_base

pytestmark = pytest.mark.usefixtures("one_thread")


class _Events:
    def __init__(self) -> None:
        self.types: list[str] = []

    def emit(self, type: str, data: Mapping[str, object], /) -> None:
        json.dumps(data)
        self.types.append(type)

    def poll(self) -> list[ControlCommand]:
        return []


def merge(folder: Path, events: _Events) -> None:
    config = write_base(folder / "base", dtype="bfloat16")
    write_adapter(folder / "adapter", config)
    params = {
        "basePath": str(folder / "base"),
        "adapterPath": str(folder / "adapter"),
        "outPath": str(folder / "models" / "merged"),
        "dtype": "base",
        "maxShardBytes": 10**9,
        "parityPrompts": [],
    }
    merge_job.run(JobContext({"kind": "merge", "params": params}, folder, events, events))


def test_a_failed_check_keeps_the_files_marked_and_never_publishes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a damaged model under the name that chat and release take."""

    def write_damaged(plan: MergePlan, folder: Path, **options: Any) -> MergeReport:
        report = write_merged(plan, folder, **options)
        tensors = load_file(folder / "model.safetensors")
        name = "model.layers.1.feed_forward.w2.weight"
        save_file({**tensors, name: -tensors[name]}, folder / "model.safetensors")
        return report

    monkeypatch.setattr(merge_job, "write_merged", write_damaged)
    events = _Events()
    with pytest.raises(JobError) as caught:
        merge(tmp_path, events)
    assert caught.value.code == "merge.parity_failed"
    assert caught.value.exit_code == EXIT_DATA
    kept = tmp_path / "models" / "merged.parity-failed"
    assert [path.name for path in (tmp_path / "models").iterdir()] == [kept.name]
    manifest = json.loads((kept / "legal_eagle.json").read_text(encoding="utf-8"))
    assert manifest["parity"]["passed"] is False
    assert caught.value.params["path"] == str(kept)
    difference, limit = caught.value.params["maxAbsLogitDiff"], caught.value.params["limit"]
    assert isinstance(difference, float)
    assert isinstance(limit, float)
    assert difference > limit
    assert "result" not in events.types


def test_a_disk_that_fills_up_is_named_and_left_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch gigabytes of half a model left on a disk that is full already."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ShardWriter, "append", full)
    with pytest.raises(JobError) as caught:
        merge(tmp_path, _Events())
    assert caught.value.code == "merge.disk_full"
    assert caught.value.exit_code == EXIT_DISK_FULL
    assert isinstance(caught.value.params["neededBytes"], int)
    assert list((tmp_path / "models").iterdir()) == []
