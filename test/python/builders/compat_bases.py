"""Small random bases of architectures that only transformers computes, as model folders."""

from pathlib import Path
from typing import Any

import torch
import transformers

_SHAPE: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
# Shorter than the documents of the tests, so that a window that is not applied shows.
_WINDOW = 8
_GEMMA: dict[str, Any] = {"head_dim": 16, "sliding_window": _WINDOW, "query_pre_attn_scalar": 16}


def base_config(kind: str, vocab_size: int) -> Any:
    """Caps are low enough to bend the scores and logits of random weights."""
    shape = {**_SHAPE, "vocab_size": vocab_size}
    if kind == "gemma2":
        caps = {"attn_logit_softcapping": 1.0, "final_logit_softcapping": 2.0}
        return transformers.Gemma2Config(**shape, **_GEMMA, **caps)
    if kind == "gemma3":
        return transformers.Gemma3TextConfig(**shape, **_GEMMA)
    if kind == "phi3":
        return transformers.Phi3Config(**shape, sliding_window=_WINDOW)
    if kind == "llama":
        return transformers.LlamaConfig(**shape)
    if kind == "qwen3_moe":
        experts = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 24}
        return transformers.Qwen3MoeConfig(**shape, **experts, head_dim=8)
    if kind == "mixtral":
        return transformers.MixtralConfig(**shape, num_local_experts=4)
    if kind in ("cohere", "granite", "phi"):
        bends = {"cohere": {"logit_scale": 0.0625}, "granite": {"logits_scaling": 8.0}, "phi": {}}
        return transformers.AutoConfig.for_model(kind, **shape, **bends[kind])
    if kind == "mamba":
        return transformers.MambaConfig(
            vocab_size=vocab_size, hidden_size=32, num_hidden_layers=2, state_size=4
        )
    if kind == "hybrid":
        return transformers.Lfm2Config(**shape, layer_types=["conv", "full_attention", "conv"])
    raise ValueError(kind)


def write_base(folder: Path, kind: str, vocab_size: int = 300) -> Path:
    """The model of `kind` with random weights, in safetensors."""
    torch.manual_seed(11)
    model = transformers.AutoModelForCausalLM.from_config(base_config(kind, vocab_size))
    with torch.no_grad():
        for parameter in model.parameters():
            # Norms of Gemma are centred at zero, all others at one.
            centre = 1.0 if parameter.ndim == 1 and "gemma" not in kind else 0.0
            parameter.copy_(centre + torch.randn(parameter.shape) * 0.08)
    model.save_pretrained(folder)
    return folder
