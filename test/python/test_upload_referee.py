"""ModelScope's own library, at the locked version, uses the same fake hub by the same routes and fields."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fake_hub import TOKEN, Question
from fake_modelscope import FakeModelScope
from fake_modelscope_uploads import USERNAME
from hub_fixtures import content_of
from upload_fixtures import FILES, REPOSITORY, content_at, upload, write_files

THEIRS = f"{USERNAME}/by-the-library"
# A library reads its settings when it is imported, so it runs in a process of its own.
_UPLOAD = """
import json, sys
from modelscope_hub import HubApi
given = json.loads(sys.argv[1])
api = HubApi(token=sys.stdin.read(), endpoint=given["endpoint"])
api.create_repo(given["repository"], repo_type="model", visibility="private", license="Apache License 2.0")
assert str(api.get_repo(given["repository"], repo_type="model").visibility).lower() in ("private", "1")
done = api.upload_folder(given["repository"], "model", given["folder"], commit_message="v1")
assert done is not None
"""
_DOWNLOAD = """
import json, sys
from modelscope_hub import HubApi
given = json.loads(sys.argv[1])
api = HubApi(token=sys.stdin.read(), endpoint=given["endpoint"])
api.download_repo(given["repository"], repo_type="model", local_dir=given["folder"], max_workers=4)
"""


def library(script: str, hub: FakeModelScope, home: Path, repository: str, folder: Path) -> None:
    given = {"repository": repository, "endpoint": hub.endpoint, "folder": str(folder)}
    environment = {
        **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
        "MODELSCOPE_ENDPOINT": hub.endpoint,
        "MODELSCOPE_HOME": str(home / "ms"),
        "MODELSCOPE_CACHE": str(home / "ms-cache"),
        "MODELSCOPE_DOWNLOAD_INTRA_CLOUD": "false",
        "MODELSCOPE_DOWNLOAD_PARALLEL_WORKERS": "4",
        "MODELSCOPE_DOWNLOAD_PARALLEL_THRESHOLD_MB": "1",
        "MODELSCOPE_DOWNLOAD_PART_SIZE_MB": "1",
    }
    ran = subprocess.run(
        [sys.executable, "-c", script, json.dumps(given)],
        input=TOKEN.encode(),
        env=environment,
        capture_output=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode("utf-8", "replace")[-3000:]


def route(question: Question) -> str:
    """Method and path without what differs from one upload to the next."""
    path = urlsplit(question.path).path
    for repository in (REPOSITORY, THEIRS):
        path = path.replace(repository, "<repository>")
    return f"{question.method} {re.sub('[0-9a-f]{64}', '<oid>', path)}"


def fields(value: Any) -> Any:
    """The names of a body's fields, all the way down; of a list, of its entries together."""
    if isinstance(value, dict):
        return {key: fields(inner) for key, inner in sorted(value.items())}
    if isinstance(value, list):
        seen = {json.dumps(fields(inner), sort_keys=True) for inner in value}
        return sorted(seen)
    return type(value).__name__


def writing(questions: Iterable[Question]) -> dict[str, set[str]]:
    """Per route that writes, the shapes of its bodies."""
    found: dict[str, set[str]] = {}
    for question in questions:
        if question.method in ("POST", "PUT"):
            shape = json.dumps(fields(question.json), sort_keys=True) if question.body else ""
            found.setdefault(route(question), set()).add(shape)
    return found


def test_both_clients_say_the_same(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "out", FILES)
    with FakeModelScope() as hub:
        # Apart: the library leaves a file of its own in the folder.
        library(_UPLOAD, hub, tmp_path, THEIRS, write_files(tmp_path / "theirs", FILES))
        theirs = list(hub.questions)
        assert content_at(hub, THEIRS) == FILES
        assert hub.repositories[THEIRS].private
        hub.questions.clear()
        hub.uploads.blobs.clear()
        assert upload(hub, folder).run() == "done"
        hub.uploads.check_order()
        ours = list(hub.questions)
    said, heard = writing(ours), writing(theirs)
    # Whether a token may write is asked by the login, which the library leaves to its own `login()`.
    login = said.pop("POST /api/v1/login")
    assert login == {'{"AccessToken": "str"}'}
    assert set(said) == set(heard)
    for name, shapes in said.items():
        assert shapes <= heard[name], (name, shapes, heard[name])
    # What a blob is sent with: its length, no kind, and never in pieces of unknown number.
    for questions in (ours, theirs):
        for question in questions:
            if question.method == "PUT":
                names = {name.lower() for name in question.headers}
                assert {"content-length", "authorization", "cookie"} <= names
                assert not names & {"content-type", "transfer-encoding"}


def test_the_library_gets_back_what_we_sent(tmp_path: Path) -> None:
    files = {**FILES, "model-large.safetensors": os.urandom(3_000_000)}
    folder = write_files(tmp_path / "out", files)
    with FakeModelScope() as hub:
        assert upload(hub, folder).run() == "done"
        hub.questions.clear()
        back = tmp_path / "back"
        library(_DOWNLOAD, hub, tmp_path, REPOSITORY, back)
        got = {path: content for path, content in content_of(back).items() if path in files}
        assert got == files
        ranges = {one.headers["Range"] for one in hub.questions if "Range" in one.headers}
    # Over several lines at once, a stretch each.
    assert {"bytes=0-1048575", "bytes=1048576-2097151"} <= ranges
