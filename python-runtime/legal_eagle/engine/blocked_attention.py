"""Causal attention of one short document on CPU, by blocks of queries.

A block of queries meets only the keys up to its end, so nearly half of the products are never made;
query heads that share a key head are one product. The probabilities are kept for the backward pass:
faster than the fused kernel up to some hundred tokens (measured: 0.6 of its time at 80 to 500
tokens), too large beyond, where the caller takes the fused kernel.
"""

from dataclasses import dataclass
from functools import cache

import torch

_BLOCK_QUERIES = 48


@dataclass(frozen=True, slots=True)
class SavedBlocks:
    """`keys` and `values` [K, L, d]; for each block its queries [K, g·n, d] and probabilities
    [K, g·n, end]."""

    keys: torch.Tensor
    values: torch.Tensor
    blocks: tuple[tuple[torch.Tensor, torch.Tensor], ...]


@cache
def _future(tokens: int) -> torch.Tensor:
    """[n, n], -inf above the diagonal."""
    return torch.full((tokens, tokens), float("-inf")).triu(1)


def _grouped(x: torch.Tensor, kv_heads: int) -> torch.Tensor:
    """[n, H, d] → [K, g·n, d]: the query heads of a key head below each other."""
    tokens, heads, width = x.shape
    split = x.reshape(tokens, kv_heads, heads // kv_heads, width)
    return split.permute(1, 2, 0, 3).reshape(kv_heads, -1, width)


def _ungroup_into(target: torch.Tensor, grouped: torch.Tensor) -> None:
    """The inverse of `_grouped`, written into [n, H, d], whose rows may be strided."""
    tokens, heads, width = target.shape
    kv_heads = grouped.shape[0]
    shape = (kv_heads, heads // kv_heads, tokens, width)
    target.view(tokens, kv_heads, heads // kv_heads, width).copy_(grouped.view(shape).permute(2, 0, 1, 3))


def blocked_forward(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, output: torch.Tensor) -> SavedBlocks:
    """Writes the attention of q [L, H, d] over k, v [L, K, d] into output [L, H, d], fp32."""
    tokens, heads, width = q.shape
    kv_heads = k.shape[1]
    scale = width**-0.5
    keys, values = k.transpose(0, 1).contiguous(), v.transpose(0, 1).contiguous()
    keys_t = keys.transpose(1, 2)
    blocks = []
    for begin in range(0, tokens, _BLOCK_QUERIES):
        end = min(begin + _BLOCK_QUERIES, tokens)
        queries = _grouped(q[begin:end], kv_heads).mul_(scale)
        scores = torch.bmm(queries, keys_t[:, :, :end])
        own = scores.view(kv_heads, heads // kv_heads, end - begin, end)[..., begin:]
        own.add_(_future(end - begin))
        probabilities = torch.softmax(scores, dim=-1)
        _ungroup_into(output[begin:end], torch.bmm(probabilities, values[:, :end]))
        blocks.append((queries, probabilities))
    return SavedBlocks(keys, values, tuple(blocks))


def blocked_backward(
    d_output: torch.Tensor, saved: SavedBlocks, dq: torch.Tensor, dk: torch.Tensor, dv: torch.Tensor
) -> None:
    """Writes the gradients into dq [L, H, d], dk and dv [L, K, d] for d_output [L, H, d]."""
    keys, values = saved.keys, saved.values
    kv_heads, _, width = keys.shape
    d_keys, d_values = torch.zeros_like(keys), torch.zeros_like(values)
    values_t = values.transpose(1, 2)
    begin = 0
    for queries, probabilities in saved.blocks:
        end = probabilities.shape[2]
        d_block = _grouped(d_output[begin:end], kv_heads)
        d_values[:, :end].baddbmm_(probabilities.transpose(1, 2), d_block)
        d_probabilities = torch.bmm(d_block, values_t[:, :, :end])
        d_scores = torch.ops.aten._softmax_backward_data(d_probabilities, probabilities, -1, torch.float32)
        _ungroup_into(dq[begin:end], torch.bmm(d_scores, keys[:, :end]).mul_(width**-0.5))
        # The kept queries are scaled already.
        d_keys[:, :end].baddbmm_(d_scores.transpose(1, 2), queries)
        begin = end
    dk.copy_(d_keys.transpose(0, 1))
    dv.copy_(d_values.transpose(0, 1))
