"""What chat needs of a model, whichever engine computes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch


class Conversation(Protocol):
    """What one target (base, or base with adapter) has read of a conversation."""

    def read_prompt(self, ids: Sequence[int], should_stop: Callable[[], bool]) -> torch.Tensor | None:
        """Logits [V], fp32 on CPU, after the whole prompt; None where `should_stop` turned true first. What
        the prompt shares with what was read need not be read again."""
        ...

    def read_token(self, token: int) -> torch.Tensor:
        """Logits [V] after one more token."""
        ...
