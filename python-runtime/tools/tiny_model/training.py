"""The training loop: one schedule over both stages, deterministic for a seed."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from .batches import Texts, mixed_rows, rows
from .head_loss import head_loss
from .muon import Muon
from .tokenizer import CONTEXT_TOKENS, VOCAB_SIZE

ROPE_THETA = 10000.0
THREADS = 2


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights besides the texts."""

    seed: int = 20240601
    stage1_steps: int = 760
    stage2_steps: int = 660
    # The last steps of stage 2 use rows of the whole context, so that every position is trained.
    long_row_steps: int = 60
    tokens_per_step: int = 3072
    row_tokens: int = 256
    long_row_tokens: int = CONTEXT_TOKENS
    # Matrices of the blocks are trained by Muon, embeddings, head and norms by AdamW.
    muon_learning_rate: float = 0.02
    adamw_learning_rate: float = 3e-3
    final_learning_rate_share: float = 0.03
    warmup_steps: int = 60
    weight_decay: float = 0.1
    beta2: float = 0.95
    gradient_clip: float = 1.0
    # Statute rows kept in stage 2, so that the second stage does not undo the first.
    replay_share: float = 0.25

    @property
    def total_steps(self) -> int:
        return self.stage1_steps + self.stage2_steps

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def model_config() -> LlamaConfig:
    """The shape: about 6.5 million parameters, 8 query heads in 2 groups."""
    return LlamaConfig(
        hidden_size=256,
        num_hidden_layers=4,
        num_attention_heads=8,
        num_key_value_heads=2,
        intermediate_size=704,
        vocab_size=VOCAB_SIZE,
        max_position_embeddings=CONTEXT_TOKENS,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": ROPE_THETA},
        tie_word_embeddings=False,
        attention_bias=False,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )


def new_model(seed: int) -> LlamaForCausalLM:
    """A fresh fp32 model: normal(0, 0.02), residual outputs scaled down by depth (GPT-2)."""
    torch.manual_seed(seed)
    config = model_config()
    model = LlamaForCausalLM(config).float()
    residual_std = 0.02 / math.sqrt(2 * config.num_hidden_layers)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            if weight.dim() < 2:
                continue
            std = residual_std if name.endswith(("o_proj.weight", "down_proj.weight")) else 0.02
            weight.copy_(torch.empty(weight.shape).normal_(0.0, std, generator=generator))
    return model


def schedule(recipe: Recipe, step: int) -> float:
    """The share of the peak learning rates at `step` (from 0): linear warm-up, then a cosine."""
    if step < recipe.warmup_steps:
        return (step + 1) / recipe.warmup_steps
    progress = (step - recipe.warmup_steps) / max(1, recipe.total_steps - recipe.warmup_steps)
    floor = recipe.final_learning_rate_share
    return floor + (1 - floor) * (1 + math.cos(math.pi * progress)) / 2


def step_batches(recipe: Recipe, texts: Texts) -> Iterator[Tensor]:
    """The batches [rows, row tokens + 1] of the whole run: plain text, chats, chats in long rows."""
    plain = rows(texts.plain, recipe.row_tokens, f"plain-{recipe.seed}")
    for _ in range(recipe.stage1_steps):
        yield _batch(plain, recipe.tokens_per_step // recipe.row_tokens)
    chats = rows(texts.chats, recipe.row_tokens, f"chats-{recipe.seed}")
    mixed = mixed_rows(chats, plain, recipe.replay_share, str(recipe.seed))
    for _ in range(recipe.stage2_steps - recipe.long_row_steps):
        yield _batch(mixed, recipe.tokens_per_step // recipe.row_tokens)
    plain = rows(texts.plain, recipe.long_row_tokens, f"long-plain-{recipe.seed}")
    chats = rows(texts.chats, recipe.long_row_tokens, f"long-chats-{recipe.seed}")
    mixed = mixed_rows(chats, plain, recipe.replay_share, f"long-{recipe.seed}")
    while True:
        yield _batch(mixed, recipe.tokens_per_step // recipe.long_row_tokens)


def _batch(source: Iterator[list[int]], row_count: int) -> Tensor:
    return torch.tensor([next(source) for _ in range(row_count)])


def optimizers_of(model: LlamaForCausalLM, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Muon for the blocks' matrices, AdamW for the rest (norms and embeddings do not decay)."""
    named = dict(model.named_parameters())
    matrices = [w for name, w in named.items() if w.dim() == 2 and ".layers." in name]
    head = [named["lm_head.weight"]]
    others = [w for name, w in named.items() if w.dim() == 1 or "embed_tokens" in name]
    groups = [
        {"params": head, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return [
        Muon(matrices, recipe.muon_learning_rate, recipe.weight_decay),
        torch.optim.AdamW(groups, lr=recipe.adamw_learning_rate, betas=(0.9, recipe.beta2)),
    ]


def train(
    model: LlamaForCausalLM,
    recipe: Recipe,
    texts: Texts,
    stop_after_steps: int,
    on_step: Callable[[int, float, float], None],
) -> list[float]:
    """Runs steps 1..`stop_after_steps`; returns the mean loss (nats per token) of each.

    `on_step(step, loss, tokens_per_second)` is called after every step.
    """
    optimizers = optimizers_of(model, recipe)
    groups = [group for optimizer in optimizers for group in optimizer.param_groups]
    peaks = [group["lr"] for group in groups]
    batches = step_batches(recipe, texts)
    losses: list[float] = []
    model.train()
    for step in range(stop_after_steps):
        started = time.monotonic()
        for group, peak in zip(groups, peaks, strict=True):
            group["lr"] = peak * schedule(recipe, step)
        loss = next_token_loss(model, next(batches))
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.gradient_clip)
        for optimizer in optimizers:
            optimizer.step()
        model.zero_grad(set_to_none=True)
        losses.append(float(loss.detach()))
        on_step(step + 1, losses[-1], recipe.tokens_per_step / (time.monotonic() - started))
    return losses


def next_token_loss(model: LlamaForCausalLM, batch: Tensor) -> Tensor:
    """Mean cross-entropy over `batch` [rows, tokens + 1]; products in bfloat16, the rest in fp32."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model.model(input_ids=batch[:, :-1], use_cache=False).last_hidden_state
    return head_loss(hidden.float().flatten(0, 1), model.lm_head.weight, batch[:, 1:].flatten())
