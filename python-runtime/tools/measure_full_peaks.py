"""Measures what full fine-tuning really holds in memory, for the preflight's prediction to be held against.

    python python-runtime/tools/measure_full_peaks.py

As `measure_peaks.py`, whose random models it takes: three optimizer steps, counting the bytes of every tensor
storage that is alive (the first step has no moments of Adam yet).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "python-runtime"))

# First: it limits oneDNN's caches before torch loads.
import legal_eagle.engine  # noqa: E402, F401, I001

import numpy as np  # noqa: E402
import torch  # noqa: E402

from legal_eagle.compat.compat_engine import CompatEngine  # noqa: E402
from legal_eagle.data.pack_plan import micro_batches_of  # noqa: E402
from legal_eagle.engine.batch import pack_documents  # noqa: E402
from legal_eagle.engine.optimizer import AdapterOptimizer  # noqa: E402
from legal_eagle.engine.storage_bytes import StorageBytes  # noqa: E402
from measure_peaks import documents_of, shape_of, write_model  # noqa: E402
from peak_configurations import Configuration  # noqa: E402

MEASURED = REPOSITORY / "test" / "fixtures" / "preflight" / "measured-full.json"
_STEPS = 3
_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass(frozen=True, slots=True)
class FullConfiguration:
    """`shape`: the model and the documents; what it says of an adapter is not used."""

    shape: Configuration
    recomputes_all: bool = False


CONFIGURATIONS: Sequence[FullConfiguration] = (
    FullConfiguration(Configuration("InternLM2, one pass", (210, 160, 96, 330))),
    FullConfiguration(
        Configuration(
            "InternLM2, several passes", (512, 480, 333, 250, 128, 700, 96), max_tokens_per_micro_batch=900
        )
    ),
    FullConfiguration(
        Configuration("InternLM2, deep, recomputed", (350, 350, 350), layers=12), recomputes_all=True
    ),
    FullConfiguration(
        Configuration("InternLM2, few tokens", (60, 40), layers=6, hidden=384, intermediate=1024, head_dim=48)
    ),
    FullConfiguration(
        Configuration("Llama, bf16", (500, 300, 90), layout="llama", precision="bf16", stored="bf16")
    ),
    FullConfiguration(
        Configuration(
            "Llama, bf16, several passes, recomputed",
            (500, 480, 333, 250),
            layout="llama",
            layers=6,
            precision="bf16",
            max_tokens_per_micro_batch=600,
        ),
        recomputes_all=True,
    ),
    FullConfiguration(
        Configuration("Qwen3, tied", (400, 333, 250), layout="llama", qk_norm=True, tied=True, layers=5)
    ),
    FullConfiguration(
        Configuration(
            "Qwen3, bf16, several passes",
            (400, 333, 250, 128),
            layout="llama",
            qk_norm=True,
            precision="bf16",
            max_tokens_per_micro_batch=600,
        )
    ),
    FullConfiguration(
        Configuration(
            "a large vocabulary", (120, 200, 64), vocabulary=32_000, hidden=192, head_dim=24, layers=2
        )
    ),
    FullConfiguration(
        Configuration(
            "answers everywhere, no groups", (240, 410, 300), answer_share=1.0, heads=8, kv_heads=8, layers=3
        )
    ),
    FullConfiguration(
        Configuration(
            "biases, few answers",
            (700, 500),
            qkv_bias=True,
            o_bias=True,
            answer_share=0.05,
            intermediate=1024,
        )
    ),
)


def measure(configuration: FullConfiguration) -> dict[str, Any]:
    """One entry of the fixture."""
    torch.set_num_threads(1)
    shape = configuration.shape
    with TemporaryDirectory() as folder:
        write_model(Path(folder), shape)
        # Whatever torch makes once a process (its own constants) is no part of a run.
        _train(Path(folder), configuration)
        weights, peak, passes = _train(Path(folder), configuration)
    return {
        "name": shape.name,
        "shape": shape_of(shape),
        "precision": shape.precision,
        "recomputesAll": configuration.recomputes_all,
        "microBatches": passes,
        "measured": {"weightsBytes": weights, "peakBytes": peak},
    }


def _train(folder: Path, configuration: FullConfiguration) -> tuple[int, int, list[dict[str, Any]]]:
    shape = configuration.shape
    documents = documents_of(shape)
    parts = micro_batches_of(
        range(len(documents)), np.asarray(shape.lengths, dtype=np.int64), shape.max_tokens_per_micro_batch
    )
    answers = sum(sum(mask) for _, mask in documents)
    with StorageBytes() as live:
        engine = CompatEngine()
        facts = engine.full_facts(folder)
        if facts is None:
            raise RuntimeError(f"{shape.name}: no class computes it")
        model = engine.full(
            folder,
            facts,
            dtype=_DTYPES[shape.precision],
            device=torch.device("cpu"),
            on_reason=lambda _: None,
        )
        if configuration.recomputes_all:
            model.recompute_all()
        optimizer = AdapterOptimizer(
            model.trained_parameters(),
            beta1=0.9,
            beta2=0.999,
            epsilon=1e-8,
            weight_decay=0.0,
            max_grad_norm=1.0,
        )
        weights = live.current
        for _ in range(_STEPS):
            for members in parts:
                loss = model.loss(pack_documents([documents[one] for one in members]), answers)
                loss.backward()  # type: ignore[no-untyped-call]
                del loss
            optimizer.clip()
            optimizer.step(1e-4)
            optimizer.zero_grad()
        return (
            weights,
            live.peak,
            [
                {
                    "lengths": [shape.lengths[one] for one in members],
                    "answerTokens": sum(sum(documents[one][1]) for one in members),
                }
                for members in parts
            ],
        )


def main() -> None:
    entries = []
    for configuration in CONFIGURATIONS:
        entries.append(measure(configuration))
        print(f"{configuration.shape.name}: {entries[-1]['measured']['peakBytes'] / 1e6:.1f} MB")
    text = json.dumps({"torch": torch.__version__.split("+")[0], "configurations": entries}, indent=2)
    MEASURED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
