"""A model's tensors out of nothing but their names: every process gets the same without a file."""

import hashlib
from collections.abc import Iterable

import torch

from legal_eagle.bench.protocol.shapes import Shape
from legal_eagle.models.layouts import expected_tensors

_DEVIATION = 0.02


def _generator(name: str, device: torch.device) -> torch.Generator:
    seed = int.from_bytes(hashlib.sha256(name.encode("utf-8")).digest()[:7], "big")
    return torch.Generator(device).manual_seed(seed)


class RandomWeights:
    """`engine.model.TensorSource`: normal(0, 0.02), norms at one, made on `device` in fp32.

    Never zeros: products of zeros run faster than products of numbers. `rounded_to`: a type whose numbers
    alone occur, so that models of that type and of fp32 hold the same weights.
    """

    def __init__(self, shape: Shape, device: torch.device, rounded_to: torch.dtype = torch.float32) -> None:
        self._shapes = expected_tensors(shape.config)
        self._device = device
        self._rounded_to = rounded_to

    def names(self) -> Iterable[str]:
        return self._shapes

    def load(self, name: str) -> torch.Tensor:
        shape = self._shapes[name]
        if "norm" in name:
            return torch.ones(shape, device=self._device)
        drawn = torch.empty(shape, device=self._device)
        drawn.normal_(0.0, _DEVIATION, generator=_generator(name, self._device))
        return drawn.to(self._rounded_to).float()


def initial_lora_a(module: str, rank: int, columns: int) -> torch.Tensor:
    """A [rank, columns] of a module, fp32 on CPU: uniform in ±1/sqrt(columns), as both sides start."""
    bound = columns**-0.5
    values = torch.empty(rank, columns)
    return values.uniform_(-bound, bound, generator=_generator(f"{module} A", torch.device("cpu")))
