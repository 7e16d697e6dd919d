"""What a run needs to know of a base before it is loaded, whichever engine computes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BaseFacts:
    """`max_positions`: tokens of a document that the model was made for."""

    architecture: str
    vocab_size: int
    max_positions: int
    eos_ids: tuple[int, ...]
