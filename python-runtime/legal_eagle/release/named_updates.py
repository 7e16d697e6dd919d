"""Mapping an adapter onto a base by the names of its modules alone.

For architectures that the fast engine does not compute: one layout, and whatever is fused there (Phi-3's
`qkv_proj`) is a plain linear layer to its adapter, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from legal_eagle.models.adapter_layers import AdapterLayers
from legal_eagle.models.base_tensors import BaseTensors
from legal_eagle.release.adapter_updates import (
    LowRankUpdate,
    WholeRows,
    checked_updates,
    direct_update,
    refuse_incomplete_wholes,
    target_missing,
    wrong_shape,
)
from legal_eagle.release.lora_adapter import Adapter


def plan_named_updates(
    adapter: Adapter, tensors: BaseTensors, base_shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, LowRankUpdate]:
    """As `adapter_updates.plan_updates`, with the same errors. `base_shapes` by name in the files."""
    unknown = [name for name in adapter.modules if f"{name}.weight" not in tensors.stored]
    if unknown:
        raise target_missing(unknown)
    updates = [
        (tensors.stored[f"{name}.weight"], direct_update(adapter, module))
        for name, module in adapter.modules.items()
    ]
    return checked_updates(updates, base_shapes)


def plan_named_wholes(
    adapter: Adapter, tensors: BaseTensors, base_shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, WholeRows]:
    """As `adapter_updates.plan_wholes`, with the same errors."""
    refuse_incomplete_wholes(adapter, tied=tensors.tied)
    rows: dict[str, WholeRows] = {}
    for module, shape in adapter.whole.items():
        if module not in tensors.wholes or f"{module}.weight" not in tensors.stored:
            raise target_missing([module])
        stored = tensors.stored[f"{module}.weight"]
        if base_shapes[stored] != shape:
            raise wrong_shape(module, shape, base_shapes[stored])
        rows[stored] = partial(adapter.load_whole, module)
    return rows


def layers_of(adapter: Adapter) -> AdapterLayers:
    """Ranks and alphas that are each layer's own, so that any engine can put the adapter on."""
    settings = adapter.settings
    return AdapterLayers(
        ranks={name: module.rank for name, module in adapter.modules.items()},
        alphas={name: settings.alpha_of(name) for name in adapter.modules},
        rs_lora=settings.rs_lora,
        dora=settings.dora,
        whole=tuple(adapter.whole),
    )
