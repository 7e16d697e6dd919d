"""huggingface_hub at the locked version uploads to the fake hub, by the routes and fields of the studio."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fake_hub import TOKEN, Question
from fake_huggingface import FakeHuggingFace
from fake_huggingface_uploads import USER
from hub_fixtures import FILES
from huggingface_upload_fixtures import NEW, Upload
from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.place import Place

# A library reads its settings when it is imported, so it runs in a process of its own.
_LIBRARY = """
import json, sys
from huggingface_hub import HfApi
given = json.loads(sys.argv[1])
api = HfApi(endpoint=given["endpoint"], token=sys.stdin.read())
print(api.whoami()["name"])
api.create_repo(given["repository"], private=True, repo_type="model")
assert api.repo_info(given["repository"]).private
api.upload_folder(repo_id=given["repository"], folder_path=given["folder"], commit_message="law")
api.update_repo_settings(given["repository"], private=False)
"""


def library(fake: FakeHuggingFace, folder: Path, home: Path) -> str:
    environment = {
        **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
        "HF_HOME": str(home / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_OFFLINE": "0",
    }
    given = {"repository": NEW, "endpoint": fake.endpoint, "folder": str(folder)}
    ran = subprocess.run(
        [sys.executable, "-c", _LIBRARY, json.dumps(given)],
        input=TOKEN.encode(),
        env=environment,
        capture_output=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode("utf-8", "replace")[-3000:]
    return ran.stdout.decode().strip()


def fields(value: Any) -> Any:
    """The names in a body and the kinds of what they hold, in one form whatever the number of entries."""
    if isinstance(value, Mapping):
        return {name: fields(one) for name, one in sorted(value.items())}
    if isinstance(value, list):
        return sorted({json.dumps(fields(one)) for one in value})
    return type(value).__name__


def trace(questions: list[Question]) -> dict[str, set[str]]:
    """Per route what was sent to it; numbers in addresses stand for each other."""
    found: dict[str, set[str]] = {}
    for question in questions:
        path = re.sub(r"/(part/\d+|blob)/\d+", r"/\1/N", question.path.split("?")[0])
        path = re.sub(r"(part|multipart)/\d+", r"\1/N", re.sub(r"[0-9a-f]{40}", "COMMIT", path))
        if question.method == "GET":
            continue
        lines = question.body.splitlines() if "ndjson" in kind_of(question) else [question.body]
        seen = found.setdefault(f"{question.host} {question.method} {path}", set())
        seen |= {json.dumps(fields(json.loads(line))) for line in lines if line}
    return found


def kind_of(question: Question) -> str:
    return {name.lower(): value for name, value in question.headers.items()}.get("content-type", "")


def headers_of(questions: list[Question], path: str) -> list[str]:
    return [kind_of(one) for one in questions if one.method == "POST" and path in one.path]


# A fake that accepts what the real client would not send, or a client that sends what no server knows.
def test_both_clients_say_the_same(tmp_path: Path) -> None:
    with FakeHuggingFace() as theirs, FakeHuggingFace() as ours:
        upload = Upload(ours, tmp_path)
        upload.hub.account(upload.session)
        upload.hub.create_private(upload.session, None)
        assert upload.hub.state(upload.session) == "private"
        upload.send()
        upload.hub.set_visibility(upload.session, "public")
        assert library(theirs, tmp_path / "release", tmp_path) == USER

        assert theirs.repositories[NEW].files == ours.repositories[NEW].files
        assert ours.repositories[NEW].files.items() >= FILES.items()
        assert not theirs.repositories[NEW].private
        they, we = trace(theirs.questions), trace(ours.questions)
        # The library has the README's front matter looked at; the studio does not send it for that.
        they.pop("hub POST /api/validate-yaml")
        assert we.keys() == they.keys()
        for route in we:
            # Which commit ours stands upon is named too, as the library's own `parent_commit` does.
            we[route] = {one.replace('"parentCommit": "str", ', "") for one in we[route]}
            assert we[route] == they[route], route
        for path in ("/commit/", "/objects/batch", "/preupload/", "/complete_multipart/"):
            assert set(headers_of(ours.questions, path)) == set(headers_of(theirs.questions, path)) != set()
        asked = {one.path.split("?")[0] for one in ours.questions if one.method == "GET"}
        assert {f"/api/models/{NEW}", "/api/whoami-v2"} <= asked
        assert len(theirs.uploads.commits) == len(ours.uploads.commits) == 1


# Blobs that the library left behind must be known to ours, or a change of client sends everything again.
def test_what_the_library_sent_is_not_sent_again(tmp_path: Path) -> None:
    with FakeHuggingFace() as fake:
        upload = Upload(fake, tmp_path)
        library(fake, tmp_path / "release", tmp_path)
        with HubSession(Place(fake.endpoint, TOKEN)) as session:
            asked = upload.hub.negotiate(session, upload.blobs)
        assert asked.targets
        assert set(asked.targets.values()) == {None}
