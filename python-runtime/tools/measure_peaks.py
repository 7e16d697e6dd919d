"""Measures what training really holds in memory, for the preflight's prediction to be held against.

    python python-runtime/tools/measure_peaks.py [part of a name …]

Runs two optimizer steps of the engine on random models and counts the bytes of every tensor storage that is
alive, from the first tensor loaded to the last update. Run it after the engine keeps other tensors than
before; the TypeScript test then says where the prediction has to follow.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "python-runtime"))

# First: it limits oneDNN's caches before torch loads.
import legal_eagle.engine  # noqa: E402, F401, I001

import numpy as np  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from torch.profiler import ProfilerActivity, profile  # noqa: E402

from legal_eagle.data.pack_plan import BatchShape, plan  # noqa: E402
from legal_eagle.engine.batch import PackedBatch, pack_documents  # noqa: E402
from legal_eagle.engine.decoder import Decoder  # noqa: E402
from legal_eagle.engine.loop import TrainingLoop  # noqa: E402
from legal_eagle.engine.lora import LoraConfig  # noqa: E402
from legal_eagle.engine.memory_meter import CpuMeter  # noqa: E402
from legal_eagle.engine.model import build_model  # noqa: E402
from legal_eagle.engine.quantisation import Quantiser  # noqa: E402
from legal_eagle.engine.optimizer import AdapterOptimizer  # noqa: E402
from legal_eagle.engine.train_state import TrainState  # noqa: E402
from legal_eagle.models.config import config_from_values  # noqa: E402
from legal_eagle.models.layouts import expected_tensors  # noqa: E402
from peak_configurations import CONFIGURATIONS, Configuration  # noqa: E402
from legal_eagle.engine.recompute import ProbeInput, choose_recompute  # noqa: E402
from legal_eagle.engine.storage_bytes import StorageBytes  # noqa: E402

MEASURED = REPOSITORY / "test" / "fixtures" / "preflight" / "measured.json"
STEPS = 2

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
_ARCHITECTURES = {
    "internlm2": "InternLM2ForCausalLM",
    "llama": "LlamaForCausalLM",
    "mistral": "MistralForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
}


def measure(configuration: Configuration) -> dict[str, Any]:
    """Trains `configuration` and describes it with its measured bytes, as one entry of the fixture."""
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder:
        write_model(Path(folder), configuration)
        # Whatever torch makes once a process (its own constants) is no part of a run.
        _train(Path(folder), configuration, None)
        counted = _Counted()
        micro_batches = _train(Path(folder), configuration, counted)
    return {
        "name": configuration.name,
        "shape": shape_of(configuration),
        "storedDtype": {"fp32": "F32", "bf16": "BF16"}[configuration.stored],
        "precision": configuration.precision,
        **({} if configuration.quantization == "none" else {"quantization": configuration.quantization}),
        "lora": {
            "rank": configuration.rank,
            "dropout": configuration.dropout,
            "targets": configuration.targets,
            "targetPattern": configuration.pattern,
            "dora": configuration.dora,
            "whole": {0: "none", 1: "".join(configuration.whole), 2: "both"}[len(configuration.whole)],
        },
        "recomputedLayers": configuration.recomputed,
        "microBatches": micro_batches,
        "measured": asdict(counted),
    }


def shape_of(configuration: Configuration) -> dict[str, Any]:
    """The model of a configuration in the words of the preflight."""
    return {
        "layout": configuration.layout,
        "hiddenSize": configuration.hidden,
        "layers": configuration.layers,
        "heads": configuration.heads,
        "kvHeads": configuration.kv_heads,
        "headDim": configuration.head_dim,
        "intermediateSize": configuration.intermediate,
        "vocabSize": configuration.vocabulary,
        "qkvBias": configuration.qkv_bias,
        "oBias": configuration.o_bias,
        "qkNorm": configuration.qk_norm,
        "tiedEmbeddings": configuration.tied,
        "windows": [configuration.window] * configuration.layers,
    }


@dataclass(slots=True)
class _Counted:
    """Bytes. `allocatorPeakBytes` comes from torch's own allocator over one step, `peakBytes` from counting
    storages over everything; two ways to the same figure."""

    weightsBytes: int = 0
    adapterBytes: int = 0
    gradientBytes: int = 0
    optimizerBytes: int = 0
    peakBytes: int = 0
    allocatorPeakBytes: int = 0
    # What the engine says at a run's start, from passes that it measures before the first step.
    engineBytes: int = 0


def _train(folder: Path, configuration: Configuration, counted: _Counted | None) -> list[dict[str, Any]]:
    with StorageBytes() as live:
        dtype = _DTYPES[configuration.precision]
        kind = configuration.quantization
        quantiser = None if kind == "none" else Quantiser(kind, dtype, torch.device("cpu"))
        decoder = build_model(folder, dtype=dtype, prepare=None if quantiser is None else quantiser.prepare)
        weights = live.current
        generator = torch.Generator().manual_seed(0)
        targets: Any = configuration.targets
        decoder.add_lora(
            LoraConfig(
                configuration.rank,
                2.0 * configuration.rank,
                configuration.dropout,
                targets,
                pattern=configuration.pattern,
                dora=configuration.dora,
                whole=configuration.whole,
            ),
            generator,
        )
        optimizer = AdapterOptimizer(
            decoder.lora_parameters(),
            beta1=0.9,
            beta2=0.999,
            epsilon=1e-8,
            weight_decay=0.0,
            max_grad_norm=1.0,
        )
        documents = documents_of(configuration)
        lengths = np.asarray(configuration.lengths, dtype=np.int64)
        answers = np.asarray([sum(mask) for _, mask in documents], dtype=np.int64)
        made = plan(
            lengths,
            answers,
            BatchShape("samples", len(documents), 1),
            epochs=STEPS,
            seed=0,
            max_tokens_per_micro_batch=configuration.max_tokens_per_micro_batch,
        )

        decoder.recompute_layers = configuration.recomputed

        def batch_of(members: Sequence[int]) -> PackedBatch:
            return pack_documents([documents[index] for index in members])

        def loss_of(members: Sequence[int], answer_tokens: int) -> torch.Tensor:
            return decoder.loss(batch_of(members), answer_tokens)

        loop = TrainingLoop(
            plan=made,
            lengths=lengths,
            loss_of=loss_of,
            optimizer=optimizer,
            learning_rate=lambda _: 1e-4,
            state=TrainState(),
            generator=generator,
            on_limit_lowered=_refuse_lowering,
        )
        while not loop.finished:
            result = loop.step()
            if result.skipped:
                raise RuntimeError(f"{configuration.name}: a step was skipped, its memory is not a run's")
        resident = live.current
        peak = live.peak
    store = decoder.lora
    if counted is not None and store is not None:
        loop.state.step = 0
        counted.weightsBytes = weights
        counted.adapterBytes = _bytes([store.masters])
        counted.gradientBytes = _bytes([store.gradients])
        counted.optimizerBytes = _bytes(optimizer.state_tensors().values())
        counted.peakBytes = peak
        counted.allocatorPeakBytes = resident + _allocated_in_one_step(loop)
        batches = [partial(batch_of, members) for members in made.steps[0].micro_batches]
        counted.engineBytes = _predicted(decoder, optimizer, generator, batches, configuration.recomputed)
    return [
        {
            "lengths": [int(lengths[index]) for index in members],
            "answerTokens": int(answers[list(members)].sum()),
        }
        for members in made.steps[0].micro_batches
    ]


def _allocated_in_one_step(loop: TrainingLoop) -> int:
    """The most that torch's CPU allocator held above what it held before the step."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        loop.step()
    recorded = profiler.profiler
    if recorded is None or recorded.kineto_results is None:
        raise RuntimeError("the profiler recorded nothing")
    changes = sorted(
        (event.start_ns(), event.nbytes())
        for event in recorded.kineto_results.events()
        if event.name() == "[memory]"
    )
    held = most = 0
    for _, change in changes:
        held += change
        most = max(most, held)
    return most


def _predicted(
    decoder: Decoder,
    optimizer: AdapterOptimizer,
    generator: torch.Generator,
    batches: Sequence[Callable[[], PackedBatch]],
    recomputed: int,
) -> int:
    def light() -> PackedBatch:
        return pack_documents([([3] * 16, [place > 8 for place in range(16)])])

    decision = choose_recompute(
        decoder,
        optimizer,
        generator,
        ProbeInput(batches, light, max(make().tokens for make in batches)),
        CpuMeter(),
        None,
        thorough=True,
        stated=recomputed,
    )
    if decision.peak_bytes is None:
        raise RuntimeError("nothing was measured")
    return decision.peak_bytes


def write_model(folder: Path, configuration: Configuration) -> None:
    internlm2 = configuration.layout == "internlm2"
    values = {
        "architectures": [_ARCHITECTURES[_model_type(configuration)]],
        "model_type": _model_type(configuration),
        **({} if configuration.window is None else {"sliding_window": configuration.window}),
        "hidden_act": "silu",
        "hidden_size": configuration.hidden,
        "intermediate_size": configuration.intermediate,
        "num_hidden_layers": configuration.layers,
        "num_attention_heads": configuration.heads,
        "num_key_value_heads": configuration.kv_heads,
        "head_dim": configuration.head_dim,
        "vocab_size": configuration.vocabulary,
        "max_position_embeddings": 4096,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": configuration.tied,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "torch_dtype": "float32",
    }
    prefix = "model.layers.0"
    names = {f"{prefix}.attention.wqkv.weight" if internlm2 else f"{prefix}.self_attn.q_proj.weight"}
    if configuration.qkv_bias:
        names.add(f"{prefix}.attention.wqkv.bias" if internlm2 else f"{prefix}.self_attn.q_proj.bias")
    if configuration.o_bias:
        names.add(f"{prefix}.attention.wo.bias" if internlm2 else f"{prefix}.self_attn.o_proj.bias")
    if configuration.qk_norm:
        names.add(f"{prefix}.self_attn.q_norm.weight")
    config = config_from_values(values, names)
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for name, shape in expected_tensors(config).items():
        noise = torch.randn(shape, generator=generator) * 0.02
        tensors[name] = (noise + 1.0 if "norm" in name else noise).to(_DTYPES[configuration.stored])
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    save_file(tensors, folder / "model.safetensors")


def _model_type(configuration: Configuration) -> str:
    if configuration.layout == "internlm2":
        return "internlm2"
    if configuration.window is not None:
        return "mistral"
    return "qwen3" if configuration.qk_norm else "llama"


def documents_of(configuration: Configuration) -> list[tuple[list[int], list[bool]]]:
    generator = torch.Generator().manual_seed(1)
    documents = []
    for length in configuration.lengths:
        ids = torch.randint(3, configuration.vocabulary, (length,), generator=generator).tolist()
        first = max(1, length - max(1, round(length * configuration.answer_share)))
        documents.append((ids, [index >= first for index in range(length)]))
    return documents


def _bytes(tensors: Iterable[torch.Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _refuse_lowering(*, old_tokens: int, new_tokens: int) -> None:
    raise RuntimeError(f"micro-batches of {old_tokens} tokens did not fit; {new_tokens} would be another run")


def main() -> None:
    entries = []
    stored = {entry["name"]: entry for entry in json.loads(MEASURED.read_text("utf-8"))["configurations"]}
    for configuration in CONFIGURATIONS:
        if configuration.name in stored and not any(
            part in configuration.name for part in sys.argv[1:] or [""]
        ):
            entries.append(stored[configuration.name])
            continue
        entries.append(measure(configuration))
        measured = entries[-1]["measured"]
        print(f"{configuration.name}: {measured['peakBytes'] / 1e6:.1f} MB")
    MEASURED.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"torch": torch.__version__.split("+")[0], "configurations": entries}, indent=2)
    MEASURED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
