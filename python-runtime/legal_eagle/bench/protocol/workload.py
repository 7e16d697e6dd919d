"""The documents of every optimizer step, the same for every variant and in every process."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from legal_eagle.bench.length_mix import draw
from legal_eagle.bench.protocol.scale import Scale
from legal_eagle.bench.protocol.shapes import Shape
from legal_eagle.data.pack_plan import BatchShape, Plan, plan
from legal_eagle.data.token_store import StoreKey, TokenStore, build_or_open

_SEED = 1
_FIRST_ID = 3


@dataclass(frozen=True, slots=True)
class Document:
    """A row as the token store takes it; the last `answer_tokens` of `ids` are the answer."""

    id: int
    ids: list[int]
    answer_tokens: int
    messages: Sequence[dict[str, str]] = ()

    @property
    def mask(self) -> list[bool]:
        return [index >= len(self.ids) - self.answer_tokens for index in range(len(self.ids))]


@dataclass(frozen=True, slots=True)
class Workload:
    """`steps`: documents of each optimizer step in the order of the engine's own plan."""

    documents: list[Document]
    lengths: npt.NDArray[np.int64]
    answers: npt.NDArray[np.int64]
    plan: Plan

    @property
    def steps(self) -> list[list[Document]]:
        return [[self.documents[index] for index in step.documents] for step in self.plan.steps]

    def timed_lengths(self, warm_up_steps: int) -> npt.NDArray[np.int64]:
        """Lengths in the order they are seen, from the first timed step on."""
        order = [index for step in self.plan.steps[warm_up_steps:] for index in step.documents]
        return np.take(self.lengths, order)

    def open_store(self) -> TokenStore:
        """The documents as the engine reads them: a memory-mapped token store in a temporary folder that
        lives as long as this process."""
        key = StoreKey("benchmark", "train", "ids", "none", None, "none", int(self.lengths.max()))

        def encode(rows: Sequence[object]) -> list[tuple[list[int], list[bool]]]:
            return [(row.ids, row.mask) for row in rows if isinstance(row, Document)]

        return build_or_open(lambda: self.documents, encode, key, Path(tempfile.mkdtemp()))


def make_workload(scale: Scale, shape: Shape, steps: int, max_tokens: int) -> Workload:
    """`steps` global batches of the scale's mix, planned as a run is; `max_tokens` of a forward pass."""
    count = steps * scale.samples_per_step
    lengths, answers = draw(scale.mix(shape), count, _SEED, scale.length_divisor)
    random = np.random.default_rng(_SEED + 1)
    vocabulary = shape.config.vocab_size
    end = vocabulary if scale.distinct_ids is None else min(vocabulary, _FIRST_ID + scale.distinct_ids)
    documents = [
        Document(index, random.integers(_FIRST_ID, end, int(length)).tolist(), int(answer))
        for index, (length, answer) in enumerate(zip(lengths, answers, strict=True))
    ]
    made = plan(
        lengths,
        answers,
        BatchShape("samples", scale.micro_batch, scale.samples_per_step // scale.micro_batch),
        epochs=1.0,
        seed=_SEED,
        max_tokens_per_micro_batch=max_tokens,
    )
    return Workload(documents, lengths, answers, made)
