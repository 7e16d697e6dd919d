"""What a merge needs to know of a base whose architecture has no `ModelConfig`: its tensors, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BaseTensors:
    """`stored`: name in the files of each weight that an adapter can change and that one tensor of the files
    alone gives, by its name in the model (a module's name, as adapters use it, and `.weight`). `wholes`: the
    embedding and the head, by module. `tied`: both are one tensor."""

    stored: Mapping[str, str]
    wholes: tuple[str, ...]
    tied: bool
