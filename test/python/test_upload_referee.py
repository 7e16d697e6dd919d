"""ModelScope's own library, at the locked version, uses the same fake hub by the same routes and fields."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from wire_trace import Trace, differences, wire_trace

from fake_hub import TOKEN
from fake_modelscope import FakeModelScope
from fake_modelscope_uploads import USERNAME
from hub_fixtures import Download, content_of
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


# Every way in which our requests are not the library's, and why that is right.
_NUMBER = "the library numbers its requests for its own log"
_KIND = "a request without a body has no kind of body"
UPLOAD_DIFFERENCES = {
    "only ours: GET /openapi/v1/users/me": "whose token it is, before anything is hashed",
    "only ours: POST /api/v1/login": "whether it may write; the library asks in its own `login()` only",
    "only ours: GET /api/v1/models/<repository>/repo/files": "what is there before and after",
    'only theirs: POST /api/v1/models bodies {"License": "Apache-2.0", "Name": "str", "Path": "str", '
    '"Visibility": 5}': "before each upload the library tries to make the repository, public",
    'only theirs: GET /api/v1/models/<repository> always "content-type"': _KIND,
    'only theirs: GET /api/v1/models/<repository> always "x-request-id"': _NUMBER,
    'only theirs: POST /api/v1/models always "x-request-id"': _NUMBER,
    'only theirs: POST /api/v1/repos/models/<repository>/commit/master always "x-request-id"': _NUMBER,
    "only theirs: POST /api/v1/repos/models/<repository>/info/lfs/objects/batch always "
    '"x-request-id"': _NUMBER,
    'only theirs: PUT /lfs/<oid> always "x-request-id"': _NUMBER,
}
DOWNLOAD_DIFFERENCES = {
    'only theirs: GET /api/v1/models/<repository>/repo always "content-type"': _KIND,
    'only theirs: GET /api/v1/models/<repository>/repo always "snapshot-identifier"': "it counts for the hub",
    'only theirs: GET /api/v1/models/<repository>/repo always "x-request-id"': _NUMBER,
    'only theirs: GET /api/v1/models/<repository>/repo sometimes "range"': "side by side; ours only "
    "after a cut",
    'only theirs: GET /api/v1/models/<repository>/repo/files always "content-type"': _KIND,
    'only theirs: GET /api/v1/models/<repository>/repo/files always "x-request-id"': _NUMBER,
}


def trace_of(hub: FakeModelScope, repository: str) -> Trace:
    """What was asked since the last trace."""
    trace = wire_trace(hub.questions, repository)
    hub.questions.clear()
    return trace


def test_both_clients_say_the_same(tmp_path: Path) -> None:
    # Catches a route, field or header that one of the two no longer has, and an explanation without a cause.
    folder = write_files(tmp_path / "out", FILES)
    with FakeModelScope() as hub:
        # Apart: the library leaves a file of its own in the folder.
        library(_UPLOAD, hub, tmp_path, THEIRS, write_files(tmp_path / "theirs", FILES))
        theirs = trace_of(hub, THEIRS)
        assert content_at(hub, THEIRS) == FILES
        assert hub.repositories[THEIRS].private
        hub.uploads.blobs.clear()
        assert upload(hub, folder).run() == "done"
        hub.uploads.check_order()
        ours = trace_of(hub, REPOSITORY)
    assert differences(ours, theirs) == set(UPLOAD_DIFFERENCES)
    # What a blob is sent with: its length, no kind, and never in pieces of unknown number.
    assert ours["PUT /lfs/<oid>"]["always"] == ["authorization", "content-length", "cookie"]


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
        theirs = trace_of(hub, REPOSITORY)
        download = Download(hub, tmp_path, {"hubToken": TOKEN}, tokenOrigin=hub.endpoint,
                            repository=REPOSITORY, include=["**"])  # fmt: skip
        assert download.run() == "done"
        ours = trace_of(hub, REPOSITORY)
    assert differences(ours, theirs) == set(DOWNLOAD_DIFFERENCES)
    # Over several lines at once, a stretch each.
    assert {"bytes=0-1048575", "bytes=1048576-2097151"} <= ranges
