"""Adapters as PEFT writes and reads them (huggingface/peft, docs/source/developer_guides/checkpoint.md)."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.lora_targets import short_targets
from legal_eagle.jobs.errors import JobError

ADAPTER_CONFIG_FILE = "adapter_config.json"
ADAPTER_WEIGHTS_FILE = "adapter_model.safetensors"
_PREFIX = "base_model.model."
# What would make the adapter compute something else than s·B·A beside each linear layer.
_REFUSED_SETTINGS = ("rank_pattern", "alpha_pattern", "layers_to_transform")


def adapter_tensors(decoder: Decoder) -> dict[str, torch.Tensor]:
    """The adapter by PEFT's names, rows of B in the checkpoint's order, fp32 on CPU."""
    tensors: dict[str, torch.Tensor] = {}
    for block in decoder.blocks:
        for linear in (block.qkv, block.o, block.gate_up, block.down):
            for item in linear.lora.slices if linear.lora is not None else ():
                name = f"{_PREFIX}{item.rows.name}"
                tensors[f"{name}.lora_A.weight"] = item.a.detach().cpu().clone()
                tensors[f"{name}.lora_B.weight"] = _stored_rows(item.b, item.rows.order)
                if item.magnitude is not None:
                    tensors[f"{name}.lora_magnitude_vector"] = _stored_rows(item.magnitude, item.rows.order)
    for module in decoder.lora.whole if decoder.lora is not None else ():
        tensors[f"{_PREFIX}{module.name}.weight"] = module.weight.detach().cpu().clone()
    return tensors


def _stored_rows(rows: torch.Tensor, order: torch.Tensor | None) -> torch.Tensor:
    """A copy on CPU in the checkpoint's order."""
    copy = rows.detach().cpu().clone()
    if order is not None:
        copy[order] = rows.detach().cpu()
    return copy


def adapter_config(decoder: Decoder, base_path: str) -> dict[str, object]:
    """The content of adapter_config.json."""
    if decoder.lora is None:
        raise RuntimeError("this decoder has no adapter")
    lora = decoder.lora
    return peft_settings(
        lora.config,
        short_targets(decoder.config, lora.modules),
        [module.name for module in lora.whole],
        base_path,
    )


def peft_settings(
    lora: LoraConfig, targets: Sequence[str], whole: Sequence[str], base_path: str
) -> dict[str, object]:
    """An adapter in PEFT's words; `whole` by full names, of which PEFT takes the last."""
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base_path,
        "r": lora.rank,
        "lora_alpha": lora.alpha,
        "lora_dropout": lora.dropout,
        "use_rslora": lora.rs_lora,
        "target_modules": list(targets),
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "use_dora": lora.dora,
        "modules_to_save": [name.rsplit(".", 1)[-1] for name in whole] or None,
    }


def save_adapter(decoder: Decoder, folder: Path, base_path: str) -> None:
    """Writes both files into `folder`, which exists. Not atomic: callers write into a new folder."""
    tensors = adapter_tensors(decoder)
    (folder / ADAPTER_WEIGHTS_FILE).write_bytes(save(tensors, metadata={"format": "pt"}))
    text = json.dumps(adapter_config(decoder, base_path), ensure_ascii=False, indent=2)
    (folder / ADAPTER_CONFIG_FILE).write_text(text + "\n", encoding="utf-8")


def read_adapter_config(folder: Path) -> LoraConfig:
    """Raises JobError `model.adapter_missing`, `model.adapter_broken`, `model.adapter_unsupported`."""
    path = folder / ADAPTER_CONFIG_FILE
    if not path.is_file() or not (folder / ADAPTER_WEIGHTS_FILE).is_file():
        raise JobError("model.adapter_missing", f"{folder} holds no adapter.", params={"folder": str(folder)})
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values.get("peft_type") != "LORA":
            raise _unsupported("peft_type", values.get("peft_type"))
        for key in _REFUSED_SETTINGS:
            if values.get(key):
                raise _unsupported(key, values[key])
        if values.get("bias", "none") != "none":
            raise _unsupported("bias", values["bias"])
        targets = values["target_modules"]
        pattern = None
        if targets == "all-linear":
            targets = "all"
        elif isinstance(targets, str):
            # PEFT reads a text as an expression over the whole name.
            targets, pattern = "all", targets
        elif not isinstance(targets, list):
            raise _unsupported("target_modules", targets)
        return LoraConfig(
            rank=int(values["r"]),
            alpha=float(values["lora_alpha"]),
            dropout=float(values.get("lora_dropout", 0.0)),
            targets=targets if isinstance(targets, str) else tuple(str(x) for x in targets),
            rs_lora=bool(values.get("use_rslora", False)),
            pattern=pattern,
            dora=bool(values.get("use_dora", False)),
            whole=tuple(str(x) for x in values.get("modules_to_save") or ()),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise _broken(ADAPTER_CONFIG_FILE, error) from error


def load_adapter(decoder: Decoder, folder: Path) -> None:
    """Adds the adapter in `folder` to a decoder that has none, or overwrites one of the same shape.

    Raises as `read_adapter_config`, and JobError `model.adapter_mismatch` where its tensors are not
    those of this base.
    """
    lora = read_adapter_config(folder)
    if decoder.lora is None:
        decoder.add_lora(lora, torch.Generator().manual_seed(0))
    try:
        tensors = load_file(folder / ADAPTER_WEIGHTS_FILE)
    except (SafetensorError, OSError, ValueError) as error:
        raise _broken(ADAPTER_WEIGHTS_FILE, error) from error
    set_adapter_tensors(decoder, tensors)


@torch.no_grad()
def set_adapter_tensors(decoder: Decoder, tensors: Mapping[str, torch.Tensor]) -> None:
    """Copies tensors as `adapter_tensors` gives them into the masters."""
    unused = set(tensors)
    for block in decoder.blocks:
        for linear in (block.qkv, block.o, block.gate_up, block.down):
            for item in linear.lora.slices if linear.lora is not None else ():
                masters = {"lora_A.weight": item.a, "lora_B.weight": item.b}
                if item.magnitude is not None:
                    masters["lora_magnitude_vector"] = item.magnitude
                for name, master in masters.items():
                    key = f"{_PREFIX}{item.rows.name}.{name}"
                    stored = tensors.get(key)
                    if stored is None or stored.shape != master.shape:
                        raise _mismatch(key)
                    unused.discard(key)
                    order = None if name == "lora_A.weight" else item.rows.order
                    master.copy_(stored if order is None else stored[order])
    for module in decoder.lora.whole if decoder.lora is not None else ():
        key = f"{_PREFIX}{module.name}.weight"
        stored = tensors.get(key)
        if stored is None or stored.shape != module.weight.shape:
            raise _mismatch(key)
        unused.discard(key)
        module.weight.copy_(stored)
    if unused:
        raise _mismatch(min(unused))


def _unsupported(setting: str, value: object) -> JobError:
    return JobError(
        "model.adapter_unsupported",
        f"The adapter has {setting} = {value}, which is not supported.",
        params={"setting": setting, "value": str(value)},
    )


def _broken(file: str, error: Exception) -> JobError:
    return JobError(
        "model.adapter_broken", f"{file} is not readable.", params={"file": file}, detail=str(error)
    )


def _mismatch(tensor: str) -> JobError:
    return JobError(
        "model.adapter_mismatch",
        f"The adapter does not fit this base: {tensor}.",
        params={"tensor": tensor},
    )
