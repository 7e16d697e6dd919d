"""Reads and checks the header of one safetensors file without loading a tensor.

Format: 8 bytes little-endian header length, JSON header, data. Source: the safetensors README.
"""

import math
import os
import struct
from dataclasses import dataclass
from pathlib import Path

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.strict_json import parse_json_object, whole_number

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
            data = file.read(header_bytes)
        if not data.startswith(b"{"):
            raise ValueError("the header does not begin with an object")
        header = parse_json_object(data)
        _check_metadata(header.get("__metadata__", {}))
        infos = {name: _tensor_info(name, value) for name, value in header.items() if name != "__metadata__"}
        _check_contiguous(infos)
        data_bytes = file_bytes - 8 - header_bytes
        wanted_bytes = max((info.end for info in infos.values()), default=0)
        if wanted_bytes != data_bytes:
            raise ValueError(f"holds {data_bytes} data bytes where its header states {wanted_bytes}")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise shard_broken(path.name, error) from error
    return infos


def shard_broken(file: str, error: Exception) -> JobError:
    return JobError(
        "model.shard_broken",
        f"{file} is damaged or incomplete.",
        params={"file": file},
        detail=str(error),
    )


def _check_metadata(value: object) -> None:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise TypeError("__metadata__ is not a map of texts")


def _check_contiguous(infos: dict[str, TensorInfo]) -> None:
    """Tensors stand one behind the other: shared bytes, or bytes of none, are no safetensors file."""
    end = 0
    for name, info in sorted(infos.items(), key=lambda item: (item[1].begin, item[1].end)):
        if info.begin != end:
            raise ValueError(f"{name}: begins at {info.begin} where {end} bytes are taken")
        end = info.end


def _tensor_info(name: str, value: object) -> TensorInfo:
    if not isinstance(value, dict):
        raise TypeError(f"{name}: entry is not an object")
    dtype = value["dtype"]
    if not isinstance(dtype, str):
        raise TypeError(f"{name}: dtype is not a text")
    offsets, shape = _sizes(name, value["data_offsets"]), _sizes(name, value["shape"])
    if len(offsets) != 2 or offsets[1] < offsets[0]:
        raise ValueError(f"{name}: impossible offsets")
    begin, end = offsets
    item_bytes = _DTYPE_BYTES.get(dtype)
    if item_bytes is not None and math.prod(shape) * item_bytes != end - begin:
        raise ValueError(f"{name}: size does not match its shape")
    return TensorInfo(dtype, shape, begin, end)


def _sizes(name: str, values: object) -> tuple[int, ...]:
    if not isinstance(values, list):
        raise TypeError(f"{name}: sizes are not a list")
    sizes = [whole_number(value) for value in values]
    known = tuple(size for size in sizes if size is not None and size >= 0)
    if len(known) != len(sizes):
        raise ValueError(f"{name}: impossible sizes")
    return known
