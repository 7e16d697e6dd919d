"""Dropout masks of the LoRA branches, made again from seeds instead of being kept."""

from dataclasses import dataclass

import torch

from legal_eagle.engine.linear import MaskMaker

_SEED_LIMIT = (1 << 62) - 1


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
        keep = 1.0 - self.probability

        def make(module: int, like: torch.Tensor) -> torch.Tensor:
            generator = torch.Generator(like.device)
            generator.manual_seed(self.seed + (layer * 8 + slot) * 8 + module)
            mask = torch.empty(like.shape, dtype=like.dtype, device=like.device)
            return mask.bernoulli_(keep, generator=generator).div_(keep)

        return make
