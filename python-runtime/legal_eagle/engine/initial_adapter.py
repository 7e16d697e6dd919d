"""Starting from an adapter that exists: its weights, and a new optimizer, schedule and step count.

Not a resume: what the earlier training did to Adam, the learning rate or the order of rows is over.
"""

from __future__ import annotations

import json
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
    recorded = recorded_base(folder)
    if recorded is not None and recorded != base_fingerprint:
        raise JobError(
            "train.adapter_other_base",
            f"{folder} was trained on another base",
            exit_code=EXIT_DATA,
            params={"folder": str(folder)},
        )
    found = read_adapter_config(folder)
    for field, ours, theirs in _settings(decoder, decoder.lora.config, found):
        if ours != theirs:
            raise JobError(
                "train.adapter_differs",
                f"{field}: the adapter has {theirs}, the recipe {ours}",
                exit_code=EXIT_SPEC,
                params={"field": field, "adapter": _shown(theirs), "recipe": _shown(ours)},
            )
    load_adapter(decoder, folder)


def _settings(decoder: Decoder, ours: LoraConfig, theirs: LoraConfig) -> list[tuple[str, object, object]]:
    """(field of the recipe, its value, the adapter's), for everything that a weight's meaning hangs on."""
    found = target_modules(decoder.config, theirs.targets, theirs.pattern)
    wanted = target_modules(decoder.config, ours.targets, ours.pattern)
    return [
        ("lora.rank", ours.rank, theirs.rank),
        ("lora.alpha", ours.alpha, theirs.alpha),
        ("lora.rsLora", ours.rs_lora, theirs.rs_lora),
        ("lora.dora", ours.dora, theirs.dora),
        (
            "lora.whole",
            sorted(whole_modules(decoder.config, ours.whole)),
            sorted(whole_modules(decoder.config, theirs.whole)),
        ),
        ("lora.targets", short_targets(decoder.config, wanted), short_targets(decoder.config, found)),
    ]


def _shown(value: object) -> str:
    """As a recipe file would say it."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value)
