"""A transformers model in a conversation: what was read stays in its cache for the next turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from transformers import PreTrainedModel

# A long prompt is read in pieces of this many tokens, so that a stop is obeyed between them.
_CHUNK_TOKENS = 512


class CompatConversation:
    """A `Conversation`. A prompt that goes on from what was read reads only what is new; any other is read
    from its start, since a window's cache has forgotten what came before."""

    def __init__(self, model: PreTrainedModel, as_target: Callable[[], AbstractContextManager[None]]) -> None:
        self._model = model
        self._as_target = as_target
        self._cache: Any = None
        self._ids: list[int] = []

    def read_prompt(self, ids: Sequence[int], should_stop: Callable[[], bool]) -> torch.Tensor | None:
        known = len(self._ids)
        if self._cache is None or known >= len(ids) or list(ids[:known]) != self._ids:
            self._cache, self._ids = None, []
        while len(self._ids) < len(ids) - 1:
            if should_stop():
                return None
            end = min(len(self._ids) + _CHUNK_TOKENS, len(ids) - 1)
            self._read(ids[len(self._ids) : end])
        return self._read(ids[-1:])

    def read_token(self, token: int) -> torch.Tensor:
        return self._read([token])

    @torch.no_grad()
    def _read(self, ids: Sequence[int]) -> torch.Tensor:
        # A model that hands back no cache of this kind (a state of its own) reads everything again.
        pending = list(ids) if self._cache is not None or not self._ids else [*self._ids, *ids]
        tokens = torch.tensor([pending], dtype=torch.int64, device=self._model.device)
        with self._as_target():
            output = self._model(input_ids=tokens, past_key_values=self._cache, use_cache=True)
        self._cache = getattr(output, "past_key_values", None)
        self._ids += ids
        logits: torch.Tensor = output.logits[0, -1].float().cpu()
        return logits


def as_itself() -> AbstractContextManager[None]:
    """The target that the model is as it stands."""
    return nullcontext()
