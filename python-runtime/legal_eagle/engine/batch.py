"""Documents laid end to end for one forward pass."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """T tokens of D documents.

    `ids` and `positions` are int64 [T]; `cu_lengths` are D + 1 host integers, document i holding rows
    `cu_lengths[i]:cu_lengths[i + 1]`; `answer_rows` int64 [N], ascending, are the rows whose next
    token is part of an answer, `targets` int64 [N] those tokens.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    cu_lengths: tuple[int, ...]
    answer_rows: torch.Tensor
    targets: torch.Tensor

    @property
    def tokens(self) -> int:
        return self.cu_lengths[-1]

    @property
    def answer_tokens(self) -> int:
        return int(self.targets.numel())

    def to(self, device: torch.device | str) -> "PackedBatch":
        return PackedBatch(
            self.ids.to(device, non_blocking=True),
            self.positions.to(device, non_blocking=True),
            self.cu_lengths,
            self.answer_rows.to(device, non_blocking=True),
            self.targets.to(device, non_blocking=True),
        )


def pack_documents(documents: Sequence[tuple[Sequence[int], Sequence[bool]]]) -> PackedBatch:
    """Packs (ids, answer mask) documents on CPU. Positions restart in each; the first token of a
    document is never a target, as nothing predicts it."""
    ids: list[int] = []
    positions: list[int] = []
    cu_lengths = [0]
    rows: list[int] = []
    targets: list[int] = []
    for document, mask in documents:
        start = len(ids)
        tokens = [int(token) for token in document]
        ids += tokens
        positions += range(len(tokens))
        for offset in range(1, len(tokens)):
            if mask[offset]:
                rows.append(start + offset - 1)
                targets.append(tokens[offset])
        cu_lengths.append(len(ids))
    return PackedBatch(
        torch.tensor(ids, dtype=torch.int64),
        torch.tensor(positions, dtype=torch.int64),
        tuple(cu_lengths),
        torch.tensor(rows, dtype=torch.int64),
        torch.tensor(targets, dtype=torch.int64),
    )
