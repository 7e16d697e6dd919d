"""The opponents that may be installed beside us. Nothing is installed for them, and a new one is one line."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata, util


@dataclass(frozen=True, slots=True)
class Opponent:
    """`distributions`: any of them is the opponent. `runnable`: the protocol has a variant that runs it."""

    name: str
    distributions: tuple[str, ...]
    runnable: bool = True

    def version(self) -> str | None:
        """As installed; None where it is not."""
        for name in self.distributions:
            try:
                return metadata.version(name)
            except metadata.PackageNotFoundError:
                continue
        return None


TRANSFORMERS = Opponent("transformers", ("transformers",))
PEFT = Opponent("PEFT", ("peft",))
ACCELERATE = Opponent("accelerate", ("accelerate",))
LIGER = Opponent("Liger kernels", ("liger-kernel", "liger-kernel-nightly"))
FLASH_ATTENTION = Opponent("FlashAttention", ("flash-attn", "flash-attn-3", "flash_attn_interface"))
UNSLOTH = Opponent("Unsloth", ("unsloth",), runnable=False)
LLAMA_FACTORY = Opponent("LLaMA-Factory", ("llamafactory",), runnable=False)

OPPONENTS = (TRANSFORMERS, PEFT, ACCELERATE, LIGER, FLASH_ATTENTION, UNSLOTH, LLAMA_FACTORY)


def versions() -> dict[str, str | None]:
    return {opponent.name: opponent.version() for opponent in OPPONENTS}


def why_not(*needed: Opponent) -> str | None:
    """Why a variant that needs these cannot run; None where it can."""
    for opponent in needed:
        found = opponent.version()
        if found is None:
            return f"{opponent.name} is not installed"
        if not opponent.runnable:
            return f"{opponent.name} {found} is installed, but this build has no variant that runs it"
    return None


def flash_attention() -> str | None:
    """The FlashAttention implementation that transformers can load here, by its name there."""
    if util.find_spec("transformers") is None:
        return None
    from transformers.utils import import_utils

    for name, available in (
        ("flash_attention_3", import_utils.is_flash_attn_3_available),
        ("flash_attention_2", import_utils.is_flash_attn_2_available),
    ):
        if available():
            return name
    return None
