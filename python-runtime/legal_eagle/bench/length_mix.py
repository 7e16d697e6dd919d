"""Document lengths that benchmarks and plans are tried on, and what padding costs on them.

The legal mix is measured on public legal question–answer data: tokens clip(lognormal(ln 313, 0.867), 32,
2048), answers clip(lognormal(ln 90, 0.8), 8, 0.8 L). The short mix is question answering without quoted
articles.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Lengths = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LengthMix:
    """Log-normal document lengths in tokens; answers log-normal, or a fixed share of their document."""

    median: float
    sigma: float
    shortest: int
    longest: int
    answer_median: float
    answer_sigma: float
    answer_share: float | None = None


LEGAL = LengthMix(313, 0.867, 32, 2048, 90, 0.8)
SHORT = LengthMix(205, 0.35, 32, 2048, 0, 0, answer_share=0.65)

_SHORTEST_ANSWER = 8
_LARGEST_ANSWER_SHARE = 0.8


def draw(mix: LengthMix, count: int, seed: int, divisor: int = 1) -> tuple[Lengths, Lengths]:
    """Tokens and answer tokens [count] of `count` documents, both divided by `divisor`."""
    random = np.random.default_rng(seed)
    normal = random.standard_normal((2, count))
    lengths = np.clip(np.exp(math.log(mix.median) + mix.sigma * normal[0]), mix.shortest, mix.longest)
    if mix.answer_share is not None:
        answers = lengths * mix.answer_share
    else:
        drawn = np.exp(math.log(mix.answer_median) + mix.answer_sigma * normal[1])
        answers = np.clip(drawn, _SHORTEST_ANSWER, _LARGEST_ANSWER_SHARE * lengths)
    tokens = np.maximum(4, np.rint(lengths / divisor)).astype(np.int64)
    return tokens, np.clip(np.rint(answers / divisor), 1, tokens - 1).astype(np.int64)


def padded_tokens(lengths: Lengths, micro_batch: int) -> int:
    """Rows that are computed where `micro_batch` documents at a time, in this order, are padded to the
    longest of them."""
    whole = -(-len(lengths) // micro_batch) * micro_batch
    batches = np.pad(lengths, (0, whole - len(lengths))).reshape(-1, micro_batch)
    sizes = np.minimum(micro_batch, len(lengths) - np.arange(0, whole, micro_batch))
    return int((batches.max(axis=1) * sizes).sum())


def padding_ratio(lengths: Lengths, micro_batch: int) -> float:
    """How many times more rows padding computes than packing, which computes every token once."""
    return padded_tokens(lengths, micro_batch) / int(lengths.sum())
