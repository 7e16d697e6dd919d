"""Eval loss: mean answer-token cross-entropy over the evaluation split, without dropout."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from legal_eagle.data.pack_plan import micro_batches_of, shares_of
from legal_eagle.data.token_store import TokenStore
from legal_eagle.engine import rng_state
from legal_eagle.engine.distributed.collective import Alone, Collective
from legal_eagle.engine.loop import LossOf
from legal_eagle.engine.out_of_memory import is_out_of_memory


@dataclass(frozen=True, slots=True)
class EvalResult:
    loss: float
    answer_tokens: int
    rows: int


class RowTooLargeError(Exception):
    """A row of `tokens` tokens alone does not fit into memory, even without gradients."""

    def __init__(self, tokens: int) -> None:
        super().__init__(f"an evaluation row of {tokens} tokens does not fit into memory")
        self.tokens = tokens


def evaluate(
    store: TokenStore,
    loss_of: LossOf,
    max_tokens_per_micro_batch: int,
    collective: Collective | None = None,
    counted: int | None = None,
) -> EvalResult:
    """Eval loss over all documents of `store`, in passes of at most max_tokens_per_micro_batch tokens that
    the ranks share by tokens. Every rank gets the same result.

    `counted`: what the stage divides the loss by; the answer tokens where it does not say.
    With gradients off the decoder drops nothing and keeps nothing. Raises RowTooLargeError, on every rank
    alike, where one row alone does not fit: a mean over the others would be another number.
    """
    ranks = Alone() if collective is None else collective
    limit = max(max_tokens_per_micro_batch, int(store.lengths.max()))
    total = store.counts.answer_tokens if counted is None else counted
    passes = micro_batches_of(range(len(store)), store.lengths, limit)
    sizes = np.asarray([store.lengths[list(members)].sum() for members in passes], dtype=np.int64)
    # Each pass gives its share of the mean; whoever computes it, the shares are the same numbers.
    shares = [0.0] * len(passes)
    too_large = 0
    with rng_state.untouched(), torch.no_grad():
        for index in shares_of(range(len(passes)), sizes, ranks.world_size)[ranks.rank]:
            try:
                shares[index] = _share(loss_of, passes[index], total, store)
            except RowTooLargeError as error:
                too_large = error.tokens
                break
    # The others wait for these numbers, so a rank that failed gives them, too.
    if largest := max(ranks.gather(too_large)):
        raise RowTooLargeError(largest)
    return EvalResult(math.fsum(ranks.add_up_numbers(shares)), total, len(store))


def _share(loss_of: LossOf, members: Sequence[int], total: int, store: TokenStore) -> float:
    """One pass's share of the mean; where it does not fit into memory, that of its halves."""
    try:
        return float(loss_of(members, total))
    except Exception as error:
        if not is_out_of_memory(error):
            raise
    # Outside `except`: its traceback would keep the tensors of the failed pass alive.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if len(members) == 1:
        raise RowTooLargeError(int(store.lengths[members[0]]))
    middle = len(members) // 2
    return sum(_share(loss_of, half, total, store) for half in (members[:middle], members[middle:]))
