"""An upload to the fake Hugging Face through the port, over one session and without a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fake_hub import TOKEN, sha256
from fake_huggingface import FakeHuggingFace
from fake_huggingface_uploads import USER
from hub_fixtures import FILES
from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.place import Place
from legal_eagle.upload.huggingface import HuggingFaceUpload
from legal_eagle.upload.upload_hub import Blob

NEW = f"{USER}/disc-law-lora"


class Upload:
    """One repository through the port, over one session."""

    def __init__(self, fake: FakeHuggingFace, folder: Path, repository: str = NEW, **files: bytes) -> None:
        self.fake = fake
        self.hub = HuggingFaceUpload(repository, fake.endpoint)
        self.session = HubSession(Place(fake.endpoint, TOKEN))
        self.blobs = [blob_of(folder, path, content) for path, content in (files or FILES).items()]

    def send(self, blobs: Sequence[Blob] | None = None) -> str:
        """Negotiate, put what is asked for and commit."""
        blobs = self.blobs if blobs is None else blobs
        self.hub.list_files(self.session)
        asked = self.hub.negotiate(self.session, blobs)
        for blob in blobs:
            target = asked.targets.get(blob.sha256)
            if target is not None:
                self.hub.put(self.session, target, blob, lambda _: None)
        marked = [replace(blob, inline=blob.path in asked.inline) for blob in blobs]
        return self.hub.commit(self.session, marked, [], "法律 LoRA")

    def target(self, path: str) -> tuple[Blob, Any]:
        (blob,) = [one for one in self.blobs if one.path == path]
        return blob, self.hub.negotiate(self.session, [blob]).targets[blob.sha256]


def blob_of(folder: Path, path: str, content: bytes) -> Blob:
    local = folder / "release" / path
    local.parent.mkdir(parents=True, exist_ok=True)
    local.write_bytes(content)
    return Blob(path, local, len(content), sha256(content))
