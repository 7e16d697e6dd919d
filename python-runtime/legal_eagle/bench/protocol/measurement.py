"""What a variant measured, and the figures that follow from it."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import asdict, dataclass, field

import torch

from legal_eagle.bench.protocol.shapes import TokenCost


@dataclass(slots=True)
class StepClock:
    """Wall-clock seconds of whole optimizer steps, the device's queue drained on both sides. Loading of
    batches between the steps is not in it."""

    device: torch.device
    seconds: list[float] = field(default_factory=list)
    _started: float = 0.0

    def start(self) -> None:
        self._drain()
        self._started = time.perf_counter()

    def stop(self) -> None:
        self._drain()
        self.seconds.append(time.perf_counter() - self._started)

    def _drain(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


@dataclass(frozen=True, slots=True)
class Measured:
    """One variant's run. `tokens` and `computed_tokens` are of each timed step: real ones, and rows that were
    computed, padding included. `seconds` and `losses` are of every step, warm-up first."""

    seconds: list[float]
    losses: list[float]
    warm_up_steps: int
    tokens: list[int]
    computed_tokens: list[int]
    useful: TokenCost
    # Of a computed row: what padding and needless logits add.
    computed: TokenCost
    # Share of the layers that are computed a second time in the backward pass.
    recomputed_share: float
    # Of compiling before the first step; None where nothing is compiled.
    compile_seconds: float | None = None
    details: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Memory:
    """Peak bytes on the device; None on a CPU."""

    allocated: int | None
    reserved: int | None


def reset_memory(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_memory(device: torch.device) -> Memory:
    if device.type != "cuda":
        return Memory(None, None)
    return Memory(torch.cuda.max_memory_allocated(device), torch.cuda.max_memory_reserved(device))


@dataclass(frozen=True, slots=True)
class Figures:
    """TFLOP/s are useful ones (without recompute and padding) and those of everything that was computed."""

    tokens_per_second: float
    padded_tokens_per_second: float
    pad_efficiency: float
    useful_tflops: float
    hardware_tflops: float
    step_seconds_p50: float
    step_seconds_p95: float
    first_step_seconds: float
    # With what the first step takes beyond a settled one.
    compile_seconds: float | None
    peak_allocated_bytes: int | None
    peak_reserved_bytes: int | None
    final_loss: float
    losses: list[float]

    def as_json(self) -> dict[str, object]:
        return {_camel(name): value for name, value in asdict(self).items()}


def figures_of(measured: Measured, memory: Memory) -> Figures:
    """Rates are medians over the timed steps."""
    timed = measured.seconds[measured.warm_up_steps :]
    rate = statistics.median(tokens / seconds for tokens, seconds in zip(measured.tokens, timed, strict=True))
    computed_rate = statistics.median(
        tokens / seconds for tokens, seconds in zip(measured.computed_tokens, timed, strict=True)
    )
    share = measured.recomputed_share
    computed_flop = (
        1 - share
    ) * measured.computed.useful_flop() + share * measured.computed.recomputed_flop()
    middle = statistics.median(timed)
    return Figures(
        tokens_per_second=rate,
        padded_tokens_per_second=computed_rate,
        pad_efficiency=sum(measured.tokens) / sum(measured.computed_tokens),
        useful_tflops=rate * measured.useful.useful_flop() / 1e12,
        hardware_tflops=computed_rate * computed_flop / 1e12,
        step_seconds_p50=middle,
        step_seconds_p95=_percentile(timed, 0.95),
        first_step_seconds=measured.seconds[0],
        compile_seconds=_compile_seconds(measured, middle),
        peak_allocated_bytes=memory.allocated,
        peak_reserved_bytes=memory.reserved,
        final_loss=measured.losses[-1],
        losses=measured.losses,
    )


def _compile_seconds(measured: Measured, middle: float) -> float | None:
    if measured.compile_seconds is None:
        return None
    return measured.compile_seconds + max(0.0, measured.seconds[0] - middle)


def _percentile(values: list[float], share: float) -> float:
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1]


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
