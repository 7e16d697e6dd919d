"""What each fault of a hub, of the line and of the disk becomes."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import pytest

from fake_hub import TOKEN, FakeHub, git_sha1, sha256
from fake_huggingface import FakeHuggingFace
from fake_modelscope import FakeModelScope
from hub_fixtures import FILES, REPOSITORY, SHORT_WAITS, Download, content_of, refused, taken
from legal_eagle.hub import partial_folder
from legal_eagle.jobs import air_gap
from legal_eagle.jobs.errors import EXIT_DISK_FULL, EXIT_RESUMABLE

SHARD = "model-00001-of-00002.safetensors"


def partial(download: Download) -> Path:
    return partial_folder.partial_path(download.out)


@pytest.mark.parametrize("status", [429, 503, 500, 408])
def test_a_busy_hub_is_waited_for(hub: FakeHub, tmp_path: Path, status: int) -> None:
    hub.faults.statuses = {
        "list": deque([(status, {"Retry-After": "7"})]),
        "file": deque([(status, {"Retry-After": "7"})] * 2),
    }
    download = Download(hub, tmp_path, connections=1)
    assert download.run() == "done"
    waiting = download.recorder.of("waiting")
    assert {one["reason"] for one in waiting} == {"rate-limit" if status == 429 else "server"}
    # Seven seconds were asked for; the test's own cap is what was waited.
    assert all(one["waitMs"] == round(SHORT_WAITS.asked_cap_seconds * 1000) for one in waiting)
    assert content_of(download.out) == taken(FILES)


def test_wrong_bytes_once_are_fetched_again(hub: FakeHub, tmp_path: Path) -> None:
    hub.faults.wrong_bytes = {SHARD: 1, "config.json": 2}
    download = Download(hub, tmp_path)
    assert download.run() == "done"
    assert content_of(download.out) == taken(FILES)


@pytest.mark.parametrize("path", [SHARD, "config.json"])
def test_wrong_bytes_for_ever_leave_nothing(hub: FakeHub, tmp_path: Path, path: str) -> None:
    hub.faults.wrong_bytes = {path: 100}
    download = Download(hub, tmp_path)
    error = refused(download, "hub.hash_mismatch")
    assert error.params["path"] == path
    assert not download.out.exists()
    assert path not in content_of(partial(download) / "files")


def test_a_body_shorter_than_its_listing_is_no_file(hub: FakeHub, tmp_path: Path) -> None:
    hub.faults.truncated = {SHARD: 1000}
    assert refused(Download(hub, tmp_path), "hub.hash_mismatch").params["path"] == SHARD


def test_a_branch_that_moves_under_the_download_is_not_mixed(
    modelscope: FakeModelScope, tmp_path: Path
) -> None:
    newer = {**FILES, SHARD: b"n" * 300_000}

    def move() -> None:
        modelscope.repositories[REPOSITORY].files = newer

    modelscope.faults.after_listing = move
    first = Download(modelscope, tmp_path)
    assert refused(first, "hub.revision_moved").exit_code == EXIT_RESUMABLE
    again = Download(modelscope, tmp_path)
    assert again.run() == "done"
    assert content_of(again.out) == taken(newer)


def test_a_branch_that_moves_is_followed_at_the_commit_of_the_listing(
    huggingface: FakeHuggingFace, tmp_path: Path
) -> None:
    repository = huggingface.repositories[REPOSITORY]
    before = repository.commit()

    def move() -> None:
        repository.history[before] = FILES
        repository.files = {**FILES, SHARD: b"n" * 300_000}

    huggingface.faults.after_listing = move
    huggingface.faults.statuses = {"file": deque([(403, {})])}
    first = Download(huggingface, tmp_path)
    refused(first, "hub.forbidden")
    # The branch has another head now; the download goes on with what it began.
    second = Download(huggingface, tmp_path)
    assert second.run() == "done"
    assert second.result["commit"] == before
    assert content_of(second.out) == taken(FILES)


def test_a_mirror_that_gives_another_commit_is_refused(huggingface: FakeHuggingFace, tmp_path: Path) -> None:
    huggingface.other_commit = "a" * 40
    refused(Download(huggingface, tmp_path), "hub.revision_moved")


@pytest.mark.parametrize(
    ("status", "token", "code"),
    [
        (401, True, "hub.token_refused"),
        (401, False, "hub.token_needed"),
        (403, True, "hub.forbidden"),
        (400, False, "hub.refused"),
    ],
)
def test_a_refusal_has_its_own_code(
    hub: FakeHub, tmp_path: Path, status: int, token: bool, code: str
) -> None:
    for route in ("list", "file"):
        hub.faults.statuses = {route: deque([(status, {})] * 8)}
        secrets = {"hubToken": TOKEN} if token else {}
        out = str(tmp_path / route)
        refused(Download(hub, tmp_path, secrets, tokenOrigin=hub.endpoint, outPath=out), code)


def test_a_repository_or_revision_that_is_not_there(hub: FakeHub, tmp_path: Path) -> None:
    refused(Download(hub, tmp_path, revision="v9"), "hub.not_found")
    missing = Download(hub, tmp_path, {"hubToken": TOKEN}, tokenOrigin=hub.endpoint, repository="no/where")
    refused(missing, "hub.not_found")


def test_a_gated_model_says_so(huggingface: FakeHuggingFace, tmp_path: Path) -> None:
    huggingface.repositories[REPOSITORY].gated = True
    error = refused(Download(huggingface, tmp_path), "hub.forbidden")
    assert "restricted" in str(error.params["reason"])


def test_a_listed_file_that_is_gone(hub: FakeHub, tmp_path: Path) -> None:
    hub.faults.statuses = {"file": deque([(404, {})])}
    assert refused(Download(hub, tmp_path), "hub.file_gone").exit_code == EXIT_RESUMABLE


def test_a_portal_page_is_not_taken_for_a_listing(hub: FakeHub, tmp_path: Path) -> None:
    hub.faults.portal_page = True
    refused(Download(hub, tmp_path), "hub.answer_invalid")


def test_an_address_where_nothing_listens(hub: FakeHub, tmp_path: Path) -> None:
    refused(Download(hub, tmp_path, endpoint="http://127.0.0.1:9"), "hub.unreachable")


def test_a_hub_that_keeps_failing_is_given_up_and_what_came_stays(hub: FakeHub, tmp_path: Path) -> None:
    hub.faults.statuses = {"file": deque([(503, {})] * 500)}
    download = Download(hub, tmp_path)
    assert refused(download, "hub.server_failing").exit_code == EXIT_RESUMABLE
    hub.faults.statuses = {}
    assert Download(hub, tmp_path).run() == "done"


@pytest.mark.parametrize("endpoint", ["http://example.com", "https://user@example.com", "https://"])
def test_an_address_that_is_no_hub(hub: FakeHub, tmp_path: Path, endpoint: str) -> None:
    download = Download(hub, tmp_path)
    download.context.params["endpoint"] = endpoint
    refused(download, "hub.endpoint_invalid")


def test_the_air_gap_comes_before_any_question(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(air_gap.VARIABLE, "1")
    refused(Download(hub, tmp_path, endpoint="https://modelscope.cn"), "hub.air_gap")


def test_the_disk_is_asked_before_the_first_byte(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("legal_eagle.hub.download_job.free_bytes_at", lambda _: 1000)
    error = refused(Download(hub, tmp_path), "hub.disk_full")
    assert error.exit_code == EXIT_DISK_FULL
    assert hub.file_questions() == []


def test_a_folder_that_is_there_is_never_written_over(hub: FakeHub, tmp_path: Path) -> None:
    download = Download(hub, tmp_path)
    download.out.mkdir()
    (download.out / "mine").write_text("kept")
    refused(download, "hub.output_exists")
    assert content_of(download.out) == {"mine": b"kept"}


def test_two_downloads_into_one_folder_do_not_meet(hub: FakeHub, tmp_path: Path) -> None:
    with partial_folder.PartialFolder(Download(hub, tmp_path).out):
        refused(Download(hub, tmp_path), "hub.output_busy")


def test_a_hub_without_hashes_is_said_to_have_none(hub: FakeHub, tmp_path: Path) -> None:
    hub.faults.without_hashes = True
    download = Download(hub, tmp_path)
    assert download.run() == "done"
    assert {one["code"] for one in download.recorder.of("warning")} == {"hub.no_hash"}
    assert {one["by"] for one in download.recorder.of("file-verified")} == {"size"}
    assert all(one["sha256"] == sha256(FILES[one["path"]]) for one in download.result["files"])


def test_small_files_are_compared_with_what_git_calls_them(
    huggingface: FakeHuggingFace, tmp_path: Path
) -> None:
    download = Download(huggingface, tmp_path)
    download.run()
    by = {one["path"]: one["by"] for one in download.recorder.of("file-verified")}
    assert (by["config.json"], by[SHARD]) == ("git", "sha256")
    # Git's own name of the empty blob, as every git has it.
    assert git_sha1(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def test_files_that_no_longer_belong_are_gone_and_changed_ones_are_read_again(
    hub: FakeHub, tmp_path: Path
) -> None:
    hub.faults.statuses = {"file": deque([(403, {})])}
    first = Download(hub, tmp_path)
    refused(first, "hub.forbidden")
    files = partial(first) / "files"
    (files / "old").mkdir(parents=True)
    (files / "old" / "left.safetensors").write_bytes(b"of another repository")
    # Same size as the real one, other bytes: its record does not cover it.
    (files / "config.json").write_bytes(b"x" * len(FILES["config.json"]))
    second = Download(hub, tmp_path)
    assert second.run() == "done"
    assert content_of(second.out) == taken(FILES)


def test_a_stop_is_heard_while_the_line_is_silent(hub: FakeHub, tmp_path: Path) -> None:
    hub.faults.silent_bodies = True
    download = Download(hub, tmp_path)
    emit = download.recorder.emit

    def stop_at_fetch(kind: str, data: object, /) -> None:
        emit(kind, data)  # type: ignore[arg-type]
        if kind == "phase" and data["name"] == "fetch":  # type: ignore[index]
            download.stop.set()

    download.recorder.emit = stop_at_fetch  # type: ignore[method-assign, assignment]
    assert download.run() == "stopped"
