"""Tensor names and shapes of each layout, and the exact maps between them.

InternLM2 stores q, k and v in one matrix of K groups of (g + 2)·d rows, `[q_0 … q_{g-1}, k, v]` a
group (K kv heads, g query heads each, head width d). Llama stores three matrices. Both rotate
halves, so no row is permuted inside a head. Moving rows is the whole map: it is bit-exact.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from legal_eagle.models.config import ModelConfig

_IGNORED_EXTRA = "rotary_emb.inv_freq"


@dataclass(frozen=True, slots=True)
class LayerNames:
    """Module names inside one decoder layer. `qkv` has one entry (fused) or three (q, k, v)."""

    qkv: tuple[str, ...]
    o: str
    gate: str
    up: str
    down: str
    attention_norm: str
    mlp_norm: str
    q_norm: str
    k_norm: str


@dataclass(frozen=True, slots=True)
class ModelNames:
    embedding: str
    layer_prefix: str
    final_norm: str
    head: str
    layer: LayerNames


_INTERNLM2 = ModelNames(
    embedding="model.tok_embeddings",
    layer_prefix="model.layers",
    final_norm="model.norm",
    head="output",
    layer=LayerNames(
        qkv=("attention.wqkv",),
        o="attention.wo",
        gate="feed_forward.w1",
        up="feed_forward.w3",
        down="feed_forward.w2",
        attention_norm="attention_norm",
        mlp_norm="ffn_norm",
        q_norm="attention.q_norm",
        k_norm="attention.k_norm",
    ),
)
_LLAMA = ModelNames(
    embedding="model.embed_tokens",
    layer_prefix="model.layers",
    final_norm="model.norm",
    head="lm_head",
    layer=LayerNames(
        qkv=("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
        o="self_attn.o_proj",
        gate="mlp.gate_proj",
        up="mlp.up_proj",
        down="mlp.down_proj",
        attention_norm="input_layernorm",
        mlp_norm="post_attention_layernorm",
        q_norm="self_attn.q_norm",
        k_norm="self_attn.k_norm",
    ),
)


def model_names(layout: str) -> ModelNames:
    return _INTERNLM2 if layout == "internlm2" else _LLAMA


def linear_shapes(config: "ModelConfig") -> dict[str, tuple[int, int]]:
    """(out, in) of each linear module inside one layer, by module name."""
    names = model_names(config.layout).layer
    q_rows, kv_rows = config.heads * config.head_dim, config.kv_heads * config.head_dim
    hidden, inner = config.hidden_size, config.intermediate_size
    qkv_rows = (q_rows + 2 * kv_rows,) if len(names.qkv) == 1 else (q_rows, kv_rows, kv_rows)
    shapes = {name: (rows, hidden) for name, rows in zip(names.qkv, qkv_rows, strict=True)}
    shapes[names.o] = (hidden, q_rows)
    shapes[names.gate] = (inner, hidden)
    shapes[names.up] = (inner, hidden)
    shapes[names.down] = (hidden, inner)
    return shapes


def linear_names(config: "ModelConfig") -> list[str]:
    """Every linear module of the decoder layers, full names, in layer order (the head is not one)."""
    prefix = model_names(config.layout).layer_prefix
    return [f"{prefix}.{layer}.{name}" for layer in range(config.layers) for name in linear_shapes(config)]


def expected_tensors(config: "ModelConfig") -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor that the checkpoint must hold."""
    names = model_names(config.layout)
    hidden = config.hidden_size
    expected: dict[str, tuple[int, ...]] = {f"{names.embedding}.weight": (config.vocab_size, hidden)}
    for index in range(config.layers):
        prefix = f"{names.layer_prefix}.{index}"
        for name, shape in linear_shapes(config).items():
            expected[f"{prefix}.{name}.weight"] = shape
            biased = config.qkv_bias if name in names.layer.qkv else config.o_bias and name == names.layer.o
            if biased:
                expected[f"{prefix}.{name}.bias"] = (shape[0],)
        if config.qk_norm:
            expected[f"{prefix}.{names.layer.q_norm}.weight"] = (config.head_dim,)
            expected[f"{prefix}.{names.layer.k_norm}.weight"] = (config.head_dim,)
        expected[f"{prefix}.{names.layer.attention_norm}.weight"] = (hidden,)
        expected[f"{prefix}.{names.layer.mlp_norm}.weight"] = (hidden,)
    expected[f"{names.final_norm}.weight"] = (hidden,)
    if not config.tied_embeddings:
        expected[f"{names.head}.weight"] = (config.vocab_size, hidden)
    return expected


def is_ignored_extra(name: str, config: "ModelConfig") -> bool:
    """Tensors that may stand in a checkpoint without being part of the model: stored rotary
    frequencies of old shards, and the copy of the embedding that some writers store when tied."""
    tied_head = config.tied_embeddings and name == f"{model_names(config.layout).head}.weight"
    return tied_head or name.endswith(_IGNORED_EXTRA)


def unpack_wqkv(
    weight: torch.Tensor, heads: int, kv_heads: int, head_dim: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Splits fused rows [(H + 2K)·d, …] into q [H·d, …], k [K·d, …], v [K·d, …]. Also for biases and
    for the B matrix of an adapter on wqkv."""
    group = heads // kv_heads
    rest = weight.shape[1:]
    grouped = weight.reshape(kv_heads, group + 2, head_dim, *rest)
    q = grouped[:, :group].reshape(heads * head_dim, *rest)
    k = grouped[:, group].reshape(kv_heads * head_dim, *rest)
    v = grouped[:, group + 1].reshape(kv_heads * head_dim, *rest)
    return q, k, v


def pack_wqkv(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, heads: int, kv_heads: int, head_dim: int
) -> torch.Tensor:
    """The inverse of `unpack_wqkv`."""
    group = heads // kv_heads
    rest = q.shape[1:]
    parts = (
        q.reshape(kv_heads, group, head_dim, *rest),
        k.reshape(kv_heads, 1, head_dim, *rest),
        v.reshape(kv_heads, 1, head_dim, *rest),
    )
    return torch.cat(parts, dim=1).reshape((heads + 2 * kv_heads) * head_dim, *rest)


def internlm2_to_llama_names(config: "ModelConfig") -> dict[str, tuple[str, ...]]:
    """Source module → target modules when an InternLM2 checkpoint is written in Llama layout: one
    target (a rename), or three for wqkv. Holds for `.weight` and `.bias` alike."""
    source, target = _INTERNLM2, _LLAMA
    mapping: dict[str, tuple[str, ...]] = {
        source.embedding: (target.embedding,),
        source.final_norm: (target.final_norm,),
        source.head: (target.head,),
    }
    for index in range(config.layers):
        prefix = f"{source.layer_prefix}.{index}"
        mapping[f"{prefix}.{source.layer.qkv[0]}"] = tuple(f"{prefix}.{name}" for name in target.layer.qkv)
        for field in ("o", "gate", "up", "down", "attention_norm", "mlp_norm"):
            old, new = getattr(source.layer, field), getattr(target.layer, field)
            mapping[f"{prefix}.{old}"] = (f"{prefix}.{new}",)
    return mapping
