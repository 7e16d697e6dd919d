"""Figures over the token counts of a dataset's rows."""

from __future__ import annotations

import random
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

# The batch for which the usual padding to the longest row is estimated (a common per-device batch size).
PAD_BATCH_ROWS = 8
_BATCHES_SAMPLED = 2000
# Upper ends of the histogram's bins, in tokens: doubling, with a step between.
HISTOGRAM_EDGES = (16, 32, 64, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 8192, 16384, 32768)


@dataclass
class TokenCounts:
    """Counts of every row, as array('I') columns of equal length: 12 bytes a row."""

    prompt: array[int] = field(default_factory=lambda: array("I"))
    answer: array[int] = field(default_factory=lambda: array("I"))
    total: array[int] = field(default_factory=lambda: array("I"))
    over_cutoff: int = 0
    answers_cut: int = 0
    answers_lost: int = 0

    def add(self, mask: Sequence[bool], cutoff: int) -> None:
        """Count one rendered row; `mask` is true for supervised tokens."""
        answer = sum(mask)
        self.total.append(len(mask))
        self.answer.append(answer)
        self.prompt.append(len(mask) - answer)
        if len(mask) > cutoff:
            self.over_cutoff += 1
            kept = sum(mask[:cutoff])
            self.answers_cut += kept < answer
            self.answers_lost += kept == 0

    def summary(self, cutoff: int) -> dict[str, Any]:
        """The figures as they go into the result event. Shares are 0–1, lengths in tokens."""
        rows = len(self.total)
        cut = [min(length, cutoff) for length in self.total]
        return {
            "rows": rows,
            "promptTokens": _describe(self.prompt),
            "answerTokens": _describe(self.answer),
            "rowTokens": _describe(self.total),
            "overCutoff": {
                "rows": self.over_cutoff,
                "share": self.over_cutoff / rows if rows else 0.0,
                "answersCut": self.answers_cut,
                "answersLost": self.answers_lost,
            },
            "padShare": {
                "toCutoff": 1 - sum(cut) / (rows * cutoff) if rows else 0.0,
                "toLongestOfBatch": _pad_share(cut),
                "batchRows": PAD_BATCH_ROWS,
            },
            "histogram": _histogram(self.total),
        }


def _describe(values: Sequence[int]) -> dict[str, float]:
    ordered = sorted(values)
    count = len(ordered)
    if not count:
        return {"mean": 0.0, "p50": 0, "p90": 0, "p99": 0, "max": 0, "sum": 0}
    total = sum(ordered)
    # Nearest rank: the smallest value that at least that share of the rows does not exceed.
    rank = {name: ordered[max(0, -(-count * share // 100) - 1)] for name, share in _SHARES}
    return {"mean": total / count, **rank, "max": ordered[-1], "sum": total}


_SHARES = (("p50", 50), ("p90", 90), ("p99", 99))


def _pad_share(lengths: Sequence[int]) -> float:
    """Share of padding when batches of random rows are padded to their longest one."""
    if not lengths:
        return 0.0
    order = random.Random(0)
    tokens = padded = 0
    size = min(PAD_BATCH_ROWS, len(lengths))
    for _ in range(min(_BATCHES_SAMPLED, len(lengths))):
        batch = order.choices(lengths, k=size)
        tokens += sum(batch)
        padded += max(batch) * size
    return 1 - tokens / padded if padded else 0.0


def _histogram(lengths: Sequence[int]) -> list[dict[str, int | None]]:
    counts = [0] * (len(HISTOGRAM_EDGES) + 1)
    for length in lengths:
        counts[
            next((i for i, edge in enumerate(HISTOGRAM_EDGES) if length <= edge), len(HISTOGRAM_EDGES))
        ] += 1
    return [
        {"upTo": edge, "rows": count} for edge, count in zip((*HISTOGRAM_EDGES, None), counts, strict=True)
    ]
