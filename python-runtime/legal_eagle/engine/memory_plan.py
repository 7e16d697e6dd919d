"""What a run's passes keep: decided at its start, lowered when memory runs out all the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import cast

import torch

from legal_eagle.data.pack_plan import Plan
from legal_eagle.data.token_store import TokenStore
from legal_eagle.engine.batch import PackedBatch, pack_documents
from legal_eagle.engine.batches import packed_batch
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.fast_model import FastModel
from legal_eagle.engine.memory_budget import memory_budget
from legal_eagle.engine.memory_meter import meter_for
from legal_eagle.engine.memory_proposals import BaseBytes, Proposal, measure_growth, propose, propose_for_full
from legal_eagle.engine.optimizer import AdapterOptimizer
from legal_eagle.engine.recompute import MemoryDecision, ProbeInput, choose_recompute, stated_layers
from legal_eagle.engine.train_state import TrainState
from legal_eagle.engine.trainable import Trainable
from legal_eagle.protocol.spec_types import RecipeHardware


def settle_memory(
    decoder: Decoder,
    optimizer: AdapterOptimizer,
    generator: torch.Generator,
    made: Plan,
    store: TokenStore,
    state: TrainState,
    hardware: RecipeHardware,
    device: torch.device,
) -> MemoryDecision:
    """Decides how many layers are recomputed, from the plan's next step on, and sets it. A resumed run keeps
    what it had where that is not too little. `generator` feeds dropout and is left as it was."""
    layers = len(decoder.blocks)
    stated = stated_layers(hardware, layers)
    passes = _heaviest(made, store, state.step, device)
    # Main memory is rarely what limits, and counting there is slow.
    thorough = device.type == "cuda"
    if stated is not None and not thorough:
        decision = MemoryDecision(stated, "as the recipe says", passes.heaviest_tokens)
    else:
        decision = choose_recompute(
            decoder,
            optimizer,
            generator,
            passes,
            meter_for(device),
            memory_budget(device),
            thorough=thorough,
            stated=stated,
        )
    if state.recompute_layers > decision.layers:
        kept = f"{state.recompute_layers} layers computed again, as before the resume"
        decision = replace(decision, layers=state.recompute_layers, reason=kept, peak_bytes=None)
    state.recompute_layers = decoder.recompute_layers = decision.layers
    return decision


def recompute_more(
    decoder: Decoder, state: TrainState, on_more: Callable[[int, int], None]
) -> Callable[[], bool]:
    """What the loop calls when smaller passes are not enough: of the kept layers half stay, at last none.
    False where nothing is kept any more. `on_more` hears the layers recomputed before and now."""

    def more() -> bool:
        before = decoder.recompute_layers
        kept = len(decoder.blocks) - before
        if kept <= 0:
            return False
        state.recompute_layers = decoder.recompute_layers = before + (kept + 1) // 2
        on_more(before, decoder.recompute_layers)
        return True

    return more


def proposals_after_failure(
    model: Trainable,
    optimizer: AdapterOptimizer,
    generator: torch.Generator,
    store: TokenStore,
    hardware: RecipeHardware,
    device: torch.device,
    method: str,
) -> tuple[Proposal, ...]:
    """What would make a run fit that has run out of memory with one document at a time."""
    longest = int(store.lengths.max())
    if method == "full":
        return propose_for_full(longest)
    if not isinstance(model, FastModel):
        return propose(None, None, longest, None)
    document = int(store.lengths.argmax())
    share = float(store.answer_counts[document]) / longest
    ids = store.document(document)[0].tolist()

    def document_of(tokens: int) -> PackedBatch:
        first = max(1, tokens - max(1, round(tokens * share)))
        return pack_documents([(ids[:tokens], [place >= first for place in range(tokens)])]).to(device)

    decoder = model.decoder
    measured = measure_growth(decoder, optimizer, generator, meter_for(device), document_of, longest)
    # Where a recipe can hold the base in fewer bits, and does not yet.
    is_dense = cast("dict[str, object]", hardware).get("quantization") == "none"
    return propose(measured, BaseBytes.of(decoder) if is_dense else None, longest, memory_budget(device))


def _heaviest(made: Plan, store: TokenStore, from_step: int, device: torch.device) -> ProbeInput:
    """The pass with most tokens and the one with the longest document: what attention keeps may grow with
    the square of a document's length. The light pass is the shortest document of the heaviest one."""
    lengths = store.lengths
    steps = made.steps[from_step:] or made.steps[-1:]

    def tokens_of(members: tuple[int, ...]) -> int:
        return int(lengths[list(members)].sum())

    # Of a step the largest of each rank comes first.
    first = [step.passes(rank)[:1] for step in steps for rank in range(made.world_size)]
    most = max((members for one in first for members in one), key=tokens_of)
    longest = max((max(step.documents, key=lengths.__getitem__) for step in steps), key=lengths.__getitem__)
    holder = next(
        members
        for step in steps
        if longest in step.documents
        for members in step.micro_batches
        if longest in members
    )
    lightest = min(most, key=lengths.__getitem__)
    return ProbeInput(
        heaviest=[partial(packed_batch, store, members, device) for members in dict.fromkeys((most, holder))],
        light=partial(packed_batch, store, (lightest,), device),
        heaviest_tokens=tokens_of(most),
    )
