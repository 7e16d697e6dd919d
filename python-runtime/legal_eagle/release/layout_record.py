"""What a folder in Llama layout says of the folder it was made from, so that the way back is mechanical."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.safetensors_header import read_header
from legal_eagle.models.shard_writer import ShardPlan, TensorSpec
from legal_eagle.models.sidecar_files import MANIFEST_FILE, file_sha256

# Rewritten on the way, so kept word for word.
_TEXTS = (
    "config.json",
    "generation_config.json",
    "tokenizer_config.json",
    "chat_template.jinja",
)
_CONVERSION = "conversion"


@dataclass(frozen=True)
class SourceShard:
    """`header` is the file's own JSON; None where the file held tensors that are not written."""

    file: str
    bytes: int
    sha256: str
    header: str | None


@dataclass(frozen=True)
class ConversionRecord:
    name: str
    texts: Mapping[str, str]
    # Files beside the weights, with SHA-256; code that came with the model is named, never opened.
    files: Mapping[str, str]
    shards: tuple[SourceShard, ...]

    def to_json(self) -> dict[str, object]:
        return {
            "from": "internlm2",
            "to": "llama",
            "name": self.name,
            "texts": dict(self.texts),
            "files": dict(self.files),
            "shards": [
                {"file": one.file, "bytes": one.bytes, "sha256": one.sha256, "header": one.header}
                for one in self.shards
            ],
        }


def make_record(folder: Path, shards: Sequence[str], written: frozenset[str]) -> ConversionRecord:
    """The record of `folder`; `written` are the tensors that go into the new folder. Reads all once."""
    weights = set(shards)
    beside = sorted(
        path.name
        for path in folder.iterdir()
        if path.is_file() and path.name not in {*weights, *_TEXTS, MANIFEST_FILE}
    )
    return ConversionRecord(
        folder.name,
        {name: (folder / name).read_text(encoding="utf-8") for name in _TEXTS if (folder / name).is_file()},
        {name: file_sha256(folder / name) for name in beside if not name.endswith(".index.json")},
        tuple(_source_shard(folder / name, written) for name in shards),
    )


def read_record(folder: Path) -> ConversionRecord:
    """Raises JobError `model.layout_no_record` where the folder does not say what it was made from."""
    try:
        raw = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))[_CONVERSION]
        return ConversionRecord(
            str(raw["name"]),
            {_plain(name): str(text) for name, text in raw["texts"].items()},
            {_plain(name): str(sha) for name, sha in raw["files"].items()},
            tuple(_shard_of(one) for one in raw["shards"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise JobError(
            "model.layout_no_record",
            f"{folder} does not say what layout it was made from",
            exit_code=EXIT_DATA,
            params={"folder": str(folder)},
            detail=str(error),
        ) from error


def source_shard_plans(record: ConversionRecord) -> tuple[ShardPlan, ...] | None:
    """The source's files as they were, header by header; None where one cannot be written again."""
    plans = []
    for shard in record.shards:
        if shard.header is None:
            return None
        table = json.loads(shard.header)
        entries = sorted(
            ((name, entry) for name, entry in table.items() if name != "__metadata__"),
            key=lambda item: tuple(item[1]["data_offsets"]),
        )
        specs = tuple(TensorSpec(name, one["dtype"], tuple(one["shape"])) for name, one in entries)
        body = shard.header.encode("utf-8")
        plans.append(ShardPlan(shard.file, specs, len(body).to_bytes(8, "little") + body))
    return tuple(plans)


def _source_shard(path: Path, written: frozenset[str]) -> SourceShard:
    infos = read_header(path)
    header = None
    if infos.keys() <= written:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = file.read(length).decode("utf-8")
    return SourceShard(path.name, path.stat().st_size, file_sha256(path), header)


def _shard_of(raw: Mapping[str, Any]) -> SourceShard:
    header = raw["header"]
    return SourceShard(
        _plain(raw["file"]),
        int(raw["bytes"]),
        str(raw["sha256"]),
        None if header is None else str(header),
    )


def _plain(name: object) -> str:
    """A file name of the folder itself: a record from elsewhere must not write outside."""
    text = str(name)
    if not text or text in (".", "..") or any(sign in text for sign in "/\\:\0"):
        raise ValueError(f"{text!r} is not a file name")
    return text
