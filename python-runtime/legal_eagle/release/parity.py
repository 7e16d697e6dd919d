"""Whether written files answer as base plus adapter do.

All models run in fp32 arithmetic, one after the other: base plus adapter first (its greedy answers are what
all read), the same model merged in memory and rounded once, then the written folder, read anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from legal_eagle.models.config import ModelConfig, read_config
from legal_eagle.models.layouts import linear_shapes
from legal_eagle.release.layered_model import LayeredModel, Mode, fp32_layer_bytes
from legal_eagle.release.logit_columns import COLUMNS, Comparison, LogitColumns, compare_logits
from legal_eagle.release.lora_adapter import Adapter
from legal_eagle.release.merge import MergeStopped
from legal_eagle.release.parity_prompts import MAX_TOKENS, ParityPrompt
from legal_eagle.release.streamed_weight import BLOCK_BYTES

# Two orders of the same fp32 sums differ by less than this on logits; also the whole allowance of fp32 files.
FP32_LIMIT = 1e-4
# Rounding moves a logit by up to its error here and by up to its error there.
ROUNDING_FACTOR = 2.0
GREEDY_TOKENS = 24
# Each token is one more reading of all files.
STREAMED_GREEDY_TOKENS = 8
# Layers in fp32 of a model of half a billion parameters. Larger ones are read from disk for every pass, so
# that no check takes much more memory than this.
RESIDENT_BYTES = 2 << 30
# What the math library and the allocator keep of what was freed.
FIXED_BYTES = 64 << 20


class ComparedModel(Protocol):
    """A folder, with an adapter or without, computed in fp32 arithmetic; as ``LayeredModel``."""

    def columns(self, documents: Sequence[Sequence[int]], mode: Mode, /) -> LogitColumns: ...

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


def parity_peak_bytes(config: ModelConfig, adapter: Adapter, resident_bytes: int = RESIDENT_BYTES) -> int:
    """Host memory that the check takes beyond the process itself, an upper bound, of a model that
    ``LayeredModel`` computes.

    Blocks of weights: as stored, in order, in fp32, merged, and packed by the math library. Rows of
    activations: what one layer holds of them at once. Factors: as stored, padded, in the engine's order. DoRA
    measures a whole matrix. Two models' final rows, and columns of their logits with their difference.
    """
    hidden, shapes = config.hidden_size, linear_shapes(config)
    layer_bytes = fp32_layer_bytes(config)
    item = 4 if config.dtype == "float32" else 2
    held = 0
    if layer_bytes * config.layers <= resident_bytes:
        tables = (1 if config.tied_embeddings else 2) * config.vocab_size * hidden * item
        held = layer_bytes * (config.layers + 1) + tables
    widest_row = max(hidden, config.intermediate_size, config.heads * config.head_dim)
    qkv_rows = (config.heads + 2 * config.kv_heads) * config.head_dim
    row_floats = 8 * hidden + 4 * qkv_rows + 4 * config.intermediate_size + 4 * COLUMNS
    cache_floats = 2 * config.layers * config.kv_heads * config.head_dim
    dora_bytes = 8 * max(rows * columns for rows, columns in shapes.values()) * 2
    return (
        FIXED_BYTES
        + held
        + 8 * max(BLOCK_BYTES, 4 * widest_row)
        + 3 * 4 * COLUMNS * hidden
        + 4 * MAX_TOKENS * (row_floats + cache_floats)
        + 3 * adapter.factor_bytes
        + (dora_bytes if adapter.settings.dora else 0)
    )


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
    wanted = reference.columns(documents, "adapter")
    rounding_error = None
    if rounded:
        _stop_if(should_stop)
        on_phase("rounding once")
        rounding_error = compare_logits(wanted, reference.columns(documents, "rounded")).max_abs_difference
    _stop_if(should_stop)
    on_phase("written files")
    compared = compare_logits(wanted, open_model(merged, None).columns(documents, "plain"))
    difference = compared.max_abs_difference
    limit = FP32_LIMIT if rounding_error is None else max(ROUNDING_FACTOR * rounding_error, FP32_LIMIT)
    agrees = greedy_agrees(compared, transcripts, undecided_margin=limit)
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


def greedy_agrees(
    compared: Comparison, transcripts: Sequence[Transcript], *, undecided_margin: float
) -> bool:
    """Whether the greedy answers are the same up to the first token that the reference itself hardly decides.

    Both models read the reference's answer; at its first difference a free-running answer would differ too.
    """
    start = 0
    for transcript in transcripts:
        # The row before a token predicts it.
        for row in range(start + transcript.prompt_tokens - 1, start + len(transcript.ids) - 1):
            if compared.margins[row] < undecided_margin:
                break
            if compared.wanted_ids[row] != compared.got_ids[row]:
                return False
        start += len(transcript.ids)
    return True


def _stop_if(should_stop: Callable[[], bool]) -> None:
    if should_stop():
        raise MergeStopped
