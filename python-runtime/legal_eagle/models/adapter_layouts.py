"""Exact maps of a LoRA adapter between InternLM2's fused layout and Llama's split one.

Keys are PEFT's. Fused to split: A is shared, B's rows are split as the weight's. Split to fused: the
three adapters stand side by side, A below each other and B block-diagonal, at rank 3r; to keep s·B·A
the adapter's configuration needs `rank_pattern {wqkv: 3r}` and `alpha_pattern {wqkv: 3·alpha}`
(rsLoRA: sqrt(3)·alpha). DoRA's row lengths move as the rows do.
"""

from collections.abc import Mapping

import torch

from legal_eagle.models.config import ModelConfig
from legal_eagle.models.layouts import internlm2_to_llama_names, pack_wqkv, unpack_wqkv

_PREFIX = "base_model.model."


def split_adapter(config: ModelConfig, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """An adapter of InternLM2 modules as one of Llama modules of the same rank and alpha. `config`
    is the InternLM2 model's."""
    result: dict[str, torch.Tensor] = {}
    for source, targets in internlm2_to_llama_names(config).items():
        a = tensors.get(f"{_PREFIX}{source}.lora_A.weight")
        b = tensors.get(f"{_PREFIX}{source}.lora_B.weight")
        if a is None or b is None:
            continue
        fused = len(targets) > 1
        parts = unpack_wqkv(b, config.heads, config.kv_heads, config.head_dim) if fused else (b,)
        for target, part in zip(targets, parts, strict=True):
            result[f"{_PREFIX}{target}.lora_A.weight"] = a.clone()
            result[f"{_PREFIX}{target}.lora_B.weight"] = part.contiguous()
        lengths = tensors.get(f"{_PREFIX}{source}.lora_magnitude_vector")
        if lengths is not None:
            own = (
                unpack_wqkv(lengths, config.heads, config.kv_heads, config.head_dim) if fused else (lengths,)
            )
            for target, part in zip(targets, own, strict=True):
                result[f"{_PREFIX}{target}.lora_magnitude_vector"] = part.contiguous()
    return result


def fuse_adapter(config: ModelConfig, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The inverse: Llama modules as InternLM2 modules, wqkv at the sum of the three ranks. q, k and v
    must all be adapted, or none."""
    result: dict[str, torch.Tensor] = {}
    for target, sources in internlm2_to_llama_names(config).items():
        pairs = [
            (tensors[f"{_PREFIX}{name}.lora_A.weight"], tensors[f"{_PREFIX}{name}.lora_B.weight"])
            for name in sources
            if f"{_PREFIX}{name}.lora_A.weight" in tensors
        ]
        if not pairs:
            continue
        if len(pairs) != len(sources):
            raise ValueError(f"only some of {', '.join(sources)} are adapted")
        a, b = pairs[0]
        if len(pairs) == 3:
            a = torch.cat([pair[0] for pair in pairs])
            q, k, v = (_in_columns(pairs, index) for index in range(3))
            b = pack_wqkv(q, k, v, config.heads, config.kv_heads, config.head_dim)
        result[f"{_PREFIX}{target}.lora_A.weight"] = a.clone()
        result[f"{_PREFIX}{target}.lora_B.weight"] = b.contiguous()
        keys = [f"{_PREFIX}{name}.lora_magnitude_vector" for name in sources]
        if all(key in tensors for key in keys):
            lengths = [tensors[key] for key in keys]
            shape = config.heads, config.kv_heads, config.head_dim
            fused = len(lengths) == 3
            joined = pack_wqkv(lengths[0], lengths[1], lengths[2], *shape) if fused else lengths[0].clone()
            result[f"{_PREFIX}{target}.lora_magnitude_vector"] = joined
    return result


def _in_columns(pairs: list[tuple[torch.Tensor, torch.Tensor]], index: int) -> torch.Tensor:
    """B of pair `index` in its own columns, zero in the others': one block row of the diagonal."""
    b = pairs[index][1]
    ranks = [pair[0].shape[0] for pair in pairs]
    wide = b.new_zeros(b.shape[0], sum(ranks))
    begin = sum(ranks[:index])
    wide[:, begin : begin + ranks[index]] = b
    return wide
