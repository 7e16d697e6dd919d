"""What an 8-bit base costs in loss, found while it is loaded.

Both go through the same documents layer by layer: a layer is loaded, used dense, rounded and used again,
before the next one is loaded. So the two are never held at once, and a base that passes is loaded already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from legal_eagle.engine.batch import PackedBatch
from legal_eagle.engine.block import Block
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.loss import linear_cross_entropy_value
from legal_eagle.engine.norm import rms_norm
from legal_eagle.engine.quantisation import Quantiser

# Nat of eval loss that 8 bits may cost: the engine's rule since its first specification.
LARGEST_GAP_NAT = 0.01


@dataclass(frozen=True, slots=True)
class QualityGap:
    """Mean answer-token cross-entropy of the base as loaded and rounded, over the same tokens."""

    dense: float
    quantised: float
    answer_tokens: int

    @property
    def gap(self) -> float:
        return self.quantised - self.dense

    @property
    def small_enough(self) -> bool:
        # A loss that is no number is no pass.
        return self.gap <= LARGEST_GAP_NAT


class QualityCheck:
    """`prepare` for `build_model`: quantises each layer and carries both bases' hidden rows through it."""

    def __init__(self, quantiser: Quantiser, batches: Sequence[PackedBatch]) -> None:
        self._quantiser = quantiser
        self._batches = [batch for batch in batches if batch.answer_tokens > 0]
        self._dense: list[torch.Tensor] = []
        self._quantised: list[torch.Tensor] = []

    @torch.no_grad()
    def prepare(self, decoder: Decoder, block: Block) -> None:
        if not decoder.blocks:
            self._dense = [decoder.embed(batch.ids) for batch in self._batches]
            self._quantised = list(self._dense)
        self._pass(decoder, block, self._dense)
        self._quantiser.quantise(block)
        self._pass(decoder, block, self._quantised)

    def _pass(self, decoder: Decoder, block: Block, rows: list[torch.Tensor]) -> None:
        last = len(decoder.blocks) == decoder.config.layers - 1
        for index, batch in enumerate(self._batches):
            wanted = batch.answer_rows if last else None
            rows[index] = block.forward(rows[index], decoder.block_input(batch), wanted)[0]

    @torch.no_grad()
    def gap(self, decoder: Decoder) -> QualityGap:
        """After the last layer; lets the rows go."""
        tokens = sum(batch.answer_tokens for batch in self._batches)
        dense, quantised = (self._loss(decoder, rows) / tokens for rows in (self._dense, self._quantised))
        self._dense, self._quantised = [], []
        return QualityGap(dense, quantised, tokens)

    def _loss(self, decoder: Decoder, hidden: Sequence[torch.Tensor]) -> float:
        total = 0.0
        for rows, batch in zip(hidden, self._batches, strict=True):
            normed, _ = rms_norm(rows, decoder.final_norm, decoder.config.rms_norm_eps)
            total += float(linear_cross_entropy_value(normed, decoder.head_for(False), batch.targets))
        return total
