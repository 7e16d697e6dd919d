"""A whole training beside transformers' Trainer with PEFT, on the same global batches from the same start."""

from __future__ import annotations

from dataclasses import replace

from legal_eagle.bench.gates.gate import Finding, NotHere
from legal_eagle.bench.gates.scale import GateScale
from legal_eagle.bench.protocol.opponent_table import PEFT, why_not
from legal_eagle.bench.protocol.ours import OurSettings, run_ours

_ALLOWED_DIFFERENCE = 0.005
# Documents of few different ids can be learnt: on uniform ones every training has the same loss.
_DISTINCT_IDS = 64
_LEARNING_RATE = 2e-3


def loss_curve(scale: GateScale) -> Finding:
    """The largest relative difference of a step's loss."""
    reason = why_not(PEFT)
    if reason is not None:
        raise NotHere(reason)
    from legal_eagle.bench.protocol.opponent import OpponentSettings, run_opponent

    base = replace(
        scale.base,
        warm_up_steps=0,
        timed_steps=scale.curve_steps,
        distinct_ids=_DISTINCT_IDS,
        learning_rate=_LEARNING_RATE,
    )
    ours = run_ours(base, scale.shallow, OurSettings(base.small_pack, recompute=False)).losses
    theirs = run_opponent(base, scale.shallow, OpponentSettings(checkpointed=False)).losses
    if len(ours) != len(theirs):
        raise RuntimeError(f"{len(ours)} steps of ours, {len(theirs)} of theirs")
    differences = [abs(one / other - 1.0) for one, other in zip(ours, theirs, strict=True)]
    worst = max(range(len(differences)), key=lambda index: _order(differences[index]))
    return Finding(
        differences[worst],
        _ALLOWED_DIFFERENCE,
        {
            "steps": len(ours),
            "worstStep": worst + 1,
            "first": [ours[0], theirs[0]],
            "last": [ours[-1], theirs[-1]],
        },
    )


def _order(difference: float) -> float:
    """A difference that is no number is the largest."""
    return difference if difference == difference else float("inf")
