"""InternLM2's tensor layout for a model trained in Llama form, and back.

A fused `wqkv` has one group per key/value head; a group's rows are its query heads, then its key,
then its value (InternLM2 modeling code: "(h gs d)", gs = queries per group + 2).
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import LlamaConfig

_LLAMA_TO_INTERNLM2 = {
    "model.embed_tokens.weight": "model.tok_embeddings.weight",
    "model.norm.weight": "model.norm.weight",
    "lm_head.weight": "output.weight",
}
_LAYER_NAMES = {
    "self_attn.o_proj.weight": "attention.wo.weight",
    "mlp.gate_proj.weight": "feed_forward.w1.weight",
    "mlp.up_proj.weight": "feed_forward.w3.weight",
    "mlp.down_proj.weight": "feed_forward.w2.weight",
    "input_layernorm.weight": "attention_norm.weight",
    "post_attention_layernorm.weight": "ffn_norm.weight",
}
STORED_DTYPE = torch.bfloat16


def pack_wqkv(q: Tensor, k: Tensor, v: Tensor, kv_heads: int, head_dim: int) -> Tensor:
    """Joins q [H*d, hidden], k and v [K*d, hidden] into wqkv [(H + 2K)*d, hidden]."""
    hidden = q.shape[1]
    groups = [
        q.reshape(kv_heads, -1, head_dim, hidden),
        k.reshape(kv_heads, 1, head_dim, hidden),
        v.reshape(kv_heads, 1, head_dim, hidden),
    ]
    return torch.cat(groups, dim=1).reshape(-1, hidden).contiguous()


def unpack_wqkv(wqkv: Tensor, kv_heads: int, head_dim: int) -> tuple[Tensor, Tensor, Tensor]:
    """The inverse of `pack_wqkv`, bit for bit."""
    hidden = wqkv.shape[1]
    groups = wqkv.reshape(kv_heads, -1, head_dim, hidden)
    q, k, v = groups[:, :-2], groups[:, -2], groups[:, -1]
    return (
        q.reshape(-1, hidden).contiguous(),
        k.reshape(-1, hidden).contiguous(),
        v.reshape(-1, hidden).contiguous(),
    )


def to_internlm2(weights: dict[str, Tensor], config: LlamaConfig) -> dict[str, Tensor]:
    """Renames and packs a Llama state dict; tensors keep their type."""
    head_dim = config.hidden_size // config.num_attention_heads
    out = {new: weights[old] for old, new in _LLAMA_TO_INTERNLM2.items()}
    for layer in range(config.num_hidden_layers):
        prefix = f"model.layers.{layer}."
        q, k, v = (weights[f"{prefix}self_attn.{name}_proj.weight"] for name in "qkv")
        out[f"{prefix}attention.wqkv.weight"] = pack_wqkv(q, k, v, config.num_key_value_heads, head_dim)
        out |= {prefix + new: weights[prefix + old] for old, new in _LAYER_NAMES.items()}
    return out


def to_llama(weights: dict[str, Tensor], config: LlamaConfig) -> dict[str, Tensor]:
    """The inverse of `to_internlm2`."""
    head_dim = config.hidden_size // config.num_attention_heads
    out = {old: weights[new] for old, new in _LLAMA_TO_INTERNLM2.items()}
    for layer in range(config.num_hidden_layers):
        prefix = f"model.layers.{layer}."
        parts = unpack_wqkv(weights[f"{prefix}attention.wqkv.weight"], config.num_key_value_heads, head_dim)
        for name, part in zip("qkv", parts, strict=True):
            out[f"{prefix}self_attn.{name}_proj.weight"] = part
        out |= {prefix + old: weights[prefix + new] for old, new in _LAYER_NAMES.items()}
    return out


def internlm2_config(config: LlamaConfig, rope_theta: float) -> dict[str, Any]:
    """The content of config.json."""
    return {
        "architectures": ["InternLM2ForCausalLM"],
        "bias": False,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "hidden_act": "silu",
        "hidden_size": config.hidden_size,
        "initializer_range": config.initializer_range,
        "intermediate_size": config.intermediate_size,
        "max_position_embeddings": config.max_position_embeddings,
        "model_type": "internlm2",
        "num_attention_heads": config.num_attention_heads,
        "num_hidden_layers": config.num_hidden_layers,
        "num_key_value_heads": config.num_key_value_heads,
        "pad_token_id": 2,
        "rms_norm_eps": config.rms_norm_eps,
        "rope_scaling": None,
        "rope_theta": rope_theta,
        "tie_word_embeddings": False,
        "torch_dtype": str(STORED_DTYPE).removeprefix("torch."),
        "use_cache": True,
        "vocab_size": config.vocab_size,
    }


def write_weights(weights: dict[str, Tensor], config: LlamaConfig, folder: Path) -> None:
    """Writes model.safetensors in InternLM2 layout, rounded to STORED_DTYPE, names sorted."""
    packed = to_internlm2(weights, config)
    stored = {name: packed[name].to(STORED_DTYPE).contiguous() for name in sorted(packed)}
    save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})


def write_configs(config: LlamaConfig, rope_theta: float, stop_ids: list[int], folder: Path) -> None:
    """Writes config.json and generation_config.json."""
    generation = {
        "bos_token_id": 1,
        "do_sample": True,
        "eos_token_id": stop_ids,
        "max_new_tokens": 200,
        "pad_token_id": 2,
        "temperature": 0.8,
        "top_p": 0.8,
    }
    for name, content in (
        ("config.json", internlm2_config(config, rope_theta)),
        ("generation_config.json", generation),
    ):
        text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def read_as_llama(folder: Path, config: LlamaConfig) -> dict[str, Tensor]:
    """The folder's weights as a fp32 Llama state dict."""
    stored = load_file(folder / "model.safetensors")
    return {name: w.float() for name, w in to_llama(stored, config).items()}
