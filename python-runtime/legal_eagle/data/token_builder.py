"""Writes a token store so that a kill costs at most what came after the last mark.

Everything is appended. A mark makes what is written durable and notes in `progress.json` how many rows and
bytes that is, with the bytes' CRC-32. The next builder cuts the files back to the last mark; where their
content is not what was marked (a lost page of a power failure), it starts from nothing.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from legal_eagle.data.token_files import (
    ANSWERS,
    DESCRIPTION,
    FORMAT,
    IDS,
    MASK,
    OFFSETS,
    ROWS,
    StoreCounts,
    StoreKey,
)

PROGRESS = "progress.json"
_CHUNK_BYTES = 1 << 22
_EMPTY = StoreCounts(0, 0, 0, 0, 0, 0)

Document = tuple[int, Sequence[int], Sequence[bool]]
"""Row id, token ids, mask."""


class TokenBuilder:
    """A store in the making, in a folder of its own. Use it as a context manager; only `finish` makes the
    folder a store."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.counts = _EMPTY
        # Mask bits that do not fill a byte yet.
        self._rest: npt.NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
        self._files = {name: _Appended(folder / name) for name in (IDS, MASK, OFFSETS, ANSWERS, ROWS)}
        if not self._resume():
            self._start()

    def __enter__(self) -> TokenBuilder:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()

    def add(self, documents: Sequence[Document], *, rows: int, truncated: int) -> None:
        """`documents` are what is kept of `rows` further rows, `truncated` of them cut."""
        before = self.counts
        lengths = np.asarray([len(ids) for _, ids, _ in documents], dtype=np.int64)
        answers = [int(np.count_nonzero(mask)) for _, _, mask in documents]
        if documents:
            ends = before.tokens + np.cumsum(lengths)
            bits = np.concatenate(
                [self._rest, *(np.asarray(mask, dtype=np.bool_) for _, _, mask in documents)]
            )
            whole = len(bits) // 8 * 8
            self._rest = bits[whole:]
            self._files[IDS].write(
                np.concatenate([np.asarray(ids, dtype="<u4") for _, ids, _ in documents]).tobytes()
            )
            self._files[MASK].write(np.packbits(bits[:whole]).tobytes())
            self._files[OFFSETS].write(ends.astype("<u8").tobytes())
            self._files[ANSWERS].write(np.asarray(answers, dtype="<u4").tobytes())
            self._files[ROWS].write(np.asarray([row for row, _, _ in documents], dtype="<i8").tobytes())
        self.counts = StoreCounts(
            rows=before.rows + rows,
            documents=before.documents + len(documents),
            tokens=before.tokens + int(lengths.sum()),
            answer_tokens=before.answer_tokens + sum(answers),
            truncated_rows=before.truncated_rows + truncated,
            dropped_rows=before.dropped_rows + rows - len(documents),
        )

    def mark(self) -> None:
        """What has been added survives a kill and a power failure from here on."""
        for file in self._files.values():
            file.sync()
        described = {
            "format": FORMAT,
            "counts": asdict(self.counts),
            "rest": self._rest.astype(int).tolist(),
            "files": {name: [file.size, file.crc] for name, file in self._files.items()},
        }
        _write_whole(self.folder / PROGRESS, described)

    def finish(self, key: StoreKey) -> StoreCounts:
        """Makes the folder a whole store, its description last."""
        self._files[MASK].write(np.packbits(self._rest).tobytes())
        for file in self._files.values():
            file.sync()
            file.close()
        described = {"format": FORMAT, "key": asdict(key), "counts": asdict(self.counts)}
        _write_whole(self.folder / DESCRIPTION, described)
        (self.folder / PROGRESS).unlink(missing_ok=True)
        return self.counts

    def _start(self) -> None:
        (self.folder / DESCRIPTION).unlink(missing_ok=True)
        self.counts, self._rest = _EMPTY, np.zeros(0, dtype=np.bool_)
        for file in self._files.values():
            file.cut(0, 0)
        self._files[OFFSETS].write(np.zeros(1, dtype="<u8").tobytes())

    def _resume(self) -> bool:
        """Back to the last mark; False where there is none that can be trusted."""
        described = read_progress(self.folder)
        if described is None:
            return False
        try:
            marks = {name: (int(size), int(crc)) for name, (size, crc) in described["files"].items()}
            counts = StoreCounts(**described["counts"])
            rest = np.asarray(described["rest"], dtype=np.bool_)
            if not all(file.holds(*marks[name]) for name, file in self._files.items()):
                return False
        except (KeyError, TypeError, ValueError):
            return False
        for name, file in self._files.items():
            file.cut(*marks[name])
        self.counts, self._rest = counts, rest
        return True


class _Appended:
    """A file that only grows, with the CRC-32 of what it holds."""

    def __init__(self, path: Path) -> None:
        # Opened for writing anywhere, kept as it is.
        self._file: BinaryIO = os.fdopen(
            os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)), "r+b"
        )
        self.size = 0
        self.crc = 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.size += len(data)
        self.crc = zlib.crc32(data, self.crc)

    def holds(self, size: int, crc: int) -> bool:
        """Whether the first `size` bytes are there and have this CRC-32."""
        self._file.seek(0)
        found, left = 0, size
        while left > 0:
            data = self._file.read(min(left, _CHUNK_BYTES))
            if not data:
                return False
            found, left = zlib.crc32(data, found), left - len(data)
        return found == crc

    def cut(self, size: int, crc: int) -> None:
        self._file.truncate(size)
        self._file.seek(size)
        self.size, self.crc = size, crc

    def sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def read_progress(folder: Path) -> dict[str, Any] | None:
    """The last mark of a store in the making; None where there is none of this format."""
    try:
        described = json.loads((folder / PROGRESS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(described, dict) or described.get("format") != FORMAT:
        return None
    return described


def _write_whole(path: Path, described: dict[str, object]) -> None:
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(json.dumps(described, ensure_ascii=False, indent=2).encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
