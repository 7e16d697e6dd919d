"""Answers token by token: one pass over the prompt, then one row a token against the cache."""

from collections.abc import Callable, Iterator, Sequence

import torch

from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.kv_cache import LayerCache
from legal_eagle.engine.norm import rms_norm
from legal_eagle.jobs.errors import JobError


def generate(
    decoder: Decoder,
    ids: Sequence[int],
    *,
    max_new_tokens: int,
    stop_ids: Sequence[int],
    temperature: float = 0.0,
    top_p: float = 1.0,
    generator: torch.Generator | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[int]:
    """Yields ids until a stop id (yielded too), `max_new_tokens`, the model's last position, or
    `should_stop()`, asked before each token. Temperature 0 is greedy; `generator` is a CPU one.

    Raises JobError `model.prompt_empty`, `model.beyond_positions` for a prompt that fills the model.
    """
    limit = decoder.config.max_positions
    check_prompt(ids, limit)
    stop = frozenset(stop_ids)
    caches = [LayerCache(window) for window in decoder.config.windows]
    use_lora = decoder.adapter_enabled
    pending, position = list(ids), 0
    for _ in range(min(max_new_tokens, limit - len(ids))):
        if should_stop is not None and should_stop():
            return
        logits = next_logits(decoder, pending, position, caches, use_lora=use_lora)
        position += len(pending)
        token = sample(logits, temperature=temperature, top_p=top_p, generator=generator)
        yield token
        if token in stop:
            return
        pending = [token]


@torch.no_grad()
def check_prompt(ids: Sequence[int], limit: int) -> None:
    """Raises JobError `model.prompt_empty`, and `model.beyond_positions` for `limit` tokens or more."""
    if not ids:
        raise JobError("model.prompt_empty", "The prompt has no tokens.")
    if len(ids) >= limit:
        raise JobError(
            "model.beyond_positions",
            f"{len(ids)} tokens exceed the model's {limit} positions.",
            params={"tokens": len(ids), "limit": limit},
        )


def next_logits(
    decoder: Decoder, ids: Sequence[int], position: int, caches: Sequence[LayerCache], *, use_lora: bool
) -> torch.Tensor:
    """fp32 logits [V] on CPU after `ids`, which stand at `position` and following."""
    tokens = torch.tensor(ids, dtype=torch.int64, device=decoder.device)
    positions = torch.arange(position, position + len(ids), device=decoder.device)
    rotations = decoder.rotations(positions, position + len(ids))
    decoder.refresh_adapter()
    x = decoder.embed(tokens, use_lora=use_lora)
    for block, cache in zip(decoder.blocks, caches, strict=True):
        x = block.forward_cached(x, rotations, cache, use_lora=use_lora)
    normed, _ = rms_norm(x[-1:], decoder.final_norm, decoder.config.rms_norm_eps)
    return torch.nn.functional.linear(normed, decoder.head_for(use_lora))[0].float().cpu()


def sample(
    logits: torch.Tensor, *, temperature: float, top_p: float, generator: torch.Generator | None
) -> int:
    """One token of logits [V]: the largest at temperature 0, else a draw from the smallest set of
    tokens whose probability reaches `top_p` (Holtzman et al. 2019, arXiv:1904.09751)."""
    if temperature <= 0.0:
        return int(logits.argmax())
    probabilities = torch.softmax(logits / temperature, dim=-1)
    if top_p < 1.0:
        ranked, order = probabilities.sort(descending=True)
        # A token stays while those before it have not reached top_p; the first always does.
        ranked[ranked.cumsum(0) - ranked >= top_p] = 0.0
        return int(order[torch.multinomial(ranked, 1, generator=generator)])
    return int(torch.multinomial(probabilities, 1, generator=generator))
