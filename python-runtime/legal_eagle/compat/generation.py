"""Answers token by token by a transformers model: its own cache, the engine's sampling."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from transformers import PreTrainedModel

from legal_eagle.engine.generate import check_prompt, sample


def generate(
    model: PreTrainedModel,
    ids: Sequence[int],
    *,
    max_positions: int,
    max_new_tokens: int,
    stop_ids: Sequence[int],
    temperature: float = 0.0,
    top_p: float = 1.0,
    generator: torch.Generator | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[int]:
    """As `engine.generate.generate`, with the same limits and errors."""
    check_prompt(ids, max_positions)
    stop = frozenset(stop_ids)
    pending, cache = list(ids), None
    for _ in range(min(max_new_tokens, max_positions - len(ids))):
        if should_stop is not None and should_stop():
            return
        # Around each pass, not around the generator: its caller's mode must not change between two tokens.
        with torch.no_grad():
            tokens = torch.tensor([pending], dtype=torch.int64, device=model.device)
            output = model(input_ids=tokens, past_key_values=cache, use_cache=True)
        cache = getattr(output, "past_key_values", None)
        token = sample(
            output.logits[0, -1].float().cpu(), temperature=temperature, top_p=top_p, generator=generator
        )
        yield token
        if token in stop:
            return
        # A model without this cache (a state of its own) reads everything again.
        ids = [*ids, token]
        pending = [token] if cache is not None else list(ids)
