"""A LoRA adapter as tensors of a GGUF: `<tensor>.lora_a` [r, in] and `<tensor>.lora_b` [out, r].

llama.cpp applies `alpha / r · B·A` with one alpha for the file and r from each B. Scales of their own (rank
and alpha patterns, rsLoRA) are folded into B.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import gguf
import numpy as np
import torch

from legal_eagle.export.gguf_file import GgufTensor
from legal_eagle.export.gguf_tensors import gguf_names, interleave_halves, interleaves
from legal_eagle.export.sources import ExportSources
from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.config import ModelConfig
from legal_eagle.models.layouts import expected_tensors, unpack_wqkv
from legal_eagle.release.adapter_updates import LowRankUpdate, plan_updates

_F32 = gguf.GGMLQuantizationType.F32


@dataclass(frozen=True)
class _Module:
    """One adapted tensor of the checkpoint and its names in the GGUF: one, or q, k and v."""

    update: LowRankUpdate
    targets: tuple[str, ...]


class AdapterTensors:
    """The factors of an adapter, read when they are written."""

    def __init__(self, config: ModelConfig, modules: list[_Module]) -> None:
        self._config = config
        self._modules = modules
        # The file's alpha: the one under which most modules are written as they are.
        products = Counter(module.update.scale * module.update.rank for module in modules)
        self.alpha: float = products.most_common(1)[0][0]

    @property
    def bytes(self) -> int:
        return sum(tensor.bytes for tensor in self.tensors())

    def tensors(self) -> Iterator[GgufTensor]:
        for module in self._modules:
            rows = self._rows(module)
            rank, inputs = module.update.rank, module.update.shape[1]
            for part, (target, outputs) in enumerate(zip(module.targets, rows, strict=True)):
                yield _tensor(f"{target}.weight.lora_a", (rank, inputs), self, module, part, 0)
                yield _tensor(f"{target}.weight.lora_b", (outputs, rank), self, module, part, 1)

    def _rows(self, module: _Module) -> tuple[int, ...]:
        if len(module.targets) == 1:
            return (module.update.shape[0],)
        config = self._config
        kv_rows = config.kv_heads * config.head_dim
        return config.heads * config.head_dim, kv_rows, kv_rows

    def factors(self, module: _Module, part: int) -> tuple[np.ndarray, np.ndarray]:
        """(A, B) of one target, fp32, as the file holds them. Raises ``export.not_finite``."""
        config, update, target = self._config, module.update, module.targets[part]
        a, b, _ = update.factors()
        if len(module.targets) > 1:
            b = unpack_wqkv(b, config.heads, config.kv_heads, config.head_dim)[part]
        factor = update.scale * update.rank / self.alpha
        b = b if factor == 1.0 else b * factor
        outputs: np.ndarray = b.contiguous().numpy()
        if interleaves(config) and target.endswith(("attn_q", "attn_k")):
            outputs = interleave_halves(outputs, config.head_dim)
        inputs: np.ndarray = a.contiguous().numpy()
        if not (np.isfinite(inputs).all() and np.isfinite(outputs).all()):
            raise JobError(
                "export.not_finite",
                f"{target} holds values that are no numbers",
                exit_code=EXIT_DATA,
                params={"tensor": target, "format": "gguf-lora"},
            )
        return inputs, np.ascontiguousarray(outputs)


def _tensor(
    name: str, shape: tuple[int, int], owner: AdapterTensors, module: _Module, part: int, side: int
) -> GgufTensor:
    def packed() -> Iterator[np.ndarray]:
        with torch.inference_mode():
            yield owner.factors(module, part)[side]

    return GgufTensor(name, shape, _F32, 4 * shape[0] * shape[1], packed)


def plan_adapter(sources: ExportSources) -> AdapterTensors:
    """Raises JobError ``export.adapter_unsupported`` for DoRA and modules trained as wholes,
    ``merge.adapter_*`` for modules that the base has not."""
    adapter, config = sources.adapter, sources.config
    if adapter is None:
        raise ValueError("an adapter export needs an adapter")
    if adapter.settings.dora:
        raise _unsupported("DoRA (use_dora)")
    if adapter.settings.whole or adapter.whole:
        raise _unsupported("modules_to_save")
    names = gguf_names(config)
    modules = []
    for tensor, update in plan_updates(adapter, config, expected_tensors(config)).items():
        targets = names.get(tensor.removesuffix(".weight"))
        if targets is None:
            raise _unsupported(f"{tensor} has no name in a GGUF")
        if update.scale == 0:
            raise _unsupported(f"{tensor} has alpha 0")
        modules.append(_Module(update, targets))
    return AdapterTensors(config, modules)


def _unsupported(feature: str) -> JobError:
    return JobError(
        "export.adapter_unsupported",
        f"this adapter cannot be written as a LoRA GGUF: {feature}",
        exit_code=EXIT_DATA,
        params={"feature": feature},
    )
