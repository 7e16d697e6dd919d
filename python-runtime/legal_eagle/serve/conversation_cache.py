"""Keys and values of the conversation so far, so that the next turn reads only what is new."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from legal_eagle.engine.generate import next_logits
from legal_eagle.engine.kv_cache import LayerCache
from legal_eagle.engine.model import Decoder

# A long prompt is read in pieces of this many tokens, so that a stop is obeyed between them.
CHUNK_TOKENS = 512


class ConversationCache:
    """What one target (base, or base with adapter) has read. Weights differ, so keys and values do too."""

    def __init__(self, decoder: Decoder, *, use_lora: bool) -> None:
        self._decoder = decoder
        self._use_lora = use_lora
        self._caches = [LayerCache(window) for window in decoder.config.windows]
        self._ids: list[int] = []

    @property
    def tokens(self) -> int:
        return len(self._ids)

    def read_prompt(self, ids: Sequence[int], should_stop: Callable[[], bool]) -> torch.Tensor | None:
        """Logits [V] after the whole prompt, reusing the longest beginning it shares with what was read.

        The last token is always read alone, so that the same prompt twice is the same arithmetic whether
        or not the rest was reused. None where ``should_stop`` turned true first.
        """
        self._keep(_common_prefix(self._ids, ids[:-1]))
        while self.tokens < len(ids) - 1:
            if should_stop():
                return None
            self._append(ids[self.tokens : min(self.tokens + CHUNK_TOKENS, len(ids) - 1)])
        return self._append(ids[-1:])

    def read_token(self, token: int) -> torch.Tensor:
        """Logits [V] after one more token."""
        return self._append([token])

    def _append(self, ids: Sequence[int]) -> torch.Tensor:
        logits = next_logits(self._decoder, ids, self.tokens, self._caches, use_lora=self._use_lora)
        self._ids.extend(ids)
        return logits

    def _keep(self, tokens: int) -> None:
        del self._ids[tokens:]
        for cache in self._caches:
            cache.tokens = tokens


def _common_prefix(one: Sequence[int], other: Sequence[int]) -> int:
    for index, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return index
    return min(len(one), len(other))
