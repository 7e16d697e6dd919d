"""The shard writer: what it writes must be what safetensors itself reads back."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from legal_eagle.models.shard_writer import (
    ShardWriter,
    TensorSpec,
    index_json,
    plan_shards,
)

TENSORS = {
    "文本.weight": torch.arange(24, dtype=torch.float32).reshape(6, 4),
    "half": torch.randn(5, 3).to(torch.bfloat16),
    "flag": torch.tensor([True, False]),
    "scalar": torch.tensor(3, dtype=torch.int64),
    "empty": torch.empty((0, 4), dtype=torch.float16),
}
NAMES = {
    torch.float32: "F32",
    torch.bfloat16: "BF16",
    torch.bool: "BOOL",
    torch.int64: "I64",
    torch.float16: "F16",
}


def _specs() -> list[TensorSpec]:
    return [TensorSpec(name, NAMES[value.dtype], tuple(value.shape)) for name, value in TENSORS.items()]


def _write(folder: Path, max_shard_bytes: int) -> ShardWriter:
    shards = plan_shards(_specs(), max_shard_bytes)
    with ShardWriter(folder, shards) as writer:
        for name, value in TENSORS.items():
            writer.begin(name)
            for row in value.split(2) if value.dim() else [value]:
                writer.append(row)
            writer.end()
        writer.finish()
    return writer


@pytest.mark.parametrize("max_shard_bytes", [1, 100, 10_000])
def test_safetensors_reads_back_what_was_appended_in_blocks(tmp_path: Path, max_shard_bytes: int) -> None:
    """Would catch wrong offsets, a misaligned header or a block written to the wrong tensor."""
    writer = _write(tmp_path, max_shard_bytes)
    read = {
        name: value
        for shard in writer.written
        for name, value in load_file(tmp_path / shard.file_name).items()
    }
    assert read.keys() == TENSORS.keys()
    for name, value in TENSORS.items():
        assert read[name].dtype == value.dtype
        assert torch.equal(read[name], value)


def test_hash_and_size_are_those_of_the_file(tmp_path: Path) -> None:
    """Would catch a hash that leaves out the header or a size that is only planned."""
    for shard in _write(tmp_path, 60).written:
        content = (tmp_path / shard.file_name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == shard.sha256
        assert len(content) == shard.bytes
        assert int.from_bytes(content[:8], "little") % 8 == 0


def test_shards_stay_below_the_limit_unless_one_tensor_is_larger() -> None:
    """Would catch an off-by-one that lets a shard grow past its bound."""
    shards = plan_shards(_specs(), 100)
    for shard in shards:
        assert sum(tensor.bytes for tensor in shard.tensors) <= 100 or len(shard.tensors) == 1
    names = json.loads(index_json(shards))["weight_map"]
    assert set(names) == set(TENSORS)
    assert len(set(names.values())) == len(shards)


def _write_against_the_plan(writer: ShardWriter, fault: str) -> None:
    rows = {"too long": 3, "too short": 1}.get(fault, 2)
    writer.begin("b" if fault == "order" else "a")
    writer.append(torch.zeros(rows, 2, dtype=torch.float16 if fault == "dtype" else torch.float32))
    writer.end()
    writer.finish()


@pytest.mark.parametrize("fault", ["order", "dtype", "too long", "too short", "unfinished"])
def test_what_is_not_the_plan_is_refused(tmp_path: Path, fault: str) -> None:
    """Would catch a file whose header promises other tensors than it holds."""
    shards = plan_shards([TensorSpec("a", "F32", (2, 2)), TensorSpec("b", "F32", (1,))], 1000)
    with ShardWriter(tmp_path, shards) as writer, pytest.raises(ValueError, match=r".+"):
        _write_against_the_plan(writer, fault)
