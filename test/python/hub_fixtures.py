"""A download in this process, with waits of milliseconds, against a fake hub."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fake_hub import FakeHub
from fake_huggingface import FakeHuggingFace
from legal_eagle.hub.download_job import run
from legal_eagle.hub.patience import Waits
from legal_eagle.jobs.context import ControlCommand, JobContext
from legal_eagle.jobs.errors import JobError
from legal_eagle.protocol import parse, validate

REPOSITORY = "Shanghai_AI_Laboratory/internlm2-tiny"
SHORT_WAITS = Waits(first_seconds=0.001, longest_seconds=0.004, asked_cap_seconds=0.01)


def model_files(seed: int = 7, shard_bytes: int = 300_000) -> dict[str, bytes]:
    """A repository as a model's looks: small texts, shards, and what is not taken."""
    chance = random.Random(seed)
    return {
        "config.json": b'{"model_type": "internlm2"}',
        "tokenizer.model": chance.randbytes(40_000),
        "tokenizer_config.json": b"{}",
        "generation_config.json": b"",
        "README.md": "---\nlicense: other\n---\n书生".encode(),
        "modeling_internlm2.py": b"raise SystemExit('never run')\n",
        "model-00001-of-00002.safetensors": chance.randbytes(shard_bytes),
        "model-00002-of-00002.safetensors": chance.randbytes(shard_bytes // 2 + 1),
        "model.safetensors.index.json": b'{"weight_map": {}}',
        "pytorch_model.bin": chance.randbytes(999),
        "original/consolidated.00.pth": chance.randbytes(999),
        "examples/图.png": chance.randbytes(999),
    }


FILES = model_files()
NOT_TAKEN = {"pytorch_model.bin", "original/consolidated.00.pth", "examples/图.png"}


class Recorder:
    """Events of a job, each checked against the protocol; `on_event` may act on one."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Mapping[str, Any]]] = []
        self._lock = threading.Lock()

    def emit(self, type: str, data: Mapping[str, object], /) -> None:
        line = {"v": 1, "seq": len(self.events) + 1, "t": 1, "type": type, "data": data}
        issues = validate(line, "JobEvent")
        assert not issues, (type, [str(issue) for issue in issues])
        with self._lock:
            self.events.append((type, dict(data)))

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        return [data for type, data in self.events if type == kind]

    def poll(self) -> list[ControlCommand]:
        return []


class Download:
    """One job: what it is asked, what it reports. `stop` asks it to stop."""

    def __init__(self, hub: FakeHub, folder: Path, secrets: dict[str, str] | None = None, **params: object):
        kind = "huggingface" if isinstance(hub, FakeHuggingFace) else "modelscope"
        self.out = Path(str(params.pop("outPath", folder / "模型")))
        given = {"hub": kind, "endpoint": hub.endpoint, "repository": REPOSITORY, "outPath": str(self.out)}
        spec = {
            "version": 1,
            "id": "j",
            "kind": "download",
            "createdAtMs": 1,
            "nonce": "0123456789",
            "params": {**given, **params},
        }
        parsed, issues = parse(spec, "JobSpec")
        assert not issues, [str(issue) for issue in issues]
        self.recorder = Recorder()
        self.stop = threading.Event()
        self.context = JobContext(
            parsed, folder, self.recorder, self.recorder, secrets or {}, stop_flag=self.stop.is_set
        )

    def run(self, waits: Waits = SHORT_WAITS) -> str:
        return run(self.context, waits)

    @property
    def result(self) -> Mapping[str, Any]:
        (result,) = self.recorder.of("result")
        issues = validate(result, "DownloadResult")
        assert not issues, [str(issue) for issue in issues]
        return result


def refused(download: Download, code: str) -> JobError:
    """What a download that must fail with this code raises."""
    with pytest.raises(JobError) as caught:
        download.run()
    assert caught.value.code == code
    return caught.value


def content_of(folder: Path) -> dict[str, bytes]:
    """Files below a folder by their names, without the record of where they come from."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "legal_eagle_origin.json"
    }


def taken(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {path: content for path, content in files.items() if path not in NOT_TAKEN}
