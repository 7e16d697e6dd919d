"""The jobs of uploads against the fake Hugging Face: private first, one commit, resumed wherever they end."""

from __future__ import annotations

import json
import random
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fake_hub import TOKEN, Question, sha256
from fake_huggingface import FakeHuggingFace
from fake_huggingface_uploads import USER
from hub_fixtures import Download, content_of
from huggingface_upload_fixtures import NEW
from upload_fixtures import FILES, Job, upload, write_files


@pytest.fixture
def fake(huggingface: FakeHuggingFace) -> Iterator[FakeHuggingFace]:
    yield huggingface
    for question in huggingface.questions:
        if question.method in ("POST", "PUT") and b'"visibility"' in question.body:
            assert json.loads(question.body)["visibility"] == "private"
        if question.host == "storage":
            assert TOKEN not in "".join([question.path, *question.headers.values()])
    assert all(sha256(content) == oid for oid, content in huggingface.uploads.blobs.items())


def job(fake: FakeHuggingFace, tmp_path: Path, files: Mapping[str, bytes] = FILES, **params: object) -> Job:
    """A new private release of `files`, as far as `params` say nothing else."""
    folder = write_files(tmp_path / "release", files)
    return upload(fake, folder, **{"repository": NEW, **params})


def puts(fake: FakeHuggingFace) -> list[Question]:
    return [one for one in fake.questions if one.host == "storage" and one.method == "PUT"]


def released(fake: FakeHuggingFace, files: dict[str, bytes]) -> bool:
    """Whether the repository has these files, and else only what the hub itself put there."""
    there = dict(fake.repositories[NEW].files)
    there.pop(".gitattributes", None)
    return there == files


# Bytes that leave before the repository was read again are public if the hub made it so.
def test_private_first_then_one_commit(fake: FakeHuggingFace, tmp_path: Path) -> None:
    made = job(fake, tmp_path)
    assert made.run() == "done"
    assert released(fake, FILES)
    assert fake.repositories[NEW].private
    assert fake.uploads.commits == ["发布 v1"]
    steps = [f"{one.method} {one.path.split('?')[0]}" for one in fake.questions]
    born = steps.index("POST /api/repos/create")
    read_again = steps.index(f"GET /api/models/{NEW}", born)
    content = [at for at, step in enumerate(steps) if "/preupload/" in step or step.startswith("PUT")]
    assert born < read_again < min(content)
    assert max(at for at, step in enumerate(steps) if step.startswith("PUT")) < steps.index(
        f"POST /api/models/{NEW}/commit/main"
    )
    result = made.result
    assert (result["created"], result["visibility"], result["url"]) == (
        True,
        "private",
        f"{fake.endpoint}/{NEW}",
    )
    assert result["commit"] == fake.repositories[NEW].commit()
    assert {one["path"]: one["sha256"] for one in result["files"]} == {
        path: sha256(content) for path, content in FILES.items()
    }
    assert (result["sentBytes"], result["resentBytes"]) == (sum(map(len, FILES.values())), 0)


# A release that its own studio cannot fetch again, or that comes back as something else.
def test_what_went_up_comes_back(fake: FakeHuggingFace, tmp_path: Path) -> None:
    assert job(fake, tmp_path).run() == "done"
    fake.faults.to_storage = True
    params = {"tokenOrigin": fake.endpoint, "repository": NEW}
    back = Download(fake, tmp_path, {"hubToken": TOKEN}, **params)
    assert back.run() == "done"
    found = content_of(back.out)
    assert found
    assert found.items() <= FILES.items()
    assert {path for path in FILES if path.endswith(".safetensors")} < found.keys()


def test_a_second_run_sends_nothing(fake: FakeHuggingFace, tmp_path: Path) -> None:
    assert job(fake, tmp_path).run() == "done"
    before = len(puts(fake))
    again = job(fake, tmp_path, existing="update-private")
    assert again.run() == "done"
    assert len(puts(fake)) == before
    assert len(fake.uploads.commits) == 1
    assert (again.result["commit"], again.result["sentBytes"]) == (None, 0)


# An update that deletes unasked, or takes what the hub put there itself.
def test_what_else_is_there_stays_unless_asked(fake: FakeHuggingFace, tmp_path: Path) -> None:
    assert job(fake, tmp_path).run() == "done"
    kept = {path: content for path, content in FILES.items() if not path.startswith("tokenizer")}
    gone = sorted(FILES.keys() - kept.keys())
    assert gone
    folder = write_files(tmp_path / "fewer", kept)
    for asked in (False, True):
        again = upload(fake, folder, repository=NEW, existing="update-private", deleteOthers=asked)
        assert again.run() == "done"
        (plan,) = again.recorder.of("upload-plan")
        assert (plan["deletes"], plan["others"]) == ((gone, []) if asked else ([], gone))
        assert released(fake, kept if asked else FILES)
    assert ".gitattributes" in fake.repositories[NEW].files
    assert len(fake.uploads.commits) == 2


def test_a_hub_that_makes_it_public_gets_nothing(fake: FakeHuggingFace, tmp_path: Path) -> None:
    fake.uploads.faults.creates_public = True
    job(fake, tmp_path).refused("upload.not_private")
    assert not any("/preupload/" in one.path or one.method == "PUT" for one in fake.questions)


# Whoever opens the repository while files are sent would have them published by the commit.
def test_a_repository_opened_meanwhile_gets_no_commit(fake: FakeHuggingFace, tmp_path: Path) -> None:
    def open_it(_: int) -> None:
        fake.repositories[NEW].private = False

    fake.faults.on_received = open_it
    job(fake, tmp_path).refused("upload.not_private")
    assert not fake.uploads.commits


def test_a_lost_answer_of_the_commit_is_no_second_commit(fake: FakeHuggingFace, tmp_path: Path) -> None:
    fake.uploads.faults.dropped_commits = 1
    assert job(fake, tmp_path).run() == "done"
    assert len(fake.uploads.commits) == 1
    assert released(fake, FILES)


def test_only_what_is_missing_follows_a_new_token(fake: FakeHuggingFace, tmp_path: Path) -> None:
    def revoke(received: int) -> None:
        fake.uploads.faults.token_revoked = received > 320_000

    fake.faults.on_received = revoke
    job(fake, tmp_path, connections=1).refused("upload.token_expired")
    kept = set(fake.uploads.blobs)
    assert kept
    fake.faults.on_received = None
    fake.uploads.faults.token_revoked = False
    resumed = job(fake, tmp_path)
    assert resumed.run() == "done"
    assert released(fake, FILES)
    sent = {one["sha256"] for one in resumed.recorder.of("file-sent") if not one["reused"]}
    assert sent.isdisjoint(kept)


# An address of the storage lives for minutes: the job asks for another instead of ending.
def test_expired_addresses_and_a_busy_hub_are_waited_for(fake: FakeHuggingFace, tmp_path: Path) -> None:
    fake.faults.statuses["store"] = deque([(403, {}), (503, {}), (400, {})])
    fake.faults.statuses["batch"] = deque([(429, {"RateLimit": '"api";r=0;t=1'})])
    fake.faults.statuses["commit"] = deque([(500, {}), (412, {})])
    assert job(fake, tmp_path).run() == "done"
    assert released(fake, FILES)
    assert len(fake.uploads.commits) == 1


def test_no_space_no_right_and_no_writing(fake: FakeHuggingFace, tmp_path: Path) -> None:
    job(fake, tmp_path, repository="somebody/else").refused("upload.namespace_refused")
    fake.uploads.faults.over_quota = {sha256(FILES["tokenizer.model"])}
    job(fake, tmp_path).refused("upload.quota_exceeded")
    assert not puts(fake)
    fake.uploads.token = {"role": "read"}
    job(fake, tmp_path).refused("upload.read_only_token")


def test_mirrors_and_tokens_of_elsewhere(fake: FakeHuggingFace, tmp_path: Path) -> None:
    mirror = "https://hf-mirror.com"
    job(fake, tmp_path, endpoint=mirror, tokenOrigin=mirror).refused("upload.mirror_refused")
    job(fake, tmp_path, tokenOrigin="https://huggingface.co").refused("hub.token_other_origin")
    nobody = job(fake, tmp_path)
    nobody.context.secrets.clear()
    nobody.refused("upload.token_needed")
    assert not fake.questions


# A file that is written on while it leaves: what lies there in the end is what the folder has in the end.
def test_a_file_that_changes_is_hashed_again(fake: FakeHuggingFace, tmp_path: Path) -> None:
    made = job(fake, tmp_path, connections=1)
    changed = tmp_path / "release" / "model-00001-of-00003.safetensors"
    content = FILES[changed.name][::-1]

    def change(_: int) -> None:
        fake.faults.on_received = None
        changed.write_bytes(content)

    fake.faults.on_received = change
    assert made.run() == "done"
    assert released(fake, {**FILES, changed.name: content})


def many_files(chance: random.Random) -> dict[str, bytes]:
    """40 files: in the commit, whole and in parts."""
    sizes = [chance.choice([0, 1, 300, 9_000, 12_000, 20_000, 20_001, 75_000]) for _ in range(37)]
    names = [f"part-{number:02}.json" for number in range(37)]
    files = {name: chance.randbytes(size) for name, size in zip(names, sizes, strict=True)}
    return {**files, **{f"model-{n}.safetensors": chance.randbytes(50_000 * n + n) for n in (1, 2, 3)}}


# Wherever a line breaks or a job ends: the rest is sent, nothing is sent for nothing, and one commit is made.
@pytest.mark.parametrize(
    "seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(6, 200))]
)
def test_random_cuts(fake: FakeHuggingFace, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    files = many_files(chance)
    total = sum(len(content) for path, content in files.items() if fake.is_lfs(path, len(content)))
    fake.uploads.part_bytes = 20_000
    cuts = [chance.choice([None, chance.randrange(20_000)]) for _ in range(8)]
    fake.faults.upload_cuts.extend(cuts)
    fake.uploads.faults.dropped_commits = seed % 2
    stop_at = chance.randrange(total)
    first = job(fake, tmp_path, files, connections=chance.choice([1, 2, 4]))
    fake.faults.on_received = lambda received: first.stop.set() if received > stop_at else None
    outcome = first.run()
    kept = set(fake.uploads.blobs)
    fake.faults.on_received = None
    if outcome == "stopped":
        second = job(fake, tmp_path, files)
        assert second.run() == "done"
        sent = {one["sha256"] for one in second.recorder.of("file-sent") if not one["reused"]}
        large = {sha256(content) for path, content in files.items() if fake.is_lfs(path, len(content))}
        assert sent & large == large - kept
    assert released(fake, files)
    assert len(fake.uploads.commits) == 1
    # A cut, and each line that was stopped, may cost its blob: the largest one at most.
    lost = sum(cut is not None for cut in cuts) + 4
    assert fake.received_bytes <= total + lost * max(map(len, files.values()))


def asked(kind: str, fake: FakeHuggingFace, folder: Path, **params: object) -> dict[str, Any]:
    given = {"hub": "huggingface", "endpoint": fake.endpoint, "tokenOrigin": fake.endpoint, **params}
    made = Job(folder, kind, given)
    assert made.run() == "done"
    return dict(made.result)


def test_an_account_is_looked_at(fake: FakeHuggingFace, tmp_path: Path) -> None:
    fake.uploads.organisations = [{"name": "court", "roleInOrg": "write"}]
    result = asked("account-check", fake, tmp_path)
    assert result == {"username": USER, "canWrite": True, "namespaces": [USER, "court"]}
    assert all(one.method == "GET" for one in fake.questions)


def test_opening_is_a_step_of_its_own(huggingface: FakeHuggingFace, tmp_path: Path) -> None:
    assert job(huggingface, tmp_path).run() == "done"
    assert huggingface.repositories[NEW].private
    result = asked("visibility", huggingface, tmp_path, repository=NEW, visibility="public")
    assert result["visibility"] == "public"
    assert not huggingface.repositories[NEW].private
