"""Whether written files answer as base plus adapter do.

All models run in fp32 arithmetic, one at a time in memory: base plus adapter first (its logits and greedy
answers are kept), the same model merged in memory and rounded once, then the written folder, read anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import torch

from legal_eagle.engine.model import Decoder, build_model
from legal_eagle.models.weights import SafetensorsFolder
from legal_eagle.release.engine_adapter import put_adapter_on
from legal_eagle.release.merge import MergeStopped
from legal_eagle.release.parity_prompts import ParityPrompt
from legal_eagle.release.safetensors_file import DTYPES

# Two orders of the same fp32 sums differ by less than this on logits; also the whole allowance of fp32 files.
FP32_LIMIT = 1e-4
# Rounding moves a logit by up to its error here and by up to its error there.
ROUNDING_FACTOR = 2.0
GREEDY_TOKENS = 24


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
) -> ParityResult:
    """Compare ``merged`` with ``base`` + ``adapter``. ``rounded``: the files hold fewer bits than fp32.

    Raises MergeStopped when ``should_stop`` turns true, JobError where a folder cannot be loaded.
    """
    on_phase("base and adapter")
    reference = build_model(base, dtype=torch.float32, device="cpu")
    put_adapter_on(reference, adapter)
    transcripts = [greedy_transcript(reference, prompt, stop_ids, should_stop) for prompt in prompts]
    _stop_if(should_stop)
    wanted = logits_of(reference, transcripts)
    rounding_error = None
    if rounded:
        on_phase("rounding once")
        merge_in_place(reference, SafetensorsFolder(base))
        rounding_error = max_abs_difference(wanted, logits_of(reference, transcripts))
        _stop_if(should_stop)
    del reference
    on_phase("written files")
    written = logits_of(build_model(merged, dtype=torch.float32, device="cpu"), transcripts)
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


def greedy_transcript(
    decoder: Decoder, prompt: ParityPrompt, stop_ids: Sequence[int], should_stop: Callable[[], bool]
) -> Transcript:
    answer = decoder.generate(
        prompt.ids,
        max_new_tokens=GREEDY_TOKENS,
        stop_ids=stop_ids,
        temperature=0.0,
        should_stop=should_stop,
    )
    return Transcript((*prompt.ids, *answer), len(prompt.ids))


def logits_of(decoder: Decoder, transcripts: Sequence[Transcript]) -> torch.Tensor:
    """Logits [T, V] of all transcripts laid end to end."""
    ids = torch.tensor([token for transcript in transcripts for token in transcript.ids])
    lengths = [len(transcript.ids) for transcript in transcripts]
    positions = torch.cat([torch.arange(length) for length in lengths])
    return decoder.logits(ids, positions, (0, *accumulate(lengths)))


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


@torch.no_grad()
def merge_in_place(decoder: Decoder, base: SafetensorsFolder) -> None:
    """Turn base plus adapter into merged weights rounded once to each tensor's stored type, without any file.

    Independent of the merge on disk: factors as the engine holds them, rows in the engine's order.
    """
    for block in decoder.blocks:
        for linear in (block.qkv, block.o, block.gate_up, block.down):
            for item in linear.lora.slices if linear.lora is not None else ():
                rows = linear.weight[item.rows.start : item.rows.end]
                merged = rows + linear.scale * (item.b @ item.a)
                rows.copy_(merged.to(DTYPES[base.dtype(f"{item.rows.name}.weight")]))
            linear.lora = None


def _stop_if(should_stop: Callable[[], bool]) -> None:
    if should_stop():
        raise MergeStopped
