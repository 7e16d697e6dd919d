"""What each mechanism of the engine gains on this CPU: the same samples without and with it, in turn.

The two forms of a mechanism run one after the other in every round, so that a machine's moods hit both; the
gain is the median over rounds of the processor time without divided by that with it. Everything else of the
two forms is the engine as it is.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import peft
import torch
from torch import nn

from legal_eagle.bench.ours import load_decoder, packs_of
from legal_eagle.bench.workload import (
    LORA,
    MICRO_BATCH_SAMPLES,
    SAMPLES_PER_STEP,
    Sample,
    make_samples,
    write_model,
)
from legal_eagle.engine.batch import PackedBatch, pack_documents
from legal_eagle.engine.compiled_elementwise import CompiledElementwise
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.model import build_model

Pass = Callable[[], None]
Forms = tuple[Pass, Pass]
_LINEAR_ROWS = 900


def measure_mechanisms(
    *, rounds: int, steps: int, threads: int, compiled: bool, report: Callable[[str], None]
) -> dict[str, object]:
    """Median gain, least and greatest of each mechanism; a reason where it was not measured."""
    torch.set_num_threads(threads)
    samples = make_samples(steps)
    gains: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        model = write_model(Path(folder) / "model")
        for name, make in _mechanisms(model, samples, compiled).items():
            made = make()
            gains[name] = made if isinstance(made, str) else _gain(made, rounds)
            report(f"{name}: {gains[name]}")
    tokens = sum(len(sample.ids) for sample in samples)
    return {
        "gains": gains,
        "rounds": rounds,
        "tokens": tokens,
        "threads": threads,
        "torch": torch.__version__,
    }


def _gain(forms: Forms, rounds: int) -> dict[str, float]:
    without, with_it = forms
    ratios = []
    # The first round warms both up.
    for index in range(rounds + 1):
        ratio = _seconds(without) / _seconds(with_it)
        if index > 0:
            ratios.append(ratio)
    return {
        "median": round(statistics.median(ratios), 2),
        "least": round(min(ratios), 2),
        "greatest": round(max(ratios), 2),
    }


def _seconds(run: Pass) -> float:
    """Of processor time over all threads: on a machine that also does other work, the wall clock of one form
    says how busy that was. Waiting threads sleep (`mechanisms_command`), so they do not count."""
    started = time.process_time()
    run()
    return time.process_time() - started


def _mechanisms(
    model: Path, samples: Sequence[Sample], compiled: bool
) -> dict[str, Callable[[], Forms | str]]:
    decoder = load_decoder(model)
    batches = [
        samples[begin : begin + SAMPLES_PER_STEP] for begin in range(0, len(samples), SAMPLES_PER_STEP)
    ]
    packed = [pack for batch in batches for pack in packs_of(batch)]
    ours = _passes(decoder, packed)

    def recomputed() -> None:
        decoder.recompute_layers = len(decoder.blocks)
        try:
            ours()
        finally:
            decoder.recompute_layers = 0

    def in_compiled_form() -> Forms | str:
        if not compiled:
            return "not measured: ask for it with --compile"
        failures: list[str] = []
        parts = CompiledElementwise(failures.append)
        parts.warm_up(decoder.config, decoder.device, decoder.dtype)
        if failures:
            return f"not measured: {failures[0]}"
        fused = load_decoder(model)
        fused.compute_with(parts.functions)
        return ours, _passes(fused, packed)

    return {
        "packing instead of padding": lambda: (_passes(decoder, _padded(batches)), ours),
        "attention by document instead of padded inside": lambda: (
            _passes(_with_padded_attention(model), packed),
            ours,
        ),
        "answer rows instead of all rows in head and last layer": lambda: (
            _passes(decoder, [pack for batch in batches for pack in packs_of(_all_answers(batch))]),
            ours,
        ),
        "fused products and one LoRA function instead of PEFT's layers": lambda: _linear_layers(decoder),
        "compiled elementwise parts": in_compiled_form,
        "no recompute instead of all layers": lambda: (recomputed, ours),
    }


def _passes(decoder: Decoder, packs: Sequence[PackedBatch]) -> Pass:
    """Forward and backward over all packs."""
    answers = sum(pack.answer_tokens for pack in packs)

    def run() -> None:
        for pack in packs:
            decoder.loss(pack, answers).backward()  # type: ignore[no-untyped-call]

    return run


def _padded(batches: Sequence[Sequence[Sample]]) -> list[PackedBatch]:
    """Micro-batches of whole samples, each as long as the longest: padding as rows that are computed."""
    made = []
    for batch in batches:
        for begin in range(0, len(batch), MICRO_BATCH_SAMPLES):
            group = batch[begin : begin + MICRO_BATCH_SAMPLES]
            longest = max(len(sample.ids) for sample in group)
            pads = [longest - len(sample.ids) for sample in group]
            made.append(
                pack_documents(
                    [
                        (sample.ids + [2] * pad, sample.mask + [False] * pad)
                        for sample, pad in zip(group, pads, strict=True)
                    ]
                )
            )
    return made


def _all_answers(batch: Sequence[Sample]) -> list[Sample]:
    return [replace(sample, answer_tokens=len(sample.ids)) for sample in batch]


def _with_padded_attention(model: Path) -> Decoder:
    decoder = build_model(model, attention="padded")
    decoder.add_lora(LORA, torch.Generator().manual_seed(0))
    return decoder


class _Separate(nn.Module):
    """The seven linear layers of a decoder layer, each by itself, as a model class has them."""

    def __init__(self, hidden: int, inner: int, heads: int, kv_heads: int, width: int) -> None:
        super().__init__()
        self.q_proj = nn.Linear(hidden, heads * width, bias=False)
        self.k_proj = nn.Linear(hidden, kv_heads * width, bias=False)
        self.v_proj = nn.Linear(hidden, kv_heads * width, bias=False)
        self.o_proj = nn.Linear(heads * width, hidden, bias=False)
        self.gate_proj = nn.Linear(hidden, inner, bias=False)
        self.up_proj = nn.Linear(hidden, inner, bias=False)
        self.down_proj = nn.Linear(inner, hidden, bias=False)

    def forward(self, x: torch.Tensor, heads: torch.Tensor, inner: torch.Tensor) -> tuple[torch.Tensor, ...]:
        qkv = self.q_proj(x), self.k_proj(x), self.v_proj(x)
        return (*qkv, self.o_proj(heads), self.gate_proj(x), self.up_proj(x), self.down_proj(inner))


def _linear_layers(decoder: Decoder) -> Forms:
    """Forward and backward of one layer's products alone: PEFT's LoRA layers, and ours."""
    config, block = decoder.config, decoder.blocks[0]
    sizes = config.hidden_size, config.intermediate_size
    generator = torch.Generator().manual_seed(0)
    x, heads, inner = (
        torch.randn(_LINEAR_ROWS, width, generator=generator)
        for width in (config.hidden_size, config.heads * config.head_dim, config.intermediate_size)
    )
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    settings = peft.LoraConfig(r=LORA.rank, lora_alpha=LORA.alpha, target_modules=targets)
    separate = peft.get_peft_model(
        _Separate(*sizes, config.heads, config.kv_heads, config.head_dim), settings
    )

    def by_peft() -> None:
        inputs = [one.detach().requires_grad_(True) for one in (x, heads, inner)]
        outputs = separate(*inputs)
        torch.autograd.backward(outputs, [torch.ones_like(one) for one in outputs])
        separate.zero_grad(set_to_none=True)

    @torch.no_grad()
    def by_us() -> None:
        for layer, given in ((block.qkv, x), (block.o, heads), (block.gate_up, x), (block.down, inner)):
            y, saved = layer.forward(given)
            layer.backward(torch.ones_like(y), given, saved)

    def repeated(run: Pass) -> Pass:
        def several() -> None:
            for _ in range(10):
                run()

        return several

    return repeated(by_peft), repeated(by_us)
