"""The token store: a dataset split rendered and tokenised once, kept as memory-mapped files.

A store is a folder named by the hash of everything that decides its content (rows, tokenizer, template,
system prompt, cutoff, mask rule), so a second run with the same settings opens it at once, and a changed
setting can never read stale tokens. It is written under another name and renamed whole: a crash leaves a
folder that nobody opens, and from which the next build goes on.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from legal_eagle.data.token_builder import Document, TokenBuilder, read_progress
from legal_eagle.data.token_files import (
    ANSWERS,
    IDS,
    MASK,
    OFFSETS,
    ROWS,
    StoreCounts,
    StoreKey,
    read_counts,
)
from legal_eagle.file_lock import try_lock

__all__ = ["Encoded", "StoreCounts", "StoreKey", "StoredMessages", "TokenStore", "build_or_open", "cut_to"]

_BATCH_ROWS = 256
# Some seconds of tokenising: what a kill may cost.
_MARK_ROWS = 4096
_POLL_SECONDS = 0.1
# Another process that builds the same store but marks nothing for this long is not waited for.
_STALLED_SECONDS = 60.0


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


class TokenStore:
    """An open store. Documents are views into the memory map: copy before changing them."""

    def __init__(self, folder: Path, counts: StoreCounts) -> None:
        self.folder = folder
        self.counts = counts
        self.offsets: npt.NDArray[np.int64] = np.fromfile(folder / OFFSETS, dtype="<u8").astype(np.int64)
        self.answer_counts: npt.NDArray[np.int64] = np.fromfile(folder / ANSWERS, dtype="<u4").astype(
            np.int64
        )
        self.row_ids: npt.NDArray[np.int64] = np.fromfile(folder / ROWS, dtype="<i8")
        self.lengths: npt.NDArray[np.int64] = np.diff(self.offsets)
        # An empty file cannot be mapped.
        has_tokens = counts.tokens > 0
        self._ids: npt.NDArray[np.uint32] = (
            np.memmap(folder / IDS, dtype="<u4", mode="r") if has_tokens else np.zeros(0, dtype="<u4")
        )
        self._bits: npt.NDArray[np.uint8] = (
            np.memmap(folder / MASK, dtype=np.uint8, mode="r") if has_tokens else np.zeros(0, dtype=np.uint8)
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

    rows is called only when the store has to be built, and always gives the same rows in the same order. What
    a killed build has left is gone on from. encode gets batches of rows, so that a tokenizer can work on many
    texts at once. progress is told the number of rows done, also while another process builds the store.
    """
    folder = cache_dir / key.digest()
    counts = read_counts(folder)
    if counts is not None:
        return TokenStore(folder, counts)
    cache_dir.mkdir(parents=True, exist_ok=True)
    partial = cache_dir / f"{folder.name}.partial"
    with _turn_to_build(cache_dir / f"{folder.name}.lock", folder, partial, progress) as mine:
        counts = read_counts(folder)
        if counts is None:
            # Without the lock the folder under the shared name may be another process's.
            building = (
                partial if mine else cache_dir / f"{folder.name}.tmp-{os.getpid()}-{uuid.uuid4().hex[:8]}"
            )
            try:
                counts = _build(building, rows, encode, key, progress)
                _replace_folder(building, folder)
            finally:
                if not mine or read_counts(building) is not None:
                    shutil.rmtree(building, ignore_errors=True)
    return TokenStore(folder, counts)


def _build(
    folder: Path,
    rows: Callable[[], Iterable[StoredMessages]],
    encode: EncodeRows,
    key: StoreKey,
    progress: Progress | None,
) -> StoreCounts:
    finished = read_counts(folder)
    if finished is not None:
        # Killed between its last file and its name.
        return finished
    with TokenBuilder(folder) as builder:
        marked = builder.counts.rows
        for batch in _batches(itertools.islice(rows(), marked, key.max_rows), _BATCH_ROWS):
            documents: list[Document] = []
            truncated = 0
            for row, (ids, mask) in zip(batch, encode(batch), strict=True):
                kept, too_long = cut_to(ids, mask, key.cutoff_tokens)
                if kept is not None:
                    truncated += too_long
                    documents.append((row.id, *kept))
            builder.add(documents, rows=len(batch), truncated=truncated)
            if builder.counts.rows - marked >= _MARK_ROWS:
                marked = builder.counts.rows
                builder.mark()
            if progress is not None:
                progress(builder.counts.rows)
        return builder.finish(key)


@contextlib.contextmanager
def _turn_to_build(lock: Path, folder: Path, partial: Path, progress: Progress | None) -> Iterator[bool]:
    """Waits until nobody else builds this store; False where the other one does not get on."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    mine = False
    try:
        mine = _wait_for_turn(descriptor, folder, partial, progress)
        yield mine
    finally:
        if mine and read_counts(folder) is not None:
            # Whoever still holds it open finds a whole store. Windows removes no open file.
            with contextlib.suppress(OSError):
                lock.unlink()
        os.close(descriptor)


def _wait_for_turn(descriptor: int, folder: Path, partial: Path, progress: Progress | None) -> bool:
    seen, since = -1, time.monotonic()
    while not try_lock(descriptor):
        if read_counts(folder) is not None:
            return False
        described = read_progress(partial)
        done = 0 if described is None else int(described["counts"]["rows"])
        if done != seen:
            seen, since = done, time.monotonic()
        if time.monotonic() - since >= _STALLED_SECONDS:
            return False
        if progress is not None:
            progress(done)
        time.sleep(_POLL_SECONDS)
    return True


def _replace_folder(built: Path, target: Path) -> None:
    """Moves a finished store into place. Another process may have finished the same store first."""
    if target.exists():
        if read_counts(target) is not None:
            return
        damaged = target.with_name(f"{target.name}.bad-{uuid.uuid4().hex[:8]}")
        target.rename(damaged)
        shutil.rmtree(damaged, ignore_errors=True)
    try:
        built.rename(target)
    except OSError:
        if read_counts(target) is None:
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
