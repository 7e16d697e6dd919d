"""The variants of the protocol in the order they run: what matters most first, the repeat of the first last.

Nothing here imports torch: the process that starts the variants decides by this table what cannot run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from legal_eagle.bench.protocol import opponent_table
from legal_eagle.bench.protocol.opponent_table import LIGER, LLAMA_FACTORY, PEFT, UNSLOTH

if TYPE_CHECKING:
    from legal_eagle.bench.protocol.measurement import Measured
    from legal_eagle.bench.protocol.scale import Scale

# Variants of one group train the same model on the same batches, so their losses must agree.
LossGroup = Literal["7b", "20b"]


class CannotRun(Exception):
    """Found out only once the libraries are loaded; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Variant:
    """`missing` says why it cannot run, without loading anything; None where it can."""

    name: str
    title: str
    run: Callable[[Scale], Measured]
    group: LossGroup
    timeout_seconds: int
    missing: Callable[[], str | None] = lambda: None
    cuda_only: bool = False


def _hf(*, checkpointed: bool, liger: bool = False) -> Callable[[Scale], Measured]:
    def run(scale: Scale) -> Measured:
        from legal_eagle.bench.protocol.opponent import OpponentSettings, run_opponent

        if liger:
            from liger_kernel.transformers import apply_liger_kernel_to_llama

            apply_liger_kernel_to_llama()
        return run_opponent(scale, scale.shape, OpponentSettings(checkpointed))

    return run


def _flattened(scale: Scale) -> Measured:
    from legal_eagle.bench.protocol.opponent import OpponentSettings, run_opponent

    attention = opponent_table.flash_attention()
    if scale.device.type == "cuda" and attention is None:
        raise CannotRun("no FlashAttention implementation loads")
    # On a CPU transformers masks the documents of a flattened batch apart by their positions.
    settings = OpponentSettings(True, "flattened", attention or "sdpa")
    return run_opponent(scale, scale.shape, settings)


def _not_written(scale: Scale) -> Measured:
    raise CannotRun(f"no variant runs this opponent at the {scale.size} scale")


def _ours(
    *,
    recompute: bool,
    compile: Literal["auto", "on", "off"] = "auto",
    large_pack: bool = False,
    large_shape: bool = False,
    emulated_card: bool = False,
    quantization: Literal["none", "int8", "fp8", "nf4"] = "none",
) -> Callable[[Scale], Measured]:
    def run(scale: Scale) -> Measured:
        from legal_eagle.bench.protocol.emulated_card import limit_card
        from legal_eagle.bench.protocol.ours import OurSettings, run_ours
        from legal_eagle.engine.mechanisms import EngineOptions

        if emulated_card:
            limit_card(scale)
        shape = scale.large_shape if large_shape else scale.shape
        tokens = scale.large_pack if large_pack else scale.small_pack
        options = EngineOptions(compile=compile, quantization=quantization)
        return run_ours(scale, shape, OurSettings(tokens, recompute, options))

    return run


def _needs(*opponents: opponent_table.Opponent) -> Callable[[], str | None]:
    return lambda: opponent_table.why_not(*opponents)


HF_CHECKPOINTED = "hf-checkpointed"
HF_PLAIN = "hf-plain"
HF_LIGER = "hf-liger"
HF_FLATTENED = "hf-flattened"
OURS_FULL = "ours-full-recompute"
OURS_COMPILED = "ours-full-recompute-compiled"
OURS_FREE = "ours-recompute-free"
OURS_FREE_SMALL = "ours-recompute-free-small-packs"
OURS_FP8 = "ours-fp8"
OURS_24GB_8BIT = "ours-24gb-8bit"
OURS_24GB_20B = "ours-24gb-20b-nf4"
OURS_20B = "ours-20b"
OURS_24GB = "ours-24gb"
REPEAT = "hf-checkpointed-again"

VARIANTS: tuple[Variant, ...] = (
    Variant(
        HF_CHECKPOINTED,
        "transformers Trainer + PEFT, padded, checkpointing",
        _hf(checkpointed=True),
        "7b",
        150,
        _needs(PEFT),
    ),
    Variant(OURS_FREE, "ours, no recompute, large packs", _ours(recompute=False, large_pack=True), "7b", 120),
    Variant(OURS_COMPILED, "ours, full recompute, compiled", _ours(recompute=True, compile="on"), "7b", 120),
    Variant(
        HF_LIGER,
        "the same with Liger's kernels",
        _hf(checkpointed=True, liger=True),
        "7b",
        150,
        _needs(PEFT, LIGER),
        cuda_only=True,
    ),
    Variant(
        OURS_FP8,
        "ours, FP8 base, no recompute, large packs",
        _ours(recompute=False, large_pack=True, quantization="fp8"),
        "7b",
        120,
    ),
    Variant(OURS_20B, "ours, 20B", _ours(recompute=False, large_shape=True), "20b", 150),
    Variant(OURS_FREE_SMALL, "ours, no recompute, small packs", _ours(recompute=False), "7b", 90),
    Variant(
        OURS_24GB,
        "ours, full recompute on an emulated 24 GB card",
        _ours(recompute=True, emulated_card=True),
        "7b",
        90,
        cuda_only=True,
    ),
    Variant(
        OURS_24GB_8BIT,
        "ours, FP8 base on an emulated 24 GB card",
        _ours(recompute=True, emulated_card=True, quantization="fp8"),
        "7b",
        90,
        cuda_only=True,
    ),
    Variant(
        OURS_24GB_20B,
        "ours, 20B, NF4 base on an emulated 24 GB card",
        _ours(recompute=True, large_shape=True, emulated_card=True, quantization="nf4"),
        "20b",
        120,
        cuda_only=True,
    ),
    Variant(
        HF_FLATTENED,
        "transformers Trainer + PEFT, flattening collator",
        _flattened,
        "7b",
        120,
        _needs(PEFT),
    ),
    Variant(
        "llama-factory",
        "LLaMA-Factory, neat packing",
        _not_written,
        "7b",
        150,
        _needs(LLAMA_FACTORY),
        cuda_only=True,
    ),
    Variant("unsloth", "Unsloth, packing", _not_written, "7b", 150, _needs(UNSLOTH), cuda_only=True),
    Variant(OURS_FULL, "ours, full recompute, eager", _ours(recompute=True, compile="off"), "7b", 120),
    Variant(
        HF_PLAIN,
        "transformers Trainer + PEFT, padded, no checkpointing",
        _hf(checkpointed=False),
        "7b",
        120,
        _needs(PEFT),
    ),
    Variant(REPEAT, "the first variant again", _hf(checkpointed=True), "7b", 150, _needs(PEFT)),
)


def variant_named(name: str) -> Variant:
    """KeyError where there is none."""
    found = next((variant for variant in VARIANTS if variant.name == name), None)
    if found is None:
        raise KeyError(name)
    return found
