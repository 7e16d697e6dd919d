"""The adapter of a wrapped model as PEFT's two files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.peft_format import ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE, peft_settings
from legal_eagle.jobs.errors import JobError

NamedParameters = Sequence[tuple[str, torch.nn.Parameter]]


def write_adapter(
    folder: Path,
    parameters: NamedParameters,
    lora: LoraConfig,
    target_modules: Sequence[str],
    whole: Sequence[str],
    base_path: str,
) -> None:
    """`parameters` are (stored name, master); `target_modules` and `whole` as PEFT's settings name them."""
    tensors = {name: one.detach().to("cpu", torch.float32).contiguous() for name, one in parameters}
    (folder / ADAPTER_WEIGHTS_FILE).write_bytes(save(tensors, metadata={"format": "pt"}))
    config = peft_settings(lora, target_modules, whole, base_path)
    text = json.dumps(config, ensure_ascii=False, indent=2)
    (folder / ADAPTER_CONFIG_FILE).write_text(text + "\n", encoding="utf-8")


@torch.no_grad()
def read_adapter(folder: Path, parameters: NamedParameters) -> None:
    """Fills the masters. Raises JobError `model.adapter_missing`, `model.adapter_broken`, and
    `model.adapter_mismatch` for a tensor that is missing, of another shape, or not this model's."""
    path = folder / ADAPTER_WEIGHTS_FILE
    if not path.is_file():
        raise JobError("model.adapter_missing", f"{folder} holds no adapter.", params={"folder": str(folder)})
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise JobError(
            "model.adapter_broken",
            f"{path.name} is not readable.",
            params={"file": path.name},
            detail=str(error),
        ) from error
    # Older PEFT put the adapter's own name into some.
    tensors = {name.replace(".default.", "."): one for name, one in tensors.items()}
    for name, master in parameters:
        stored = tensors.pop(name, None)
        if stored is None or stored.shape != master.shape:
            raise _mismatch(name)
        master.copy_(stored)
    if tensors:
        raise _mismatch(min(tensors))


def _mismatch(tensor: str) -> JobError:
    return JobError(
        "model.adapter_mismatch",
        f"The adapter does not fit this base: {tensor}.",
        params={"tensor": tensor},
    )
