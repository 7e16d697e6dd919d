"""What would make a run fit that ran out of memory although nothing more can be recomputed.

Only a person may choose among these: each changes what is optimised, or how exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from legal_eagle.engine import rng_state
from legal_eagle.engine.batch import PackedBatch
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.memory_budget import MemoryBudget
from legal_eagle.engine.memory_meter import MemoryMeter
from legal_eagle.engine.memory_probe import meet_what_is_held, run_pass
from legal_eagle.engine.optimizer import AdapterOptimizer
from legal_eagle.engine.out_of_memory import is_out_of_memory

_CUTOFF_STEP = 64
_LEAST_CUTOFF = 64
_CUTOFF = "cutoffLength"
_QUANTIZATION = "hardware.quantization"
_METHOD = "method"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One setting that would be enough, and the predicted peak of all tensors with it; None where not even a
    part of the longest document could be measured."""

    field: str
    value: int | str
    peak_bytes: int | None

    def to_json(self) -> dict[str, object]:
        return {"settings": [{"field": self.field, "value": self.value}], "peakBytes": self.peak_bytes}

    def __str__(self) -> str:
        size = "" if self.peak_bytes is None else f" ({self.peak_bytes / 1e9:.2f} GB)"
        return f"{self.field}={self.value}{size}"


@dataclass(frozen=True, slots=True)
class BaseBytes:
    """The linear layers of the base: as they are held now, in INT8 with a scale a row, in NF4 with its doubly
    quantised scales (a byte for 64 elements, four for 256 of these); and one layer unpacked."""

    now: int
    int8: int
    nf4: int
    layer: int

    @staticmethod
    def of(decoder: Decoder) -> BaseBytes:
        now = int8 = elements = layer = 0
        for block in decoder.blocks:
            layer = 0
            for linear in (block.qkv, block.o, block.gate_up, block.down):
                rows, columns = linear.weight.shape
                now += linear.weight.bytes
                int8 += rows * (columns + 4)
                elements += rows * columns
                layer += rows * columns * decoder.embedding.element_size()
        blocks = -(-elements // 64)
        return BaseBytes(now, int8, elements // 2 + blocks + -(-blocks // 256) * 4, layer)


@dataclass(frozen=True, slots=True)
class PassGrowth:
    """The peak of a pass over one document, everything recomputed, above what is held between passes:
    `fixed_bytes` + `token_bytes` for each token."""

    fixed_bytes: float
    token_bytes: float

    def bytes_at(self, tokens: int) -> int:
        return int(self.fixed_bytes + self.token_bytes * tokens)

    def most_tokens(self, room_bytes: int) -> int:
        """As many tokens as fit into `room_bytes`, at least none."""
        return max(0, int((room_bytes - self.fixed_bytes) / self.token_bytes))


def measure_growth(
    decoder: Decoder,
    optimizer: AdapterOptimizer,
    generator: torch.Generator,
    meter: MemoryMeter,
    document_of: Callable[[int], PackedBatch],
    longest: int,
) -> tuple[PassGrowth, int] | None:
    """The growth and what is held between passes, from documents of a quarter and of half the `longest` one's
    tokens (`document_of`). Leaves no trace. None where not even these fit."""
    generators = rng_state.capture(generator)
    tokens = (max(2, longest // 4), max(3, longest // 2))
    try:
        with meter:
            run_pass(decoder, document_of(tokens[0]))
            meet_what_is_held(decoder, optimizer, meter)
            standing = meter.held_bytes() + optimizer.missing_state_bytes()
            peaks = []
            for count in tokens:
                meter.start_peak()
                before = meter.held_bytes()
                run_pass(decoder, document_of(count))
                peaks.append(meter.peak_bytes() - before)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        return None
    finally:
        optimizer.zero_grad()
        rng_state.restore(generators, generator)
    slope = max(1.0, (peaks[1] - peaks[0]) / (tokens[1] - tokens[0]))
    return PassGrowth(max(0.0, peaks[0] - slope * tokens[0]), slope), standing


def propose_for_full(longest: int) -> tuple[Proposal, ...]:
    """Of full fine-tuning, which is not measured again: an adapter, whose memory is a small part of it, and a
    shorter cutoff than the `longest` document."""
    return (Proposal(_METHOD, "lora", None), *propose(None, None, longest, None))


def propose(
    measured: tuple[PassGrowth, int] | None,
    base: BaseBytes | None,
    longest: int,
    budget: MemoryBudget | None,
) -> tuple[Proposal, ...]:
    """What is enough, the change that costs least first: the base in 8 bits, in 4 bits, a shorter cutoff.
    `base`: None where it is held in fewer bits already. Where the free memory is not known, everything is
    proposed."""
    half = max(_LEAST_CUTOFF, longest // 2 // _CUTOFF_STEP * _CUTOFF_STEP)
    if measured is None:
        return (Proposal(_CUTOFF, half, None),)
    growth, standing = measured
    room = None if budget is None else budget.extra_bytes
    found = []
    if base is not None:
        for kind, weights, unpacked in (("int8", base.int8, 0), ("nf4", base.nf4, base.layer)):
            passing, saved = growth.bytes_at(longest) + unpacked, base.now - weights
            if saved > 0 and (room is None or passing <= room + saved):
                found.append(Proposal(_QUANTIZATION, kind, standing - saved + passing))
    most = half if room is None else min(longest - 1, growth.most_tokens(room))
    cutoff = max(_LEAST_CUTOFF, most // _CUTOFF_STEP * _CUTOFF_STEP)
    if cutoff < longest:
        found.append(Proposal(_CUTOFF, cutoff, standing + growth.bytes_at(cutoff)))
    return tuple(found)
