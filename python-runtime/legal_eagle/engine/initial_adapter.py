"""Starting from an adapter that exists: its weights, and a new optimizer, schedule and step count.

Not a resume: what the earlier training did to Adam, the learning rate or the order of rows is over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from legal_eagle.engine.adapter_output import recorded_base
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.lora_targets import short_targets, target_modules, whole_modules
from legal_eagle.engine.peft_format import load_adapter, read_adapter_config
from legal_eagle.jobs.errors import EXIT_DATA, EXIT_SPEC, JobError


def load_initial_adapter(decoder: Decoder, folder: Path, base_fingerprint: str) -> None:
    """Puts the weights of `folder` into the decoder's fresh adapter.

    Raises JobError `train.adapter_differs` for the first setting that the adapter has otherwise,
    `train.adapter_other_base`, and as `peft_format.load_adapter`.
    """
    if decoder.lora is None:
        raise RuntimeError("this decoder has no adapter to fill")
    refuse_other_base(folder, base_fingerprint)
    ours, theirs = _settings(decoder, decoder.lora.config), _settings(decoder, read_adapter_config(folder))
    refuse_differences(ours, theirs)
    load_adapter(decoder, folder)


def refuse_other_base(folder: Path, base_fingerprint: str) -> None:
    """Raises JobError `train.adapter_other_base`."""
    recorded = recorded_base(folder)
    if recorded is not None and recorded != base_fingerprint:
        raise JobError(
            "train.adapter_other_base",
            f"{folder} was trained on another base",
            exit_code=EXIT_DATA,
            params={"folder": str(folder)},
        )


def refuse_differences(ours: Mapping[str, object], theirs: Mapping[str, object]) -> None:
    """Raises JobError `train.adapter_differs` for the first of `lora_settings` that differs."""
    for field, value in ours.items():
        if value != theirs[field]:
            raise JobError(
                "train.adapter_differs",
                f"{field}: the adapter has {theirs[field]}, the recipe {value}",
                exit_code=EXIT_SPEC,
                params={"field": field, "adapter": _shown(theirs[field]), "recipe": _shown(value)},
            )


def lora_settings(lora: LoraConfig, whole: Iterable[str], targets: Iterable[str]) -> dict[str, object]:
    """Field of the recipe → value, for everything that a weight's meaning hangs on. `whole` and `targets`
    as this base names them."""
    return {
        "lora.rank": lora.rank,
        "lora.alpha": lora.alpha,
        "lora.rsLora": lora.rs_lora,
        "lora.dora": lora.dora,
        "lora.whole": sorted(whole),
        "lora.targets": sorted(targets),
    }


def _settings(decoder: Decoder, lora: LoraConfig) -> dict[str, object]:
    targets = target_modules(decoder.config, lora.targets, lora.pattern)
    whole = whole_modules(decoder.config, lora.whole)
    return lora_settings(lora, whole, short_targets(decoder.config, targets))


def _shown(value: object) -> str:
    """As a recipe file would say it."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value)
