"""Causal attention inside each document of a pack, forward and backward.

Three back ends with one meaning. `per-document`: each document by itself, on views of the packed rows; CPU
only. `padded`: documents of similar length in one batch, padded inside the attention only; right-padding
under a causal mask changes no real row, so every fused kernel applies. `varlen`: one kernel that knows the
documents' ends (`varlen_attention`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention

from legal_eagle.engine.attention_types import Attention, AttentionName
from legal_eagle.engine.blocked_attention import SavedBlocks, blocked_backward, blocked_forward
from legal_eagle.engine.varlen_attention import DocumentEnds, VarlenAttention, installed_kernel

__all__ = [
    "Attention",
    "PaddedAttention",
    "PerDocumentAttention",
    "WindowedAttention",
    "attention_maker",
    "default_attention",
    "window_mask",
]

_MAX_PADDED_SHARE = 0.25
# heads · tokens²: about half of it is kept in fp32, here 8 MB a document and layer.
_MAX_BLOCKED_SCORES = 1 << 22


@dataclass(frozen=True, slots=True)
class _SavedDocument:
    q: torch.Tensor
    k: torch.Tensor
    v: torch.Tensor
    output: torch.Tensor
    log_sum_exp: torch.Tensor


def _as_batch(x: torch.Tensor) -> torch.Tensor:
    return x.transpose(0, 1).unsqueeze(0)


class PerDocumentAttention:
    """CPU: one document at a time, by blocks where it is short, else the fused kernel."""

    def forward(
        self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, cu_lengths: Sequence[int]
    ) -> tuple[torch.Tensor, Any]:
        output = torch.empty(q.shape, dtype=q.dtype)
        saved: list[SavedBlocks | _SavedDocument] = []
        for begin, end in pairwise(cu_lengths):
            rows = slice(begin, end)
            short = q.shape[1] * (end - begin) ** 2 <= _MAX_BLOCKED_SCORES
            if short and q.dtype is torch.float32:
                saved.append(blocked_forward(q[rows], k[rows], v[rows], output[rows]))
            else:
                saved.append(_fused_forward(q[rows], k[rows], v[rows], output[rows]))
        return output, (saved, tuple(cu_lengths))

    def backward(
        self, d_output: torch.Tensor, saved: Any, dq: torch.Tensor, dk: torch.Tensor, dv: torch.Tensor
    ) -> None:
        documents, cu_lengths = saved
        for document, (begin, end) in zip(documents, pairwise(cu_lengths), strict=True):
            rows = slice(begin, end)
            backward = blocked_backward if isinstance(document, SavedBlocks) else _fused_backward
            backward(d_output[rows], document, dq[rows], dk[rows], dv[rows])


def _fused_forward(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, output: torch.Tensor) -> _SavedDocument:
    parts = _as_batch(q), _as_batch(k), _as_batch(v)
    result, log_sum_exp = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(*parts, 0.0, True)
    output.copy_(result[0].transpose(0, 1))
    return _SavedDocument(*parts, _as_batch(output), log_sum_exp)


def _fused_backward(
    d_output: torch.Tensor, saved: _SavedDocument, dq: torch.Tensor, dk: torch.Tensor, dv: torch.Tensor
) -> None:
    groups = saved.q.shape[1] // saved.k.shape[1]
    # The backward kernel knows no groups; the forward one does.
    k, v = (x.repeat_interleave(groups, dim=1) if groups > 1 else x for x in (saved.k, saved.v))
    grads = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward(
        _as_batch(d_output), saved.q, k, v, saved.output, saved.log_sum_exp, 0.0, True
    )
    dq.copy_(grads[0][0].transpose(0, 1))
    for target, grad in ((dk, grads[1]), (dv, grads[2])):
        heads = grad[0] if groups == 1 else grad[0].view(-1, groups, *grad.shape[2:]).sum(dim=1)
        target.copy_(heads.transpose(0, 1))


@dataclass(frozen=True, slots=True)
class _SavedBucket:
    rows: torch.Tensor
    slots: torch.Tensor
    inputs: tuple[torch.Tensor, torch.Tensor, torch.Tensor]
    output: torch.Tensor


class PaddedAttention:
    """Pads only inside the attention: [documents, longest] a bucket of similar lengths. `window`: how many
    tokens a row attends to, itself included."""

    def __init__(self, window: int | None = None) -> None:
        self._window = window

    def forward(
        self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, cu_lengths: Sequence[int]
    ) -> tuple[torch.Tensor, Any]:
        output = torch.empty_like(q, memory_format=torch.contiguous_format)
        saved: list[_SavedBucket] = []
        for bucket in _buckets(tuple(cu_lengths), q.device):
            rows, slots, longest = bucket.rows, bucket.slots, bucket.longest
            padded = []
            for x in (q, k, v):
                buffer = x.new_zeros(bucket.documents * longest, *x.shape[1:])
                buffer[slots] = x[rows]
                padded.append(buffer.view(bucket.documents, longest, *x.shape[1:]).transpose(1, 2))
            q_in, k_in, v_in = (x.detach().requires_grad_(True) for x in padded)
            mask = None
            if self._window is not None and longest > self._window:
                mask = window_mask(longest, longest, self._window, q.device)
            with torch.enable_grad():
                result = scaled_dot_product_attention(
                    q_in,
                    k_in,
                    v_in,
                    attn_mask=mask,
                    is_causal=mask is None,
                    enable_gqa=q.shape[1] != k.shape[1],
                )
            output[rows] = result.detach().transpose(1, 2).flatten(0, 1)[slots]
            saved.append(_SavedBucket(rows, slots, (q_in, k_in, v_in), result))
        return output, saved

    def backward(
        self, d_output: torch.Tensor, saved: Any, dq: torch.Tensor, dk: torch.Tensor, dv: torch.Tensor
    ) -> None:
        for bucket in saved:
            documents, longest = bucket.output.shape[0], bucket.output.shape[2]
            buffer = d_output.new_zeros(documents * longest, *d_output.shape[1:])
            buffer[bucket.slots] = d_output[bucket.rows]
            d_padded = buffer.view(documents, longest, *d_output.shape[1:]).transpose(1, 2)
            with torch.enable_grad():
                grads = torch.autograd.grad(bucket.output, bucket.inputs, d_padded)
            for target, grad in zip((dq, dk, dv), grads, strict=True):
                target[bucket.rows] = grad.transpose(1, 2).flatten(0, 1)[bucket.slots]


class WindowedAttention:
    """A layer with a window: without any difference up to its length, beyond it under a mask."""

    def __init__(self, inside: Attention, window: int) -> None:
        self._inside = inside
        self._beyond = PaddedAttention(window)
        self._window = window

    def forward(
        self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, cu_lengths: Sequence[int]
    ) -> tuple[torch.Tensor, Any]:
        longest = max((end - begin for begin, end in pairwise(cu_lengths)), default=0)
        attention = self._inside if longest <= self._window else self._beyond
        output, saved = attention.forward(q, k, v, cu_lengths)
        return output, (attention, saved)

    def backward(
        self, d_output: torch.Tensor, saved: Any, dq: torch.Tensor, dk: torch.Tensor, dv: torch.Tensor
    ) -> None:
        attention, kept = saved
        attention.backward(d_output, kept, dq, dk, dv)


def window_mask(rows: int, keys: int, window: int, device: torch.device) -> torch.Tensor:
    """bool [rows, keys], true where a row attends: the last `rows` of `keys` positions, causal, each to the
    last `window` positions up to its own."""
    row = torch.arange(keys - rows, keys, device=device)[:, None]
    key = torch.arange(keys, device=device)[None, :]
    return (key <= row) & (key > row - window)


def default_attention(device: torch.device, dtype: torch.dtype) -> AttentionName:
    """The back end that runs wherever this device and arithmetic do, without asking what else could."""
    cpu_kernels = device.type == "cpu" and dtype in (torch.float32, torch.bfloat16)
    return "per-document" if cpu_kernels else "padded"


def attention_maker(name: AttentionName) -> Callable[[int | None], Attention]:
    """Makes the attention of a layer by its window (None: every earlier token). What the layers of a pack
    share is shared by all that one maker made."""
    if name == "varlen":
        kernel, ends = installed_kernel(), DocumentEnds()
        return lambda window: VarlenAttention(kernel, ends, PaddedAttention(window), window)
    inside = PerDocumentAttention() if name == "per-document" else PaddedAttention()
    return lambda window: inside if window is None else WindowedAttention(inside, window)


@dataclass(frozen=True, slots=True)
class _Bucket:
    """Documents of similar length: packed rows and padded slots of their tokens, int64 [tokens]."""

    documents: int
    longest: int
    rows: torch.Tensor
    slots: torch.Tensor


# Two packs are alive at most: one in its backward pass, one that a recomputed layer asks for again.
@lru_cache(maxsize=2)
def _buckets(cu_lengths: tuple[int, ...], device: torch.device) -> tuple[_Bucket, ...]:
    """The buckets of a pack, made once for all its layers."""
    made = []
    for documents in _length_buckets(cu_lengths):
        rows, slots, longest = _bucket_index(documents, cu_lengths, device)
        made.append(_Bucket(len(documents), longest, rows, slots))
    return tuple(made)


def _length_buckets(cu_lengths: Sequence[int]) -> list[list[int]]:
    """Documents by falling length, cut where the shorter ones would be padding by more than a quarter."""
    lengths = [end - begin for begin, end in pairwise(cu_lengths)]
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    buckets: list[list[int]] = []
    for document in order:
        if buckets and lengths[document] >= lengths[buckets[-1][0]] * (1 - _MAX_PADDED_SHARE):
            buckets[-1].append(document)
        elif lengths[document] > 0:
            buckets.append([document])
    return buckets


def _bucket_index(
    documents: Sequence[int], cu_lengths: Sequence[int], device: torch.device
) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Packed rows and padded slots of a bucket's tokens, and the bucket's longest length."""
    longest = max(cu_lengths[i + 1] - cu_lengths[i] for i in documents)
    rows = [torch.arange(cu_lengths[i], cu_lengths[i + 1]) for i in documents]
    slots = [
        torch.arange(cu_lengths[i + 1] - cu_lengths[i]) + place * longest for place, i in enumerate(documents)
    ]
    return torch.cat(rows).to(device), torch.cat(slots).to(device), longest
