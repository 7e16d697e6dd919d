"""Writing one GGUF file: keys, the table of tensors, then their bytes as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np


@dataclass(frozen=True)
class GgufTensor:
    """``packed`` gives its bytes in pieces that together are ``bytes`` long. ``shape``: rows first."""

    name: str
    shape: tuple[int, ...]
    type: gguf.GGMLQuantizationType
    bytes: int
    packed: Callable[[], Iterator[np.ndarray]]


class GgufSizeError(Exception):
    """A tensor's pieces are not as long as its table says: a defect, never a property of a model."""


def write_gguf(
    path: Path,
    architecture: str,
    put_keys: Callable[[gguf.GGUFWriter], None],
    tensors: Iterable[GgufTensor],
    on_bytes: Callable[[int], None],
) -> None:
    """``put_keys`` fills in metadata. ``on_bytes`` gets a piece's size; what it raises ends the writing."""
    writer = gguf.GGUFWriter(path, architecture)
    try:
        put_keys(writer)
        planned = list(tensors)
        for tensor in planned:
            _announce(writer, tensor)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        if writer.fout is None:
            raise GgufSizeError("the file was not opened")
        file = writer.fout[0]
        writer.write_padding(file, file.tell())
        for tensor in planned:
            written = 0
            for piece in tensor.packed():
                file.write(piece.tobytes())
                written += piece.nbytes
                on_bytes(piece.nbytes)
            if written != tensor.bytes:
                raise GgufSizeError(f"{tensor.name}: {written} bytes where {tensor.bytes} are announced")
            writer.write_padding(file, written)
    finally:
        # `close` would write what it believes to be left.
        for one in writer.fout or ():
            one.close()


def _announce(writer: gguf.GGUFWriter, tensor: GgufTensor) -> None:
    # Only a shape of uint8 is taken as one in bytes; ours counts numbers.
    writer.add_tensor_info(
        tensor.name, tensor.shape, np.dtype(np.float32), tensor.bytes, raw_dtype=tensor.type
    )
