"""The layers of a stored LoRA adapter, as its tensors say: ranks and scales may differ between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AdapterLayers:
    """`ranks` and `alphas` by full module name; `whole`: modules trained as wholes, by full name."""

    ranks: Mapping[str, int]
    alphas: Mapping[str, float]
    rs_lora: bool
    dora: bool
    whole: tuple[str, ...]
