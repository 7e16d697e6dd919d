"""The ids of one answer, sampled token by token."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch

from legal_eagle.engine.conversation import Conversation
from legal_eagle.engine.generate import sample
from legal_eagle.protocol.chat_types import ChatRequestGenerateSampling as Sampling


def answer_tokens(
    cache: Conversation,
    prompt: Sequence[int],
    sampling: Sampling,
    limit: int,
    generator: torch.Generator,
    should_stop: Callable[[], bool],
) -> Iterator[int]:
    """At most ``limit`` ids; ``should_stop`` is asked before each. The caller ends by not asking on."""
    logits = cache.read_prompt(prompt, should_stop)
    seen = list(prompt)
    for position in range(limit):
        if logits is None or should_stop():
            return
        penalised = penalise_repetition(logits, seen, sampling["repetitionPenalty"])
        token = sample(
            penalised,
            temperature=sampling["temperature"],
            top_p=sampling["topP"],
            generator=generator,
        )
        yield token
        if position + 1 < limit:
            seen.append(token)
            logits = cache.read_token(token)


def penalise_repetition(logits: torch.Tensor, seen: Sequence[int], penalty: float) -> torch.Tensor:
    """Make every token of ``seen`` less likely by ``penalty`` > 1 (Keskar et al. 2019, arXiv:1909.05858).

    ``logits`` is [V]; positive ones are divided, negative ones multiplied. Returns a new tensor.
    """
    if penalty == 1.0:
        return logits
    ids = torch.tensor(sorted(set(seen)))
    chosen = logits[ids]
    penalised = logits.clone()
    penalised[ids] = torch.where(chosen > 0, chosen / penalty, chosen * penalty)
    return penalised
