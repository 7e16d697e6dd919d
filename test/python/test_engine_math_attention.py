"""Every attention back end against one reference: values, gradients, windows, groups, limits."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch

from builders.checkpoints import tiny_folder
from legal_eagle.engine.attention import PaddedAttention, attention_maker, window_mask
from legal_eagle.engine.attention_types import Attention
from legal_eagle.engine.mechanisms import EngineOptions, attention_fault, choose_mechanisms
from legal_eagle.engine.varlen_attention import DocumentEnds, VarlenAttention, kernel_elements, kernel_over
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.config import read_config

torch.set_num_threads(1)
HEADS, WIDTH = 8, 16
# A document of one token, one longer than every window, lengths far apart.
ENDS = (0, 1, 24, 31, 60, 62)
CPU = torch.device("cpu")


def reference(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, window: int | None) -> torch.Tensor:
    """Attention written out, one document and one head at a time."""
    groups, documents = q.shape[1] // k.shape[1], []
    for begin, end in pairwise(ENDS):
        mask = window_mask(end - begin, end - begin, window or end - begin, q.device)
        heads = []
        for head in range(q.shape[1]):
            scores = q[begin:end, head] @ k[begin:end, head // groups].T / q.shape[2] ** 0.5
            weights = scores.masked_fill(~mask, float("-inf")).softmax(dim=-1)
            heads.append(weights @ v[begin:end, head // groups])
        documents.append(torch.stack(heads, dim=1))
    return torch.cat(documents)


def masked(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    cu_seq_q: torch.Tensor,
    cu_seq_k: torch.Tensor,
    max_q: int,
    max_k: int,
    window: tuple[int, int],
) -> torch.Tensor:
    """FlashAttention's contract on CPU, by one mask over the whole pack; refuses what the kernel refuses."""
    assert cu_seq_q.dtype == cu_seq_k.dtype == torch.int32
    assert cu_seq_q.device == q.device
    assert all(x.stride(-1) == 1 for x in (q, k, v))
    lengths = cu_seq_q.diff()
    assert max_q == max_k == int(lengths.max())
    if k.shape[1] != q.shape[1]:
        raise ValueError("Expect query and key/value to have the same number of heads")
    document = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
    at = torch.arange(q.shape[0])
    back = at[:, None] - at[None, :]
    left = q.shape[0] if window[0] < 0 else window[0]
    right = q.shape[0] if window[1] < 0 else window[1]
    allowed = (document[:, None] == document[None, :]) & (back <= left) & (-back <= right)
    scores = torch.einsum("qhd,khd->hqk", q, k) * q.shape[-1] ** -0.5
    weights = scores.masked_fill(~allowed, float("-inf")).softmax(-1)
    return torch.einsum("hqk,khd->qhd", weights, v)


def as_in_2_10(query, key, value, cu_seq_q, cu_seq_k, max_q, max_k, is_causal=False, return_aux=None):
    window = (-1, 0) if is_causal else (-1, -1)
    return masked(query, key, value, cu_seq_q, cu_seq_k, max_q, max_k, window)


def as_in_2_11(
    query, key, value, cu_seq_q, cu_seq_k, max_q, max_k, *, return_aux=None, scale=None, window_size=(-1, -1)
):
    return masked(query, key, value, cu_seq_q, cu_seq_k, max_q, max_k, window_size)


def as_in_2_13(
    query,
    key,
    value,
    cu_seq_q,
    cu_seq_k,
    max_q,
    max_k,
    *,
    return_aux=None,
    scale=None,
    window_size=(-1, -1),
    enable_gqa=False,
):
    if enable_gqa:
        groups = query.shape[1] // key.shape[1]
        key, value = (x.repeat_interleave(groups, dim=1) for x in (key, value))
    return masked(query, key, value, cu_seq_q, cu_seq_k, max_q, max_k, window_size)


def varlen(emulated: Callable[..., torch.Tensor], window: int | None, **limits: int) -> Attention:
    beyond = PaddedAttention(window)
    return VarlenAttention(kernel_over(emulated), DocumentEnds(), beyond, window, **limits)


BACK_ENDS: dict[str, Callable[[int | None], Attention]] = {
    "per-document": lambda window: attention_maker("per-document")(window),
    "padded": lambda window: attention_maker("padded")(window),
    "varlen of 2.11": lambda window: varlen(as_in_2_11, window),
    "varlen of 2.13": lambda window: varlen(as_in_2_13, window),
    "varlen beyond its integers": lambda window: varlen(as_in_2_13, window, max_elements=1000),
}


@pytest.mark.parametrize("window", [None, 5])
@pytest.mark.parametrize("kv_heads", [8, 2, 1])
@pytest.mark.parametrize("name", BACK_ENDS)
def test_back_ends_equal_attention_written_out(name: str, kv_heads: int, window: int | None) -> None:
    # Bug caught: rows of one document that see another's, a window off by one, key heads that are shared
    # by the wrong query heads, gradients scattered to the wrong rows.
    generator = torch.Generator().manual_seed(3)
    fused = torch.randn(ENDS[-1], HEADS + 2 * kv_heads, WIDTH, generator=generator)
    d_output = torch.randn(ENDS[-1], HEADS, WIDTH, generator=generator)
    # Strided views, as a block hands them over.
    parts = fused.split((HEADS, kv_heads, kv_heads), dim=1)
    inputs = [part.clone().requires_grad_(True) for part in parts]
    expected = reference(*inputs, window)
    expected.backward(d_output)

    attention = BACK_ENDS[name](window)
    with torch.no_grad():
        output, saved = attention.forward(*parts, ENDS)
        d_fused = torch.full_like(fused, float("nan"))
        attention.backward(d_output, saved, *d_fused.split((HEADS, kv_heads, kv_heads), dim=1))
    torch.testing.assert_close(output, expected.detach(), atol=1e-5, rtol=1e-5)
    gradients = torch.cat([one.grad for one in inputs], dim=1)
    torch.testing.assert_close(d_fused, gradients, atol=1e-5, rtol=1e-5)


def test_the_first_varlen_release_is_causal_and_refuses_windows() -> None:
    # Bug caught: without window_size a call that is silently not causal, or that drops the window.
    q, k, v = (torch.randn(ENDS[-1], heads, WIDTH) for heads in (HEADS, 2, 2))
    output, _ = varlen(as_in_2_10, None).forward(q, k, v, ENDS)
    torch.testing.assert_close(output, reference(q, k, v, None), atol=1e-5, rtol=1e-5)
    with pytest.raises(NotImplementedError):
        varlen(as_in_2_10, 5).forward(q, k, v, ENDS)


def test_the_kernels_integers_are_counted_as_it_counts() -> None:
    """At 32 heads of 128 and 8,192 tokens about 4,000 documents overflow 32 bits; no pack that fits does."""
    shape = torch.Size((8192, 32, 128))
    assert kernel_elements(shape, 4030) < 2**31 <= kernel_elements(shape, 4033)


def test_a_pack_is_indexed_once_for_all_layers() -> None:
    # Bug caught: a new upload of the documents' ends in every layer, which makes a GPU wait each time.
    ends = DocumentEnds()
    first = ends.on(CPU, ENDS)
    assert ends.on(CPU, list(ENDS)) is first
    assert ends.on(CPU, ENDS[:3]).tolist() == [0, 1, 24]


def test_what_cannot_run_is_refused_and_what_is_chosen_says_why(tmp_path) -> None:
    # Bug caught: an automatic choice without its reason, a back end that dies at the first step.
    model = read_config(tiny_folder(tmp_path))
    chosen = choose_mechanisms(EngineOptions(), CPU, torch.float32, model, {})
    assert chosen.attention == "per-document"
    assert any(reason.startswith("attention per-document:") for reason in chosen.reasons)
    with pytest.raises(JobError) as refused:
        choose_mechanisms(EngineOptions(attention="varlen"), CPU, torch.float32, model, {})
    assert refused.value.code == "train.attention_unsupported"
    assert refused.value.params == {"attention": "varlen", "allowed": "per-document"}
    card = torch.device("cuda", 0)
    assert "Linux" in str(attention_fault("varlen", card, torch.bfloat16, model, platform="win32"))
    assert "bf16" in str(attention_fault("varlen", card, torch.float32, model, platform="linux"))
    assert attention_fault("per-document", card, torch.bfloat16, model) is not None
    if not torch.cuda.is_available():
        # The probe dies of the missing card, and that is its reason.
        assert attention_fault("varlen", card, torch.bfloat16, model, platform="linux")


def test_a_resumed_run_keeps_what_it_began_with(tmp_path) -> None:
    # Bug caught: `auto` that chooses anew on resume and rounds differently from the uninterrupted run.
    model = read_config(tiny_folder(tmp_path))
    kept = choose_mechanisms(EngineOptions(), CPU, torch.float32, model, {"attention": "padded"})
    assert kept.attention == "padded"
    assert "the run began with it" in " ".join(kept.reasons)
    # What the checkpoint names may not run where the run goes on.
    moved = choose_mechanisms(EngineOptions(), CPU, torch.float32, model, {"attention": "varlen"})
    assert moved.attention == "per-document"
    assert any("cannot run here" in reason for reason in moved.reasons)
