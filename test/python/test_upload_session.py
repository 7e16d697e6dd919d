"""Writing verbs of a session: where a token goes, what a cut means, how a file becomes a body."""

from __future__ import annotations

import hashlib
from collections import deque
from pathlib import Path

import pytest

from fake_hub import TOKEN
from fake_huggingface import FakeHuggingFace
from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.place import Place, is_own_host
from legal_eagle.hub.refusals import TryAgain
from legal_eagle.jobs.errors import JobError
from legal_eagle.upload.file_body import FileBody, FileChanged


@pytest.mark.parametrize(
    ("endpoint", "url", "expected"),
    [
        ("https://modelscope.cn", "https://modelscope.cn/x", True),
        ("https://www.modelscope.cn", "https://lfs.modelscope.cn/x", True),
        ("https://www.modelscope.ai", "https://modelscope.cn/x", False),
        ("https://modelscope.cn", "https://evilmodelscope.cn/x", False),
        ("https://modelscope.cn", "https://modelscope.cn.evil.example/x", False),
        ("https://modelscope.cn", "http://lfs.modelscope.cn/x", False),
        # Nobody knows that these two are not of one owner; of an unknown domain only the origin counts.
        ("https://hub.example.co.uk", "https://other.example.co.uk/x", False),
        ("http://127.0.0.1:80", "http://127.0.0.1/x", True),
        ("http://127.0.0.1:80", "http://127.0.0.1:81/x", False),
    ],
)
def test_whose_host_it_is(endpoint: str, url: str, expected: bool) -> None:
    # Catches a token that is sent to a look-alike of the hub.
    assert is_own_host(Place(endpoint), url) is expected


def put_file(
    hub: FakeHuggingFace, path: Path, url: str, size: int | None = None, start: int = 0
) -> list[int]:
    sent: list[int] = []
    size = path.stat().st_size if size is None else size
    with (
        HubSession(Place(hub.endpoint, TOKEN)) as session,
        FileBody(path, size, sent.append, start=start) as body,
    ):
        answer = session.write("PUT", url, body, size=size)
        assert answer.is_success
        assert body.left_bytes == 0
    return sent


@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_a_file_as_body(huggingface: FakeHuggingFace, tmp_path: Path, size: int) -> None:
    # Catches chunked bodies (an empty file is one by default), which presigned addresses refuse.
    path = tmp_path / "权重.bin"
    path.write_bytes(hashlib.sha256(b"x").digest() * (size // 32 + 1))
    sent = put_file(huggingface, path, f"{huggingface.storage_origin}/a%20b?Signature=q", size)
    assert huggingface.stored["a b"] == path.read_bytes()[:size]
    assert sum(sent) == size
    # Another port is another origin: the token stays away from it.
    assert "Authorization" not in huggingface.questions[-1].headers


def test_a_stretch_of_a_file(huggingface: FakeHuggingFace, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(range(250)))
    put_file(huggingface, path, f"{huggingface.storage_origin}/part", 100, start=50)
    assert huggingface.stored["part"] == bytes(range(50, 150))


def test_a_cut_is_another_try(huggingface: FakeHuggingFace, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(9_000_000))
    huggingface.faults.upload_cuts.append(100_000)
    with pytest.raises(TryAgain) as caught:
        put_file(huggingface, path, f"{huggingface.storage_origin}/cut")
    assert caught.value.reason == "network"
    assert huggingface.stored == {}
    assert "Signature" not in str(caught.value)


def test_a_shorter_file_never_becomes_whole(huggingface: FakeHuggingFace, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(1000))
    with pytest.raises(FileChanged):
        put_file(huggingface, path, f"{huggingface.storage_origin}/short", 2000)
    assert huggingface.stored == {}


def test_what_is_raised_while_reading_ends_the_request(huggingface: FakeHuggingFace, tmp_path: Path) -> None:
    # Catches a stop that is taken for a broken line and tried again.
    class Stop(Exception):
        pass

    path = tmp_path / "a.bin"
    path.write_bytes(bytes(1 << 20))

    def sent(_count: int) -> None:
        raise Stop

    with (
        HubSession(Place(huggingface.endpoint)) as session,
        FileBody(path, 1 << 20, sent) as body,
        pytest.raises(Stop),
    ):
        session.write("PUT", f"{huggingface.storage_origin}/stop", body, size=1 << 20)


def test_answers_and_refusals(huggingface: FakeHuggingFace) -> None:
    place = Place(huggingface.endpoint, TOKEN)
    with HubSession(place) as session:
        huggingface.routes.append(("POST", "say", "/say", lambda handler, _q: handler.send_json([1])))
        answer = session.post_json("/say", {"名": "值"})
        assert (answer.is_success, answer.json()) == (True, [1])
        assert huggingface.questions[-1].json == {"名": "值"}
        assert huggingface.questions[-1].headers["Authorization"] == f"Bearer {TOKEN}"
        refused = session.write("POST", "/no-route", b"{}", bare=True)
        assert (refused.status, refused.is_success) == (404, False)
        assert "Authorization" not in huggingface.questions[-1].headers
        huggingface.faults.statuses["say"] = deque(
            [(500, {}), (429, {"Retry-After": "7"}), (307, {"Location": "/say"}), (403, {})]
        )
        with pytest.raises(TryAgain, match="500"):
            session.post_json("/say", {})
        with pytest.raises(TryAgain) as limited:
            session.post_json("/say", {})
        assert limited.value.wait_seconds == 7
        # A body is never sent a second time to where an answer points.
        with pytest.raises(JobError, match="sent elsewhere"):
            session.post_json("/say", {})
        why = session.refuse(session.post_json("/say", {}))
        assert isinstance(why, JobError)
        assert (why.code, why.params["reason"]) == ("hub.forbidden", "switched on")
        with pytest.raises(JobError, match="not encrypted"):
            session.write("PUT", "http://storage.example/x", b"")
