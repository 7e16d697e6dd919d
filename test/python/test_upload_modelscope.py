"""The happy path of a release to ModelScope, what stays the same, and what is said before it begins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_hub import TOKEN, sha256
from fake_modelscope import FakeModelScope
from fake_modelscope_uploads import ORGANISATION
from hub_fixtures import Download, content_of
from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.place import Place
from legal_eagle.jobs.errors import JobError
from legal_eagle.upload.modelscope import ModelScopeUpload
from upload_fixtures import (
    FILES,
    REPOSITORY,
    Job,
    content_at,
    release_files,
    upload,
    upload_params,
    watched_hub,
    write_files,
)


@pytest.fixture
def hub() -> Iterator[FakeModelScope]:
    """Whatever a test does, the rules of `WatchedHub` hold at its end."""
    with watched_hub() as fake:
        yield fake


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_files(tmp_path / "导出", FILES)


def test_a_release(hub: FakeModelScope, folder: Path) -> None:
    job = upload(hub, folder)
    assert job.run() == "done"
    assert content_at(hub) == FILES
    result = job.result
    assert result["files"] == [
        {"path": path, "bytes": len(content), "sha256": sha256(content)}
        for path, content in sorted(FILES.items())
    ]
    assert (result["created"], result["visibility"], result["underReview"]) == (True, "private", False)
    assert result["url"] == f"{hub.endpoint}/models/{REPOSITORY}"
    assert result["commit"] == hub.repositories[REPOSITORY].commit()
    assert (result["sentBytes"], result["reusedBytes"], result["resentBytes"]) == (
        sum(map(len, FILES.values())),
        0,
        0,
    )
    assert hub.uploads.messages == ["发布 v1"]
    assert hub.uploads.licences[REPOSITORY] == "apache-2.0"
    assert hub.repositories[REPOSITORY].private
    (plan,) = job.recorder.of("upload-plan")
    assert {file["change"] for file in plan["files"]} == {"add"}
    large = [content for path, content in FILES.items() if not path.endswith((".md", ".json"))]
    assert plan["sendBytes"] == sum(map(len, large))
    assert sorted(hub.uploads.puts) == sorted(map(sha256, large))
    assert sorted(one["path"] for one in job.recorder.of("file-sent")) == sorted(FILES)
    assert not any(one["reused"] for one in job.recorder.of("file-sent"))
    # Progress inside a file ends at all of it.
    assert job.recorder.of("progress")[-1]["done"] == plan["sendBytes"]
    # And the studio's own download brings the same back.
    back = Download(hub, folder.parent, {"hubToken": TOKEN}, tokenOrigin=hub.endpoint, repository=REPOSITORY,
                    include=["**"])  # fmt: skip
    assert back.run() == "done"
    assert {path: content for path, content in content_of(back.out).items() if path in FILES} == FILES


def test_a_second_run_sends_nothing(hub: FakeModelScope, folder: Path) -> None:
    upload(hub, folder).run()
    puts = len(hub.uploads.puts)
    again = upload(hub, folder, existing="update-private")
    assert again.run() == "done"
    assert (len(hub.uploads.puts), len(hub.uploads.messages)) == (puts, 1)
    assert again.result["commit"] is None
    assert again.result["reusedBytes"] == sum(map(len, FILES.values()))
    assert {file["change"] for file in again.recorder.of("upload-plan")[0]["files"]} == {"same"}


def test_another_repository_of_the_same_bytes(hub: FakeModelScope, folder: Path) -> None:
    # Catches a client that takes a left-out blob for an error, or one that sends it again.
    upload(hub, folder).run()
    puts = len(hub.uploads.puts)
    for leave_out in (True, False):
        hub.uploads.faults.leave_out_known = leave_out
        other = f"{REPOSITORY}-{leave_out}"
        job = upload(hub, folder, repository=other, statePath=str(folder.parent / f"state-{leave_out}"))
        assert job.run() == "done"
        assert content_at(hub, other) == FILES
        assert len(hub.uploads.puts) == puts
        assert job.result["reusedBytes"] > 600_000


def test_an_update_changes_what_changed(hub: FakeModelScope, folder: Path) -> None:
    upload(hub, folder).run()
    before = len(hub.uploads.puts)
    (folder / "README.md").write_text("新的说明", encoding="utf-8")
    (folder / "model-00002-of-00003.safetensors").write_bytes(b"other weights")
    (folder / "LICENSE").write_bytes(b"Apache")
    (folder / "tokenizer.model").unlink()
    job = upload(hub, folder, existing="update-private", deletes=["tokenizer.model", "never-there.json"])
    assert job.run() == "done"
    (plan,) = job.recorder.of("upload-plan")
    changes = {file["path"]: file["change"] for file in plan["files"] if file["change"] != "same"}
    assert changes == {
        "README.md": "replace",
        "model-00002-of-00003.safetensors": "replace",
        "LICENSE": "add",
    }
    assert plan["deletes"] == ["tokenizer.model"]
    assert content_at(hub) == content_of(folder)
    assert (len(hub.uploads.puts) - before, len(hub.uploads.messages)) == (1, 2)


def test_what_else_is_there_stays_unless_asked(hub: FakeModelScope, folder: Path) -> None:
    # Catches an update that deletes unasked, a plan that does not say what stays, and one that takes the
    # hub's own file with it.
    upload(hub, folder).run()
    own = hub.repositories[REPOSITORY].files[".gitattributes"]
    (folder / "tokenizer.model").unlink()
    (folder / "config.json").unlink()
    for plan_only, asked in ((False, False), (True, True), (False, True)):
        there = content_at(hub)
        job = upload(hub, folder, existing="update-private", deleteOthers=asked, planOnly=plan_only)
        assert job.run() == "done"
        (plan,) = job.recorder.of("upload-plan")
        left = ["config.json", "tokenizer.model"]
        assert (plan["deletes"], plan["others"]) == ((left, []) if asked else ([], left))
        if plan_only or not asked:
            assert content_at(hub) == there
    assert hub.repositories[REPOSITORY].files == {**content_of(folder), ".gitattributes": own}
    # Two uploads and one commit that only deletes.
    assert len(hub.uploads.messages) == 2


def test_files_of_the_same_bytes_are_sent_once(hub: FakeModelScope, tmp_path: Path) -> None:
    twins = {"a.safetensors": b"x" * 90_000, "copy/a.safetensors": b"x" * 90_000}
    job = upload(hub, write_files(tmp_path / "out", twins))
    assert job.run() == "done"
    assert content_at(hub) == twins
    assert len(hub.uploads.puts) == 1
    assert (job.result["sentBytes"], job.result["reusedBytes"]) == (90_000, 90_000)


def test_many_small_files_stay_below_the_limit_of_a_commit(hub: FakeModelScope, tmp_path: Path) -> None:
    # Catches a commit whose body is larger than the hub takes, and groups of more than 64 questions.
    files = {f"lora/{number:03}.json": bytes([number]) * 60_000 for number in range(200)}
    assert upload(hub, write_files(tmp_path / "out", files)).run() == "done"
    assert content_at(hub) == files
    commits = [one for one in hub.questions if "/commit/" in one.path]
    assert [len(one.body) < 8 << 20 for one in commits] == [True]
    assert len(hub.uploads.puts) > 64


def test_a_plan_changes_nothing(hub: FakeModelScope, folder: Path) -> None:
    job = upload(hub, folder, planOnly=True)
    assert job.run() == "done"
    assert hub.repositories == {}
    assert (job.result["commit"], job.result["visibility"], job.result["sentBytes"]) == (None, "absent", 0)
    assert {one.method for one in hub.questions if "/login" not in one.path} == {"GET"}


def test_a_hash_that_is_known_is_not_made_again(hub: FakeModelScope, folder: Path) -> None:
    params = upload_params(hub, folder)
    files = params["files"]
    assert isinstance(files, list)
    for file in files:
        file["sha256"] = sha256(FILES[file["path"]])
    job = Job(folder.parent, "upload", params)
    assert job.run() == "done"
    assert job.recorder.of("hash-progress") == []
    # A wrong one is found out by the hub, and the file hashed after all.
    files[-1]["sha256"] = files[-2]["sha256"] = "0" * 64
    hub.repositories.clear()
    hub.uploads.blobs.clear()
    Path(str(params["statePath"])).unlink()
    assert Job(folder.parent, "upload", params).run() == "done"
    assert content_at(hub) == FILES


def test_the_state_file_holds_no_address_and_no_token(hub: FakeModelScope, folder: Path) -> None:
    upload(hub, folder).run()
    text = (folder.parent / "upload-state.json").read_text(encoding="utf-8")
    state = json.loads(text)
    assert {file["state"] for file in state["files"].values()} == {"committed"}
    assert "Signature" not in text
    assert TOKEN not in text


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"version": 1}', b"\xff{", b'{"version":1,"files":[]}'])
def test_a_damaged_state_file_costs_a_hash(hub: FakeModelScope, folder: Path, damage: bytes) -> None:
    (folder.parent / "upload-state.json").write_bytes(damage)
    assert upload(hub, folder).run() == "done"
    assert content_at(hub) == FILES


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (".env", "upload.file_refused"),
        ("optimizer.safetensors", "upload.file_refused"),
        ("training_args.bin", "upload.file_refused"),
        ("pytorch_model.bin", "upload.file_refused"),
        ("rng_state_0.json", "upload.file_refused"),
        ("train.log", "upload.file_refused"),
        (".git/config", "upload.file_refused"),
        ("credentials.json", "upload.file_refused"),
        ("id_rsa", "upload.file_refused"),
        ("aux.json", "upload.path_unsafe"),
        ("CONFIG.json", "upload.path_collision"),
    ],
)
def test_what_never_leaves(hub: FakeModelScope, folder: Path, name: str, code: str) -> None:
    write_files(folder, {name: b"secret"})
    upload(hub, folder).refused(code)
    assert hub.questions == []


@pytest.mark.parametrize("path", ["../up.json", "/etc/a.json", "a//b.json", "./a.json", "a\\b.json"])
def test_paths_that_lead_elsewhere(hub: FakeModelScope, folder: Path, path: str) -> None:
    params = upload_params(hub, folder)
    params["files"] = [{"path": path, "localPath": str(folder / "config.json"), "sha256": None}]
    Job(folder.parent, "upload", params).refused("upload.path_unsafe")
    assert hub.questions == []


def test_links_and_missing_files(hub: FakeModelScope, folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "private.json"
    outside.write_bytes(b"secret")
    (folder / "linked.json").symlink_to(outside)
    upload(hub, folder).refused("upload.file_refused")
    (folder / "linked.json").unlink()
    job = upload(hub, folder)
    (folder / "config.json").unlink()
    job.refused("upload.file_missing")


def test_limits_come_before_hashing(
    hub: FakeModelScope, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A sparse file is as large as a real one to whoever asks for its size.
    with (folder / "model-00001-of-00003.safetensors").open("r+b") as opened:
        opened.truncate(50_000_000_001)
    job = upload(hub, folder)
    job.refused("upload.file_too_large")
    assert job.recorder.of("hash-progress") == []
    many = [f"{number}.json" for number in range(2000)]
    small = write_files(folder.parent / "small", {"a.json": b"{}"})
    upload(hub, small, deletes=many).refused("upload.too_many_files")
    assert hub.questions == []


@pytest.mark.parametrize("name", ["reader/a--b", "reader/a..b", "reader/a.", "rea--der/a"])
def test_names_that_hubs_refuse(hub: FakeModelScope, folder: Path, name: str) -> None:
    upload(hub, folder, repository=name).refused("upload.repository_name_invalid")
    assert hub.questions == []


def test_an_organisation(hub: FakeModelScope, folder: Path) -> None:
    repository = f"{ORGANISATION}/contracts"
    assert upload(hub, folder, repository=repository, licence=None).run() == "done"
    assert content_at(hub, repository) == FILES
    # Nothing permissive is claimed where nothing was chosen.
    assert hub.uploads.licences[repository] == "other"
    refused = upload(hub, folder, repository="stranger/contracts").refused("upload.namespace_refused")
    assert refused.params["owner"] == "stranger"


def test_accounts(hub: FakeModelScope, tmp_path: Path) -> None:
    params = {"hub": "modelscope", "endpoint": hub.endpoint, "tokenOrigin": hub.endpoint}
    job = Job(tmp_path, "account-check", params)
    assert job.run() == "done"
    assert job.result == {"username": "reader", "canWrite": True, "namespaces": ["reader"]}
    hub.uploads.faults.read_only_token = True
    job = Job(tmp_path, "account-check", params)
    assert job.run() == "done"
    assert job.result["canWrite"] is False
    Job(tmp_path, "account-check", params, TOKEN[:-1] + "2").refused("upload.token_refused")
    Job(tmp_path, "account-check", params, None).refused("upload.token_needed")
    # An address that is no such hub's: nobody asked for a repository that could be missing.
    Job(tmp_path, "account-check", {**params, "hub": "huggingface"}).refused("hub.answer_invalid")
    mirror = {"endpoint": "https://hf-mirror.com", "tokenOrigin": "https://hf-mirror.com"}
    Job(tmp_path, "account-check", {**params, "hub": "huggingface", **mirror}).refused(
        "upload.mirror_refused"
    )


def test_opening_and_closing(folder: Path) -> None:
    with FakeModelScope() as hub:
        upload(hub, folder).run()
        place = {"hub": "modelscope", "endpoint": hub.endpoint, "tokenOrigin": hub.endpoint}
        for visibility in ("public", "public", "private"):
            params = {**place, "repository": REPOSITORY, "visibility": visibility}
            job = Job(folder.parent, "visibility", params)
            assert job.run() == "done"
            assert job.result["visibility"] == visibility
            assert hub.repositories[REPOSITORY].private is (visibility == "private")
            assert hub.uploads.licences[REPOSITORY] == "apache-2.0"
        hub.uploads.faults.ignore_visibility = True
        Job(folder.parent, "visibility", {**params, "visibility": "public"}).refused(
            "upload.visibility_unchanged"
        )
        gone = {**params, "repository": "reader/never-made"}
        Job(folder.parent, "visibility", gone).refused("upload.repository_missing")


def test_uneven_sizes(hub: FakeModelScope, tmp_path: Path) -> None:
    files = release_files(seed=9, shards=5, shard_bytes=66_000) | {"empty.safetensors": b""}
    assert upload(hub, write_files(tmp_path / "out", files), connections=4).run() == "done"
    assert content_at(hub) == files


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [
        ("https://www.modelscope.ai", "upload.wrong_site"),
        ("https://modelscope.cn", "upload.wrong_site"),
        ("https://hub.example", "upload.token_refused"),
    ],
)
def test_a_token_of_the_other_site(endpoint: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Catches a token that is tried on the other site, which is another owner's as far as a token goes.
    asked: list[str] = []

    def get_json(session: HubSession, path: str) -> tuple[object, dict[str, str]]:
        asked.append(session.place.origin)
        raise JobError("hub.token_refused", "refused")

    monkeypatch.setattr(HubSession, "get_json", get_json)
    with HubSession(Place(endpoint, TOKEN)) as session, pytest.raises(JobError) as caught:
        ModelScopeUpload(REPOSITORY, endpoint).account(session)
    assert caught.value.code == code
    assert asked == [endpoint]
