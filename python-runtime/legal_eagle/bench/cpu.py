"""CPU throughput: ours against transformers' Trainer with PEFT, as ratios of non-pad tokens a second.

Each round runs every variant once on the same samples, so that a machine's moods hit all of them; the
result is the median over rounds. A round whose baseline is more than 30 % off the others' median was
disturbed and is run again.
"""

import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from legal_eagle.bench import opponent, ours
from legal_eagle.bench.workload import SAMPLES_PER_STEP, Sample, make_samples, write_model

_MAX_BASELINE_DEVIATION = 0.3
_MAX_REPEATED_ROUNDS = 3
_MAX_LOSS_DIFFERENCE = 1e-3


@dataclass(frozen=True, slots=True)
class Round:
    """Non-pad tokens a second of each variant."""

    ours: float
    plain: float
    checkpointed: float
    grouped: float


def run_cpu_benchmark(
    *, rounds: int, steps: int, threads: int, report: Callable[[str], None]
) -> dict[str, object]:
    """Runs `rounds` rounds of `steps` optimizer steps and returns the ratios with what explains them.

    Raises RuntimeError where both sides do not start from the same loss: a ratio of different
    computations means nothing.
    """
    torch.set_num_threads(threads)
    samples = make_samples(steps)
    tokens = sum(len(sample.ids) for sample in samples)
    with tempfile.TemporaryDirectory() as folder:
        model = write_model(Path(folder) / "model")
        difference = _loss_difference(model, samples[:SAMPLES_PER_STEP])
        warm_up = samples[:SAMPLES_PER_STEP]
        _run_round(model, warm_up, sum(len(sample.ids) for sample in warm_up))
        done: list[Round] = []
        repeats = 0
        while len(done) < rounds:
            done.append(_run_round(model, samples, tokens))
            report(_describe(done[-1], f"round {len(done)}/{rounds}"))
            disturbed = _disturbed(done)
            if disturbed is not None and repeats < _MAX_REPEATED_ROUNDS:
                repeats += 1
                del done[disturbed]
                report(f"round {disturbed + 1} was disturbed; it is run again")
    return {
        "ratio": _median(done, lambda one: one.ours / one.plain),
        "ratioCheckpointed": _median(done, lambda one: one.ours / one.checkpointed),
        "ratioGrouped": _median(done, lambda one: one.ours / one.grouped),
        "tokensPerSecond": {
            name: round(statistics.median(getattr(one, name) for one in done))
            for name in ("ours", "plain", "checkpointed", "grouped")
        },
        "rounds": len(done),
        "repeatedRounds": repeats,
        "steps": steps,
        "tokens": tokens,
        "threads": threads,
        "lossDifference": difference,
        "torch": torch.__version__,
    }


def _loss_difference(model: Path, samples: list[Sample]) -> float:
    difference = abs(ours.first_loss(model, samples) - opponent.first_loss(model, samples))
    if difference > _MAX_LOSS_DIFFERENCE:
        raise RuntimeError(f"the two sides' first losses differ by {difference}")
    return difference


def _run_round(model: Path, samples: list[Sample], tokens: int) -> Round:
    return Round(
        plain=tokens / opponent.train_seconds(model, samples, "plain"),
        ours=tokens / ours.train_seconds(model, samples),
        checkpointed=tokens / opponent.train_seconds(model, samples, "checkpointed"),
        grouped=tokens / opponent.train_seconds(model, samples, "grouped"),
    )


def _disturbed(done: list[Round]) -> int | None:
    """Index of a round whose baseline is far from the median of all; needs three to judge."""
    if len(done) < 3:
        return None
    middle = statistics.median(one.plain for one in done)
    deviations = [abs(one.plain / middle - 1) for one in done]
    worst = max(range(len(done)), key=deviations.__getitem__)
    return worst if deviations[worst] > _MAX_BASELINE_DEVIATION else None


def _median(done: list[Round], ratio: Callable[[Round], float]) -> float:
    return round(statistics.median(ratio(one) for one in done), 3)


def _describe(one: Round, label: str) -> str:
    return (
        f"{label}: ours {one.ours:.0f} tok/s, Trainer+PEFT {one.plain:.0f} "
        f"(checkpointed {one.checkpointed:.0f}, grouped {one.grouped:.0f}), ratio {one.ours / one.plain:.2f}"
    )
