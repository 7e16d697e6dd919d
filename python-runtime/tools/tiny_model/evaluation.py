"""Held-out losses of the finished model."""

import torch
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy
from transformers import LlamaForCausalLM

from .batches import render
from .corpus import Law
from .pairs import Pair


@torch.no_grad()
def statute_loss(
    model: LlamaForCausalLM, tokenizer: Tokenizer, laws: list[Law], row_tokens: int
) -> tuple[float, float]:
    """(nats per token, bits per character) on whole laws, in windows of `row_tokens`."""
    model.eval()
    total, tokens = 0.0, 0
    for law in laws:
        ids = torch.tensor(tokenizer.encode(law.text).ids)
        for start in range(0, len(ids) - 1, row_tokens):
            window = ids[start : start + row_tokens + 1]
            logits = model(input_ids=window[None, :-1], use_cache=False).logits[0]
            total += float(cross_entropy(logits, window[1:], reduction="sum"))
            tokens += len(window) - 1
    characters = sum(len(law.text) for law in laws)
    return total / tokens, total / characters / 0.6931471805599453


@torch.no_grad()
def answer_loss(model: LlamaForCausalLM, tokenizer: Tokenizer, pairs: list[Pair]) -> float:
    """Nats per answer token, the stop token included, each pair alone."""
    model.eval()
    total, tokens = 0.0, 0
    for pair in pairs:
        prompt, answer = render(pair)
        prompt_ids = tokenizer.encode(prompt).ids
        answer_ids = tokenizer.encode(answer.removesuffix("\n"), add_special_tokens=False).ids
        ids = torch.tensor([*prompt_ids, *answer_ids])
        logits = model(input_ids=ids[None, :-1], use_cache=False).logits[0]
        total += float(cross_entropy(logits[len(prompt_ids) - 1 :], ids[len(prompt_ids) :], reduction="sum"))
        tokens += len(answer_ids)
    return total / tokens
