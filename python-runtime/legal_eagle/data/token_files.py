"""What a token store's folder holds, and whether it is whole.

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
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# Raise when the meaning of the files or of the truncation rule changes: old stores are then rebuilt.
FORMAT = 2

IDS, MASK, OFFSETS, ANSWERS, ROWS = "ids.u32", "mask.bits", "offsets.u64", "answers.u32", "rows.i64"
DESCRIPTION = "store.json"

MASK_ANSWERS = "answers"
"""The mask rule: every assistant turn and the stop token that ends it."""


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
        text = json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, sort_keys=True)
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


def file_sizes(counts: StoreCounts) -> Mapping[str, int]:
    """Bytes of each file of a whole store."""
    return {
        IDS: counts.tokens * 4,
        MASK: (counts.tokens + 7) // 8,
        OFFSETS: (counts.documents + 1) * 8,
        ANSWERS: counts.documents * 4,
        ROWS: counts.documents * 8,
    }


def read_counts(folder: Path) -> StoreCounts | None:
    """The counts of a whole store; None when it is missing or any file has the wrong size."""
    try:
        described: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        counts = StoreCounts(**described["counts"])
        whole = all((folder / name).stat().st_size == size for name, size in file_sizes(counts).items())
        return counts if whole and described["format"] == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
