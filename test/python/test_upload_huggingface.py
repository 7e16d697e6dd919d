"""What an upload asks of Hugging Face, question by question, against the fake hub and its storage."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fake_hub import TOKEN, sha256
from fake_huggingface import FakeHuggingFace
from fake_huggingface_uploads import USER
from hub_fixtures import FILES
from huggingface_upload_fixtures import NEW, Upload, blob_of
from legal_eagle.hub.refusals import TryAgain
from legal_eagle.jobs.errors import JobError
from legal_eagle.upload.file_body import FileChanged
from legal_eagle.upload.lfs_target import read_target
from legal_eagle.upload.upload_hub import Blob

SHARD = "model-00001-of-00002.safetensors"


@pytest.fixture
def upload(huggingface: FakeHuggingFace, tmp_path: Path) -> Iterator[Upload]:
    made = Upload(huggingface, tmp_path)
    made.hub.create_private(made.session, "apache-2.0")
    yield made
    # Whatever a test did: what lies under a hash has it, and no token left the hub.
    assert all(sha256(content) == oid for oid, content in huggingface.uploads.blobs.items())
    for question in huggingface.questions:
        if question.host == "storage":
            assert not {name.lower() for name in question.headers} & {"authorization", "cookie"}
            assert TOKEN not in question.path


def puts(fake: FakeHuggingFace) -> list[str]:
    return [one.path for one in fake.questions if one.method == "PUT"]


def refusal(call: Callable[[], object], code: str) -> JobError:
    with pytest.raises(JobError) as caught:
        call()
    assert caught.value.code == code, caught.value
    return caught.value


# A client that mixes up parts, modes or hashes leaves another content on the hub than the folder has.
def test_the_files_are_there_as_they_were(upload: Upload) -> None:
    fake = upload.fake
    sent: list[int] = []
    assert upload.hub.state(upload.session) == "private"
    asked = upload.hub.negotiate(upload.session, upload.blobs)
    assert {path for path, content in FILES.items() if not fake.is_lfs(path, len(content))} == asked.inline
    for blob in upload.blobs:
        if blob.path not in asked.inline:
            upload.hub.put(upload.session, asked.targets[blob.sha256], blob, sent.append)
    commit = upload.hub.commit(
        upload.session,
        [replace(blob, inline=blob.path in asked.inline) for blob in upload.blobs],
        [".gitattributes"],
        "法律 LoRA",
    )
    assert fake.repositories[NEW].files == FILES
    assert commit == fake.repositories[NEW].commit()
    assert sum(sent) == sum(
        len(content) for path, content in FILES.items() if fake.is_lfs(path, len(content))
    )
    listed = upload.hub.list_files(upload.session)
    assert {path: file.bytes for path, file in listed.items()} == {
        path: len(content) for path, content in FILES.items()
    }
    assert upload.hub.page_url() == f"{fake.endpoint}/{NEW}"


# Parts by name rather than by number, or a last part of a full size, would join to another file.
def test_a_large_blob_goes_in_its_parts(upload: Upload, tmp_path: Path) -> None:
    upload.fake.uploads.part_bytes = 7_001
    content = bytes(range(256)) * 700
    blob = blob_of(tmp_path, "adapter_model.safetensors", content)
    upload.send([blob])
    paths = puts(upload.fake)
    assert len(paths) == -(-len(content) // 7_001) > 10
    assert [path.split("/")[3].split("?")[0] for path in paths] == [
        str(part + 1) for part in range(len(paths))
    ]
    assert upload.fake.repositories[NEW].files["adapter_model.safetensors"] == content


# Blobs that the hub has would be sent again at each resume.
def test_nothing_is_sent_twice(upload: Upload) -> None:
    upload.send()
    before = len(puts(upload.fake))
    again = upload.hub.negotiate(upload.session, upload.blobs)
    assert set(again.targets.values()) == {None}
    upload.send()
    assert len(puts(upload.fake)) == before


@pytest.mark.parametrize("cut_bytes", [0, 1, 199_999, 200_000, 200_001, 299_999])
def test_a_cut_costs_one_blob(upload: Upload, cut_bytes: int) -> None:
    blob, target = upload.target(SHARD)
    # One cut for each part: what stands before it in the file arrives.
    cuts = [None, cut_bytes - 200_000] if cut_bytes >= 200_000 else [cut_bytes]
    upload.fake.faults.upload_cuts.extend(cuts)
    with pytest.raises(TryAgain):
        upload.hub.put(upload.session, target, blob, lambda _: None)
    assert blob.sha256 not in upload.fake.uploads.blobs
    upload.send()
    assert upload.fake.repositories[NEW].files[SHARD] == FILES[SHARD]


# A storage asks for no hash: without the client's own, wrong bytes would lie under the right name for ever.
@pytest.mark.parametrize("path", [SHARD, "tokenizer.model"])
@pytest.mark.parametrize("at", [0, -1])
def test_a_file_that_changed_never_becomes_whole(upload: Upload, path: str, at: int) -> None:
    blob, target = upload.target(path)
    content = bytearray(FILES[path])
    content[at] ^= 1
    blob.local_path.write_bytes(content)
    with pytest.raises(FileChanged):
        upload.hub.put(upload.session, target, blob, lambda _: None)
    assert blob.sha256 not in upload.fake.uploads.blobs


def test_a_small_file_that_changed_is_not_committed(upload: Upload) -> None:
    blob = next(blob for blob in upload.blobs if blob.path == "config.json")
    blob.local_path.write_bytes(b"{}")
    with pytest.raises(FileChanged):
        upload.hub.commit(upload.session, [replace(blob, inline=True)], [], "x")
    assert not upload.fake.uploads.commits


# An address that has expired is refused by the storage with 403, which is no right that is missing.
def test_an_expired_address_is_asked_for_anew(upload: Upload) -> None:
    blob, target = upload.target(SHARD)
    upload.fake.faults.statuses["store"] = deque([(403, {})])
    with pytest.raises(TryAgain):
        upload.hub.put(upload.session, target, blob, lambda _: None)
    upload.send([blob])


# Parts that do not fit, or a blob that did not arrive, are no right that is missing: hash and send it again.
@pytest.mark.parametrize("route", ["store", "complete", "verify"])
def test_a_blob_that_is_refused_has_its_name(upload: Upload, route: str) -> None:
    blob, target = upload.target(SHARD)
    upload.fake.faults.statuses[route] = deque([(400, {})])
    error = refusal(
        lambda: upload.hub.put(upload.session, target, blob, lambda _: None), "upload.blob_refused"
    )
    storage, hub = upload.fake.storage_origin, upload.fake.endpoint
    assert (error.params["path"], error.params["origin"]) == (SHARD, storage if route == "store" else hub)
    upload.send([blob])


def test_a_stop_inside_a_file_ends_the_request(upload: Upload) -> None:
    class Stop(Exception):
        pass

    def stop(_: int) -> None:
        raise Stop

    blob, target = upload.target(SHARD)
    with pytest.raises(Stop):
        upload.hub.put(upload.session, target, blob, stop)
    assert blob.sha256 not in upload.fake.uploads.blobs


# Told as a failure, it would be sent again; told as done, nobody would look.
def test_a_commit_whose_answer_is_lost_is_unknown(upload: Upload) -> None:
    upload.fake.uploads.faults.dropped_commits = 1
    with pytest.raises(TryAgain):
        upload.send()
    assert set(upload.hub.list_files(upload.session)) >= set(FILES)


# Without a parent, what somebody else has just put there would be overwritten unseen.
def test_a_commit_in_between_is_noticed(upload: Upload) -> None:
    def another() -> None:
        upload.fake.repositories[NEW].files["README.md"] = b"by hand"

    upload.fake.uploads.faults.before_commit = another
    with pytest.raises(TryAgain):
        upload.send()
    assert upload.fake.repositories[NEW].files["README.md"] == b"by hand"
    upload.send()
    assert upload.fake.repositories[NEW].files["README.md"] == FILES["README.md"]


def scoped(kind: str, name: str, *permissions: str) -> dict[str, Any]:
    entity = {"type": kind, "name": name}
    return {
        "role": "fineGrained",
        "fineGrained": {"scoped": [{"entity": entity, "permissions": [*permissions]}]},
    }


ORGANISATIONS = [
    {"name": "court", "roleInOrg": "write"},
    {"name": "library", "roleInOrg": "read"},
    {"name": "school"},
]


@pytest.mark.parametrize(
    ("token", "can_write", "namespaces"),
    [
        ({"role": "write"}, True, (USER, "court", "school")),
        ({"role": "admin"}, True, (USER, "court", "school")),
        ({"role": "read"}, False, (USER,)),
        ({"role": "of tomorrow"}, None, (USER, "court", "school")),
        (scoped("user", USER, "repo.content.read", "repo.write"), True, (USER,)),
        (scoped("user", USER, "repo.content.read"), False, ()),
        (scoped("org", "court", "repo.write"), True, ("court",)),
        (scoped("org", "library", "repo.write"), False, ()),
        (scoped("model", NEW, "repo.write"), True, (USER,)),
        (scoped("model", f"{USER}/other", "repo.write"), False, ()),
        (scoped("dataset", NEW, "repo.write"), False, ()),
    ],
)
def test_what_a_token_may(
    huggingface: FakeHuggingFace, tmp_path: Path, token: Any, can_write: bool | None, namespaces: Any
) -> None:
    huggingface.uploads.token = token
    huggingface.uploads.organisations = ORGANISATIONS
    made = Upload(huggingface, tmp_path)
    account = made.hub.account(made.session)
    assert (account.username, account.can_write, account.namespaces) == (USER, can_write, namespaces)


def test_a_token_that_only_reads_makes_nothing(huggingface: FakeHuggingFace, tmp_path: Path) -> None:
    huggingface.uploads.token = {"role": "read"}
    made = Upload(huggingface, tmp_path)
    error = refusal(lambda: made.hub.create_private(made.session, None), "upload.read_only_token")
    assert error.params["username"] == USER
    assert NEW not in huggingface.repositories


def test_another_namespace_is_refused_by_name(huggingface: FakeHuggingFace, tmp_path: Path) -> None:
    made = Upload(huggingface, tmp_path, "somebody-else/disc-law-lora")
    error = refusal(lambda: made.hub.create_private(made.session, None), "upload.namespace_refused")
    assert error.params["owner"] == "somebody-else"
    assert "under the namespace" in str(error.params["reason"])


def test_a_name_that_is_taken(upload: Upload) -> None:
    refusal(lambda: upload.hub.create_private(upload.session, None), "upload.name_taken")


def test_a_creation_that_is_busy_is_tried_again(huggingface: FakeHuggingFace, tmp_path: Path) -> None:
    words = "Cannot create repo: another conflicting operation is in progress"
    huggingface.faults.statuses["create"] = deque([(409, {"X-Error-Message": words})])
    made = Upload(huggingface, tmp_path)
    with pytest.raises(TryAgain):
        made.hub.create_private(made.session, None)
    made.hub.create_private(made.session, None)


# Hugging Face says how long it wants to be left alone, in a header of its own.
@pytest.mark.parametrize(
    ("header", "seconds"), [('"api";r=0;t=55', 55.0), ('"api";r=7;t=55', None), ('"api";r=0;t=x', None)]
)
def test_a_rate_limit_says_how_long(upload: Upload, header: str, seconds: float | None) -> None:
    upload.fake.faults.statuses["batch"] = deque([(429, {"RateLimit": header})])
    with pytest.raises(TryAgain) as caught:
        upload.send()
    assert (caught.value.reason, caught.value.wait_seconds) == ("rate-limit", seconds)


def test_space_that_is_used_up(upload: Upload) -> None:
    upload.fake.uploads.faults.over_quota = {sha256(FILES[SHARD])}
    error = refusal(lambda: upload.hub.negotiate(upload.session, upload.blobs), "upload.quota_exceeded")
    assert "storage limit" in str(error.params["reason"])
    upload.fake.uploads.faults.over_quota = set()
    words = {"X-Error-Message": "Private repository storage limit reached, please upgrade your plan"}
    upload.fake.faults.statuses["commit"] = deque([(403, words)])
    refusal(upload.send, "upload.quota_exceeded")


@pytest.mark.parametrize(
    ("route", "status", "code"),
    [
        ("commit", 413, "upload.commit_too_large"),
        ("commit", 400, "upload.commit_refused"),
        ("preupload", 404, "upload.repository_missing"),
        ("batch", 403, "upload.namespace_refused"),
        ("batch", 401, "hub.token_refused"),
    ],
)
def test_refusals_have_codes(upload: Upload, route: str, status: int, code: str) -> None:
    upload.fake.faults.statuses[route] = deque([(status, {})])
    # Whose right is missing is asked of the account: this one is nobody's member.
    if status == 403:
        upload.fake.uploads.user = "another"
    refusal(upload.send, code)


@pytest.mark.parametrize("private", [None, "true", 1])
def test_only_a_plain_true_is_private(upload: Upload, private: Any) -> None:
    upload.fake.repositories[NEW].private = private
    refusal(lambda: upload.hub.state(upload.session), "hub.answer_invalid")


def test_the_state_is_what_the_hub_says(huggingface: FakeHuggingFace, tmp_path: Path) -> None:
    huggingface.uploads.faults.creates_public = True
    made = Upload(huggingface, tmp_path)
    assert made.hub.state(made.session) == "absent"
    made.hub.create_private(made.session, None)
    assert made.hub.state(made.session) == "public"
    made.hub.set_visibility(made.session, "private")
    assert made.hub.state(made.session) == "private"


OID = "a" * 64
HREF = "https://storage.example/1"


@pytest.mark.parametrize(
    "upload_action",
    [
        {},
        {"href": 7},
        {"href": "file:///etc/passwd"},
        {"href": "http://storage.example/1"},
        {"href": HREF, "header": []},
        {"href": HREF, "header": {"chunk_size": "0"}},
        {"href": HREF, "header": {"chunk_size": "-5"}},
        {"href": HREF, "header": {"chunk_size": "40", "1": HREF, "2": HREF}},
        {"href": HREF, "header": {"chunk_size": "40", "1": HREF, "2": HREF, "4": HREF}},
        {"href": HREF, "header": {"chunk_size": "40", "1": HREF, "2": HREF, "3": ""}},
        {"href": HREF, "header": {"chunk_size": "40", "1": HREF, "2": HREF, "3": "ftp://x/"}},
    ],
)
def test_an_unusable_address_is_no_address(upload_action: Any) -> None:
    blob = Blob("a.bin", Path("a.bin"), 100, OID)
    said = {"oid": OID, "size": 100, "actions": {"upload": upload_action}}
    refusal(lambda: read_target(said, blob, "https://hub.example"), "hub.answer_invalid")
