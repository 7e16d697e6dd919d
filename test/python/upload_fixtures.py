"""An upload in this process, with waits of milliseconds, against a fake hub."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fake_hub import TOKEN, FakeHub, Faults
from fake_huggingface import FakeHuggingFace
from fake_modelscope import FakeModelScope
from fake_modelscope_uploads import USERNAME, UploadFaults
from hub_fixtures import SHORT_WAITS, Recorder
from legal_eagle.hub.patience import Waits
from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.jobs.errors import JobError
from legal_eagle.protocol import parse, validate
from legal_eagle.upload import account_job, upload_job, visibility_job

REPOSITORY = f"{USERNAME}/legal-eagle-contracts"


def release_files(seed: int = 5, shards: int = 3, shard_bytes: int = 200_000) -> dict[str, bytes]:
    """A release as an export writes it: texts the hub reads, a tokenizer, shards, an image, names of here."""
    chance = random.Random(seed)
    files = {
        "README.md": "---\nlicense: other\n---\n法律大模型".encode() * 20,
        "config.json": b'{"model_type": "internlm2"}',
        "configuration.json": b'{"framework": "pytorch", "task": "text-generation"}',
        "generation_config.json": b"",
        "tokenizer.model": chance.randbytes(30_000),
        "description/训练 loss.png": chance.randbytes(70_000),
    }
    for number in range(1, shards + 1):
        name = f"model-{number:05}-of-{shards:05}.safetensors"
        files[name] = chance.randbytes(shard_bytes + number)
    return files


FILES = release_files()


def write_files(folder: Path, files: Mapping[str, bytes]) -> Path:
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def upload_params(hub: FakeHub, folder: Path, **params: object) -> dict[str, object]:
    """`params` of a job that uploads all files of a folder."""
    files = [
        {"path": path.relative_to(folder).as_posix(), "localPath": str(path), "sha256": None}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    return {
        "hub": "huggingface" if isinstance(hub, FakeHuggingFace) else "modelscope",
        "endpoint": hub.endpoint,
        "tokenOrigin": hub.endpoint,
        "repository": REPOSITORY,
        "licence": "Apache License 2.0",
        "files": files,
        "commitMessage": "发布 v1",
        "existing": "refuse",
        "statePath": str(folder.parent / "upload-state.json"),
        **params,
    }


class Job:
    """One job of the kinds of an upload: what it is asked, what it reports. `stop` asks it to stop."""

    def __init__(self, folder: Path, kind: str, params: Mapping[str, object], token: str | None = TOKEN):
        spec = {
            "version": 1,
            "id": "j",
            "kind": kind,
            "createdAtMs": 1,
            "nonce": "0123456789",
            "params": dict(params),
        }
        parsed, issues = parse(spec, "JobSpec")
        assert not issues, [str(issue) for issue in issues]
        self.kind = kind
        self.recorder = Recorder()
        self.stop = threading.Event()
        secrets = {} if token is None else {"hubToken": token}
        self.context = JobContext(
            parsed, folder, self.recorder, self.recorder, secrets, stop_flag=self.stop.is_set
        )

    def run(self, waits: Waits = SHORT_WAITS) -> Outcome:
        jobs = {"upload": upload_job, "account-check": account_job, "visibility": visibility_job}
        return jobs[self.kind].run(self.context, waits)

    def refused(self, code: str, waits: Waits = SHORT_WAITS) -> JobError:
        """What the job, which must fail with this code, raises."""
        with pytest.raises(JobError) as caught:
            self.run(waits)
        assert caught.value.code == code, caught.value
        return caught.value

    @property
    def result(self) -> Mapping[str, Any]:
        (result,) = self.recorder.of("result")
        names = {"upload": "UploadResult", "account-check": "AccountCheckResult"}
        issues = validate(result, names.get(self.kind, "VisibilityResult"))
        assert not issues, [str(issue) for issue in issues]
        return result


class WatchedHub(FakeModelScope):
    """A ModelScope that holds the uploads of a test to the rules, whatever the test itself looks at."""

    last_upload: WatchedUpload | None = None

    def check_rules(self) -> None:
        """The order of every request; and what a test's last upload brought is not sent again.

        The faults are off by then and the job's own memory is another, so only what the hub has counts.
        """
        self.uploads.check_order()
        last = self.last_upload
        if last is None or not last.has_released:
            return
        self.faults, self.uploads.faults = Faults(), UploadFaults()
        self.uploads.renew_token()
        params = dict(last.context.params)
        params |= {"existing": "update-any", "statePath": f"{params['statePath']}-once-more"}
        puts, messages = len(self.uploads.puts), len(self.uploads.messages)
        assert Job(last.context.dir, "upload", params).run() == "done"
        assert len(self.uploads.puts) == puts, "a second run sent bytes"
        assert len(self.uploads.messages) == messages, "a second run made a commit"


class WatchedUpload(Job):
    """An upload to a watched hub: one commit at most, whatever becomes of it."""

    def __init__(self, hub: WatchedHub, folder: Path, params: Mapping[str, object]) -> None:
        super().__init__(folder, "upload", params)
        self.has_released = False
        self._hub = hub
        hub.last_upload = self

    def run(self, waits: Waits = SHORT_WAITS) -> Outcome:
        before = len(self._hub.uploads.messages)
        try:
            outcome = super().run(waits)
        finally:
            assert len(self._hub.uploads.messages) <= before + 1, "an upload made a second commit"
        self.has_released = outcome == "done" and not self.context.params["planOnly"]
        return outcome


@contextmanager
def watched_hub(**options: int) -> Iterator[WatchedHub]:
    """The rules are looked at when the test is over."""
    with WatchedHub(**options) as hub:
        yield hub
        hub.check_rules()


def upload(hub: FakeHub, folder: Path, **params: object) -> Job:
    given = upload_params(hub, folder, **params)
    if isinstance(hub, WatchedHub):
        return WatchedUpload(hub, folder.parent, given)
    return Job(folder.parent, "upload", given)


def content_at(hub: FakeModelScope, repository: str = REPOSITORY) -> dict[str, bytes]:
    """What the repository holds, without the hub's own file."""
    found = hub.repositories[repository].files
    return {path: content for path, content in found.items() if path != ".gitattributes"}
