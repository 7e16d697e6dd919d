"""Our side: the engine's own token store, plan and loop."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from legal_eagle.bench.protocol.measurement import Measured, StepClock, reset_memory
from legal_eagle.bench.protocol.random_weights import RandomWeights, initial_lora_a
from legal_eagle.bench.protocol.scale import ALPHA, MAX_GRADIENT_NORM, RANK, Scale
from legal_eagle.bench.protocol.shapes import Shape, TokenCost
from legal_eagle.bench.protocol.variants import CannotRun
from legal_eagle.bench.protocol.workload import Workload, make_workload
from legal_eagle.engine.batches import packed_batch
from legal_eagle.engine.compiled_elementwise import compile_elementwise
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.loop import TrainingLoop
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.mechanisms import EngineOptions, Mechanisms, choose_mechanisms
from legal_eagle.engine.model import decoder_of
from legal_eagle.engine.optimizer import AdapterOptimizer
from legal_eagle.engine.quantisation import Quantiser
from legal_eagle.engine.train_state import TrainState

_EAGER = EngineOptions(compile="off")


@dataclass(frozen=True, slots=True)
class OurSettings:
    """`recompute`: of every layer, or of none."""

    max_tokens: int
    recompute: bool
    options: EngineOptions = _EAGER


@dataclass(frozen=True, slots=True)
class Built:
    """`compile_seconds`: of compiling before the first step; None where nothing is compiled."""

    decoder: Decoder
    mechanisms: Mechanisms
    compile_seconds: float | None


def build_decoder(
    shape: Shape,
    device: torch.device,
    dtype: torch.dtype,
    options: EngineOptions = _EAGER,
    rounded_to: torch.dtype = torch.float32,
) -> Built:
    """The shape with its random weights and the adapter that both sides start from. JobError where the device
    cannot do what `options` ask for, CannotRun where nothing can be compiled."""
    config = shape.config
    mechanisms = choose_mechanisms(options, device, dtype, config, {})
    weights = RandomWeights(shape, device, rounded_to)
    kind = mechanisms.quantization
    decoder = decoder_of(
        config,
        weights,
        dtype=dtype,
        device=device,
        attention=mechanisms.attention,
        prepare=None if kind == "none" else Quantiser(kind, dtype, device).prepare,
    )
    compile_seconds = None
    if mechanisms.compile:
        started = time.perf_counter()
        # A cache of its own: what an earlier variant compiled must not make this one look quick.
        compile_elementwise(decoder, Path(tempfile.mkdtemp()), _not_compiled)
        compile_seconds = time.perf_counter() - started
    decoder.add_lora(LoraConfig(RANK, ALPHA), torch.Generator().manual_seed(0))
    with torch.no_grad():
        for name, parameter in decoder.lora_parameters():
            if name.endswith(".lora_A.weight"):
                module = name.removesuffix(".lora_A.weight")
                parameter.copy_(initial_lora_a(module, *parameter.shape))
    return Built(decoder, mechanisms, compile_seconds)


def _not_compiled(reason: str) -> None:
    """A variant that is called compiled and is not would be a wrong figure."""
    raise CannotRun(f"nothing is compiled: {reason}")


def make_loop(decoder: Decoder, workload: Workload, learning_rate: float) -> TrainingLoop:
    """The engine's loop over the workload at a constant learning rate."""
    store = workload.open_store()

    def loss_of(documents: Sequence[int], answer_tokens: int) -> torch.Tensor:
        return decoder.loss(packed_batch(store, documents, decoder.device), answer_tokens)

    def refuse(*, old_tokens: int, new_tokens: int) -> None:
        raise MemoryError(f"{old_tokens} tokens do not fit, {new_tokens} would be another variant")

    return TrainingLoop(
        plan=workload.plan,
        lengths=store.lengths,
        loss_of=loss_of,
        optimizer=AdapterOptimizer(
            decoder.lora_parameters(),
            beta1=0.9,
            beta2=0.999,
            epsilon=1e-8,
            weight_decay=0.0,
            max_grad_norm=MAX_GRADIENT_NORM,
        ),
        learning_rate=lambda _index: learning_rate,
        state=TrainState(),
        generator=torch.Generator().manual_seed(0),
        on_limit_lowered=refuse,
    )


def run_ours(scale: Scale, shape: Shape, settings: OurSettings) -> Measured:
    """Trains the scale's steps. Raises what the engine raises where memory does not suffice."""
    workload = make_workload(scale, shape, scale.steps, settings.max_tokens)
    built = build_decoder(shape, scale.device, scale.dtype, settings.options)
    decoder = built.decoder
    decoder.recompute_layers = len(decoder.blocks) if settings.recompute else 0
    loop = make_loop(decoder, workload, scale.learning_rate)
    reset_memory(scale.device)
    clock = StepClock(scale.device)
    losses = []
    while not loop.finished:
        clock.start()
        losses.append(loop.step().loss)
        clock.stop()
    timed = workload.plan.steps[scale.warm_up_steps :]
    tokens = [step.tokens for step in timed]
    lengths = workload.timed_lengths(scale.warm_up_steps)
    cost = TokenCost(
        shape,
        RANK,
        logits_share=sum(step.answer_tokens for step in timed) / sum(tokens),
        attended=float((lengths.astype(float) ** 2).sum() / lengths.sum()),
    )
    return Measured(
        seconds=clock.seconds,
        losses=losses,
        warm_up_steps=scale.warm_up_steps,
        tokens=tokens,
        computed_tokens=tokens,
        useful=cost,
        computed=cost,
        recomputed_share=1.0 if settings.recompute else 0.0,
        compile_seconds=built.compile_seconds,
        details={
            "maxTokensPerPack": settings.max_tokens,
            "packs": sum(len(step.micro_batches) for step in timed),
            **built.mechanisms.to_json(),
            "reasons": list(built.mechanisms.reasons),
        },
    )
