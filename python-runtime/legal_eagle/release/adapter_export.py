"""A LoRA adapter in the module names of Llama, or in those of InternLM2's own code (`attention.wqkv`).

From fused to split every part keeps A and gets its rows of B. From split to fused the parts stand side by
side: A below each other, B block-diagonal, at the sum of the ranks r; the configuration then carries
`rank_pattern {wqkv: 3r}` and `alpha_pattern {wqkv: 3·alpha}` (rank-stabilised: √3·alpha), which keeps s·B·A.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save

from legal_eagle.models.adapter_layouts import fuse_adapter, split_adapter
from legal_eagle.models.config import Layout, ModelConfig
from legal_eagle.models.layouts import internlm2_to_llama_names
from legal_eagle.models.sidecar_files import write_json
from legal_eagle.release.lora_adapter import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    Adapter,
    AdapterModule,
    unsupported,
)

_PREFIX = "base_model.model."


@dataclass(frozen=True)
class _Module:
    """Rank and scale of a written module; `scale` multiplies B·A."""

    rank: int
    scale: float


def write_adapter_layout(
    adapter: Adapter,
    config: ModelConfig,
    target: Layout,
    folder: Path,
    *,
    base_name: str,
    base_revision: str | None = None,
) -> None:
    """Write `adapter`, made for the base `config`, into `folder` (which exists) with `target`'s module names.

    Both files are PEFT's; `base_name`, and of a hub its `base_revision`, stand where a training machine
    leaves a path. Raises JobError
    ``merge.adapter_unsupported`` for what the other layout cannot say, and for a base that has no such
    layout.
    """
    tensors = _stored(adapter)
    modules = {name: _Module(one.rank, one.scale) for name, one in adapter.modules.items()}
    if _layout_of(adapter, config) != target:
        if target == "llama":
            tensors, modules = _split(adapter, config, tensors)
        else:
            tensors, modules = _fused(adapter, config, tensors)
    data = save({name: tensor.contiguous() for name, tensor in tensors.items()}, metadata={"format": "pt"})
    (folder / ADAPTER_WEIGHTS).write_bytes(data)
    write_json(
        folder / ADAPTER_CONFIG,
        _settings(adapter, config, modules, _wholes_of(tensors))
        | {"base_model_name_or_path": base_name, "revision": base_revision},
    )


def _wholes_of(tensors: Mapping[str, torch.Tensor]) -> list[str]:
    """What PEFT's `modules_to_save` names: the last part of each."""
    keys = [key for key in tensors if ".lora_" not in key]
    return sorted({key.removesuffix(".weight").rsplit(".", 1)[-1] for key in keys})


def _stored(adapter: Adapter) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = {}
    for name, module in adapter.modules.items():
        a, b = adapter.load(module)
        tensors[f"{_PREFIX}{name}.lora_A.weight"] = a
        tensors[f"{_PREFIX}{name}.lora_B.weight"] = b
        lengths = adapter.load_magnitude(module)
        if lengths is not None:
            tensors[f"{_PREFIX}{name}.lora_magnitude_vector"] = lengths
    for name in adapter.whole:
        tensors[f"{_PREFIX}{name}.weight"] = adapter.load_whole(name, slice(None))
    return tensors


def _layout_of(adapter: Adapter, config: ModelConfig) -> Layout:
    """By the names of its modules: an adapter may be in either layout whatever its base is stored in."""
    names = internlm2_to_llama_names(config)
    known: dict[str, Layout] = dict.fromkeys(names, "internlm2")
    known |= {name: "llama" for targets in names.values() for name in targets}
    # The final norm has one name in both; an adapter never stands on it.
    found = {known.get(name) for name in (*adapter.modules, *adapter.whole)}
    if None in found:
        strange = next(name for name in (*adapter.modules, *adapter.whole) if name not in known)
        raise unsupported(f"module {strange} has no counterpart in the other layout")
    if len(found) > 1:
        raise unsupported("modules of both layouts")
    return "internlm2" if found == {"internlm2"} else "llama"


def _split(
    adapter: Adapter, config: ModelConfig, tensors: Mapping[str, torch.Tensor]
) -> tuple[dict[str, torch.Tensor], dict[str, _Module]]:
    names = internlm2_to_llama_names(config)
    modules = {
        target: _Module(one.rank, one.scale)
        for source, one in adapter.modules.items()
        for target in names[source]
    }
    wholes = {
        f"{_PREFIX}{names[name][0]}.weight": tensors[f"{_PREFIX}{name}.weight"] for name in adapter.whole
    }
    return split_adapter(config, tensors) | wholes, modules


def _fused(
    adapter: Adapter, config: ModelConfig, tensors: Mapping[str, torch.Tensor]
) -> tuple[dict[str, torch.Tensor], dict[str, _Module]]:
    names = internlm2_to_llama_names(config)
    ready = dict(tensors)
    modules: dict[str, _Module] = {}
    for target, sources in names.items():
        parts = [adapter.modules[name] for name in sources if name in adapter.modules]
        if not parts:
            continue
        if len(sources) > 1:
            _complete(adapter, config, sources, parts, ready)
        modules[target] = _Module(sum(part.rank for part in parts), parts[0].scale)
    back = {targets[0]: source for source, targets in names.items() if len(targets) == 1}
    wholes = {f"{_PREFIX}{back[name]}.weight": tensors[f"{_PREFIX}{name}.weight"] for name in adapter.whole}
    return fuse_adapter(config, ready) | wholes, modules


def _complete(
    adapter: Adapter,
    config: ModelConfig,
    sources: tuple[str, ...],
    parts: list[AdapterModule],
    tensors: dict[str, torch.Tensor],
) -> None:
    """All of q, k and v at the first one's scale: factors of rank 0 where one is not adapted."""
    if len(parts) < len(sources) and adapter.settings.dora:
        raise unsupported("DoRA on only some of q, k and v, for a layout that holds them in one tensor")
    kv_rows = config.kv_heads * config.head_dim
    rows = (config.heads * config.head_dim, kv_rows, kv_rows)
    for name, outputs in zip(sources, rows, strict=True):
        key_a, key_b = f"{_PREFIX}{name}.lora_A.weight", f"{_PREFIX}{name}.lora_B.weight"
        own = adapter.modules.get(name)
        if own is None:
            tensors[key_a] = torch.zeros(0, parts[0].inputs)
            tensors[key_b] = torch.zeros(outputs, 0)
        elif own.scale != parts[0].scale:
            tensors[key_b] = tensors[key_b] * (own.scale / parts[0].scale)


def _settings(
    adapter: Adapter, config: ModelConfig, modules: Mapping[str, _Module], wholes: list[str]
) -> dict[str, object]:
    """The adapter's own settings with the new names; patterns where a module differs from most."""
    before = adapter.settings
    rs_lora = before.rs_lora
    (rank, scale), _ = Counter((one.rank, one.scale) for one in modules.values()).most_common(1)[0]
    alpha = _alpha(rank, scale, rs_lora)
    short: dict[str, set[_Module]] = {}
    for name, one in modules.items():
        short.setdefault(_last(name), set()).add(one)
    layers = Counter(_last(name) for name in modules)
    ranks: dict[str, int] = {}
    alphas: dict[str, float] = {}
    for name, one in modules.items():
        last = _last(name)
        # PEFT matches a pattern with the end of a name: the short one where all of that name agree.
        pattern = last if len(short[last]) == 1 else name
        if one.rank != rank:
            ranks[pattern] = one.rank
        own_alpha = _alpha(one.rank, one.scale, rs_lora)
        if own_alpha != alpha:
            alphas[pattern] = own_alpha
    return {
        **before.raw,
        "r": rank,
        "lora_alpha": alpha,
        "rank_pattern": ranks,
        "alpha_pattern": alphas,
        # In full where only some layers are adapted: PEFT takes a short name for all of them.
        "target_modules": sorted(
            {_last(name) if layers[_last(name)] == config.layers else name for name in modules}
        ),
        "modules_to_save": wholes or None,
        "layers_to_transform": None,
        "layers_pattern": None,
    }


def _last(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def _alpha(rank: int, scale: float, rs_lora: bool) -> float:
    alpha = scale * (math.sqrt(rank) if rs_lora else rank)
    # alpha/r·r may miss a whole number by the last bit.
    return float(round(alpha)) if math.isclose(alpha, round(alpha), rel_tol=1e-12) else alpha
