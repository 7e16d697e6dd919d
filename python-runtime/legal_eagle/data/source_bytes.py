"""The bytes of a source file, decompressed, read in blocks, with the position on disk for progress."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

BLOCK_BYTES = 1 << 20
# First bytes of containers that a text reader must not try.
_MAGIC = (
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0", "xls"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"%PDF", "pdf"),
    (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "rar"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
)
_BINARY_SUFFIXES = {
    ".xlsx": "xlsx",
    ".xls": "xls",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".zip": "zip",
    ".docx": "docx",
    ".pdf": "pdf",
}


class CompressedDamagedError(Exception):
    """The compressed stream ends early or fails its checksum."""


class SourceBytes:
    """One pass over a file. `position` is the offset on disk, `digest()` the SHA-256 after the last block."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = 0
        self._hash = hashlib.sha256()

    def blocks(self) -> Iterator[bytes]:
        """Decompressed blocks of at most BLOCK_BYTES.

        Raises CompressedDamagedError after the last readable block of a damaged .gz file, OSError otherwise.
        """
        if not is_gzip(self.path):
            yield from self.raw_blocks()
            return
        with self.path.open("rb") as file:
            raw = _CountingReader(file, self._count)
            try:
                with gzip.GzipFile(fileobj=cast(BinaryIO, raw), mode="rb") as unpacked:
                    # read1 returns what is there, so that nothing before the damage is lost.
                    while block := unpacked.read1(BLOCK_BYTES):
                        yield block
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise CompressedDamagedError(str(error)) from error
            finally:
                while raw.read(BLOCK_BYTES):
                    pass

    def raw_blocks(self) -> Iterator[bytes]:
        """The blocks as they lie on disk. Raises OSError."""
        with self.path.open("rb") as file:
            raw = _CountingReader(file, self._count)
            while block := raw.read(BLOCK_BYTES):
                yield block

    def digest(self) -> str:
        return self._hash.hexdigest()

    def _count(self, data: bytes) -> None:
        self.position += len(data)
        self._hash.update(data)


class _CountingReader(io.RawIOBase):
    def __init__(self, file: BinaryIO, count: Callable[[bytes], None]) -> None:
        super().__init__()
        self._file = file
        self._count = count

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._count(data)
        return data


def is_gzip(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def text_suffix(path: Path) -> str:
    """The suffix that says what the text is: `.jsonl` for both rows.jsonl and rows.jsonl.gz."""
    return (path.with_suffix("") if is_gzip(path) else path).suffix.lower()


def binary_container(path: Path) -> str | None:
    """The name of the binary container that a file is, by its first bytes or its suffix, or None for text."""
    with path.open("rb") as file:
        head = file.read(16)
    if head:
        for magic, name in _MAGIC:
            if head.startswith(magic):
                return _BINARY_SUFFIXES.get(path.suffix.lower(), name)
    return _BINARY_SUFFIXES.get(path.suffix.lower())
