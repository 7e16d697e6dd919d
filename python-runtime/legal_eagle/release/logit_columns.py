"""Logits that are compared without being in memory: some columns of the vocabulary at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

# Columns of a block.
COLUMNS = 4096

# Each call makes fp32 blocks [T, ≤ COLUMNS] anew, in the order of the vocabulary.
LogitColumns = Callable[[], Iterator[torch.Tensor]]


@dataclass(frozen=True)
class Comparison:
    """Two models' logits of the same T tokens. ``margins`` [T]: by how much ``wanted_ids`` leads the second;
    ids [T] are the most likely next tokens."""

    max_abs_difference: float
    margins: torch.Tensor
    wanted_ids: torch.Tensor
    got_ids: torch.Tensor


def columns_of(logits: torch.Tensor) -> LogitColumns:
    """Blocks of logits [T, V] that are in memory."""
    return lambda: iter(torch.split(logits, COLUMNS, dim=1))


def likeliest(logits: LogitColumns) -> torch.Tensor:
    """Ids [T] of the largest logits, of equal ones the first."""
    top = _Top()
    for block in logits():
        top.add(block)
    return top.ids


def compare_logits(wanted: LogitColumns, got: LogitColumns) -> Comparison:
    """A NaN anywhere makes the difference NaN."""
    wanted_top, got_top = _Top(), _Top()
    largest = torch.zeros(())
    for one, other in zip(wanted(), got(), strict=True):
        wanted_top.add(one)
        got_top.add(other)
        # Of tensors `maximum` keeps NaN, which Python's `max` would lose.
        largest = torch.maximum(largest, (one - other).abs_().max())
    return Comparison(float(largest), wanted_top.margins, wanted_top.ids, got_top.ids)


class _Top:
    """The two largest of each row of the blocks so far."""

    def __init__(self) -> None:
        self._columns = 0
        self._values = torch.empty(0, 0)
        self.ids = torch.empty(0, dtype=torch.int64)

    @property
    def margins(self) -> torch.Tensor:
        """The largest less the second, [T]; infinite where there is one column only."""
        if self._values.shape[1] < 2:
            return torch.full((self._values.shape[0],), torch.inf)
        return self._values[:, 0] - self._values[:, 1]

    def add(self, block: torch.Tensor) -> None:
        own_ids = block.argmax(dim=1) + self._columns
        own = block.topk(min(2, block.shape[1]), dim=1).values
        if self._columns == 0:
            self._values, self.ids = own, own_ids
        else:
            self.ids = torch.where(own[:, 0] > self._values[:, 0], own_ids, self.ids)
            both = torch.cat((self._values, own), dim=1)
            self._values = both.topk(min(2, both.shape[1]), dim=1).values
        self._columns += block.shape[1]
