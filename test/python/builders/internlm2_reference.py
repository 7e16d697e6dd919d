"""InternLM2 written plainly with autograd, one document at a time: what the engine is compared with.

Module names are the checkpoint's, so that PEFT can wrap it and loads the engine's adapters.
"""

import torch
import transformers
from torch import nn
from torch.nn import functional

from legal_eagle.models.config import ModelConfig


class _Norm(nn.Module):
    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight * x / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)


class _Attention(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        rows = (config.heads + 2 * config.kv_heads) * config.head_dim
        self.wqkv = nn.Linear(config.hidden_size, rows, bias=config.qkv_bias)
        self.wo = nn.Linear(config.heads * config.head_dim, config.hidden_size, bias=config.o_bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        config, tokens = self.config, x.shape[0]
        group, width = config.heads // config.kv_heads, config.head_dim
        qkv = self.wqkv(x).reshape(tokens, config.kv_heads, group + 2, width)
        q, k, v = qkv[:, :, :group], qkv[:, :, group], qkv[:, :, group + 1]
        exponents = torch.arange(0, width, 2).double() / width
        theta, scaling = config.rope_theta, config.rope_scaling
        if scaling is not None and scaling.kind == "dynamic" and tokens > config.max_positions:
            stretch = scaling.factor * tokens / config.max_positions - (scaling.factor - 1)
            theta *= stretch ** (width / (width - 2))
        angles = torch.arange(tokens).double()[:, None] / theta**exponents
        cos, sin = (
            torch.cat((angles, angles), 1).cos(),
            torch.cat((angles, angles), 1).sin(),
        )

        def rotate(heads: torch.Tensor) -> torch.Tensor:
            left, right = heads.chunk(2, dim=-1)
            shape = (tokens, *([1] * (heads.dim() - 2)), width)
            turned = torch.cat((-right, left), dim=-1)
            return heads * cos.float().reshape(shape) + turned * sin.float().reshape(shape)

        q, k = rotate(q), rotate(k)
        scores = torch.einsum("tkgd,skd->kgts", q, k) / width**0.5
        causal = torch.ones(tokens, tokens, dtype=torch.bool).tril()
        weights = scores.masked_fill(~causal, float("-inf")).softmax(-1)
        mixed = torch.einsum("kgts,skd->tkgd", weights, v)
        return self.wo(mixed.reshape(tokens, -1))


class _FeedForward(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.w1 = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.w3 = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.w2 = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.w2(functional.silu(self.w1(x)) * self.w3(x))


class _Layer(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention_norm = _Norm(config.hidden_size, config.rms_norm_eps)
        self.attention = _Attention(config)
        self.ffn_norm = _Norm(config.hidden_size, config.rms_norm_eps)
        self.feed_forward = _FeedForward(config)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.attention_norm(x))
        return x + self.feed_forward(self.ffn_norm(x))


class _Trunk(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.tok_embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(_Layer(config) for _ in range(config.layers))
        self.norm = _Norm(config.hidden_size, config.rms_norm_eps)


class InternLM2Reference(nn.Module):
    """`forward(input_ids [T])` → logits [T, V] of one document; what else PEFT hands on is unused."""

    def __init__(self, config: ModelConfig, tensors: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.config = transformers.PretrainedConfig()
        self.model = _Trunk(config)
        self.output = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.load_state_dict(tensors)

    def forward(self, input_ids: torch.Tensor, **_: object) -> torch.Tensor:
        x = self.model.tok_embeddings(input_ids)
        for layer in self.model.layers:
            x = layer(x)
        return self.output(self.model.norm(x))

    def prepare_inputs_for_generation(self, *_: object, **__: object) -> None:
        """PEFT takes the method of a causal model at construction; nothing here generates."""
        raise NotImplementedError
