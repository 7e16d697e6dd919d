"""Exports as one zip file, and what lies in every exported folder."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from export_fixtures import run_export

from legal_eagle.export.archive import archive_bytes, write_archive
from legal_eagle.jobs.errors import JobError
from legal_eagle.release import staged_folder
from legal_eagle.release.layout_folder import shareable
from merge_fixtures import write_adapter, write_base

LONG = os.environ.get("LEGAL_EAGLE_TEST_DEPTH") == "long"
GIGABYTE = 1 << 30


def read_sums(text: str) -> dict[str, str]:
    return {line[66:]: line[:64] for line in text.splitlines()}


@pytest.fixture
def adapter(tmp_path: Path) -> tuple[Path, Path]:
    config = write_base(tmp_path / "base")
    write_adapter(tmp_path / "adapter", config)
    return tmp_path / "base", tmp_path / "adapter"


def test_every_exported_folder_has_sums_that_hold(adapter: tuple[Path, Path], tmp_path: Path) -> None:
    """Would catch a list that leaves a file out, its manifest among them, or names itself."""
    run_export(adapter[0], "adapter-internlm2", tmp_path / "out", adapter[1])
    sums = read_sums((tmp_path / "out" / "SHA256SUMS").read_text(encoding="utf-8"))
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert set(sums) == names - {"SHA256SUMS"}
    assert {"export.json", "adapter_model.safetensors", "LICENSE"} <= set(sums)
    for name, digest in sums.items():
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest


def test_an_adapter_as_a_zip_is_the_folder(adapter: tuple[Path, Path], tmp_path: Path) -> None:
    """Would catch an archive that misses files, compresses, tells paths or dates, or left-overs beside it."""
    places = [tmp_path / name for name in ("here", "there")]
    for place in places:
        place.mkdir()
        watched = run_export(adapter[0], "adapter-llama", place / "给.zip", adapter[1], archive="zip")
        assert [path.name for path in place.iterdir()] == ["给.zip"]
        assert watched.result()["path"] == str(place / "给.zip")
        assert watched.result()["bytes"] == (place / "给.zip").stat().st_size
    with zipfile.ZipFile(places[0] / "给.zip") as archive, zipfile.ZipFile(places[1] / "给.zip") as again:
        assert archive.testzip() is None
        entries = archive.infolist()
        assert all(one.compress_type == zipfile.ZIP_STORED for one in entries)
        names = archive.namelist()
        assert names == sorted(names)
        assert all(name.startswith("给/") and ".." not in name for name in names)
        sums = read_sums(archive.read("给/SHA256SUMS").decode())
        assert {name.removeprefix("给/") for name in names} == {*sums, "SHA256SUMS"}
        for name, digest in sums.items():
            assert hashlib.sha256(archive.read(f"给/{name}")).hexdigest() == digest
        # The manifest says when; everything else is the same bytes at any time.
        for one, other in zip(entries, again.infolist(), strict=True):
            assert (one.filename, one.date_time) == (other.filename, other.date_time)
            if not one.filename.endswith(("export.json", "SHA256SUMS")):
                assert one.CRC == other.CRC


def test_a_zip_never_replaces_and_a_stop_leaves_nothing(adapter: tuple[Path, Path], tmp_path: Path) -> None:
    """Would catch an archive over a person's file, and half of one after a stop at any point."""
    taken = tmp_path / "taken.zip"
    taken.write_bytes(b"mine")
    with pytest.raises(JobError) as refused:
        run_export(adapter[0], "adapter-llama", taken, adapter[1], archive="zip")
    assert refused.value.code == "export.output_exists"
    assert taken.read_bytes() == b"mine"

    folder = tmp_path / "stops"
    folder.mkdir()
    questions = 0

    def count() -> bool:
        nonlocal questions
        questions += 1
        return False

    run_export(adapter[0], "adapter-llama", folder / "whole.zip", adapter[1], stop=count, archive="zip")
    (folder / "whole.zip").unlink()
    assert questions > 1
    for at in (1, questions):
        left = [at]

        def stop(left: list[int] = left) -> bool:
            left[0] -= 1
            return left[0] <= 0

        run_export(adapter[0], "adapter-llama", folder / "out.zip", adapter[1], stop=stop, archive="zip")
        assert list(folder.iterdir()) == []


def test_a_zip_needs_room_for_files_and_archive(
    adapter: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a disk that fills up half-way through the archive, with only the files counted."""

    def needed(**changes: Any) -> int:
        with pytest.raises(JobError) as refused:
            run_export(adapter[0], "adapter-llama", tmp_path / "out.zip", adapter[1], **changes)
        assert refused.value.code == "export.disk_full"
        return int(refused.value.params["neededBytes"]) - staged_folder.DISK_MARGIN_BYTES

    monkeypatch.setattr(staged_folder, "DISK_MARGIN_BYTES", 1 << 60)
    assert needed(archive="zip") == 2 * needed() > 0


def test_the_base_is_named_as_others_find_it(adapter: tuple[Path, Path], tmp_path: Path) -> None:
    """Would catch an adapter that names a folder of this machine, and a revision of nothing."""

    def settings(out: str, **changes: Any) -> dict[str, Any]:
        run_export(adapter[0], "adapter-llama", tmp_path / out, adapter[1], **changes)
        found: dict[str, Any] = json.loads(
            (tmp_path / out / "adapter_config.json").read_text(encoding="utf-8")
        )
        return found

    hub = settings("hub", baseRepository="internlm/internlm2-chat-7b", baseRevision="v1.0.3")
    assert (hub["base_model_name_or_path"], hub["revision"]) == ("internlm/internlm2-chat-7b", "v1.0.3")
    for out, changes in (("local", {}), ("loose", {"baseRevision": "v1.0.3"})):
        local = settings(out, **changes)
        assert (local["base_model_name_or_path"], local["revision"]) == ("base", None)


def test_a_record_that_is_given_away_names_no_folder() -> None:
    """Would catch a person's name in a path of the recipe that travels with an adapter."""
    record = {
        "base": {"path": "/home/zhang/base", "fingerprint": "0"},
        "recipe": {
            "model": "/home/zhang/models/law-7b",
            "dataset": "C:\\Users\\zhang\\rows.jsonl",
            "lora": {"continueFrom": "D:/zhang/adapter", "rank": 8},
            "systemPrompt": "/no_think",
        },
    }
    given = shareable(record)
    assert "zhang" not in json.dumps(given)
    assert given["recipe"]["model"] == "law-7b"
    assert given["recipe"]["systemPrompt"] == "/no_think"
    assert shareable({"recipe": {"model": "internlm/internlm2"}}) == {
        "recipe": {"model": "internlm/internlm2"}
    }


def test_the_announced_size_holds(tmp_path: Path) -> None:
    """Would catch an announcement that is too small: names count twice, and more than bytes of ASCII."""
    folder = tmp_path / "文件夹"
    folder.mkdir()
    for number in range(200):
        (folder / f"很长的名字-{number}.txt").write_bytes(b"x" * number)
    write_archive(folder, tmp_path / "out.zip")
    size = (tmp_path / "out.zip").stat().st_size
    assert size <= archive_bytes(folder) < size + 200 * 60


@pytest.mark.parametrize("count", [300, pytest.param(66_000, marks=pytest.mark.long)])
def test_more_entries_than_16_bits_count(tmp_path: Path, count: int) -> None:
    """Would catch a directory whose count wraps at 65,536."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05d}").touch()
    write_archive(folder, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.namelist() == [f"many/{number:05d}" for number in range(count)]
    assert (tmp_path / "out.zip").stat().st_size <= archive_bytes(folder)


@pytest.mark.skipif(not LONG, reason="writes 5 GB")
def test_entries_and_offsets_beyond_4_gigabytes(tmp_path: Path) -> None:
    """Would catch sizes or offsets that wrap at 32 bits: a file of 5 GB, and another one behind it."""
    folder = tmp_path / "large"
    folder.mkdir()
    with (folder / "a.gguf").open("wb") as file:
        file.truncate(5 * GIGABYTE)
        file.seek(4 * GIGABYTE + 17)
        file.write(b"beyond")
    (folder / "b.txt").write_bytes(b"behind")
    write_archive(folder, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        first, second = archive.infolist()
        assert (first.file_size, first.compress_size) == (5 * GIGABYTE, 5 * GIGABYTE)
        assert second.header_offset > 5 * GIGABYTE
        assert archive.read(second) == b"behind"
        with archive.open(first) as entry:
            entry.seek(4 * GIGABYTE + 17)
            assert entry.read(6) == b"beyond"
    assert (tmp_path / "out.zip").stat().st_size <= archive_bytes(folder)
