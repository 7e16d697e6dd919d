"""How far apart are two ways of computing the same optimizer step, as numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch

from builders.checkpoints import (
    random_documents,
    random_tensors,
    tiny_folder,
    tiny_values,
    to_llama_tensors,
    write_folder,
)
from builders.peft_oracle import (
    Document,
    answers_of,
    backward,
    gradients,
    logits_of,
    with_random_adapter,
)
from legal_eagle.engine import attention
from legal_eagle.engine.attention import PaddedAttention
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.model import Decoder, build_model
from legal_eagle.engine.peft_format import adapter_tensors, set_adapter_tensors
from legal_eagle.models.adapter_layouts import split_adapter

AttentionKind = Literal["blocked", "fused", "padded"]
LORA = LoraConfig(4, 8)


def gradient_error(actual: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> float:
    """The largest relative L2 error of any tensor."""
    if actual.keys() != expected.keys():
        raise RuntimeError(f"different parameters: {sorted(actual.keys() ^ expected.keys())[:3]}")
    return max(float((actual[name] - one).norm() / one.norm()) for name, one in expected.items())


def packing_error(folder: Path, kind: AttentionKind, recompute_layers: int) -> float:
    """One pack against the sum of its documents: the larger of |Δ loss| and the gradients' error."""
    base = tiny_folder(folder)
    documents = random_documents([17, 60, 2, 41, 1, 58], 256)
    packed = with_random_adapter(build_model(base), LORA)
    packed.recompute_layers = recompute_layers
    if kind == "padded":
        for block in packed.blocks:
            block.attention = PaddedAttention()
    blocked_scores = attention._MAX_BLOCKED_SCORES
    apart = _step(with_random_adapter(build_model(base), LORA), [[document] for document in documents])
    try:
        if kind == "fused":
            attention._MAX_BLOCKED_SCORES = 0
        together = _step(packed, [documents])
    finally:
        attention._MAX_BLOCKED_SCORES = blocked_scores
    return _difference(together, apart)


def accumulation_error(folder: Path) -> float:
    """Eight micro-batches of one document against one of eight."""
    documents = random_documents([5, 60, 9, 33, 12, 48, 7, 25], 256)
    decoder = with_random_adapter(build_model(tiny_folder(folder)), LORA)
    together = _step(decoder, [documents])
    return _difference(_step(decoder, [[document] for document in documents]), together)


def split_error(folder: Path, lora: LoraConfig = LORA) -> float:
    """max|Δ| of logits: an adapter on InternLM2's wqkv against its q, k, v export on the converted Llama."""
    decoder = with_random_adapter(build_model(tiny_folder(folder / "fused")), lora)
    config = decoder.config
    tensors = to_llama_tensors(config, random_tensors(config))
    split = build_model(write_folder(folder / "llama", tiny_values("llama"), tensors))
    split.add_lora(lora, torch.Generator().manual_seed(1))
    set_adapter_tensors(split, split_adapter(config, adapter_tensors(decoder)))
    ids = random_documents([50], 256)[0][0]
    return float((logits_of(split, ids) - logits_of(decoder, ids)).detach().abs().max())


Step = tuple[float, dict[str, torch.Tensor]]


def _step(decoder: Decoder, packs: list[list[Document]]) -> Step:
    """Loss and gradients of an optimizer step of these micro-batches."""
    loss = backward(decoder, packs, answers_of([document for pack in packs for document in pack]))
    return loss, gradients(decoder)


def _difference(actual: Step, expected: Step) -> float:
    return max(abs(actual[0] - expected[0]), gradient_error(actual[1], expected[1]))
