"""Reading a PEFT LoRA adapter folder: settings, module names and factor shapes; weights stay on disk.

DoRA's row lengths and modules trained as wholes are read too; what none of these expresses is refused.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import safe_open

from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.safetensors_file import SafetensorsLayout, read_layout, read_tensor

ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
T = TypeVar("T")
_KEY = re.compile(
    r"^base_model\.model\.(?P<module>.+)\.lora_(?:(?P<side>[AB])(\.default)?\.weight|(?P<magnitude>magnitude_vector))$"
)

# A module of `modules_to_save`, as PEFT stores it.
_WHOLE_KEY = re.compile(r"^base_model\.model\.(?P<module>.+)\.weight$")

# Settings under which B @ A * scale (and row lengths) is not the whole difference from the base weights.
_UNSUPPORTED_SETTINGS = (
    "fan_in_fan_out",
    "lora_bias",
    "layer_replication",
    "trainable_token_indices",
    "target_parameters",
    "alora_invocation_tokens",
    "use_qalora",
    "use_bdlora",
    "arrow_config",
    "kasa_config",
    "velora_config",
    "monteclora_config",
)
_WEIGHT_CHANGING_INITS = ("pissa", "olora", "corda", "loftq", "lora_ga")


@dataclass(frozen=True)
class LoraSettings:
    rank: int
    alpha: float
    rs_lora: bool
    rank_pattern: Mapping[str, int]
    alpha_pattern: Mapping[str, float]
    dora: bool
    whole: tuple[str, ...]
    raw: Mapping[str, object]

    def scale_of(self, module: str, stored_rank: int) -> float:
        """alpha/r, or alpha/√r for rank-stabilised LoRA (Kalajdzievski 2023, arXiv:2312.03732)."""
        rank = _matching(self.rank_pattern, module, self.rank)
        if rank != stored_rank:
            raise unsupported(f"{module}: rank {stored_rank} in the file, {rank} in {ADAPTER_CONFIG}")
        alpha = self.alpha_of(module)
        return alpha / math.sqrt(rank) if self.rs_lora else alpha / rank

    def alpha_of(self, module: str) -> float:
        return _matching(self.alpha_pattern, module, self.alpha)


def _matching(patterns: Mapping[str, T], module: str, default: T) -> T:
    # PEFT's rule: the first pattern that matches the end of the module name on a dot boundary.
    for pattern, value in patterns.items():
        if re.match(rf"(.*\.)?({pattern})$", module):
            return value
    return default


def unsupported(feature: str) -> JobError:
    return JobError(
        "merge.adapter_unsupported",
        f"this adapter cannot be merged exactly: {feature}",
        exit_code=EXIT_DATA,
        params={"feature": feature},
    )


def read_settings(folder: Path) -> LoraSettings:
    """Read ``adapter_config.json``; refuse by name whatever B·A alone does not express."""
    path = folder / ADAPTER_CONFIG
    if not path.is_file():
        raise JobError(
            "merge.adapter_missing",
            f"{folder} holds no {ADAPTER_CONFIG}",
            exit_code=EXIT_DATA,
            params={"path": str(folder), "file": ADAPTER_CONFIG},
        )
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(raw, dict):
            raise TypeError("not an object")
        settings = LoraSettings(
            rank=int(raw["r"]),
            alpha=float(raw["lora_alpha"]),
            rs_lora=bool(raw.get("use_rslora", False)),
            rank_pattern={str(key): int(value) for key, value in (raw.get("rank_pattern") or {}).items()},
            alpha_pattern={str(key): float(value) for key, value in (raw.get("alpha_pattern") or {}).items()},
            dora=bool(raw.get("use_dora", False)),
            whole=tuple(str(name) for name in raw.get("modules_to_save") or ()),
            raw=raw,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise JobError(
            "merge.adapter_broken",
            f"{ADAPTER_CONFIG} cannot be read: {error}",
            exit_code=EXIT_DATA,
            params={"path": str(path), "reason": str(error)},
        ) from error
    if raw.get("peft_type") != "LORA":
        raise unsupported(f"peft_type {raw.get('peft_type')}")
    for name in _UNSUPPORTED_SETTINGS:
        if raw.get(name):
            raise unsupported(name)
    if raw.get("bias", "none") != "none":
        raise unsupported(f"bias {raw['bias']}")
    init = raw.get("init_lora_weights", True)
    if isinstance(init, str) and init.lower().startswith(_WEIGHT_CHANGING_INITS):
        raise unsupported(f"init_lora_weights {init}")
    return settings


@dataclass(frozen=True)
class AdapterModule:
    """One adapted linear layer; ``scale`` multiplies B·A. ``key_magnitude``: DoRA's row lengths."""

    name: str
    key_a: str
    key_b: str
    rank: int
    inputs: int
    outputs: int
    scale: float
    key_magnitude: str | None = None


class Adapter:
    """A LoRA adapter folder: its settings and the shapes of its factors; weights stay on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = read_settings(folder)
        self.weights_path = folder / ADAPTER_WEIGHTS
        if not self.weights_path.is_file():
            pickle_only = any(folder.glob("adapter_model*.bin"))
            raise JobError(
                "merge.adapter_pickle_only" if pickle_only else "merge.adapter_missing",
                f"{folder} holds no {ADAPTER_WEIGHTS}",
                exit_code=EXIT_DATA,
                params={"path": str(folder), "file": ADAPTER_WEIGHTS},
            )
        self._layout: SafetensorsLayout = read_layout(self.weights_path)
        # Modules trained as wholes: their names and the shapes of their weights.
        self.whole: dict[str, tuple[int, ...]] = {}
        self.modules = self._read_modules()

    def _read_modules(self) -> dict[str, AdapterModule]:
        keys: dict[str, dict[str, str]] = {}
        shapes = {entry.name: entry.shape for entry in self._layout.entries}
        for name in shapes:
            match = _KEY.match(name)
            if match is None:
                self._read_whole(name, shapes[name])
                continue
            keys.setdefault(match["module"], {})[match["side"] or match["magnitude"]] = name
        modules: dict[str, AdapterModule] = {}
        for module, sides in sorted(keys.items()):
            wanted = {"A", "B", "magnitude_vector"} if self.settings.dora else {"A", "B"}
            if set(sides) != wanted:
                raise unsupported(f"{module} has {', '.join(f'lora_{side}' for side in sorted(sides))}")
            shape_a, shape_b = shapes[sides["A"]], shapes[sides["B"]]
            if len(shape_a) != 2 or len(shape_b) != 2 or shape_a[0] != shape_b[1]:
                raise unsupported(f"{module} has factors of shapes {shape_a} and {shape_b}")
            key_magnitude = sides.get("magnitude_vector")
            if key_magnitude is not None and shapes[key_magnitude] != shape_b[:1]:
                raise unsupported(f"{module} has {shapes[key_magnitude]} lengths for {shape_b[0]} rows")
            scale = self.settings.scale_of(module, shape_a[0])
            modules[module] = AdapterModule(
                module, sides["A"], sides["B"], shape_a[0], shape_a[1], shape_b[0], scale, key_magnitude
            )
        if not modules:
            raise unsupported("it has no tensors")
        return modules

    def _read_whole(self, tensor: str, shape: tuple[int, ...]) -> None:
        match = _WHOLE_KEY.match(tensor)
        if match is None or match["module"].rsplit(".", 1)[-1] not in self.settings.whole or len(shape) != 2:
            raise unsupported(f"tensor {tensor}")
        self.whole[match["module"]] = shape

    def load_whole(self, module: str, rows: slice) -> torch.Tensor:
        """Rows of a module that was trained as a whole, fp32."""
        with safe_open(self.weights_path, framework="pt") as file:
            part: torch.Tensor = file.get_slice(f"base_model.model.{module}.weight")[rows]
        return part.to(torch.float32)

    def load(self, module: AdapterModule) -> tuple[torch.Tensor, torch.Tensor]:
        """(A [rank, in], B [out, rank]) in fp32."""
        a = read_tensor(self._layout, module.key_a).to(torch.float32)
        b = read_tensor(self._layout, module.key_b).to(torch.float32)
        return a, b

    def load_factors(self) -> dict[str, torch.Tensor]:
        """All low-rank factors and row lengths by their names in the file, as stored."""
        modules = self.modules.values()
        keys = [
            key for one in modules for key in (one.key_a, one.key_b, one.key_magnitude) if key is not None
        ]
        return {key: read_tensor(self._layout, key) for key in keys}

    @property
    def factor_bytes(self) -> int:
        """Bytes of all low-rank factors in fp32."""
        return sum(4 * module.rank * (module.inputs + module.outputs) for module in self.modules.values())

    def load_magnitude(self, module: AdapterModule) -> torch.Tensor | None:
        """DoRA's row lengths [out] in fp32; None where the adapter is plain."""
        if module.key_magnitude is None:
            return None
        return read_tensor(self._layout, module.key_magnitude).to(torch.float32)
