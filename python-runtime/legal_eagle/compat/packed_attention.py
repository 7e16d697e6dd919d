"""Documents laid end to end through transformers' attention interface, each attending only to itself.

transformers calls one function for the mask of a kind of layer and one for the attention of each layer
(transformers 5, docs/source/en/attention_interface.md); a model gets a pair of its own here. While it has a
pack, the mask stays a rule that is asked document by document, so a window is whatever the model says it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention, softmax
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

# Arguments of an attention call that change nothing here, or are computed below. Any other one that is set
# means arithmetic that this file does not know.
_HARMLESS = frozenset(
    {"sliding_window", "position_ids", "cache_position", "use_cache", "is_causal", "output_router_logits"}
)
_numbers = itertools.count()


class UnknownAttentionError(Exception):
    """The model computes attention in a way that cannot be cut by documents; the text says which."""


class PackedAttention:
    """The attention of one model: packed where a pack is set, else torch's SDPA."""

    def __init__(self) -> None:
        self.name = f"legal_eagle_packed_{next(_numbers)}"
        self._cu_lengths: tuple[int, ...] | None = None
        AttentionInterface.register(self.name, self._attend)
        AttentionMaskInterface.register(self.name, self._mask)

    def set_pack(self, cu_lengths: Sequence[int] | None) -> None:
        """Document i holds rows `cu_lengths[i]:cu_lengths[i + 1]` of every later pass; None: no packing.
        Stays until the next call, since a recomputed layer asks again during the backward pass."""
        self._cu_lengths = None if cu_lengths is None else tuple(cu_lengths)

    def _mask(self, *args: Any, **kwargs: Any) -> Any:
        if self._cu_lengths is None:
            return ALL_MASK_ATTENTION_FUNCTIONS["sdpa"](*args, **kwargs)
        if kwargs.get("use_vmap") or kwargs.get("attention_mask") is not None:
            raise UnknownAttentionError("a mask of its own")
        return _DocumentMasks(kwargs["mask_function"], kwargs["device"])

    def _attend(
        self,
        module: torch.nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: Any,
        dropout: float = 0.0,
        scaling: float | None = None,
        softcap: float | None = None,
        **kwargs: Any,
    ) -> tuple[torch.Tensor, None]:
        """q [1, H, T, d], k and v [1, K, T, d] → [1, T, H, d]."""
        strange = [name for name, one in kwargs.items() if one is not None and name not in _HARMLESS]
        if strange:
            raise UnknownAttentionError(strange[0])
        if self._cu_lengths is None:
            if softcap is not None:
                output = _attend_softcapped(query, key, value, attention_mask, dropout, scaling, softcap)
                return output.transpose(1, 2).contiguous(), None
            fallback = ALL_ATTENTION_FUNCTIONS["sdpa"]
            known = {"dropout": dropout, "scaling": scaling, **kwargs}
            result: tuple[torch.Tensor, None] = fallback(module, query, key, value, attention_mask, **known)
            return result
        if not isinstance(attention_mask, _DocumentMasks) or not getattr(module, "is_causal", True):
            raise UnknownAttentionError("a mask of its own")
        groups = query.shape[1] // key.shape[1]
        outputs = []
        for begin, end in pairwise(self._cu_lengths):
            q, k, v = (part[:, :, begin:end] for part in (query, key, value))
            k, v = k.repeat_interleave(groups, dim=1), v.repeat_interleave(groups, dim=1)
            mask = attention_mask.of(begin, end)
            if softcap is not None:
                outputs.append(_attend_softcapped(q, k, v, mask, dropout, scaling, softcap))
            else:
                outputs.append(
                    scaled_dot_product_attention(
                        q, k, v, attn_mask=mask, dropout_p=dropout, scale=scaling, is_causal=mask is None
                    )
                )
        return torch.cat(outputs, dim=2).transpose(1, 2).contiguous(), None


class _DocumentMasks:
    """The mask of one kind of layer, asked for one document at a time and kept for the pass."""

    def __init__(self, rule: Callable[..., torch.Tensor], device: torch.device) -> None:
        self._rule = rule
        self._device = device
        self._known: dict[tuple[int, int], torch.Tensor | None] = {}

    def of(self, begin: int, end: int) -> torch.Tensor | None:
        """bool [1, 1, n, n] of rows `begin:end` over themselves, or None where it is plainly causal."""
        if (begin, end) not in self._known:
            rows = torch.arange(begin, end, device=self._device)
            zero = rows.new_zeros(1)
            mask = self._rule(zero, zero, rows[:, None], rows[None, :]).expand(end - begin, end - begin)
            causal = torch.ones_like(mask).tril()
            self._known[begin, end] = None if torch.equal(mask, causal) else mask[None, None]
        return self._known[begin, end]


def _attend_softcapped(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    mask: torch.Tensor | None,
    dropout: float,
    scaling: float | None,
    softcap: float,
) -> torch.Tensor:
    """softmax(c·tanh(q kᵀ s / c)) v, as Gemma 2 defines it (arXiv:2408.00118, section 2)."""
    groups = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(groups, dim=1), v.repeat_interleave(groups, dim=1)
    scale = q.shape[-1] ** -0.5 if scaling is None else scaling
    scores = torch.tanh(q @ k.transpose(2, 3) * scale / softcap) * softcap
    if mask is None:
        rows = torch.arange(k.shape[2], device=q.device)
        mask = rows[None, :] <= rows[k.shape[2] - q.shape[2] :, None]
    scores = scores.masked_fill(~mask, float("-inf"))
    weights = torch.nn.functional.dropout(softmax(scores, dim=-1, dtype=torch.float32).to(q.dtype), dropout)
    return weights @ v
