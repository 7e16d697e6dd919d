"""Every correctness gate of the engine: what is allowed, which tests hold it, and how to measure it.

`python-runtime/tools/engine_gates.py` prints the numbers; `test_engine_gates.py` holds the table to the tests
that it names and to the table in ARCHITECTURE.md.
"""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from loop_fixtures import Run, write_dataset, write_model
from rank_fixtures import assert_same_run, settings, start_ranks

import make_golden_losses
from builders.checkpoints import random_tensors, tiny_config, tiny_folder, tiny_values
from builders.families import FAMILIES, FamilyErrors, measure_family, random_family
from builders.internlm2_reference import InternLM2Reference
from builders.invariants import LORA, accumulation_error, packing_error, split_error
from builders.kill_campaign import SETTINGS, run_campaign
from builders.peft_oracle import llama_reference, reload_error, with_random_adapter
from builders.quantised import LIMITS, quantisation_errors
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.model import build_model
from legal_eagle.engine.quantisation import Quantization

RANDOM_FAMILIES = 60
KILLS = 5
# What is drawn at random in a measurement is drawn from here, so that two people compare the same numbers.
_SEED = 20261123


@dataclass(frozen=True)
class Gate:
    """`measure` gives one number, `limit` is the largest allowed (0: equal in every bit)."""

    name: str
    limit: float
    unit: str
    tests: tuple[str, ...]
    measure: Callable[[Path], float]


@functools.cache
def _listed() -> tuple[FamilyErrors, ...]:
    return tuple(_in_a_folder(functools.partial(measure_family, family)) for family in FAMILIES.values())


@functools.cache
def _random() -> tuple[FamilyErrors, ...]:
    choice = random.Random(_SEED)
    families = [random_family(choice) for _ in range(RANDOM_FAMILIES)]
    return tuple(_in_a_folder(functools.partial(measure_family, family)) for family in families)


def _in_a_folder(measure: Callable[[Path], FamilyErrors]) -> FamilyErrors:
    with TemporaryDirectory() as folder:
        return measure(Path(folder))


def _packing(folder: Path) -> float:
    cases = [(kind, recompute) for kind in ("blocked", "fused", "padded") for recompute in (0, 2, 3)]
    return max(
        packing_error(folder / f"{kind}-{recompute}", kind, recompute)  # type: ignore[arg-type]
        for kind, recompute in cases
    )


def _reload(folder: Path) -> float:
    errors = []
    for number, lora in enumerate((LORA, LoraConfig(4, 8, dora=True), LoraConfig(4, 8, rs_lora=True))):
        for layout in ("llama", "internlm2"):
            place = folder / f"{layout}-{number}"
            base = tiny_folder(place / "base", layout)
            config = tiny_config(tiny_values(layout))
            reference = (
                llama_reference(tiny_values("llama"))
                if layout == "llama"
                else InternLM2Reference(config, random_tensors(config))
            )
            decoder = with_random_adapter(build_model(base), lora)
            errors.append(reload_error(decoder, base, reference, place / "adapter"))
    return max(errors)


def _split(folder: Path) -> float:
    return max(split_error(folder / "plain"), split_error(folder / "dora", LoraConfig(4, 8, dora=True)))


def _quantised(kind: Quantization, folder: Path) -> float:
    bases = [tiny_folder(folder / layout, layout) for layout in ("internlm2", "llama")]
    return max(
        error
        for base in bases
        for dora in (False, True)
        for error in quantisation_errors(base, kind, dora=dora).values()
    )


def _two_ranks(folder: Path) -> float:
    """Losses, eval losses and adapter of two processes against one, the same global batch of eight."""
    material = write_model(folder / "model"), write_dataset(folder / "data")
    alone = Run(folder / "one", *material, settings(8, 1, 4096))
    alone.here()
    together = Run(folder / "two", *material, settings(1, 4, 300))
    if start_ranks(together, 2).wait() != [0, 0]:
        raise RuntimeError("a rank failed")
    return float(max(assert_same_run(together, alone, 1e-5).values()))


def _golden(_folder: Path) -> float:
    expected = json.loads(make_golden_losses.GOLDEN.read_text(encoding="utf-8"))["losses"]
    return max(abs(ours - one) / one for ours, one in zip(make_golden_losses.losses(), expected, strict=True))


def _kills(folder: Path) -> float:
    """Things that were not bit-equal."""
    material = write_model(folder / "model"), write_dataset(folder / "data")
    return len(run_campaign(SETTINGS[0], material, folder, KILLS, random.Random(_SEED)).different)


GATES: Sequence[Gate] = (
    Gate(
        f"logits of the {len(FAMILIES)} listed families",
        1e-4,
        "max abs difference",
        ("test_engine_math_families.py::test_a_family_computes_what_transformers_computes",),
        lambda _: max(one.logits for one in _listed()),
    ),
    Gate(
        "LoRA gradients of the listed families",
        1e-4,
        "relative L2 per tensor",
        (
            "test_engine_math_families.py::test_a_family_computes_what_transformers_computes",
            "test_engine_math_gradients.py::test_internlm2_gradients_equal_peft_on_the_fused_layout",
        ),
        lambda _: max(one.gradient for one in _listed()),
    ),
    Gate(
        f"logits of {RANDOM_FAMILIES} random configurations",
        1e-4,
        "max abs difference",
        ("test_engine_math_families.py::test_random_configurations_compute_what_transformers_computes",),
        lambda _: max(one.logits for one in _random()),
    ),
    Gate(
        "LoRA gradients of the random configurations",
        1e-4,
        "relative L2 per tensor",
        ("test_engine_math_families.py::test_random_configurations_compute_what_transformers_computes",),
        lambda _: max(one.gradient for one in _random()),
    ),
    Gate(
        "a pack against its documents, 3 attentions × 3 recomputations",
        1e-5,
        "loss, relative L2 of gradients",
        ("test_engine_math_gradients.py::test_packed_equals_the_sum_of_documents",),
        _packing,
    ),
    Gate(
        "accumulation 8×1 against 1×8",
        1e-5,
        "loss, relative L2 of gradients",
        ("test_engine_math_gradients.py::test_accumulation_eight_times_one_equals_one_times_eight",),
        accumulation_error,
    ),
    Gate(
        "two ranks against one process",
        1e-5,
        "losses, eval losses, adapter",
        ("test_distributed_ranks.py::test_accumulation_and_two_ranks_are_one_process",),
        _two_ranks,
    ),
    Gate(
        "an adapter read back by PEFT: LoRA, DoRA, rsLoRA on both layouts",
        1e-4,
        "max abs difference of logits",
        (
            "test_engine_math_adapter.py::test_a_llama_adapter_loads_in_peft_and_gives_the_same_logits",
            "test_engine_math_adapter.py::test_an_internlm2_adapter_loads_in_peft_and_gives_the_same_logits",
        ),
        _reload,
    ),
    Gate(
        "a fused wqkv adapter exported as q, k, v",
        1e-5,
        "max abs difference of logits",
        ("test_engine_math_adapter.py::test_a_fused_adapter_splits_and_fuses_exactly",),
        _split,
    ),
    *(
        Gate(
            f"a base in {kind} against its dequantised numbers",
            limit,
            "relative L2 of logits and gradients",
            ("test_engine_quantised.py::test_a_quantised_base_computes_what_its_numbers_say",),
            functools.partial(_quantised, kind),
        )
        for kind, limit in LIMITS.items()
    ),
    Gate(
        "golden losses of the tiny model, 20 steps",
        1e-3,
        "relative",
        ("test_loop_golden.py::test_the_golden_losses_of_the_tiny_model",),
        _golden,
    ),
    Gate(
        f"resumed after {KILLS} kills against the uninterrupted run",
        0.0,
        "things not bit-equal",
        ("test_loop_kill_resume.py::test_losses_are_bit_equal_after_kills_at_random_moments",),
        _kills,
    ),
)
