"""Which engine computes a base: the fast one where it knows the architecture exactly, else the compat one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from legal_eagle.engine.compat_door import compat_engine
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.base_facts import BaseFacts
from legal_eagle.models.config import CONFIG_FILE, ModelConfig, read_config

EngineName = Literal["fast", "compat"]

# What the fast engine says to a base that is whole but not of its families.
_OTHER_FAMILY = ("model.unsupported_architecture", "model.unsupported_option", "model.rope_unsupported")


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """`config`: the shape as the fast engine reads it, None for the compat one. `reasons`: for the person
    who started the run."""

    engine: EngineName
    facts: BaseFacts
    config: ModelConfig | None
    reasons: tuple[str, ...]


def choose_engine(folder: Path, wanted: str = "auto") -> EngineChoice:
    """`wanted`: auto, fast or compat. Raises JobError `model.*`: what the fast engine says where nothing else
    can compute the base, and `model.compat_missing`."""
    refusal: JobError | None = None
    if wanted != "compat":
        try:
            config = read_config(folder)
            return EngineChoice("fast", facts_of(config), config, ())
        except JobError as error:
            # A quantised checkpoint is one that neither engine reads.
            is_quantized = error.params.get("option") == "quantization_config"
            if wanted == "fast" or is_quantized or error.code not in _OTHER_FAMILY:
                raise
            refusal = error
    architecture = stated_architecture(folder)
    facts = compat_engine(architecture).read_facts(folder)
    if facts is None:
        if refusal is not None:
            raise refusal
        raise _unsupported(architecture)
    why = (
        "the recipe asks for it" if wanted == "compat" else f"the fast engine does not compute {architecture}"
    )
    return EngineChoice("compat", facts, None, (f"engine compat: {why}",))


def choose_full_engine(folder: Path) -> EngineChoice:
    """For full fine-tuning, which transformers' classes compute for every family: their autograd has the
    gradient of every parameter. Raises JobError as `choose_engine`."""
    architecture = stated_architecture(folder)
    facts = compat_engine(architecture).full_facts(folder)
    if facts is None:
        raise _unsupported(architecture)
    return EngineChoice(
        "compat", facts, None, ("engine compat: full fine-tuning needs the gradient of every parameter",)
    )


def facts_of(config: ModelConfig) -> BaseFacts:
    return BaseFacts(config.model_type, config.vocab_size, config.max_positions, config.eos_ids)


def stated_architecture(folder: Path) -> str:
    """What config.json calls itself; the folder was read before or is about to be refused."""
    try:
        values = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        architectures = values.get("architectures") or [values.get("model_type")]
        return str(architectures[0] or "unknown")
    except (OSError, ValueError, AttributeError, TypeError, IndexError, KeyError):
        return "unknown"


def _unsupported(architecture: str) -> JobError:
    return JobError(
        "model.unsupported_architecture",
        f"Architecture {architecture} is not supported.",
        params={"architecture": architecture},
    )
