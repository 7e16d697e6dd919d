"""Keys and values of one document's earlier tokens, for generation."""

from typing import Protocol

import torch
from torch.nn.functional import scaled_dot_product_attention

from legal_eagle.engine.attention import window_mask

_GROWTH_TOKENS = 256


class Attending(Protocol):
    """Attention over what a layer has met so far."""

    def attend(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """The next rows' q [T, H, d], k and v [T, K, d] → [T, H, d]."""
        ...


class LayerCache:
    """One layer's cache, [1, K, capacity, d], growing by doubling from `first_tokens`. `window`: how many
    tokens a row attends to; earlier ones are kept and masked."""

    def __init__(self, window: int | None = None, first_tokens: int = _GROWTH_TOKENS) -> None:
        self._window = window
        self._first_tokens = first_tokens
        self._keys: torch.Tensor | None = None
        self._values: torch.Tensor | None = None
        self.tokens = 0

    def attend(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Appends k, v [T, K, d] and returns causal attention of q [T, H, d] over all so far."""
        new_tokens = q.shape[0]
        keys, values = self._reserve(k, self.tokens + new_tokens)
        keys[0, :, self.tokens : self.tokens + new_tokens] = k.transpose(0, 1)
        values[0, :, self.tokens : self.tokens + new_tokens] = v.transpose(0, 1)
        earlier, self.tokens = self.tokens, self.tokens + new_tokens
        mask = None
        if self._window is not None and self.tokens > self._window:
            mask = window_mask(new_tokens, self.tokens, self._window, q.device)
        elif earlier > 0 and new_tokens > 1:
            mask = torch.ones(new_tokens, self.tokens, dtype=torch.bool, device=q.device).tril(earlier)
        output = scaled_dot_product_attention(
            q.transpose(0, 1).unsqueeze(0),
            keys[:, :, : self.tokens],
            values[:, :, : self.tokens],
            attn_mask=mask,
            is_causal=mask is None and earlier == 0 and new_tokens > 1,
            enable_gqa=q.shape[1] != k.shape[1],
        )
        return output[0].transpose(0, 1)

    def _reserve(self, like: torch.Tensor, tokens: int) -> tuple[torch.Tensor, torch.Tensor]:
        if self._keys is None or self._values is None or self._keys.shape[2] < tokens:
            capacity = max(self._first_tokens, 2 * self.tokens, tokens)
            shape = (1, like.shape[1], capacity, like.shape[2])
            keys, values = like.new_empty(shape), like.new_empty(shape)
            if self._keys is not None and self._values is not None:
                keys[:, :, : self.tokens] = self._keys[:, :, : self.tokens]
                values[:, :, : self.tokens] = self._values[:, :, : self.tokens]
            self._keys, self._values = keys, values
        return self._keys, self._values
