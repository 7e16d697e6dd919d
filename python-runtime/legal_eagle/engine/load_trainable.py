"""A base from its folder, ready for the loop: by the engine that was chosen, with fresh trained weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from legal_eagle.engine.compat_door import compat_engine
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.devices import DeviceChoice
from legal_eagle.engine.engine_choice import EngineChoice
from legal_eagle.engine.fast_model import FastModel
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.trainable import Trainable


def load_trainable(
    folder: Path,
    engine: EngineChoice,
    choice: DeviceChoice,
    load_decoder: Callable[[], Decoder],
    lora: LoraConfig | None,
    generator: torch.Generator,
    on_reason: Callable[[str], None],
) -> Trainable:
    """`lora` None: every parameter is trained, without an adapter. `load_decoder`: the fast engine's base.
    `generator` (CPU) starts the adapter and feeds dropout. `on_reason` hears what was decided only when the
    model was there. Raises JobError `model.*`, `train.full_layout`."""
    if lora is None:
        return compat_engine(engine.facts.architecture).full(
            folder, engine.facts, dtype=choice.dtype, device=choice.device, on_reason=on_reason
        )
    if engine.engine == "compat":
        return compat_engine(engine.facts.architecture).trainable(
            folder,
            engine.facts,
            lora,
            generator,
            dtype=choice.dtype,
            device=choice.device,
            on_reason=on_reason,
        )
    decoder = load_decoder()
    decoder.add_lora(lora, generator)
    return FastModel(decoder)
