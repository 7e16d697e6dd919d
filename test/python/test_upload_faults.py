"""What goes wrong while a release is sent to ModelScope: each switch of the fake hub."""

from __future__ import annotations

import os
import random
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fake_hub import TOKEN, sha256
from fake_modelscope import FakeModelScope
from hub_fixtures import SHORT_WAITS
from legal_eagle.hub import modelscope
from legal_eagle.hub.patience import Waits
from legal_eagle.upload.rate_cap import RateCap
from upload_fixtures import (
    FILES,
    REPOSITORY,
    Job,
    content_at,
    release_files,
    upload,
    watched_hub,
    write_files,
)

FEW_TRIES = Waits(0.001, 0.004, 0.01, attempts_before_contact=2, attempts_of_server=3)
# Those of FILES that are no part of the commit's own body.
LARGE = [content for path, content in FILES.items() if not path.endswith((".md", ".json"))]


@pytest.fixture
def hub() -> Iterator[FakeModelScope]:
    """Whatever goes wrong, the rules of `WatchedHub` hold."""
    with watched_hub() as fake:
        yield fake


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_files(tmp_path / "导出", FILES)


def sent_nothing(hub: FakeModelScope) -> bool:
    return hub.uploads.puts == [] and hub.uploads.messages == []


def test_a_cut_costs_one_file(hub: FakeModelScope, folder: Path) -> None:
    hub.faults.upload_cuts = deque([100_000, None, 0])
    job = upload(hub, folder, connections=1)
    assert job.run() == "done"
    assert content_at(hub) == FILES
    assert len(hub.uploads.messages) == 1
    assert job.recorder.of("waiting")[0]["reason"] == "network"
    # What left in vain: at least what the hub had got of it, at most two files.
    assert 100_000 <= job.result["resentBytes"] <= 2 * 200_003
    assert job.result["sentBytes"] == sum(map(len, FILES.values())) + job.result["resentBytes"]


def test_a_new_address_for_each_try(hub: FakeModelScope, folder: Path) -> None:
    # Catches an address that is used again after a cut: the fake hub takes each once.
    hub.faults.upload_cuts = deque([5, 5, 5])
    assert upload(hub, folder).run() == "done"
    puts = [one.path for one in hub.questions if urlsplit(one.path).path.startswith("/lfs/")]
    assert len(puts) == len(set(puts)) == len(LARGE) + 3


def test_a_storage_that_fails_now_and_for_ever(hub: FakeModelScope, folder: Path) -> None:
    hub.faults.statuses["blob"] = deque([(503, {}), (429, {"Retry-After": "3"}), (500, {})])
    job = upload(hub, folder)
    assert job.run() == "done"
    assert {"server", "rate-limit"} <= {one["reason"] for one in job.recorder.of("waiting")}
    hub.repositories.clear()
    hub.uploads.blobs.clear()
    hub.faults.statuses["blob"] = deque([(503, {})] * 50)
    other = upload(hub, folder, statePath=str(folder.parent / "other-state.json"), connections=1)
    # Catches a client that negotiates and fails in turns for ever.
    other.refused("hub.server_failing", FEW_TRIES)
    assert len(hub.faults.statuses["blob"]) > 40


@pytest.mark.parametrize("fault", ["refs", "policy", "lost", "drop"])
def test_a_commit_that_does_not_pass_at_once(hub: FakeModelScope, folder: Path, fault: str) -> None:
    hub.uploads.faults.commits = deque([fault])
    job = upload(hub, folder)
    assert job.run() == "done"
    assert content_at(hub) == FILES
    # Catches a second commit after one whose answer was lost.
    assert len(hub.uploads.messages) == 1
    assert job.result["commit"] == ("" if fault == "drop" else hub.repositories[REPOSITORY].commit())


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        (["policy"] * 9, "upload.commit_refused"),
        (["large"], "upload.commit_too_large"),
        (["quota"], "upload.quota_exceeded"),
        (["refs"] * 20, "hub.server_failing"),
    ],
)
def test_a_commit_that_is_refused(hub: FakeModelScope, folder: Path, faults: list[str], code: str) -> None:
    hub.uploads.faults.commits = deque(faults)
    upload(hub, folder).refused(code, Waits(0.001, 0.002, 0.01, attempts_of_server=5))
    # Catches HTTP 200 with Success false that is taken for a commit.
    assert content_at(hub) == {}
    hub.uploads.faults.commits.clear()
    again = upload(hub, folder)
    assert again.run() == "done"
    assert content_at(hub) == FILES
    assert sorted(hub.uploads.puts) == sorted(map(sha256, LARGE)), "a file was sent a second time"


def test_a_limit_on_commits_is_waited_for(hub: FakeModelScope, folder: Path) -> None:
    hub.faults.statuses["commit"] = deque([(429, {"Retry-After": "7"})])
    job = upload(hub, folder)
    assert job.run() == "done"
    (limited,) = [one for one in job.recorder.of("waiting") if one["reason"] == "rate-limit"]
    # As long as the hub asks for, up to the cap, which is 10 ms here.
    assert limited["waitMs"] == 10


def test_a_token_that_may_only_read(hub: FakeModelScope, folder: Path) -> None:
    hub.uploads.faults.read_only_token = True
    job = upload(hub, folder)
    job.refused("upload.read_only_token")
    assert job.recorder.of("hash-progress") == []
    assert hub.repositories == {}


def test_a_token_that_is_wrong(hub: FakeModelScope, folder: Path) -> None:
    job = Job(folder.parent, "upload", upload(hub, folder).context.params, TOKEN[:-1] + "2")
    assert job.refused("upload.token_refused").exit_code == 20
    assert sent_nothing(hub)


@pytest.mark.parametrize("route", ["batch", "blob", "commit"])
def test_a_token_that_ends_midway(hub: FakeModelScope, folder: Path, route: str) -> None:
    hub.uploads.faults.expires_at = route
    refused = upload(hub, folder).refused("upload.token_expired")
    assert refused.exit_code == 75
    before = list(hub.uploads.puts)
    hub.uploads.faults.expires_at = None
    hub.uploads.renew_token()
    again = upload(hub, folder)
    assert again.run() == "done"
    assert content_at(hub) == FILES
    # What was whole before is not sent again.
    assert len(hub.uploads.puts) == len(LARGE) >= len(before)
    assert again.recorder.of("hash-progress") == []


def test_a_name_that_is_a_strangers(hub: FakeModelScope, folder: Path) -> None:
    hub.add("stranger/contracts", {"README.md": b"theirs"}, private=False)
    upload(hub, folder, repository="stranger/contracts").refused("upload.name_taken")
    upload(hub, folder, repository="nobody/contracts").refused("upload.namespace_refused")
    assert sent_nothing(hub)


def test_a_name_that_is_ones_own(hub: FakeModelScope, folder: Path) -> None:
    hub.add(REPOSITORY, {"README.md": b"mine"}, private=True)
    upload(hub, folder).refused("upload.repository_exists")
    hub.repositories[REPOSITORY].private = False
    upload(hub, folder).refused("upload.repository_exists")
    upload(hub, folder, existing="update-private").refused("upload.repository_public")
    assert sent_nothing(hub)
    job = upload(hub, folder, existing="update-any")
    assert job.run() == "done"
    assert content_at(hub) == FILES
    assert (job.result["visibility"], job.result["created"]) == ("public", False)


def test_a_repository_that_comes_out_public(hub: FakeModelScope, folder: Path) -> None:
    # Catches the hazard this client exists for: weights meant to be private, sent to everybody.
    hub.uploads.faults.creates_public = True
    upload(hub, folder).refused("upload.not_private")
    assert sent_nothing(hub)
    # Nor does the next attempt take it for its own.
    upload(hub, folder).refused("upload.repository_public")
    assert sent_nothing(hub)


def test_a_repository_that_is_opened_meanwhile(hub: FakeModelScope, folder: Path) -> None:
    def open_it() -> None:
        hub.repositories[REPOSITORY].private = False

    hub.uploads.faults.before_blob = open_it
    upload(hub, folder).refused("upload.not_private")
    assert hub.uploads.messages == []


@pytest.mark.parametrize("fault", ["transient", "drop"])
def test_a_creation_that_hiccups(hub: FakeModelScope, folder: Path, fault: str) -> None:
    hub.uploads.faults.creates = deque([fault])
    job = upload(hub, folder)
    assert job.run() == "done"
    assert content_at(hub) == FILES
    assert job.result["created"] is True


@pytest.mark.parametrize("route", ["batch", "blob"])
def test_space_that_is_used_up(hub: FakeModelScope, folder: Path, route: str) -> None:
    # Catches a full account that is taken for a storage in trouble and asked again for ever.
    hub.uploads.faults.quota_at = route
    job = upload(hub, folder)
    refused = job.refused("upload.quota_exceeded")
    assert "quota" in str(refused.params["reason"])
    assert job.recorder.of("waiting") == []
    assert hub.uploads.messages == []


def test_listings_that_lag_behind(hub: FakeModelScope, folder: Path) -> None:
    hub.uploads.faults.listings_behind = 2
    job = upload(hub, folder)
    assert job.run() == "done"
    assert job.result["underReview"] is False


def test_files_under_review(hub: FakeModelScope, folder: Path) -> None:
    hub.uploads.faults.under_review = frozenset({"README.md"})
    job = upload(hub, folder)
    assert job.run() == "done"
    assert job.result["underReview"] is True


def test_a_repository_that_stays_empty(hub: FakeModelScope, folder: Path) -> None:
    # Catches a success that nothing came of.
    hub.uploads.faults.under_review = frozenset(FILES)
    upload(hub, folder).refused("upload.verify_mismatch")


def test_other_bytes_than_were_sent(hub: FakeModelScope, folder: Path) -> None:
    hub.uploads.faults.spoiled = {"config.json", "tokenizer.model"}
    refused = upload(hub, folder).refused("upload.verify_mismatch")
    assert refused.params == {"count": 2, "paths": "config.json, tokenizer.model"}
    hub.uploads.faults.spoiled = set()
    puts = len(hub.uploads.puts)
    assert upload(hub, folder).run() == "done"
    assert len(hub.uploads.puts) == puts


def test_a_listing_without_hashes(hub: FakeModelScope, folder: Path) -> None:
    hub.faults.without_hashes = True
    assert upload(hub, folder).run() == "done"
    assert content_at(hub) == FILES


def test_a_listing_that_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Catches files beyond the cut that count as missing: 'under review' now, sent again by the next release.
    monkeypatch.setattr(modelscope, "LISTING_CAP", 12)
    files = {f"part{number % 4}/{number}.json": b"{%d}" % number for number in range(30)}
    with watched_hub(listing_cap=12) as hub:
        job = upload(hub, write_files(tmp_path / "out", files))
        assert job.run() == "done"
        assert content_at(hub) == files
        assert job.result["underReview"] is False


def test_a_portal_in_between(hub: FakeModelScope, folder: Path) -> None:
    hub.faults.portal_page = True
    upload(hub, folder).refused("hub.answer_invalid")


@pytest.mark.parametrize("path", ["model-00002-of-00003.safetensors", "config.json"])
def test_a_file_that_changes_while_it_is_sent(hub: FakeModelScope, folder: Path, path: str) -> None:
    # Catches a repository that mixes an old hash with new bytes.
    changed = [False]

    def change() -> None:
        if not changed[0]:
            changed[0] = True
            (folder / path).write_bytes(b"new content of " + path.encode() * 5000)

    hub.uploads.faults.before_blob = change
    job = upload(hub, folder, connections=1)
    assert job.run() == "done"
    assert content_at(hub) == {**FILES, path: (folder / path).read_bytes()}
    listed = {one["path"]: one["sha256"] for one in job.result["files"]}
    assert listed[path] == sha256((folder / path).read_bytes())
    assert len(hub.uploads.messages) == 1


def test_a_file_that_never_rests(hub: FakeModelScope, folder: Path) -> None:
    path = folder / "model-00001-of-00003.safetensors"

    def change() -> None:
        path.write_bytes(os.urandom(300_000))

    hub.uploads.faults.before_blob = change
    refused = upload(hub, folder, connections=1).refused("upload.file_changed")
    assert refused.exit_code == 75
    assert hub.uploads.messages == []


def test_a_stop_inside_a_file(hub: FakeModelScope, folder: Path) -> None:
    job = upload(hub, folder, connections=1)

    def stop(received: int) -> None:
        if received > 300_000:
            job.stop.set()

    hub.faults.on_received = stop
    # The hub takes no more than it is asked to look at before the line ends.
    hub.faults.slow_seconds = 0.01
    assert job.run() == "stopped"
    assert hub.uploads.messages == []
    hub.faults.on_received = None
    hub.faults.slow_seconds = 0
    before = len(hub.uploads.blobs)
    again = upload(hub, folder)
    assert again.run() == "done"
    assert content_at(hub) == FILES
    assert again.recorder.of("hash-progress") == []
    assert again.result["reusedBytes"] > 0 or before == 0


def test_a_cap_on_the_rate(hub: FakeModelScope, tmp_path: Path) -> None:
    # Two lines share one cap: by a clock that only sleeping moves, 40 pieces of 1 KiB take 39 pauses.
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    cap = RateCap(1024, lambda: now[0], sleep)
    for _ in range(40):
        cap.take(1024, lambda: None)
    assert now[0] == pytest.approx(39)
    folder = write_files(tmp_path / "out", {"a.safetensors": b"x" * 100_000})
    assert upload(hub, folder, maxBytesPerSecond=1 << 30).run() == "done"


def random_cuts(tmp_path: Path, cuts: int) -> None:
    """An upload of 40 files, ended at a random byte by a stop or a cut line, and taken up again and again."""
    chance = random.Random(20)
    files = release_files(seed=3, shards=34, shard_bytes=66_000)
    assert len(files) == 40
    folder = write_files(tmp_path / "out", files)
    large = {sha256(content) for path, content in files.items() if not path.endswith((".md", ".json"))}
    with FakeModelScope() as hub:
        done = 0
        while done < cuts:
            hub.repositories.clear()
            hub.uploads.blobs.clear()
            hub.uploads.puts.clear()
            state = tmp_path / f"state-{done}.json"
            lost = 0
            while True:
                lines = chance.choice([1, 2, 4])
                job = upload(hub, folder, statePath=str(state), connections=lines)
                at = hub.received_bytes + chance.randrange(1, 1_200_000)
                if chance.random() < 0.5:
                    hub.faults.upload_cuts = deque(
                        chance.choice([None, chance.randrange(66_000)]) for _ in range(6)
                    )
                    lost += sum(cut is not None for cut in hub.faults.upload_cuts)
                hub.faults.on_received = lambda received, job=job, at=at: received >= at and job.stop.set()
                if job.run(SHORT_WAITS) == "done":
                    break
                done += 1
                # What each line was in the middle of.
                lost += lines
            hub.uploads.check_order()
            listed = {one["path"]: one["sha256"] for one in job.result["files"]}
            assert listed == {path: sha256(content) for path, content in files.items()}
            assert content_at(hub) == files
            assert sum("/commit/" in one.path for one in hub.questions) == 1
            # Catches a resume that begins again with what was whole.
            assert set(hub.uploads.puts) == large
            assert len(hub.uploads.puts) <= len(large) + lost
            hub.faults.on_received = None
            hub.faults.upload_cuts.clear()
            puts = len(hub.uploads.puts)
            again = upload(hub, folder, statePath=str(state))
            assert again.run() == "done"
            assert len(hub.uploads.puts) == puts
            hub.questions.clear()


def test_cut_at_random_and_resumed(tmp_path: Path) -> None:
    random_cuts(tmp_path, 20)


@pytest.mark.long
def test_cut_two_hundred_times_and_resumed(tmp_path: Path) -> None:
    random_cuts(tmp_path, 200)
