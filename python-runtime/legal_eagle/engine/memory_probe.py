"""Measures one training pass: what each layer keeps, and the most that is held at once.

With the first r of L layers recomputed, a pass holds most while its loss or its uppermost kept layers are
worked on. Two passes give that peak: with all layers but the last recomputed (the last one is needed at once,
so that recomputing it saves nothing), and with all but two. Each further layer that is kept adds what it
keeps, which was measured layer by layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from legal_eagle.engine.batch import PackedBatch
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.memory_meter import MemoryMeter
from legal_eagle.engine.optimizer import AdapterOptimizer


@dataclass(frozen=True, slots=True)
class PassProbe:
    """Measured bytes of one pass over `tokens` tokens. `layer_bytes` [layers]: kept beside the layer's input.
    The peaks count above what is held between passes: with all layers but the last recomputed, and with all
    but two (the same where there are not two)."""

    tokens: int
    layer_bytes: tuple[int, ...]
    lean_peak_bytes: int
    next_peak_bytes: int

    def peak_bytes(self, recomputed: int) -> int:
        """The most that a pass holds above what is held between passes, its first `recomputed` layers
        computed again."""
        layers = len(self.layer_bytes)
        if recomputed >= layers - 1:
            return self.lean_peak_bytes
        return self.next_peak_bytes + sum(self.layer_bytes[recomputed : layers - 2])

    def fewest_recomputed(self, room_bytes: int) -> int:
        """The fewest layers that have to be computed again for the pass to fit into `room_bytes`; all where
        even that is not enough."""
        layers = len(self.layer_bytes)
        return next((one for one in range(layers) if self.peak_bytes(one) <= room_bytes), layers)


def probe_pass(decoder: Decoder, batch: PackedBatch, meter: MemoryMeter) -> PassProbe:
    """Runs passes over `batch` and gives their gradients away. The decoder must have run a pass under `meter`
    before. Draws dropout; changes `recompute_layers`. Raises what the allocator raises when memory runs out.
    """
    standing = meter.held_bytes()
    layers = len(decoder.blocks)
    layer_bytes = decoder.layer_kept_bytes(batch, meter.held_bytes)
    lean = _peak(decoder, batch, meter, max(0, layers - 1)) - standing
    following = _peak(decoder, batch, meter, layers - 2) - standing if layers > 1 else lean
    return PassProbe(batch.ids.numel(), tuple(layer_bytes), lean, following)


def meet_what_is_held(decoder: Decoder, optimizer: AdapterOptimizer, meter: MemoryMeter) -> None:
    """A pass need not use all that is there: trained embeddings stand in for the base's, moments wait."""
    meter.meet([decoder.embedding, decoder.head, *optimizer.held_tensors()])


def run_pass(decoder: Decoder, batch: PackedBatch) -> None:
    """One forward and backward pass whose result nobody needs."""
    loss: torch.Tensor = decoder.loss(batch, max(1, batch.answer_tokens))
    loss.backward()  # type: ignore[no-untyped-call]


def _peak(decoder: Decoder, batch: PackedBatch, meter: MemoryMeter, recomputed: int) -> int:
    decoder.recompute_layers = recomputed
    meter.start_peak()
    run_pass(decoder, batch)
    return meter.peak_bytes()
