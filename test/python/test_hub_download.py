"""Downloads against both hubs: what is there in the end, what is sent again, who sees the token."""

from __future__ import annotations

import json
import random
from collections import deque
from pathlib import Path

import pytest

from fake_hub import TOKEN, FakeHub, sha256
from fake_huggingface import FakeHuggingFace
from fake_modelscope import FakeModelScope
from hub_fixtures import FILES, NOT_TAKEN, REPOSITORY, Download, content_of, refused, taken
from legal_eagle.hub import partial_folder

SHARD = "model-00001-of-00002.safetensors"


def partial(download: Download) -> Path:
    return partial_folder.partial_path(download.out)


def test_the_folder_holds_what_a_model_needs_and_says_where_it_comes_from(
    hub: FakeHub, tmp_path: Path
) -> None:
    download = Download(hub, tmp_path)
    assert download.run() == "done"
    assert content_of(download.out) == taken(FILES)
    result = download.result
    assert {one["path"]: one["sha256"] for one in result["files"]} == {
        path: sha256(content) for path, content in taken(FILES).items()
    }
    (listing,) = download.recorder.of("listing")
    assert {one["path"] for one in listing["files"] if not one["taken"]} == NOT_TAKEN
    assert listing["takenBytes"] == sum(map(len, taken(FILES).values())) == result["bytes"]
    origin = json.loads((download.out / "legal_eagle_origin.json").read_text(encoding="utf-8"))
    assert (origin["repository"], origin["files"]) == (REPOSITORY, result["files"])
    assert not partial(download).exists()
    verified = {one["path"]: one["sha256"] for one in download.recorder.of("file-verified")}
    assert verified == {path: sha256(content) for path, content in taken(FILES).items()}


def test_the_commit_of_the_listing_is_what_every_file_is_asked_of(
    huggingface: FakeHuggingFace, tmp_path: Path
) -> None:
    download = Download(huggingface, tmp_path)
    download.run()
    commit = huggingface.repositories[REPOSITORY].commit()
    assert download.result["commit"] == commit
    assert all(f"/resolve/{commit}/" in one.path for one in huggingface.file_questions())


def test_a_listing_in_pages_is_read_to_its_end(tmp_path: Path) -> None:
    with FakeHuggingFace(page_entries=3) as hub:
        hub.add(REPOSITORY, FILES)
        download = Download(hub, tmp_path)
        download.run()
    assert content_of(download.out) == taken(FILES)


@pytest.fixture
def low_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("legal_eagle.hub.modelscope.LISTING_CAP", 12)


@pytest.mark.usefixtures("low_cap")
def test_a_capped_listing_is_walked_by_folders(tmp_path: Path) -> None:
    with FakeModelScope(listing_cap=12) as hub:
        files = {**taken(FILES), **{f"a/{n // 5}/x{n}": b"x" for n in range(20)}, "a/file": b"y"}
        hub.add(REPOSITORY, files)
        download = Download(hub, tmp_path, include=["**"])
        download.run()
    assert content_of(download.out) == files


@pytest.mark.usefixtures("low_cap")
def test_a_folder_beyond_the_cap_is_refused_rather_than_cut(tmp_path: Path) -> None:
    with FakeModelScope(listing_cap=12) as hub:
        hub.add(REPOSITORY, {f"file{n}.safetensors": b"x" for n in range(12)})
        refused(Download(hub, tmp_path), "hub.listing_truncated")


def test_bodies_from_a_storage_host_come_without_the_token(hub: FakeHub, tmp_path: Path) -> None:
    hub.repositories[REPOSITORY].private = True
    hub.faults.to_storage = True
    download = Download(hub, tmp_path, {"hubToken": TOKEN}, tokenOrigin=hub.endpoint)
    assert download.run() == "done"
    assert content_of(download.out) == taken(FILES)
    stored = [one for one in hub.questions if one.host == "storage"]
    assert stored
    assert all("Authorization" not in one.headers and "Cookie" not in one.headers for one in stored)


def test_a_mirror_never_sees_a_token(hub: FakeHub, tmp_path: Path) -> None:
    download = Download(hub, tmp_path, {"hubToken": TOKEN}, tokenOrigin="https://huggingface.co")
    refused(download, "hub.token_other_origin")
    refused(Download(hub, tmp_path, {"hubToken": TOKEN}), "hub.token_other_origin")
    assert hub.questions == []


def test_a_token_that_would_break_its_header_is_refused_before_it_is_sent(
    hub: FakeHub, tmp_path: Path
) -> None:
    secret = f"{TOKEN}\r\nX-Other: 1"
    error = refused(
        Download(hub, tmp_path, {"hubToken": secret}, tokenOrigin=hub.endpoint), "hub.token_refused"
    )
    assert TOKEN not in str(error) + str(error.params)
    assert hub.questions == []


def test_a_proxy_is_gone_through_and_nothing_of_the_environment(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    straight = Download(hub, tmp_path)
    assert straight.run() == "done"
    # The hub stands in for the proxy: through one, the whole address is asked for.
    through = Download(hub, tmp_path, outPath=str(tmp_path / "b"), proxy=hub.endpoint)
    count = len(hub.questions)
    assert through.run() == "done"
    assert all(one.path.startswith("http://127.0.0.1") for one in hub.questions[count:])
    refused(Download(hub, tmp_path, outPath=str(tmp_path / "c"), proxy="http://127.0.0.1:9"), "hub.proxy")


def test_a_list_alone_writes_nothing(hub: FakeHub, tmp_path: Path) -> None:
    download = Download(hub, tmp_path, listOnly=True)
    assert download.run() == "done"
    assert download.result["path"] is None
    assert list(tmp_path.iterdir()) == []
    assert hub.file_questions() == []


def test_cut_at_100_random_bytes_and_resumed_each_time(hub: FakeHub, tmp_path: Path) -> None:
    # A resume that starts a file over, skips a byte, or keeps what a wrong answer left.
    chance = random.Random(20261123)
    hub.faults.cuts = deque(chance.randrange(0, 7_000) for _ in range(100))
    download = Download(hub, tmp_path)
    assert download.run() == "done"
    assert not hub.faults.cuts
    assert sum(one.start > 0 for one in hub.file_questions()) > 80
    assert content_of(download.out) == taken(FILES)
    total = sum(map(len, taken(FILES).values()))
    # What was on the line when it broke may be lost with it; nothing that was read is asked for again.
    assert download.result["receivedBytes"] == total
    assert hub.sent_bytes < 2 * total


def test_stopped_at_random_bytes_and_resumed_by_new_jobs(hub: FakeHub, tmp_path: Path) -> None:
    chance = random.Random(5)
    received = 0
    for _ in range(12):
        job = Download(hub, tmp_path, connections=chance.randint(1, 4))
        hub.faults.cuts = deque([chance.randrange(1, 90_000), None, None])
        stop_at = chance.randrange(0, 4)

        def stop_when(event: str, *, job: Download = job, stop_at: int = stop_at) -> None:
            if event == "file-progress" and len(job.recorder.of("file-progress")) > stop_at:
                job.stop.set()

        emit = job.recorder.emit

        def spy(kind: str, data: object, /, emit: object = emit, stop_when: object = stop_when) -> None:
            emit(kind, data)  # type: ignore[operator]
            stop_when(kind)  # type: ignore[operator]

        job.recorder.emit = spy  # type: ignore[method-assign, assignment]
        ended = job.run()
        received += sum(one["bytes"] for one in job.recorder.of("file-verified") if not one["kept"])
        if ended == "done":
            break
        assert not job.out.exists()
    else:
        hub.faults.cuts = deque()
        job = Download(hub, tmp_path)
        assert job.run() == "done"
        received += sum(one["bytes"] for one in job.recorder.of("file-verified") if not one["kept"])
    assert content_of(job.out) == taken(FILES)
    # Whole files are never fetched a second time.
    assert received == sum(map(len, taken(FILES).values()))


def test_a_server_that_ignores_ranges_costs_bytes_but_not_the_file(hub: FakeHub, tmp_path: Path) -> None:
    hub.faults.ignore_range = True
    hub.faults.cuts = deque([None] * 3 + [50_000] * 3)
    download = Download(hub, tmp_path, connections=1)
    assert download.run() == "done"
    assert content_of(download.out) == taken(FILES)


def test_a_compressed_body_is_the_file_all_the_same(huggingface: FakeHuggingFace, tmp_path: Path) -> None:
    huggingface.faults.gzip_small = True
    download = Download(huggingface, tmp_path)
    assert download.run() == "done"
    assert content_of(download.out) == taken(FILES)
