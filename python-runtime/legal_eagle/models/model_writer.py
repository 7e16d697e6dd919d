"""Writes tensors as a model folder's safetensors shards, one tensor at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch

from legal_eagle.models.safetensors_file import DTYPES
from legal_eagle.models.shard_size import MAX_SHARD_BYTES
from legal_eagle.models.shard_writer import (
    INDEX_FILE,
    ShardPlan,
    ShardWriter,
    TensorSpec,
    WrittenShard,
    encode_header,
    index_json,
    plan_shards,
)

_NAMES = {dtype: name for name, dtype in DTYPES.items()}


def write_model(
    folder: Path,
    tensors: Sequence[tuple[str, str, tuple[int, ...]]],
    read: Callable[[str], torch.Tensor],
    max_shard_bytes: int = MAX_SHARD_BYTES,
) -> tuple[WrittenShard, ...]:
    """Writes `tensors` (name, safetensors dtype, shape) into `folder`, which exists, with an index where they
    fill several shards. `read(name)` is asked in that order and rounded to the dtype. Not atomic."""
    shards = plan_shards([TensorSpec(*one) for one in tensors], max_shard_bytes)
    if len(shards) > 1:
        (folder / INDEX_FILE).write_text(index_json(shards), encoding="utf-8", newline="\n")
    with ShardWriter(folder, shards) as writer:
        for name, dtype, _ in tensors:
            writer.begin(name)
            writer.append(read(name).to("cpu", DTYPES[dtype]))
            writer.end()
        return writer.finish()


def write_tensor_file(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Writes `tensors`, of any device, into one safetensors file. Not atomic."""
    specs = tuple(TensorSpec(name, _NAMES[one.dtype], tuple(one.shape)) for name, one in tensors.items())
    if not specs:
        path.write_bytes(encode_header(specs))
        return
    plan = ShardPlan(path.name, specs, encode_header(specs))
    with ShardWriter(path.parent, [plan]) as writer:
        for name, one in tensors.items():
            writer.begin(name)
            writer.append(one.detach().cpu())
            writer.end()
        writer.finish()
