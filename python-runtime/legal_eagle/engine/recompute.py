"""How many layers a run computes again in the backward pass instead of keeping what they made.

Nothing of it changes what is optimised: a recomputed layer makes the same numbers a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from legal_eagle.engine import rng_state
from legal_eagle.engine.batch import PackedBatch
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.memory_budget import MemoryBudget
from legal_eagle.engine.memory_meter import MemoryMeter
from legal_eagle.engine.memory_probe import PassProbe, meet_what_is_held, probe_pass, run_pass
from legal_eagle.engine.optimizer import AdapterOptimizer
from legal_eagle.engine.out_of_memory import is_out_of_memory
from legal_eagle.protocol.spec_types import RecipeHardware

# A pass grows at most so much faster than its tokens: what attention keeps of long documents on a CPU.
_GROWTH = 2.0
_STATED = "as the recipe says"


@dataclass(frozen=True, slots=True)
class MemoryDecision:
    """`layers` of the decoder are recomputed, for the `reason`. `tokens`: of the heaviest pass. The rest is
    None where nothing was measured: what is held between passes, the predicted peak of all tensors, what one
    kept layer holds for each token, and what there is for the peak."""

    layers: int
    reason: str
    tokens: int
    standing_bytes: int | None = None
    peak_bytes: int | None = None
    layer_bytes_per_token: float | None = None
    budget_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ProbeInput:
    """`heaviest`: the passes that can hold most; `light`: a small one. Batches are made when asked for."""

    heaviest: Sequence[Callable[[], PackedBatch]]
    light: Callable[[], PackedBatch]
    heaviest_tokens: int


def stated_layers(hardware: RecipeHardware, layers: int) -> int | None:
    """What the recipe itself says, of `layers`; None where the choice is the engine's."""
    match hardware["recompute"]:
        case "none":
            return 0
        case "full":
            return layers
        case "layers":
            return min(layers, hardware["recomputeLayers"])
        case "auto":
            return None


def choose_recompute(
    decoder: Decoder,
    optimizer: AdapterOptimizer,
    generator: torch.Generator,
    passes: ProbeInput,
    meter: MemoryMeter,
    budget: MemoryBudget | None,
    *,
    thorough: bool,
    stated: int | None = None,
) -> MemoryDecision:
    """Keeps as many layers as fit, by measured passes; gradients and random generators stay as they were.

    Unless `thorough`, a small pass that says that everything fits many times over is enough. `stated`: as
    many layers as the recipe says, so that only the peak is measured.
    """
    if budget is None and stated is None:
        return MemoryDecision(0, "none: how much memory is free is not known", passes.heaviest_tokens)
    generators = rng_state.capture(generator)
    before = decoder.recompute_layers
    try:
        with meter:
            free = 0 if budget is None else budget.extra_bytes
            return _measured(decoder, optimizer, passes, meter, free, thorough=thorough, stated=stated)
    finally:
        decoder.recompute_layers = before
        optimizer.zero_grad()
        rng_state.restore(generators, generator)


def _measured(
    decoder: Decoder,
    optimizer: AdapterOptimizer,
    passes: ProbeInput,
    meter: MemoryMeter,
    free_bytes: int,
    *,
    thorough: bool,
    stated: int | None,
) -> MemoryDecision:
    layers = len(decoder.blocks)
    decoder.recompute_layers = layers
    try:
        light = passes.light()
        # What the first pass makes for good (tables, workspaces, buffers of gradients) is no part of a pass.
        run_pass(decoder, light)
        meet_what_is_held(decoder, optimizer, meter)
        # Adam's moments come with the first step.
        moments = optimizer.missing_state_bytes()
        room = free_bytes - moments
        standing = meter.held_bytes() - _bytes_of(light) + moments
        if not thorough and stated is None:
            # ids are the same for all; a pass that is a fraction says what the heaviest can come to at most.
            share = passes.heaviest_tokens / max(1, light.ids.numel())
            most = int(probe_pass(decoder, light, meter).peak_bytes(0) * share * _GROWTH)
            if most <= room:
                reason = f"none: at most {_gigabytes(most)} of {_gigabytes(room)} that are free"
                return MemoryDecision(0, reason, passes.heaviest_tokens)
        del light
        probes = [_probe_heavy(decoder, make, meter) for make in passes.heaviest]
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        if stated is not None:
            return MemoryDecision(stated, _STATED, passes.heaviest_tokens)
        reason = f"all {layers} layers: the measuring pass itself did not fit"
        return MemoryDecision(layers, reason, passes.heaviest_tokens)
    chosen = max(probe.fewest_recomputed(room) for probe in probes) if stated is None else stated
    peak = max(probe.peak_bytes(chosen) for probe in probes)
    per_token = max(max(probe.layer_bytes) / probe.tokens for probe in probes)
    keeping_all = max(probe.peak_bytes(0) for probe in probes)
    return MemoryDecision(
        chosen,
        _reason(chosen, layers, peak, keeping_all, room, per_token) if stated is None else _STATED,
        passes.heaviest_tokens,
        standing_bytes=standing,
        peak_bytes=standing + peak,
        layer_bytes_per_token=per_token,
        budget_bytes=standing + room,
    )


def _probe_heavy(decoder: Decoder, make: Callable[[], PackedBatch], meter: MemoryMeter) -> PassProbe:
    return probe_pass(decoder, make(), meter)


def _reason(chosen: int, layers: int, peak: int, keeping_all: int, room: int, per_token: float) -> str:
    measured = f"measured {per_token / 1024:.1f} KiB a token and kept layer"
    if chosen == 0:
        return f"none: keeping every layer takes {_gigabytes(keeping_all)} of {_gigabytes(room)}; {measured}"
    kept = f"{layers - chosen} of {layers} layers kept, {chosen} computed again"
    return (
        f"{kept}: a pass takes {_gigabytes(peak)} of {_gigabytes(room)}, "
        f"keeping all would take {_gigabytes(keeping_all)}; {measured}"
    )


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.2f} GB"


def _bytes_of(batch: PackedBatch) -> int:
    parts = (batch.ids, batch.positions, batch.answer_rows, batch.targets)
    return sum(part.numel() * part.element_size() for part in parts)
