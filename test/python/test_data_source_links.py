"""Which links of a folder an import follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from legal_eagle.data.source_files import find_source_files
from legal_eagle.jobs.errors import JobError


def test_a_link_of_a_folder_that_leads_out_is_refused(tmp_path: Path) -> None:
    """Followed, a folder from anybody would have any file of the machine read and shown."""
    outside = tmp_path / "outside.jsonl"
    outside.write_text("{}", "utf-8")
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    (folder / "rows.jsonl").write_text("{}", "utf-8")
    (folder / "same.jsonl").symlink_to("rows.jsonl")
    (folder / "loop.jsonl").symlink_to("loop.jsonl")
    (folder / "gone.jsonl").symlink_to(tmp_path / "gone.jsonl")
    (folder / "out").symlink_to(tmp_path)
    assert [file.name for file in find_source_files([str(folder)])] == ["folder/rows.jsonl"]
    (folder / "below" / "more.jsonl").symlink_to("../../outside.jsonl")
    with pytest.raises(JobError) as caught:
        find_source_files([str(folder)])
    assert caught.value.code == "data.link_leads_out"
    assert caught.value.params == {"file": "folder/below/more.jsonl"}
    # Chosen by itself, the person means it.
    assert len(find_source_files([str(folder / "below" / "more.jsonl")])) == 1


def test_a_snapshot_of_a_hub_is_made_of_links(tmp_path: Path) -> None:
    """A dataset in the cache of a hub that is taken for an attack."""
    snapshot = tmp_path / "datasets--a--b" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    blobs = tmp_path / "datasets--a--b" / "blobs"
    blobs.mkdir()
    (blobs / "0f").write_text("{}", "utf-8")
    (snapshot / "rows.jsonl").symlink_to("../../blobs/0f")
    assert [file.name for file in find_source_files([str(snapshot)])] == ["abc/rows.jsonl"]
