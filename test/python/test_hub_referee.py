"""The hubs' own libraries, at the locked versions, download from the fake hubs and get the same files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from fake_hub import TOKEN
from fake_huggingface import FakeHuggingFace
from fake_modelscope import FakeModelScope
from hub_fixtures import FILES, REPOSITORY, Download, content_of, taken

# A library reads its settings when it is imported, so each runs in a process of its own.
_HUGGING_FACE = """
import json, sys
from huggingface_hub import snapshot_download
given = json.loads(sys.argv[1])
snapshot_download(given["repository"], local_dir=given["out"], token=sys.stdin.read(), max_workers=2)
"""
_MODELSCOPE = """
import json, sys
from modelscope_hub import HubApi
given = json.loads(sys.argv[1])
api = HubApi(token=sys.stdin.read(), endpoint=given["endpoint"])
api.download_repo(given["repository"], repo_type="model", local_dir=given["out"], max_workers=2)
"""


def library(script: str, endpoint: str, home: Path) -> Path:
    """Run a library against a fake hub, with a home of its own; the folder it makes."""
    out = home / "out"
    given = {"repository": REPOSITORY, "endpoint": endpoint, "out": str(out)}
    environment = {
        **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(home / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
        "HF_HUB_OFFLINE": "0",
        "MODELSCOPE_ENDPOINT": endpoint,
        "MODELSCOPE_HOME": str(home / "ms"),
        "MODELSCOPE_CACHE": str(home / "ms-cache"),
        "MODELSCOPE_DOWNLOAD_INTRA_CLOUD": "false",
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
    return out


def without_library_files(content: dict[str, bytes]) -> dict[str, bytes]:
    """What a library keeps for itself in the folder is not of the repository."""
    return {path: bytes_ for path, bytes_ in content.items() if path in FILES}


def test_huggingface_hub_gets_the_same_files(huggingface: FakeHuggingFace, tmp_path: Path) -> None:
    huggingface.repositories[REPOSITORY].private = True
    # Without a storage host: on one machine it has the hub's name, and the library then asks it as the hub.
    theirs = without_library_files(content_of(library(_HUGGING_FACE, huggingface.endpoint, tmp_path)))
    assert theirs == FILES
    ours = Download(huggingface, tmp_path, {"hubToken": TOKEN}, tokenOrigin=huggingface.endpoint)
    assert ours.run() == "done"
    assert content_of(ours.out) == taken(theirs)


def test_modelscope_hub_gets_the_same_files(modelscope: FakeModelScope, tmp_path: Path) -> None:
    modelscope.repositories[REPOSITORY].private = True
    modelscope.faults.to_storage = True
    theirs = without_library_files(content_of(library(_MODELSCOPE, modelscope.endpoint, tmp_path)))
    assert theirs == FILES
    ours = Download(modelscope, tmp_path, {"hubToken": TOKEN}, tokenOrigin=modelscope.endpoint)
    assert ours.run() == "done"
    assert content_of(ours.out) == taken(theirs)
