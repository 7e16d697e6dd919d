"""Writing a model as safetensors shards of bounded size, a block of rows at a time.

The header of a safetensors file stands before its data, so all names, dtypes and shapes are planned first;
after that tensors are appended in plan order and nothing larger than one block is ever held.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import torch

from legal_eagle.models.safetensors_file import DTYPES, element_count, item_bytes

INDEX_FILE = "model.safetensors.index.json"


@dataclass(frozen=True)
class TensorSpec:
    name: str
    dtype: str  # safetensors name: F32, BF16 …
    shape: tuple[int, ...]

    @property
    def bytes(self) -> int:
        return element_count(self.shape) * item_bytes(self.dtype)


@dataclass(frozen=True)
class ShardPlan:
    file_name: str
    tensors: tuple[TensorSpec, ...]
    header: bytes

    @property
    def file_bytes(self) -> int:
        return len(self.header) + sum(tensor.bytes for tensor in self.tensors)


@dataclass(frozen=True)
class WrittenShard:
    file_name: str
    bytes: int
    sha256: str


def plan_shards(tensors: Sequence[TensorSpec], max_shard_bytes: int) -> tuple[ShardPlan, ...]:
    """Fill shards in order; a tensor larger than ``max_shard_bytes`` gets a shard of its own.

    ``max_shard_bytes`` bounds the tensor bytes of a shard; its header comes on top.
    """
    groups: list[list[TensorSpec]] = []
    size = 0
    for tensor in tensors:
        if not groups or size + tensor.bytes > max_shard_bytes:
            groups.append([])
            size = 0
        groups[-1].append(tensor)
        size += tensor.bytes
    names = (
        ["model.safetensors"]
        if len(groups) == 1
        else [f"model-{number:05d}-of-{len(groups):05d}.safetensors" for number in range(1, len(groups) + 1)]
    )
    return tuple(
        ShardPlan(name, tuple(group), encode_header(group)) for name, group in zip(names, groups, strict=True)
    )


def encode_header(tensors: Sequence[TensorSpec]) -> bytes:
    """The bytes before the data. Padded with spaces to eight bytes so that tensor data is aligned."""
    table: dict[str, object] = {"__metadata__": {"format": "pt"}}
    start = 0
    for tensor in tensors:
        end = start + tensor.bytes
        table[tensor.name] = {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "data_offsets": [start, end],
        }
        start = end
    body = json.dumps(table, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    body += b" " * (-len(body) % 8)
    return len(body).to_bytes(8, "little") + body


def index_json(shards: Sequence[ShardPlan]) -> str:
    """Text of ``model.safetensors.index.json`` for these shards."""
    weight_map = {tensor.name: shard.file_name for shard in shards for tensor in shard.tensors}
    total = sum(tensor.bytes for shard in shards for tensor in shard.tensors)
    document = {"metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items()))}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


class ShardWriter:
    """Appends tensors in plan order; closes, syncs and hashes each shard as it fills."""

    def __init__(self, folder: Path, shards: Sequence[ShardPlan]) -> None:
        self._folder = folder
        self._shards = tuple(shards)
        self._order = [(shard, tensor) for shard in self._shards for tensor in shard.tensors]
        self._next = 0
        self._current: tuple[ShardPlan, TensorSpec] | None = None
        self._left_bytes = 0
        self._file: BinaryIO | None = None
        self._digest = hashlib.sha256()
        self.written: list[WrittenShard] = []

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def closed_shard(self) -> WrittenShard | None:
        """The shard that the last tensor filled; None while one is open."""
        return self.written[-1] if self._file is None and self.written else None

    def begin(self, name: str) -> TensorSpec:
        """Start the next tensor of the plan, which must be ``name``."""
        if self._current is not None:
            raise ValueError("the tensor before is not finished")
        shard, spec = self._order[self._next]
        if spec.name != name:
            raise ValueError(f"the plan has {spec.name} next, not {name}")
        self._current = (shard, spec)
        self._next += 1
        if spec is shard.tensors[0]:
            self._file = (self._folder / shard.file_name).open("xb")
            self._digest = hashlib.sha256()
            self._write(shard.header)
        self._left_bytes = spec.bytes
        return spec

    def append(self, block: torch.Tensor) -> int:
        """Write a block of rows of the current tensor; returns its bytes. The dtype must be the plan's."""
        if self._current is None:
            raise ValueError("no tensor was begun")
        _, spec = self._current
        if block.dtype != DTYPES[spec.dtype]:
            raise ValueError(f"{spec.name} is planned as {spec.dtype}, got {block.dtype}")
        flat = block.contiguous().reshape(-1).view(torch.uint8)
        data = memoryview(flat.numpy())  # type: ignore[arg-type]
        if data.nbytes > self._left_bytes:
            raise ValueError(f"{spec.name} would be longer than planned")
        self._write(data)
        self._left_bytes -= data.nbytes
        return data.nbytes

    def end(self) -> None:
        """Finish the current tensor; the last one of a shard closes and syncs the shard."""
        if self._current is None or self._left_bytes:
            raise ValueError("the current tensor is not whole")
        shard, spec = self._current
        self._current = None
        if spec is shard.tensors[-1]:
            file = self._open_file()
            file.flush()
            os.fsync(file.fileno())
            file.close()
            self._file = None
            self.written.append(WrittenShard(shard.file_name, shard.file_bytes, self._digest.hexdigest()))

    def finish(self) -> tuple[WrittenShard, ...]:
        if self._current is not None or self._next != len(self._order):
            raise ValueError("the plan is not written to its end")
        return tuple(self.written)

    def _write(self, data: bytes | memoryview) -> None:
        self._open_file().write(data)
        self._digest.update(data)

    def _open_file(self) -> BinaryIO:
        if self._file is None:
            raise ValueError("no tensor was begun")
        return self._file
