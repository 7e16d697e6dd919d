"""Writing a checkpoint's tensors in another layout, bytes as they are, and proving it by the way back.

Row ranges are read where they lie and written in the order of the new tensor, a block at a time: the peak
memory is one block whatever the size of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.check_tensors import check_tensors
from legal_eagle.models.config import Layout, ModelConfig
from legal_eagle.models.row_map import MappedTensor, map_tensors
from legal_eagle.models.safetensors_file import (
    SafetensorsLayout,
    TensorEntry,
    read_layout,
    tensor_from_bytes,
)
from legal_eagle.models.shard_writer import (
    INDEX_FILE,
    ShardPlan,
    ShardWriter,
    TensorSpec,
    WrittenShard,
    index_json,
    plan_shards,
)
from legal_eagle.models.weights import SafetensorsFolder
from legal_eagle.release.merge import MergeStopped

# Large enough for the disk, small beside any machine's memory.
BLOCK_BYTES = 16 << 20


@dataclass(frozen=True)
class RelayoutPlan:
    """All that is known before the first byte is written."""

    weights: SafetensorsFolder
    tensors: Mapping[str, MappedTensor]
    shards: tuple[ShardPlan, ...]

    @property
    def output_bytes(self) -> int:
        return sum(shard.file_bytes for shard in self.shards)

    @property
    def tensor_bytes(self) -> int:
        return sum(tensor.bytes for shard in self.shards for tensor in shard.tensors)


def plan_relayout(
    weights: SafetensorsFolder,
    config: ModelConfig,
    target: Layout,
    *,
    max_shard_bytes: int,
    shards: Sequence[ShardPlan] | None = None,
) -> RelayoutPlan:
    """Decide every tensor and shard; `shards` where the way back restores files that were before.

    Raises JobError `model.*` for a folder that is not whole, and `model.tensor_dtype` where the parts of one
    written tensor are stored in different types.
    """
    check_tensors(weights, config)
    tensors = map_tensors(config, target)
    specs = [TensorSpec(one.name, _stored_type(weights, one), one.shape) for one in tensors.values()]
    chosen = plan_shards(specs, max_shard_bytes) if shards is None else tuple(shards)
    if {spec for shard in chosen for spec in shard.tensors} != set(specs):
        raise ValueError("the given shards are not those of this model")
    return RelayoutPlan(weights, tensors, chosen)


def write_relayout(
    plan: RelayoutPlan,
    folder: Path,
    *,
    on_bytes: Callable[[int], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> tuple[WrittenShard, ...]:
    """Write shards and index into ``folder``, which exists. Raises MergeStopped, OSError of the disk."""
    with _Rows(plan.weights) as rows, ShardWriter(folder, plan.shards) as writer:
        for shard in plan.shards:
            for spec in shard.tensors:
                writer.begin(spec.name)
                for block in rows.blocks(plan.tensors[spec.name]):
                    if should_stop():
                        raise MergeStopped
                    tensor = tensor_from_bytes(block, spec.dtype, (-1,))
                    on_bytes(writer.append(tensor))
                writer.end()
        written = writer.finish()
    if len(plan.shards) > 1:
        (folder / INDEX_FILE).write_text(index_json(plan.shards), encoding="utf-8", newline="\n")
    return written


def check_way_back(
    source: SafetensorsFolder,
    source_config: ModelConfig,
    written: SafetensorsFolder,
    written_config: ModelConfig,
    *,
    should_stop: Callable[[], bool] = lambda: False,
) -> int:
    """Read the written files as the source's layout and compare every byte; returns the bytes compared.

    The map back is another one than the map there, so a tensor that was read, written or mapped wrongly
    shows. Raises JobError ``merge.layout_differs`` naming the tensor, and MergeStopped.
    """
    check_tensors(written, written_config)
    back = map_tensors(written_config, source_config.layout)
    there = map_tensors(source_config, source_config.layout)
    compared = 0
    with _Rows(source) as before, _Rows(written) as after:
        for name, tensor in there.items():
            wanted, got = before.blocks(tensor), after.blocks(back[name])
            for left, right in _aligned(wanted, got):
                if should_stop():
                    raise MergeStopped
                if left != right:
                    raise _differs(name)
                compared += len(left)
    return compared


def _stored_type(weights: SafetensorsFolder, tensor: MappedTensor) -> str:
    types = sorted({weights.dtype(name) for name in tensor.sources})
    if len(types) > 1:
        raise JobError(
            "model.tensor_dtype",
            f"{tensor.name} would be made of {' and '.join(types)}",
            exit_code=EXIT_DATA,
            params={"tensor": tensor.name, "dtype": " + ".join(types)},
        )
    return types[0]


def _aligned(
    left: Iterator[bytearray], right: Iterator[bytearray]
) -> Iterator[tuple[memoryview, memoryview]]:
    """Pieces of two byte streams of unknown block sizes side by side; a shorter one ends in a difference."""
    one, other = memoryview(b""), memoryview(b"")
    while True:
        if not one:
            one = memoryview(next(left, bytearray()))
        if not other:
            other = memoryview(next(right, bytearray()))
        if not one and not other:
            return
        count = min(len(one), len(other)) or max(len(one), len(other))
        yield one[:count], other[:count]
        one, other = one[count:], other[count:]


class _Rows:
    """Row ranges of a folder's tensors by seek and read; no map, so no page counts as this process's
    memory."""

    def __init__(self, weights: SafetensorsFolder) -> None:
        self._stack = ExitStack()
        self._entries: dict[str, tuple[SafetensorsLayout, TensorEntry]] = {}
        self._files: dict[Path, BinaryIO] = {}
        for shard in weights.shards():
            layout = read_layout(weights.folder / shard)
            for entry in layout.entries:
                if weights.shard_of(entry.name) == shard:
                    self._entries[entry.name] = (layout, entry)

    def __enter__(self) -> _Rows:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def blocks(self, tensor: MappedTensor) -> Iterator[bytearray]:
        for part in tensor.rows:
            layout, entry = self._entries[part.name]
            start = layout.data_offset + entry.start + part.first * entry.row_bytes
            left = part.count * entry.row_bytes
            while left:
                count = min(left, BLOCK_BYTES)
                yield self._read(layout.path, start, count)
                start, left = start + count, left - count

    def _read(self, path: Path, start: int, count: int) -> bytearray:
        file = self._files.get(path)
        if file is None:
            file = self._files[path] = self._stack.enter_context(path.open("rb"))
        file.seek(start)
        block = bytearray(count)
        view = memoryview(block)
        while view:
            got = file.readinto(view)  # type: ignore[attr-defined]
            if not got:
                raise JobError(
                    "merge.file_changed",
                    f"{path.name} became shorter while it was read",
                    exit_code=EXIT_DATA,
                    params={"file": str(path)},
                )
            view = view[got:]
        return block


def _differs(tensor: str) -> JobError:
    return JobError(
        "merge.layout_differs",
        f"{tensor} does not come back as it was",
        exit_code=EXIT_DATA,
        params={"tensor": tensor},
    )
