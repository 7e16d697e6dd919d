"""A decoder whose base is held in 4 or 8 bits, beside one that computes plainly with the same numbers."""

from __future__ import annotations

from pathlib import Path

import torch

from builders.checkpoints import random_documents
from legal_eagle.engine.batch import PackedBatch, pack_documents
from legal_eagle.engine.block import Block
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.frozen_weight import DenseWeight
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.model import build_model
from legal_eagle.engine.quantisation import Quantiser, Quantization

CPU = torch.device("cpu")
# Largest relative L2 difference of logits or of a gradient. 4 bits are unpacked and computed exactly; 8 bits
# round the activations too, and another processor's sums round them elsewhere.
LIMITS: dict[Quantization, float] = {"nf4": 1e-5, "int8": 0.08, "fp8": 0.25}
KINDS = tuple(LIMITS)


def normal(*shape: int, seed: int = 0, std: float = 0.05) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * std


def adapted(folder: Path, prepare: object, *, dora: bool = False, recompute: int = 0) -> Decoder:
    decoder = build_model(folder, prepare=prepare)  # type: ignore[arg-type]
    decoder.add_lora(LoraConfig(4, 8.0, dropout=0.1, dora=dora), torch.Generator().manual_seed(5))
    decoder.recompute_layers = recompute
    with torch.no_grad():
        for index, (name, one) in enumerate(decoder.lora_parameters()):
            if name.endswith("lora_B.weight"):
                one.copy_(normal(*one.shape, seed=index))
    return decoder


def batch() -> PackedBatch:
    return pack_documents(random_documents([20, 9, 31], 256, seed=1))


def results(decoder: Decoder) -> dict[str, torch.Tensor]:
    """Logits, and the gradient of every adapter tensor."""
    one = batch()
    found = {"logits": decoder.logits(one.ids, one.positions, one.cu_lengths)}
    decoder.loss(one, 30).backward()
    return found | {name: each.grad for name, each in decoder.lora_parameters() if each.grad is not None}


def read_back(kind: Quantization) -> object:
    """Puts the numbers that a quantised layer stands for into a dense one."""
    quantiser = Quantiser(kind, torch.float32, CPU)

    def prepare(_decoder: Decoder, block: Block) -> None:
        quantiser.quantise(block)
        for linear in (block.qkv, block.o, block.gate_up, block.down):
            linear.weight = DenseWeight(linear.weight.rows(0, linear.weight.shape[0]).clone())

    return prepare


def quantised(kind: Quantization) -> tuple[object, Quantiser]:
    quantiser = Quantiser(kind, torch.float32, CPU)
    return quantiser.prepare, quantiser


def quantisation_errors(
    folder: Path, kind: Quantization, *, dora: bool = False, recompute: int = 0
) -> dict[str, float]:
    """Relative L2 error of the logits and of each adapter gradient against the dequantised reference."""
    prepare, _ = quantised(kind)
    ours = results(adapted(folder, prepare, dora=dora, recompute=recompute))
    theirs = results(adapted(folder, read_back(kind), dora=dora, recompute=recompute))
    if ours.keys() != theirs.keys():
        raise RuntimeError(f"different tensors: {sorted(ours.keys() ^ theirs.keys())[:3]}")
    return {
        name: float(((ours[name] - one).norm() / one.norm().clamp_min(1e-12)).detach())
        for name, one in theirs.items()
    }
