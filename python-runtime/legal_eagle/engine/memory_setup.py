"""What the passes of a run keep, for either engine: settled before the first step, lowered by the loop."""

from __future__ import annotations

from collections.abc import Callable

import torch

from legal_eagle.data.pack_plan import Plan
from legal_eagle.data.token_store import TokenStore
from legal_eagle.engine.devices import DeviceChoice
from legal_eagle.engine.distributed.ranks import Ranks
from legal_eagle.engine.fast_model import FastModel
from legal_eagle.engine.memory_plan import recompute_more, settle_memory
from legal_eagle.engine.optimizer import AdapterOptimizer
from legal_eagle.engine.run_report import RunReport
from legal_eagle.engine.train_state import TrainState
from legal_eagle.engine.trainable import Trainable
from legal_eagle.protocol.spec_types import RecipeHardware


def settle(
    model: Trainable,
    optimizer: AdapterOptimizer,
    generator: torch.Generator,
    made: Plan,
    store: TokenStore,
    state: TrainState,
    hardware: RecipeHardware,
    choice: DeviceChoice,
    ranks: Ranks,
    report: RunReport,
) -> Callable[[], bool]:
    """Decides what is recomputed and says it. Returns what the loop calls when smaller passes do not fit:
    it makes the model keep less, False where it keeps nothing any more."""
    if isinstance(model, FastModel):
        decoder = model.decoder
        device = choice.device
        decision = settle_memory(decoder, optimizer, generator, made, store, state, hardware, device)
        if ranks.facts.world_size > 1:
            # Making room later is decided by all of them alike.
            state.recompute_layers = decoder.recompute_layers = max(
                ranks.collective.gather(decoder.recompute_layers)
            )
        report.memory(decision, hardware["recompute"], len(decoder.blocks))
        return recompute_more(decoder, state, report.recompute_raised)

    def all_layers() -> bool:
        if not model.recompute_all():
            return False
        state.recompute_layers = 1
        report.reason("recompute all layers: memory ran out")
        return True

    # transformers recomputes all layers or none, so there is nothing to plan.
    wanted = hardware["recompute"]
    if wanted == "auto" and choice.device.type == "cuda":
        why = "recompute all layers: the compat engine plans no part of them"
    elif wanted in ("full", "layers"):
        why = "recompute all layers: as the recipe says"
    elif state.recompute_layers > 0:
        why = "recompute all layers: as before the resume"
    else:
        return all_layers
    if model.recompute_all():
        state.recompute_layers = 1
        report.reason(why)
    return all_layers
