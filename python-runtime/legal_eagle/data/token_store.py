"""The token store: a dataset split rendered and tokenised once, kept as memory-mapped files.

A store is a folder named by the hash of everything that decides its content (rows, tokenizer, template,
system prompt, cutoff, mask rule), so a second run with the same settings opens it at once, and a changed
setting can never read stale tokens. It is written under a temporary name and renamed whole: a crash leaves
a folder that nobody opens.

Files, little-endian:
    ids.u32       [tokens] token ids, documents one after another
    mask.bits     [ceil(tokens / 8)] one bit a token, 1 = supervised (numpy.packbits order)
    offsets.u64   [documents + 1] where each document starts in `ids`
    answers.u32   [documents] supervised tokens of each document
    rows.i64      [documents] row id in the dataset store
    store.json    counts and sizes, written last
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

# Raise when the meaning of the files or of the truncation rule changes: old stores are then rebuilt.
_FORMAT = 1
_BATCH_ROWS = 256

MASK_ANSWERS = "answers"
"""The mask rule: every assistant turn and the stop token that ends it."""


class StoredMessages(Protocol):
    """A row of the dataset store."""

    @property
    def id(self) -> int: ...

    @property
    def messages(self) -> Sequence[Mapping[str, str]]: ...


Encoded = tuple[Sequence[int], Sequence[bool]]
"""Token ids and supervision mask of one chat, equally long."""

EncodeRows = Callable[[Sequence[StoredMessages]], Iterable[Encoded]]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class StoreKey:
    """What decides the content of a store."""

    rows_hash: str
    split: str
    tokenizer_hash: str
    template_hash: str
    system_prompt: str | None
    thinking: str
    cutoff_tokens: int
    mask_rule: str = MASK_ANSWERS
    max_rows: int | None = None

    def digest(self) -> str:
        text = json.dumps({"format": _FORMAT, **asdict(self)}, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """rows = documents + dropped_rows."""

    rows: int
    documents: int
    tokens: int
    answer_tokens: int
    # Longer than the cutoff, cut at its end, at least one answer token left.
    truncated_rows: int
    # Without an answer token inside the cutoff: never trained on, always counted.
    dropped_rows: int


class TokenStore:
    """An open store. Documents are views into the memory map: copy before changing them."""

    def __init__(self, folder: Path, counts: StoreCounts) -> None:
        self.folder = folder
        self.counts = counts
        self.offsets: npt.NDArray[np.int64] = np.fromfile(folder / "offsets.u64", dtype="<u8").astype(
            np.int64
        )
        self.answer_counts: npt.NDArray[np.int64] = np.fromfile(folder / "answers.u32", dtype="<u4").astype(
            np.int64
        )
        self.row_ids: npt.NDArray[np.int64] = np.fromfile(folder / "rows.i64", dtype="<i8")
        self.lengths: npt.NDArray[np.int64] = np.diff(self.offsets)
        # An empty file cannot be mapped.
        has_tokens = counts.tokens > 0
        self._ids: npt.NDArray[np.uint32] = (
            np.memmap(folder / "ids.u32", dtype="<u4", mode="r") if has_tokens else np.zeros(0, dtype="<u4")
        )
        self._bits: npt.NDArray[np.uint8] = (
            np.memmap(folder / "mask.bits", dtype=np.uint8, mode="r")
            if has_tokens
            else np.zeros(0, dtype=np.uint8)
        )

    def __len__(self) -> int:
        return len(self.lengths)

    def document(self, index: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Token ids [length] and mask [length] of a document."""
        start, end = int(self.offsets[index]), int(self.offsets[index + 1])
        ids = np.asarray(self._ids[start:end], dtype=np.int64)
        first_byte = start // 8
        bits = np.unpackbits(np.asarray(self._bits[first_byte : (end + 7) // 8]))
        mask = bits[start - first_byte * 8 : end - first_byte * 8].astype(np.bool_)
        return ids, mask


def cut_to(ids: Sequence[int], mask: Sequence[bool], cutoff_tokens: int) -> tuple[Encoded | None, bool]:
    """Truncation: keep the first `cutoff_tokens` tokens; drop a row that is left without a supervised token.

    The first token of a document is predicted from nothing, so it never counts as supervised.
    Returns (row or None when dropped, whether it was longer than the cutoff).
    """
    too_long = len(ids) > cutoff_tokens
    kept_ids, kept_mask = ids[:cutoff_tokens], list(mask[:cutoff_tokens])
    if kept_mask:
        kept_mask[0] = False
    if not any(kept_mask):
        return None, too_long
    return (kept_ids, kept_mask), too_long


def build_or_open(
    rows: Callable[[], Iterable[StoredMessages]],
    encode: EncodeRows,
    key: StoreKey,
    cache_dir: Path,
    progress: Progress | None = None,
) -> TokenStore:
    """Opens the store of `key` below `cache_dir`, building it first when it is missing or damaged.

    rows is called only when the store has to be built. encode gets batches of rows, so that a tokenizer can
    work on many texts at once. progress is told the number of rows done.
    """
    folder = cache_dir / key.digest()
    counts = _read_counts(folder)
    if counts is not None:
        return TokenStore(folder, counts)
    cache_dir.mkdir(parents=True, exist_ok=True)
    building = cache_dir / f"{folder.name}.tmp-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    building.mkdir()
    try:
        counts = _build(building, _limited(rows(), key.max_rows), encode, key, progress)
        _replace_folder(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return TokenStore(folder, counts)


def _build(
    folder: Path, rows: Iterable[StoredMessages], encode: EncodeRows, key: StoreKey, progress: Progress | None
) -> StoreCounts:
    row_count = documents = tokens = answer_tokens = truncated = dropped = 0
    offsets, answers, row_ids = [0], [], []
    packer = _BitPacker()
    with (folder / "ids.u32").open("wb") as ids_file, (folder / "mask.bits").open("wb") as mask_file:
        for batch in _batches(rows, _BATCH_ROWS):
            for row, (ids, mask) in zip(batch, encode(batch), strict=True):
                row_count += 1
                kept, too_long = cut_to(ids, mask, key.cutoff_tokens)
                if kept is None:
                    dropped += 1
                    continue
                truncated += too_long
                kept_mask = np.asarray(kept[1], dtype=np.bool_)
                ids_file.write(np.asarray(kept[0], dtype="<u4").tobytes())
                packer.write(kept_mask, mask_file)
                documents += 1
                tokens += len(kept[0])
                answers.append(int(kept_mask.sum()))
                answer_tokens += answers[-1]
                offsets.append(tokens)
                row_ids.append(row.id)
            if progress is not None:
                progress(row_count)
        packer.flush(mask_file)
        for file in (ids_file, mask_file):
            _sync(file)
    for name, values, dtype in (
        ("offsets.u64", offsets, "<u8"),
        ("answers.u32", answers, "<u4"),
        ("rows.i64", row_ids, "<i8"),
    ):
        with (folder / name).open("wb") as file:
            file.write(np.asarray(values, dtype=dtype).tobytes())
            _sync(file)
    counts = StoreCounts(row_count, documents, tokens, answer_tokens, truncated, dropped)
    described = {"format": _FORMAT, "key": asdict(key), "counts": asdict(counts)}
    with (folder / "store.json").open("wb") as file:
        file.write(json.dumps(described, ensure_ascii=False, indent=2).encode("utf-8"))
        _sync(file)
    return counts


class _BitPacker:
    """Writes masks of any length as one stream of bits."""

    def __init__(self) -> None:
        self._rest: npt.NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)

    def write(self, mask: npt.NDArray[np.bool_], file: BinaryIO) -> None:
        bits = np.concatenate([self._rest, mask])
        whole = len(bits) // 8 * 8
        file.write(np.packbits(bits[:whole]).tobytes())
        self._rest = bits[whole:]

    def flush(self, file: BinaryIO) -> None:
        file.write(np.packbits(self._rest).tobytes())
        self._rest = self._rest[:0]


def _read_counts(folder: Path) -> StoreCounts | None:
    """The counts of a whole store; None when it is missing or any file has the wrong size."""
    try:
        described: dict[str, Any] = json.loads((folder / "store.json").read_text(encoding="utf-8"))
        counts = StoreCounts(**described["counts"])
        sizes = {
            "ids.u32": counts.tokens * 4,
            "mask.bits": (counts.tokens + 7) // 8,
            "offsets.u64": (counts.documents + 1) * 8,
            "answers.u32": counts.documents * 4,
            "rows.i64": counts.documents * 8,
        }
        whole = all((folder / name).stat().st_size == size for name, size in sizes.items())
        return counts if whole and described["format"] == _FORMAT else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _replace_folder(built: Path, target: Path) -> None:
    """Moves a finished store into place. Another process may have finished the same store first."""
    if target.exists():
        if _read_counts(target) is not None:
            return
        damaged = target.with_name(f"{target.name}.bad-{uuid.uuid4().hex[:8]}")
        target.rename(damaged)
        shutil.rmtree(damaged, ignore_errors=True)
    try:
        built.rename(target)
    except OSError:
        if _read_counts(target) is None:
            raise


def _batches(rows: Iterable[StoredMessages], size: int) -> Iterator[list[StoredMessages]]:
    batch: list[StoredMessages] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _limited(rows: Iterable[StoredMessages], max_rows: int | None) -> Iterator[StoredMessages]:
    for index, row in enumerate(rows):
        if max_rows is not None and index >= max_rows:
            return
        yield row


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
