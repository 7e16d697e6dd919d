"""Dropout masks of the LoRA branches, from seeds, so that a backward pass can have the same again."""

import math
from dataclasses import dataclass

import torch

from legal_eagle.engine.linear import MaskMaker

_SEED_LIMIT = (1 << 62) - 1
# A mask element is one 16-bit draw: four times fewer 64-bit draws than bernoulli_ takes, and the
# probability is off by at most 1/131072.
_DRAWS = 1 << 16
_DRAWS_PER_WORD = 4


@dataclass(frozen=True, slots=True)
class DropoutPlan:
    """One micro-batch's masks. Module n of linear `slot` in `layer` has its own stream, as PEFT
    drops each module's input independently."""

    probability: float
    seed: int

    @staticmethod
    def draw(probability: float, generator: torch.Generator) -> "DropoutPlan | None":
        """Takes one number from `generator`; none is taken where nothing is dropped."""
        if probability <= 0.0:
            return None
        seed = torch.randint(_SEED_LIMIT, (), dtype=torch.int64, generator=generator)
        return DropoutPlan(probability, int(seed))

    def mask_maker(self, layer: int, slot: int) -> MaskMaker:
        """Makes masks of zeros and ones shaped like the input; the caller scales by 1 / keep.

        On CPU a mask is kept until the backward pass; on a GPU, where it would be the largest thing
        in memory and costs little, it is made again.
        """
        kept: dict[int, torch.Tensor] = {}

        def make(module: int, like: torch.Tensor) -> torch.Tensor:
            if module in kept:
                return kept.pop(module)
            mask = self._mask(self.seed + (layer * 8 + slot) * 8 + module, like)
            if like.device.type == "cpu":
                kept[module] = mask
            return mask

        return MaskMaker(make, 1.0 / (1.0 - self._dropped_draws / _DRAWS))

    @property
    def _dropped_draws(self) -> int:
        return min(_DRAWS - 1, round(self.probability * _DRAWS))

    def _mask(self, seed: int, like: torch.Tensor) -> torch.Tensor:
        generator = torch.Generator(like.device)
        generator.manual_seed(seed)
        words = math.ceil(like.numel() / _DRAWS_PER_WORD)
        draws = torch.empty(words, dtype=torch.int64, device=like.device)
        draws.random_(-(1 << 63), None, generator=generator)
        chosen = draws.view(torch.int16)[: like.numel()].view(like.shape)
        return (chosen >= self._dropped_draws - _DRAWS // 2).to(like.dtype)
