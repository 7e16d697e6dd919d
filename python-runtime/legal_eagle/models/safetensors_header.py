"""Reads and checks the header of one safetensors file without loading a tensor.

Format: 8 bytes little-endian header length, JSON header, data. Source: the safetensors README.
"""

import json
import math
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from legal_eagle.jobs.errors import JobError

_MAX_HEADER_BYTES = 100_000_000  # the limit of the safetensors library
_DTYPE_BYTES = {
    "F32": 4,
    "F16": 2,
    "BF16": 2,
    "F64": 8,
    "I64": 8,
    "I32": 4,
    "I16": 2,
    "I8": 1,
    "U8": 1,
    "BOOL": 1,
}


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """`begin` and `end` are byte offsets inside the file's data part."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def read_header(path: Path) -> dict[str, TensorInfo]:
    """Tensor infos by name. Raises JobError `model.shard_broken` for a file that is cut short, whose
    header is not the format's, or whose sizes contradict each other."""
    try:
        with path.open("rb") as file:
            file_bytes = os.fstat(file.fileno()).st_size
            prefix = file.read(8)
            if len(prefix) < 8:
                raise ValueError("shorter than the 8-byte prefix")
            (header_bytes,) = struct.unpack("<Q", prefix)
            if header_bytes > min(_MAX_HEADER_BYTES, file_bytes - 8):
                raise ValueError(f"header length {header_bytes} exceeds the file")
            header = json.loads(file.read(header_bytes).decode("utf-8"))
        if not isinstance(header, dict):
            raise TypeError("header is not an object")
        infos = {name: _tensor_info(name, value) for name, value in header.items() if name != "__metadata__"}
        data_bytes = file_bytes - 8 - header_bytes
        wanted_bytes = max((info.end for info in infos.values()), default=0)
        if wanted_bytes != data_bytes:
            raise ValueError(f"holds {data_bytes} data bytes where its header states {wanted_bytes}")
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise JobError(
            "model.shard_broken",
            f"{path.name} is damaged or incomplete.",
            params={"file": path.name},
            detail=str(error),
        ) from error
    return infos


def _tensor_info(name: str, value: object) -> TensorInfo:
    if not isinstance(value, dict):
        raise TypeError(f"{name}: entry is not an object")
    begin, end = (int(offset) for offset in value["data_offsets"])
    shape = tuple(int(size) for size in value["shape"])
    dtype = str(value["dtype"])
    if begin < 0 or end < begin or any(size < 0 for size in shape):
        raise ValueError(f"{name}: impossible offsets or shape")
    item_bytes = _DTYPE_BYTES.get(dtype)
    if item_bytes is not None and math.prod(shape) * item_bytes != end - begin:
        raise ValueError(f"{name}: size does not match its shape")
    return TensorInfo(dtype, shape, begin, end)
