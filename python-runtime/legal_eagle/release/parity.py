"""Whether written files answer as base plus adapter do.

All models run in fp32 arithmetic, one at a time in memory: base plus adapter first (its logits and greedy
answers are kept), the same model merged in memory and rounded once, then the written folder, read anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import torch

from legal_eagle.models.config import ModelConfig, read_config
from legal_eagle.release.layered_model import LayeredModel, Mode, fp32_layer_bytes
from legal_eagle.release.merge import MergeStopped
from legal_eagle.release.parity_prompts import MAX_TOKENS, ParityPrompt

# Two orders of the same fp32 sums differ by less than this on logits; also the whole allowance of fp32 files.
FP32_LIMIT = 1e-4
# Rounding moves a logit by up to its error here and by up to its error there.
ROUNDING_FACTOR = 2.0
GREEDY_TOKENS = 24
# Each token is one more reading of all files.
STREAMED_GREEDY_TOKENS = 8
# Layers in fp32 of a model of about a billion parameters: every machine that tunes one has this.
RESIDENT_BYTES = 4 << 30


class ComparedModel(Protocol):
    """A folder, with an adapter or without, computed in fp32 arithmetic; as ``LayeredModel``."""

    def logits(self, documents: Sequence[Sequence[int]], mode: Mode, /) -> torch.Tensor: ...

    def greedy(
        self,
        prompts: Sequence[Sequence[int]],
        mode: Mode,
        /,
        *,
        stop_ids: Sequence[int],
        max_tokens: int,
        should_stop: Callable[[], bool],
    ) -> list[list[int]]: ...


# (folder, adapter)
OpenModel = Callable[[Path, Path | None], ComparedModel]


@dataclass(frozen=True)
class ParityResult:
    """``limit`` is what ``max_abs_logit_diff`` must stay below; ``rounding_error`` is None for fp32 files."""

    passed: bool
    max_abs_logit_diff: float
    limit: float
    rounding_error: float | None
    greedy_agrees: bool
    prompts: int
    tokens: int

    def to_json(self) -> dict[str, object]:
        return {
            "passed": self.passed,
            # JSON has no NaN; a comparison that failed altogether says null.
            "maxAbsLogitDiff": self.max_abs_logit_diff if math.isfinite(self.max_abs_logit_diff) else None,
            "limit": self.limit,
            "roundingError": self.rounding_error,
            "greedyAgrees": self.greedy_agrees,
            "prompts": self.prompts,
            "tokens": self.tokens,
        }


@dataclass(frozen=True)
class Transcript:
    """A prompt and the reference's greedy answer to it."""

    ids: tuple[int, ...]
    prompt_tokens: int


def parity_peak_bytes(config: ModelConfig, resident_bytes: int = RESIDENT_BYTES) -> int:
    """Host memory that the check takes, about: layers (all, or one with its rounded copy and its successor),
    embedding and head as stored, and the logits of two models with their difference."""
    layer = fp32_layer_bytes(config)
    layers = layer * config.layers if layer * config.layers <= resident_bytes else 3 * layer
    item = 4 if config.dtype == "float32" else 2
    tables = (1 if config.tied_embeddings else 2) * config.vocab_size * config.hidden_size * item
    return layers + tables + 3 * MAX_TOKENS * config.vocab_size * 4


def check_parity(
    base: Path,
    adapter: Path,
    merged: Path,
    *,
    rounded: bool,
    prompts: Sequence[ParityPrompt],
    stop_ids: Sequence[int],
    should_stop: Callable[[], bool] = lambda: False,
    on_phase: Callable[[str], None] = lambda _: None,
    resident_bytes: int = RESIDENT_BYTES,
    open_model: OpenModel | None = None,
) -> ParityResult:
    """Compare ``merged`` with ``base`` + ``adapter``. ``rounded``: the files hold fewer bits than fp32.

    Layers that need more than ``resident_bytes`` together are read from disk for every pass. ``open_model``
    reads both folders where the architecture is not the fast engine's.
    Raises MergeStopped when ``should_stop`` turns true, JobError where a folder cannot be loaded.
    """
    resident = True
    if open_model is None:
        config = read_config(base)
        resident = fp32_layer_bytes(config) * config.layers <= resident_bytes
        open_model = partial(LayeredModel, resident=resident)
    on_phase("base and adapter")
    reference = open_model(base, adapter)
    answers = reference.greedy(
        [prompt.ids for prompt in prompts],
        "adapter",
        stop_ids=stop_ids,
        max_tokens=GREEDY_TOKENS if resident else STREAMED_GREEDY_TOKENS,
        should_stop=should_stop,
    )
    _stop_if(should_stop)
    transcripts = [
        Transcript((*prompt.ids, *answer), len(prompt.ids))
        for prompt, answer in zip(prompts, answers, strict=True)
    ]
    documents = [transcript.ids for transcript in transcripts]
    wanted = reference.logits(documents, "adapter")
    rounding_error = None
    if rounded:
        _stop_if(should_stop)
        on_phase("rounding once")
        rounding_error = max_abs_difference(wanted, reference.logits(documents, "rounded"))
    del reference
    _stop_if(should_stop)
    on_phase("written files")
    written = open_model(merged, None).logits(documents, "plain")
    difference = max_abs_difference(wanted, written)
    limit = FP32_LIMIT if rounding_error is None else max(ROUNDING_FACTOR * rounding_error, FP32_LIMIT)
    agrees = greedy_agrees(wanted, written, transcripts, undecided_margin=limit)
    return ParityResult(
        # A NaN compares false both ways, so it can never pass.
        passed=difference < limit and agrees,
        max_abs_logit_diff=difference,
        limit=limit,
        rounding_error=rounding_error,
        greedy_agrees=agrees,
        prompts=len(transcripts),
        tokens=sum(len(transcript.ids) for transcript in transcripts),
    )


def max_abs_difference(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).abs().max())


def greedy_agrees(
    wanted: torch.Tensor, got: torch.Tensor, transcripts: Sequence[Transcript], *, undecided_margin: float
) -> bool:
    """Whether the greedy answers are the same up to the first token that the reference itself hardly decides.

    Both models read the reference's answer; at its first difference a free-running answer would differ too.
    """
    start = 0
    for transcript in transcripts:
        # The row before a token predicts it.
        for row in range(start + transcript.prompt_tokens - 1, start + len(transcript.ids) - 1):
            first, second = wanted[row].topk(2).values.tolist()
            if first - second < undecided_margin:
                break
            if int(wanted[row].argmax()) != int(got[row].argmax()):
                return False
        start += len(transcript.ids)
    return True


def _stop_if(should_stop: Callable[[], bool]) -> None:
    if should_stop():
        raise MergeStopped
