"""How large the gates are computed."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from legal_eagle.bench.protocol.scale import Scale, dry_scale, whole_scale
from legal_eagle.bench.protocol.shapes import DRY, INTERNLM2_7B, SHALLOW, Shape

_CARD_SAMPLES = 8


@dataclass(frozen=True, slots=True)
class GateScale:
    """`base`: device, precision and length mix; `half`: the precision that is held against fp32."""

    base: Scale
    half: torch.dtype
    # Of the comparison of logits, where one pass is enough.
    deep: Shape
    # Of whole trainings and gradients.
    shallow: Shape
    logits_tokens: int
    curve_steps: int

    @property
    def device(self) -> torch.device:
        return self.base.device


def card_scale(steps: int) -> GateScale:
    base = whole_scale()
    smaller = Scale(
        size=base.size,
        device=base.device,
        dtype=base.dtype,
        shape=SHALLOW,
        large_shape=base.large_shape,
        length_divisor=1,
        samples_per_step=_CARD_SAMPLES,
        micro_batch=4,
        warm_up_steps=0,
        timed_steps=steps,
        small_pack=base.small_pack,
        large_pack=base.large_pack,
        emulated_card_gib=None,
    )
    return GateScale(smaller, torch.bfloat16, INTERNLM2_7B, SHALLOW, 512, steps)


def cpu_scale(steps: int) -> GateScale:
    return GateScale(dry_scale(), torch.bfloat16, DRY, DRY, 64, steps)


def gate_scale(device: str, steps: int) -> GateScale:
    """`device`: cuda or cpu."""
    return card_scale(steps) if device == "cuda" else cpu_scale(steps)
