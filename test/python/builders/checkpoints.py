"""Random tiny checkpoint folders of both layouts, the same for the same seed."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from legal_eagle.models.config import ModelConfig, config_from_values
from legal_eagle.models.layouts import expected_tensors, internlm2_to_llama_names, unpack_wqkv

# Products this small are slower on several threads, and very slow on a busy machine.
torch.set_num_threads(1)

# Large enough that logits are well away from zero in three layers.
_WEIGHT_STD = 0.08
_LAYOUT_MARKERS = {
    "internlm2": {"model.layers.0.attention.wqkv.weight"},
    "llama": {"model.layers.0.self_attn.q_proj.weight"},
}
_BIAS_MARKERS = {
    "internlm2": ({"model.layers.0.attention.wqkv.bias"}, {"model.layers.0.attention.wo.bias"}),
    "llama": ({"model.layers.0.self_attn.q_proj.bias"}, {"model.layers.0.self_attn.o_proj.bias"}),
}


def tiny_values(layout: str = "internlm2", **changes: Any) -> dict[str, Any]:
    """A config.json: hidden 64, 3 layers, 8 heads, 2 kv heads, 256 tokens."""
    model_type = "internlm2" if layout == "internlm2" else "llama"
    architecture = "InternLM2ForCausalLM" if layout == "internlm2" else "LlamaForCausalLM"
    values: dict[str, Any] = {
        "architectures": [architecture],
        "model_type": model_type,
        "hidden_act": "silu",
        "hidden_size": 64,
        "intermediate_size": 112,
        "num_hidden_layers": 3,
        "num_attention_heads": 8,
        "num_key_value_heads": 2,
        "vocab_size": 256,
        "max_position_embeddings": 256,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "rope_scaling": None,
        "tie_word_embeddings": False,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 2,
        "torch_dtype": "float32",
    }
    return values | changes


def tiny_config(
    values: dict[str, Any], *, qkv_bias: bool = False, o_bias: bool = False, qk_norm: bool = False
) -> ModelConfig:
    # Not by model_type: InternLM and InternLM3 have Llama's tensors.
    layout = "internlm2" if values["architectures"] == ["InternLM2ForCausalLM"] else "llama"
    markers = set(_LAYOUT_MARKERS[layout])
    markers |= _BIAS_MARKERS[layout][0] if qkv_bias else set()
    markers |= _BIAS_MARKERS[layout][1] if o_bias else set()
    markers |= {"model.layers.0.self_attn.q_norm.weight"} if qk_norm else set()
    return config_from_values(values, markers)


def random_tensors(config: ModelConfig, seed: int = 0) -> dict[str, torch.Tensor]:
    """fp32 weights; norm weights around 1, so that a forgotten one shows."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, shape in expected_tensors(config).items():
        noise = torch.randn(shape, generator=generator) * _WEIGHT_STD
        tensors[name] = noise + 1.0 if "norm" in name else noise
    return tensors


def write_folder(folder: Path, values: dict[str, Any], tensors: dict[str, torch.Tensor]) -> Path:
    """Writes config.json and one model.safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "model.safetensors")
    return folder


def tiny_folder(
    folder: Path,
    layout: str = "internlm2",
    *,
    seed: int = 0,
    qkv_bias: bool = False,
    o_bias: bool = False,
    qk_norm: bool = False,
    **changes: Any,
) -> Path:
    """A random tiny checkpoint of `layout`, without a tokenizer."""
    values = tiny_values(layout, **changes)
    config = tiny_config(values, qkv_bias=qkv_bias, o_bias=o_bias, qk_norm=qk_norm)
    return write_folder(folder, values, random_tensors(config, seed))


def to_llama_tensors(config: ModelConfig, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """InternLM2 tensors under Llama's names, wqkv split."""
    mapped = {}
    for source, targets in internlm2_to_llama_names(config).items():
        for suffix in ("weight", "bias"):
            tensor = tensors.get(f"{source}.{suffix}")
            if tensor is None:
                continue
            parts = (
                unpack_wqkv(tensor, config.heads, config.kv_heads, config.head_dim)
                if len(targets) == 3
                else (tensor,)
            )
            for target, part in zip(targets, parts, strict=True):
                mapped[f"{target}.{suffix}"] = part.contiguous()
    return mapped


def random_documents(
    lengths: list[int], vocabulary: int, seed: int = 0
) -> list[tuple[list[int], list[bool]]]:
    """(ids, answer mask) documents; the last third of each is its answer."""
    generator = torch.Generator().manual_seed(seed)
    documents = []
    for length in lengths:
        ids = torch.randint(3, vocabulary, (length,), generator=generator).tolist()
        answer_from = max(1, length - max(1, length // 3))
        documents.append((ids, [index >= answer_from for index in range(length)]))
    return documents
