"""Putting any mergeable adapter on a decoder, also one that the engine itself would never write."""

from __future__ import annotations

from pathlib import Path

import torch

from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.model import Decoder
from legal_eagle.engine.peft_format import load_adapter, set_adapter_tensors
from legal_eagle.models.config import ModelConfig
from legal_eagle.models.layouts import expected_tensors, linear_names, linear_shapes
from legal_eagle.release.adapter_updates import plan_updates
from legal_eagle.release.lora_adapter import Adapter


def put_adapter_on(decoder: Decoder, folder: Path) -> None:
    """Load the adapter as it is where the engine can, else as an equal one of one rank in the base's layout.

    Ranks and scales of their own per module, targets in some layers only, and the other layout's module
    names are all expressed exactly: shorter factors are padded with zeros, scales folded into B.
    Raises JobError ``merge.adapter_*`` or ``model.adapter_*``.
    """
    adapter = Adapter(folder)
    if _is_uniform(adapter, decoder.config):
        load_adapter(decoder, folder)
        return
    shapes = expected_tensors(decoder.config)
    updates = plan_updates(adapter, decoder.config, shapes)
    rank = max(update.rank for update in updates.values())
    targets = _short_targets([name.removesuffix(".weight") for name in updates])
    tensors: dict[str, torch.Tensor] = {}
    for module in linear_names(decoder.config):
        if module.rsplit(".", 1)[-1] not in targets:
            continue
        outputs, inputs = shapes[f"{module}.weight"]
        a, b = torch.zeros(rank, inputs), torch.zeros(outputs, rank)
        update = updates.get(f"{module}.weight")
        if update is not None:
            own_a, own_b = update.factors()
            a[: update.rank] = own_a
            b[:, : update.rank] = own_b * update.scale
        tensors[f"base_model.model.{module}.lora_A.weight"] = a
        tensors[f"base_model.model.{module}.lora_B.weight"] = b
    decoder.add_lora(LoraConfig(rank=rank, alpha=rank, targets=targets), torch.Generator().manual_seed(0))
    set_adapter_tensors(decoder, tensors)


def _short_targets(modules: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(module.rsplit(".", 1)[-1] for module in modules))


def _is_uniform(adapter: Adapter, config: ModelConfig) -> bool:
    """One rank, one scale, no patterns, and each targeted module in every layer of this base."""
    if adapter.settings.rank_pattern or adapter.settings.alpha_pattern:
        return False
    short = set(_short_targets(list(adapter.modules)))
    available = {name.rsplit(".", 1)[-1] for name in linear_shapes(config)}
    wanted = {name for name in linear_names(config) if name.rsplit(".", 1)[-1] in short}
    return short <= available and wanted == adapter.modules.keys()
