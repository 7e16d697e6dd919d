"""Which tensor of a folder is which weight of transformers' model, before anything is loaded."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel
from transformers.conversion_mapping import get_model_conversion_mapping
from transformers.core_model_loading import WeightConverter, WeightRenaming, rename_source_key

from legal_eagle.compat.base_model import extra_tensors, tensor_shape
from legal_eagle.compat.lora_layers import linear_modules
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.base_tensors import BaseTensors
from legal_eagle.models.weights import FLOAT_DTYPES, SafetensorsFolder, missing_tensors


def read_base_tensors(folder: Path) -> BaseTensors:
    """Reads headers only. Raises JobError `model.*` as loading would: tensors missing, too many, of other
    shapes or types."""
    weights = SafetensorsFolder(folder)
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    expected = model.state_dict()
    plain: dict[str, str] = {}
    converted: set[str] = set()
    extra: list[str] = []
    name_of = _names(model, expected)
    for stored in weights.names():
        name, is_converted = name_of(stored)
        if name not in expected:
            extra.append(stored)
        elif is_converted:
            converted.add(name)
        else:
            plain[name] = stored
    ignored = [re.compile(one) for one in model._keys_to_ignore_on_load_unexpected or ()]
    if surplus := sorted(name for name in extra if not any(one.search(name) for one in ignored)):
        raise extra_tensors(folder, surplus)
    tied = model.all_tied_weights_keys
    given = {*plain, *converted}
    # Either of two that are tied gives both.
    given |= {name for pair in tied.items() for name in pair if given & set(pair)}
    if absent := sorted(expected.keys() - given):
        raise missing_tensors(folder, absent)
    for name, stored in plain.items():
        if weights.shape(stored) != tuple(expected[name].shape):
            raise tensor_shape(stored, weights.shape(stored), tuple(expected[name].shape))
        if weights.dtype(stored) not in FLOAT_DTYPES:
            raise JobError(
                "model.tensor_dtype",
                f"{stored} is stored as {weights.dtype(stored)}.",
                params={"tensor": stored, "dtype": weights.dtype(stored)},
            )
    parts = (model.get_input_embeddings(), model.get_output_embeddings())
    modules = {id(module): name for name, module in model.named_modules()}
    embedding, head = (modules[id(part)] for part in parts)
    adaptable = {*linear_modules(model), embedding, head}
    return BaseTensors(
        stored={
            name: stored
            for name, stored in plain.items()
            # A copy of what is tied is read from its source; changing it would change nothing.
            if name.removesuffix(".weight") in adaptable and tied.get(name) not in plain
        },
        wholes=(embedding, head),
        tied=f"{head}.weight" in tied or f"{embedding}.weight" in tied,
    )


def _names(model: PreTrainedModel, expected: dict[str, torch.Tensor]) -> Callable[[str], tuple[str, bool]]:
    """Stored name → (name in the model, whether the weight is computed from this tensor and others), as
    transformers loads it."""
    mapping = get_model_conversion_mapping(model)
    renamings = [one for one in mapping if isinstance(one, WeightRenaming)]
    converters = [one for one in mapping if isinstance(one, WeightConverter)]
    prefix = model.base_model_prefix

    def name_of(stored: str) -> tuple[str, bool]:
        name, source = rename_source_key(stored, renamings, converters, prefix, expected)
        if name not in expected and stored in expected:
            name, source = rename_source_key(stored, [], [], prefix, expected)
        return name, source is not None

    return name_of
