"""InternLM1 (and any decoder with Llama's names) written out in plain tensor algebra, one document at a time.

Shares nothing with the engine: heads by loops, a rotation by complex numbers, dynamic NTK by its formula.
"""

import torch

from legal_eagle.models.config import ModelConfig


@torch.no_grad()
def internlm_logits(
    tensors: dict[str, torch.Tensor],
    ids: list[int],
    config: ModelConfig,
    *,
    ntk_factor: float,
) -> torch.Tensor:
    """Logits [T, V]; the base grows by (f·L/M − (f − 1))^(d/(d − 2)) where the text is longer than M."""
    tokens, width = len(ids), config.head_dim
    base = config.rope_theta
    if tokens > config.max_positions:
        stretch = ntk_factor * tokens / config.max_positions - (ntk_factor - 1)
        base *= stretch ** (width / (width - 2))
    turns = torch.arange(tokens).double()[:, None] / base ** (torch.arange(width // 2).double() * 2 / width)
    rotation = torch.polar(torch.ones_like(turns), turns)
    future = torch.full((tokens, tokens), float("-inf")).triu(1)
    group = config.heads // config.kv_heads

    def linear(x: torch.Tensor, name: str) -> torch.Tensor:
        bias = tensors.get(f"{name}.bias")
        result = x @ tensors[f"{name}.weight"].T
        return result if bias is None else result + bias

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        return x / (x.square().mean(1, keepdim=True) + config.rms_norm_eps).sqrt() * tensors[f"{name}.weight"]

    def turned(head: torch.Tensor) -> torch.Tensor:
        left, right = head[:, : width // 2].double(), head[:, width // 2 :].double()
        product = torch.complex(left, right) * rotation
        return torch.cat((product.real, product.imag), 1).float()

    x = tensors["model.embed_tokens.weight"][ids]
    for layer in range(config.layers):
        prefix = f"model.layers.{layer}"
        attention = f"{prefix}.self_attn"
        normed = norm(x, f"{prefix}.input_layernorm")
        q, k, v = (linear(normed, f"{attention}.{part}_proj") for part in "qkv")
        heads = []
        for head in range(config.heads):
            kv = slice(head // group * width, (head // group + 1) * width)
            own = turned(q[:, head * width : (head + 1) * width])
            scores = own @ turned(k[:, kv]).T / width**0.5 + future
            heads.append(scores.softmax(1) @ v[:, kv])
        x = x + linear(torch.cat(heads, 1), f"{attention}.o_proj")
        normed = norm(x, f"{prefix}.post_attention_layernorm")
        gate = linear(normed, f"{prefix}.mlp.gate_proj")
        x = x + linear(
            gate * gate.sigmoid() * linear(normed, f"{prefix}.mlp.up_proj"),
            f"{prefix}.mlp.down_proj",
        )
    return norm(x, "model.norm") @ tensors["lm_head.weight"].T
