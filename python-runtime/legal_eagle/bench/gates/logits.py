"""Half precision: our logits are no further from fp32 than transformers' own."""

from __future__ import annotations

import gc

import torch

from legal_eagle.bench.gates.gate import Finding, NotHere, relative
from legal_eagle.bench.gates.scale import GateScale
from legal_eagle.bench.protocol.opponent_table import PEFT, why_not
from legal_eagle.bench.protocol.ours import build_decoder

_ALLOWED_RATIO = 1.2
_FIRST_ID = 3


def half_logits(scale: GateScale) -> Finding:
    """Ratio of the two errors against fp32, all three with the same weights, which half precision holds."""
    reason = why_not(PEFT)
    if reason is not None:
        raise NotHere(reason)
    tokens = scale.logits_tokens
    generator = torch.Generator().manual_seed(5)
    ids = torch.randint(_FIRST_ID, scale.deep.config.vocab_size, (tokens,), generator=generator)
    ids = ids.to(scale.device)
    exact = _their_logits(scale, ids, torch.float32)
    theirs = relative(_their_logits(scale, ids, scale.half), exact)
    ours = relative(_our_logits(scale, ids), exact)
    return Finding(ours / theirs, _ALLOWED_RATIO, {"ours": ours, "theirs": theirs, "tokens": tokens})


@torch.no_grad()
def _their_logits(scale: GateScale, ids: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    from legal_eagle.bench.protocol.opponent import build_opponent

    model = build_opponent(scale.deep, scale.device, dtype, rounded_to=scale.half)
    logits: torch.Tensor = model(input_ids=ids[None]).logits[0].float().cpu()
    del model
    _give_back(scale.device)
    return logits


def _our_logits(scale: GateScale, ids: torch.Tensor) -> torch.Tensor:
    decoder = build_decoder(scale.deep, scale.device, scale.half, rounded_to=scale.half).decoder
    positions = torch.arange(len(ids), device=scale.device)
    logits = decoder.logits(ids, positions, (0, len(ids))).float().cpu()
    del decoder
    _give_back(scale.device)
    return logits


def _give_back(device: torch.device) -> None:
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
