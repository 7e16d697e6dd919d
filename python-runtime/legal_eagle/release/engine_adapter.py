"""Putting any mergeable adapter on a decoder, also one that the engine itself would never write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.lora_targets import target_modules
from legal_eagle.engine.model import Decoder
from legal_eagle.engine.peft_format import load_adapter, read_adapter_config, set_adapter_tensors
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.config import ModelConfig
from legal_eagle.models.layouts import expected_tensors
from legal_eagle.release.adapter_updates import plan_updates
from legal_eagle.release.lora_adapter import Adapter, unsupported


def put_adapter_on(decoder: Decoder, folder: Path, *, with_wholes: bool = True) -> None:
    """Load the adapter as it is where the engine can, else as an equal one of one rank in the base's layout.
    Without ``with_wholes``, modules that it trained as wholes stay the base's.

    Ranks and scales of their own per module, targets in some layers only, and the other layout's module
    names are all expressed exactly: shorter factors are padded with zeros, scales folded into B.
    Raises JobError ``merge.adapter_*`` or ``model.adapter_*``.
    """
    adapter = Adapter(folder)
    if _is_uniform(adapter, decoder.config):
        if with_wholes or not adapter.settings.whole:
            load_adapter(decoder, folder)
            return
        decoder.add_lora(replace(read_adapter_config(folder), whole=()), torch.Generator().manual_seed(0))
        set_adapter_tensors(decoder, adapter.load_factors())
        return
    if adapter.settings.whole:
        raise unsupported("modules_to_save beside ranks or scales of their own")
    shapes = expected_tensors(decoder.config)
    updates = plan_updates(adapter, decoder.config, shapes)
    rank = max(update.rank for update in updates.values())
    tensors: dict[str, torch.Tensor] = {}
    for name, update in updates.items():
        outputs, inputs = shapes[name]
        a, b = torch.zeros(rank, inputs), torch.zeros(outputs, rank)
        own_a, own_b, magnitude = update.factors()
        a[: update.rank] = own_a
        b[:, : update.rank] = own_b * update.scale
        module = f"base_model.model.{name.removesuffix('.weight')}"
        tensors[f"{module}.lora_A.weight"] = a
        tensors[f"{module}.lora_B.weight"] = b
        if magnitude is not None:
            tensors[f"{module}.lora_magnitude_vector"] = magnitude
    targets = tuple(name.removesuffix(".weight") for name in updates)
    lora = LoraConfig(rank=rank, alpha=rank, targets=targets, dora=adapter.settings.dora)
    decoder.add_lora(lora, torch.Generator().manual_seed(0))
    set_adapter_tensors(decoder, tensors)


def _is_uniform(adapter: Adapter, config: ModelConfig) -> bool:
    """One rank, one scale, no patterns, and the modules that its settings name in this base."""
    if adapter.settings.rank_pattern or adapter.settings.alpha_pattern:
        return False
    try:
        lora = read_adapter_config(adapter.folder)
        return set(target_modules(config, lora.targets, lora.pattern)) == adapter.modules.keys()
    except JobError:
        # Names of another layout, or settings that only the tensors themselves make sense of.
        return False
