"""How large the protocol is run: whole, on a card, or as a dry run of the same code on a CPU."""

from dataclasses import dataclass
from typing import Literal

import torch

from legal_eagle.bench.length_mix import LEGAL, SHORT, LengthMix
from legal_eagle.bench.protocol.shapes import DRY, DRY_LARGE, INTERNLM2_7B, INTERNLM2_20B, Shape

Size = Literal["whole", "dry"]

RANK = 8
ALPHA = 16.0
LEARNING_RATE = 1e-4
MAX_GRADIENT_NORM = 1.0


@dataclass(frozen=True, slots=True)
class Scale:
    """`packs` are token limits of a forward pass by the name a variant gives them."""

    size: Size
    device: torch.device
    dtype: torch.dtype
    shape: Shape
    large_shape: Shape
    # Lengths of the published mix are divided by it.
    length_divisor: int
    samples_per_step: int
    # The opponent's padded micro-batches.
    micro_batch: int
    warm_up_steps: int
    timed_steps: int
    small_pack: int
    large_pack: int
    # The smallest share of a card that an emulated smaller card gets, in GiB; None where there is no card.
    emulated_card_gib: float | None
    learning_rate: float = LEARNING_RATE
    # How many ids of the vocabulary occur; all where None. Few of them can be learnt, all cannot.
    distinct_ids: int | None = None

    @property
    def steps(self) -> int:
        return self.warm_up_steps + self.timed_steps

    def mix(self, shape: Shape) -> LengthMix:
        return SHORT if shape is self.large_shape else LEGAL


def whole_scale() -> Scale:
    """The protocol on the current CUDA device, bf16."""
    return Scale(
        size="whole",
        device=torch.device("cuda", torch.cuda.current_device()),
        dtype=torch.bfloat16,
        shape=INTERNLM2_7B,
        large_shape=INTERNLM2_20B,
        length_divisor=1,
        samples_per_step=32,
        micro_batch=4,
        warm_up_steps=3,
        timed_steps=8,
        small_pack=8192,
        large_pack=16384,
        emulated_card_gib=24.0,
    )


def dry_scale() -> Scale:
    """The same code at a size that a CPU computes in seconds, fp32."""
    return Scale(
        size="dry",
        device=torch.device("cpu"),
        dtype=torch.float32,
        shape=DRY,
        large_shape=DRY_LARGE,
        length_divisor=8,
        samples_per_step=8,
        micro_batch=4,
        warm_up_steps=1,
        timed_steps=2,
        small_pack=256,
        large_pack=512,
        emulated_card_gib=None,
    )


def scale_of(size: Size) -> Scale:
    return whole_scale() if size == "whole" else dry_scale()
