"""Reading one safetensors file by byte ranges, never through a memory map.

A memory map would count every page it touched as this process's memory, so the bound that a merge states
in advance could not be kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import torch

from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.safetensors_header import read_header

DTYPES: dict[str, torch.dtype] = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
FLOAT_DTYPES = frozenset({"F64", "F32", "F16", "BF16"})


def item_bytes(dtype: str) -> int:
    """Bytes of one element of a safetensors dtype name."""
    return DTYPES[dtype].itemsize


def element_count(shape: Sequence[int]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


@dataclass(frozen=True)
class TensorEntry:
    """One tensor of a file: ``start`` counts from the first byte after the header."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    bytes: int

    @property
    def row_count(self) -> int:
        return self.shape[0] if self.shape else 1

    @property
    def row_bytes(self) -> int:
        return self.bytes // self.row_count if self.row_count else 0


@dataclass(frozen=True)
class SafetensorsLayout:
    """Where everything is in one file."""

    path: Path
    data_offset: int
    entries: tuple[TensorEntry, ...]  # in file order
    file_bytes: int


def read_layout(path: Path) -> SafetensorsLayout:
    """Raises JobError ``model.shard_broken`` for a file that is not a whole safetensors file."""
    infos = read_header(path)
    with path.open("rb") as file:
        header_bytes = int.from_bytes(file.read(8), "little")
    entries = sorted(
        (
            TensorEntry(name, info.dtype, info.shape, info.begin, info.end - info.begin)
            for name, info in infos.items()
        ),
        key=lambda entry: (entry.start, entry.bytes),
    )
    return SafetensorsLayout(path, 8 + header_bytes, tuple(entries), path.stat().st_size)


def _changed(path: Path) -> JobError:
    return JobError(
        "merge.file_changed",
        f"{path.name} became shorter while it was read",
        exit_code=EXIT_DATA,
        params={"file": str(path)},
    )


def tensor_from_bytes(buffer: bytearray, dtype: str, shape: Sequence[int]) -> torch.Tensor:
    """View ``buffer`` as a tensor; shares its memory."""
    if not buffer:
        return torch.empty(tuple(shape), dtype=DTYPES[dtype])
    return torch.frombuffer(buffer, dtype=DTYPES[dtype]).reshape(tuple(shape))


class SequentialReader:
    """Reads a file once from front to back, hashing every byte as it goes by.

    Entries must be asked for in file order; those skipped are still hashed, so that ``sha256`` is the
    file's own.
    """

    def __init__(self, layout: SafetensorsLayout) -> None:
        self.layout = layout
        self._digest = hashlib.sha256()
        self._file: BinaryIO = layout.path.open("rb")
        self._position = 0
        self._skip_to(layout.data_offset)

    def __enter__(self) -> SequentialReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def row_blocks(self, entry: TensorEntry, block_bytes: int) -> Iterator[tuple[int, torch.Tensor]]:
        """Yield (first row, tensor [rows, …]) in the stored dtype, each at most about ``block_bytes``."""
        self._skip_to(self.layout.data_offset + entry.start)
        if entry.bytes == 0 or not entry.shape:
            yield 0, tensor_from_bytes(self._take(entry.bytes), entry.dtype, entry.shape)
            return
        rows_per_block = max(1, block_bytes // entry.row_bytes)
        for first in range(0, entry.row_count, rows_per_block):
            rows = min(rows_per_block, entry.row_count - first)
            # No name keeps the block here, so the caller's release frees it before the next is read.
            yield (
                first,
                tensor_from_bytes(self._take(rows * entry.row_bytes), entry.dtype, (rows, *entry.shape[1:])),
            )

    def finish(self) -> str:
        """Read to the end of the file and return its SHA-256 in hex."""
        self._skip_to(self.layout.file_bytes)
        return self._digest.hexdigest()

    def _take(self, count: int) -> bytearray:
        block = bytearray(count)
        view = memoryview(block)
        while view:
            got = self._file.readinto(view)  # type: ignore[attr-defined]
            if not got:
                raise _changed(self.layout.path)
            view = view[got:]
        self._digest.update(block)
        self._position += count
        return block

    def _skip_to(self, position: int) -> None:
        if position < self._position:
            raise ValueError("tensors must be read in file order")
        while self._position < position:
            self._take(min(1 << 20, position - self._position))


def read_tensor(layout: SafetensorsLayout, name: str) -> torch.Tensor:
    """Load one tensor of a small file (an adapter) by name, in its stored dtype."""
    entry = next(entry for entry in layout.entries if entry.name == name)
    buffer = _read_range(layout, entry.start, entry.bytes)
    return tensor_from_bytes(buffer, entry.dtype, entry.shape)


def read_rows(layout: SafetensorsLayout, entry: TensorEntry, first: int, count: int) -> torch.Tensor:
    """Rows ``first`` … ``first + count`` of a tensor [rows, …], in its stored dtype."""
    if first < 0 or first + count > entry.row_count:
        raise ValueError(f"{entry.name} has {entry.row_count} rows, not {first} to {first + count}")
    buffer = _read_range(layout, entry.start + first * entry.row_bytes, count * entry.row_bytes)
    return tensor_from_bytes(buffer, entry.dtype, (count, *entry.shape[1:]))


def _read_range(layout: SafetensorsLayout, start: int, count: int) -> bytearray:
    """``count`` bytes of the data part. Raises JobError ``merge.file_changed`` where they are not there."""
    buffer = bytearray(count)
    with layout.path.open("rb", buffering=0) as file:
        file.seek(layout.data_offset + start)
        view = memoryview(buffer)
        while view:
            got = file.readinto(view)
            if not got:
                raise _changed(layout.path)
            view = view[got:]
    return buffer
