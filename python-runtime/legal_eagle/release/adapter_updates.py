"""Mapping a LoRA adapter onto the base model's own tensors.

Adapters and bases come in two layouts (fused ``wqkv``, or split q, k and v). Every adapter module is mapped
exactly onto the tensor that the base file holds; nothing is approximated and nothing is left out silently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch

from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.config import ModelConfig
from legal_eagle.models.layouts import internlm2_to_llama_names, model_names, pack_wqkv, unpack_wqkv
from legal_eagle.release.lora_adapter import Adapter, AdapterModule, unsupported

# Order of q, k and v wherever they are numbered.
_PARTS = (0, 1, 2)

# A [rank, in], B [out, rank], and DoRA's row lengths [out] or None; all fp32.
Factors = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]


@dataclass(frozen=True)
class LowRankUpdate:
    """``W + scale · B @ A`` for one base tensor of ``shape`` [out, in], with DoRA each row brought to its
    own length. ``factors()`` reads them from disk.
    """

    shape: tuple[int, int]
    rank: int
    scale: float
    factors: Callable[[], Factors]


# Rows of a module's trained weight, fp32.
WholeRows = Callable[[slice], torch.Tensor]


def plan_wholes(
    adapter: Adapter, config: ModelConfig, base_shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, WholeRows]:
    """Weights that replace the base's, by tensor name. They must be the base's own embedding or head.

    Raises ``merge.adapter_target_missing``, ``merge.adapter_shape``, and ``merge.adapter_unsupported`` where
    a module that the settings name is not in the file, or the base ties both.
    """
    refuse_incomplete_wholes(adapter, tied=config.tied_embeddings)
    names = model_names(config.layout)
    for module, shape in adapter.whole.items():
        if module not in (names.embedding, names.head):
            raise target_missing([module])
        if base_shapes[f"{module}.weight"] != shape:
            raise wrong_shape(module, shape, base_shapes[f"{module}.weight"])
    return {f"{module}.weight": partial(adapter.load_whole, module) for module in adapter.whole}


def refuse_incomplete_wholes(adapter: Adapter, *, tied: bool) -> None:
    """Raises ``merge.adapter_unsupported`` for wholes that are not in the file, or that the base ties."""
    stored = {name.rsplit(".", 1)[-1] for name in adapter.whole}
    lacking = sorted(set(adapter.settings.whole) - stored)
    if lacking:
        raise unsupported(f"modules_to_save names {lacking[0]}, whose weight is not there")
    if adapter.whole and tied:
        raise unsupported("modules_to_save on a base whose embeddings and head are one")


def plan_updates(
    adapter: Adapter, config: ModelConfig, base_shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, LowRankUpdate]:
    """Return the updates by base tensor name.

    Raises ``merge.adapter_target_missing`` for a module that the base does not have and
    ``merge.adapter_shape`` where shapes disagree.
    """
    updates: list[tuple[str, LowRankUpdate]] = []
    fused_parts: dict[str, dict[int, AdapterModule]] = {}
    unknown: list[str] = []
    counterparts = _counterparts(config)
    for name, module in adapter.modules.items():
        targets = counterparts.get(name, ())
        if f"{name}.weight" in base_shapes:
            updates.append((f"{name}.weight", direct_update(adapter, module)))
        elif any(f"{target.module}.weight" not in base_shapes for target in targets) or not targets:
            unknown.append(name)
        elif len(targets) == len(_PARTS):
            _check_outputs(module, sum(_part_rows(config)))
            for index, target in enumerate(targets):
                part = _part_of_fused(adapter, module, config, index)
                updates.append((f"{target.module}.weight", part))
        elif targets[0].part is not None:
            _check_outputs(module, _part_rows(config)[targets[0].part])
            fused_parts.setdefault(targets[0].module, {})[targets[0].part] = module
        else:
            updates.append((f"{targets[0].module}.weight", direct_update(adapter, module)))
    if unknown:
        raise target_missing(unknown)
    for target_module, parts in fused_parts.items():
        updates.append((f"{target_module}.weight", _fused_from_parts(adapter, parts, config)))
    return checked_updates(updates, base_shapes)


@dataclass(frozen=True)
class _Target:
    """A module of the base; ``part`` is 0, 1 or 2 where only q, k or v of it is meant."""

    module: str
    part: int | None = None


def _counterparts(config: ModelConfig) -> dict[str, tuple[_Target, ...]]:
    """Module names of the other layout -> modules of the base's own."""
    to_llama = internlm2_to_llama_names(config)
    if config.layout == "llama":
        return {source: tuple(_Target(name) for name in names) for source, names in to_llama.items()}
    to_internlm2: dict[str, tuple[_Target, ...]] = {}
    for source, names in to_llama.items():
        for index, name in enumerate(names):
            to_internlm2[name] = (_Target(source, index if len(names) == len(_PARTS) else None),)
    return to_internlm2


def checked_updates(
    updates: list[tuple[str, LowRankUpdate]], base_shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, LowRankUpdate]:
    by_tensor: dict[str, LowRankUpdate] = {}
    for tensor, update in updates:
        if tensor in by_tensor:
            raise unsupported(f"two modules change {tensor}")
        if tuple(base_shapes[tensor]) != update.shape:
            raise wrong_shape(tensor, update.shape, tuple(base_shapes[tensor]))
        by_tensor[tensor] = update
    return by_tensor


def target_missing(modules: list[str]) -> JobError:
    return JobError(
        "merge.adapter_target_missing",
        f"the base has no module {modules[0]} ({len(modules)} such modules)",
        exit_code=EXIT_DATA,
        params={"module": modules[0], "count": len(modules)},
    )


def wrong_shape(name: str, adapter_shape: tuple[int, ...], base_shape: tuple[int, ...]) -> JobError:
    return JobError(
        "merge.adapter_shape",
        f"{name}: the adapter is made for {list(adapter_shape)}, the base has {list(base_shape)}",
        exit_code=EXIT_DATA,
        params={"tensor": name, "adapterShape": list(adapter_shape), "baseShape": list(base_shape)},
    )


def _part_rows(config: ModelConfig) -> tuple[int, int, int]:
    kv_rows = config.kv_heads * config.head_dim
    return config.heads * config.head_dim, kv_rows, kv_rows


def _check_outputs(module: AdapterModule, rows: int) -> None:
    if module.outputs != rows:
        raise wrong_shape(module.name, (module.outputs, module.inputs), (rows, module.inputs))


def direct_update(adapter: Adapter, module: AdapterModule) -> LowRankUpdate:
    return LowRankUpdate(
        (module.outputs, module.inputs), module.rank, module.scale, partial(_factors, adapter, module)
    )


def _factors(adapter: Adapter, module: AdapterModule) -> Factors:
    return *adapter.load(module), adapter.load_magnitude(module)


def _part_of_fused(adapter: Adapter, module: AdapterModule, config: ModelConfig, index: int) -> LowRankUpdate:
    """One of q, k, v out of an adapter on wqkv: A stays, B's rows are unpacked as the weight's are."""

    def factors() -> Factors:
        a, b, magnitude = _factors(adapter, module)
        shape = config.heads, config.kv_heads, config.head_dim
        own = None if magnitude is None else unpack_wqkv(magnitude, *shape)[index]
        return a, unpack_wqkv(b, *shape)[index], own

    return LowRankUpdate((_part_rows(config)[index], module.inputs), module.rank, module.scale, factors)


def _fused_from_parts(
    adapter: Adapter, parts: Mapping[int, AdapterModule], config: ModelConfig
) -> LowRankUpdate:
    """Adapters on q, k and/or v as one on wqkv: A' = [Aq; Ak; Av], B' = pack(blockdiag(Bq, Bk, Bv)).

    Each part's scale is folded into its B, since the parts may have different ones.
    """
    modules = [parts[index] for index in _PARTS if index in parts]
    if len(modules) < len(_PARTS) and adapter.settings.dora:
        raise unsupported("DoRA on only some of q, k and v, for a base that holds them in one tensor")
    rank = sum(module.rank for module in modules)
    inputs = modules[0].inputs
    for module in modules:
        if module.inputs != inputs:
            raise wrong_shape(module.name, (module.outputs, module.inputs), (module.outputs, inputs))

    def factors() -> Factors:
        a_rows: list[torch.Tensor] = []
        blocks = [torch.zeros(rows, rank) for rows in _part_rows(config)]
        first = 0
        for index in _PARTS:
            if index not in parts:
                continue
            module = parts[index]
            a, b = adapter.load(module)
            a_rows.append(a)
            blocks[index][:, first : first + module.rank] = b * module.scale
            first += module.rank
        shape = config.heads, config.kv_heads, config.head_dim
        lengths = [adapter.load_magnitude(module) for module in modules]
        known = [one for one in lengths if one is not None]
        magnitude = pack_wqkv(known[0], known[1], known[2], *shape) if len(known) == len(_PARTS) else None
        return torch.cat(a_rows), pack_wqkv(blocks[0], blocks[1], blocks[2], *shape), magnitude

    return LowRankUpdate((sum(_part_rows(config)), inputs), rank, 1.0, factors)
