"""PEFT's LoRA layers in a transformers model, with the meaning that the engine's `LoraConfig` has.

Module names are the base's own, so that an adapter file reads alike in PEFT, in both engines and in a merge.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import peft
import torch
from transformers import PreTrainedModel

from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.lora_targets import EMBEDDINGS, HEAD, matching
from legal_eagle.jobs.errors import EXIT_SPEC, JobError
from legal_eagle.models.adapter_layers import AdapterLayers

PREFIX = "base_model.model."
# The scan of models of these types reads these weights past any layer: an adapter would never be trained.
# PEFT refuses all but the last by name.
_UNREACHABLE = ("out_proj", "conv1d", "dt_proj")
_FUSED_STATE_TYPES = ("falcon_h1", "falcon_mamba", "mamba", "mamba2", "nemotron_h")
_ATTENTION = re.compile(r"(^|[._])(attn|attention|self_attention|self_attn|cross_attn)([._]|$)")


def linear_modules(model: PreTrainedModel) -> list[str]:
    """Full names of every linear layer that can get an adapter, in the model's order: not the output head."""
    head = model.get_output_embeddings()
    is_fused = getattr(model.config, "model_type", None) in _FUSED_STATE_TYPES
    unreachable = _UNREACHABLE if is_fused else ()
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear)
        and module is not head
        and name.rsplit(".", 1)[-1] not in unreachable
    ]


def expert_parameters(model: PreTrainedModel) -> int:
    """Weights of a mixture's experts: transformers joins these into [experts, out, in], which is no linear
    layer that PEFT could wrap."""
    return sum(one.numel() for name, one in model.named_parameters() if one.ndim == 3 and ".experts." in name)


def targeted_modules(
    everything: Sequence[str], targets: str | Sequence[str], pattern: str | None
) -> list[str]:
    """Those of `everything` that the recipe means, as `engine.lora_targets.target_modules` does for the fast
    engine. Raises JobError `model.lora_target`, `model.lora_pattern`, `model.lora_pattern_unmatched`."""
    if targets == "all":
        chosen = list(everything)
    elif targets in ("attention", "mlp"):
        wanted_inside = targets == "attention"
        chosen = [name for name in everything if (_ATTENTION.search(name) is not None) is wanted_inside]
    else:
        names = [targets] if isinstance(targets, str) else list(targets)
        ends = tuple(f".{one}" for one in names)
        chosen = [name for name in everything if name in names or name.endswith(ends)]
        unknown = [one for one in names if not any(n == one or n.endswith(f".{one}") for n in everything)]
        if unknown:
            raise _no_target(unknown[0], everything)
    if not chosen:
        raise _no_target(str(targets), everything)
    return matching(chosen, pattern)


def short_names(everything: Sequence[str], modules: Sequence[str]) -> list[str]:
    """`modules` as PEFT's `target_modules`: last names where these mean exactly the same, else full ones."""
    short = sorted({name.rsplit(".", 1)[-1] for name in modules})
    ends = tuple(f".{one}" for one in short)
    meant = {name for name in everything if name in short or name.endswith(ends)}
    return short if meant == set(modules) else sorted(modules)


def whole_names(model: PreTrainedModel, wanted: Sequence[str]) -> list[str]:
    """Full names of the embedding and head that `wanted` means, by part or by module name. Raises JobError
    `model.lora_whole` for another module and `model.lora_whole_tied` where both are one tensor."""
    parts = {EMBEDDINGS: model.get_input_embeddings(), HEAD: model.get_output_embeddings()}
    names = {
        part: name for name, module in model.named_modules() for part, one in parts.items() if module is one
    }
    chosen = set()
    for one in wanted:
        found = [part for part, name in names.items() if one == part or f".{name}".endswith(f".{one}")]
        if not found:
            raise JobError(
                "model.lora_whole",
                f"{one} cannot be trained as a whole.",
                exit_code=EXIT_SPEC,
                params={"module": one, "available": ", ".join(names.values())},
            )
        chosen.update(found)
    embedding, head = (getattr(one, "weight", None) for one in parts.values())
    if chosen and embedding is head:
        raise JobError(
            "model.lora_whole_tied",
            "embeddings and head are one tensor in this model; training one would part them.",
            exit_code=EXIT_SPEC,
        )
    return [names[part] for part in names if part in chosen]


def add_layers(model: PreTrainedModel, lora: LoraConfig, generator: torch.Generator) -> peft.PeftModel:
    """Puts fresh layers into `model`, which stays the one to call. Masters are fp32; A is drawn from
    `generator` as the fast engine draws it, so that the same seed starts both alike."""
    modules = targeted_modules(linear_modules(model), lora.targets, lora.pattern)
    wholes = whole_names(model, lora.whole)
    config = peft.LoraConfig(
        r=lora.rank,
        # PEFT's annotation says int; any number is computed with.
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        use_rslora=lora.rs_lora,
        use_dora=lora.dora,
        target_modules=modules,
        modules_to_save=wholes or None,
        bias="none",
    )
    wrapped = peft.get_peft_model(model, config, autocast_adapter_dtype=True)
    with torch.no_grad():
        for name, parameter in _masters(wrapped):
            if ".lora_A." in name:
                bound = 1.0 / math.sqrt(parameter.shape[1])
                drawn = torch.empty(parameter.shape).uniform_(-bound, bound, generator=generator)
                parameter.copy_(drawn)
    return wrapped


def add_stored_layers(model: PreTrainedModel, layers: AdapterLayers) -> peft.PeftModel:
    """Puts the layers of an adapter on disk into `model`, to be filled by `read_adapter`. Nothing of the
    adapter's own settings but these reaches PEFT. The modules must be there."""
    config = peft.LoraConfig(
        rank_pattern={re.escape(name): rank for name, rank in layers.ranks.items()},
        # PEFT's annotation says int; any number is computed with.
        alpha_pattern={re.escape(name): alpha for name, alpha in layers.alphas.items()},
        use_rslora=layers.rs_lora,
        use_dora=layers.dora,
        target_modules=list(layers.ranks),
        modules_to_save=list(layers.whole) or None,
        bias="none",
    )
    wrapped = peft.get_peft_model(model, config, autocast_adapter_dtype=True)
    _masters(wrapped)
    return wrapped


def _masters(wrapped: peft.PeftModel) -> list[tuple[str, torch.nn.Parameter]]:
    """What is trained, made fp32."""
    masters = [(name, one) for name, one in wrapped.named_parameters() if one.requires_grad]
    for _, parameter in masters:
        parameter.data = parameter.data.float()
    return masters


def stored_name(name: str) -> str:
    """The name under which PEFT saves a parameter of a wrapped model."""
    name = name.replace(".modules_to_save.default.", ".").replace(".default.", ".")
    return name.replace("lora_magnitude_vector.weight", "lora_magnitude_vector")


def _no_target(target: str, everything: Sequence[str]) -> JobError:
    available = sorted({name.rsplit(".", 1)[-1] for name in everything})
    return JobError(
        "model.lora_target",
        f"{target} is not a linear layer of this model.",
        params={"target": target, "available": ", ".join(available)},
    )
