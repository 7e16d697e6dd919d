"""Eval loss: mean answer-token cross-entropy over the evaluation split, without dropout."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from legal_eagle.data.pack_plan import micro_batches_of
from legal_eagle.data.token_store import TokenStore
from legal_eagle.engine import rng_state
from legal_eagle.engine.loop import LossOf


@dataclass(frozen=True, slots=True)
class EvalResult:
    loss: float
    answer_tokens: int
    rows: int


def evaluate(store: TokenStore, loss_of: LossOf, max_tokens_per_micro_batch: int) -> EvalResult:
    """Eval loss over all documents of `store`, in passes of at most max_tokens_per_micro_batch tokens.

    With gradients off the decoder drops nothing and keeps nothing.
    """
    limit = max(max_tokens_per_micro_batch, int(store.lengths.max()))
    total = store.counts.answer_tokens
    with rng_state.untouched(), torch.no_grad():
        # Each pass gives its share of the mean.
        shares = [
            float(loss_of(members, total))
            for members in micro_batches_of(range(len(store)), store.lengths, limit)
        ]
    return EvalResult(math.fsum(shares), total, len(store))
