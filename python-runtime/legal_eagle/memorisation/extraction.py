"""Asking a model for the rest of a training row, and how much of it comes back word for word.

A string is extractable with some context if it stands after that context in the training data and the model
produces it from there by greedy decoding (Carlini et al. 2023, "Quantifying Memorization Across Neural
Language Models", arXiv:2202.07646, definition 3.1; its experiments ask for 50 tokens). Here the context is
the row's prompt and the first tokens of its answer. A run of equal tokens may begin anywhere in both texts:
one word in another place hides nothing. Of an answer too short for 50 tokens most of the rest has to agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from legal_eagle.engine.conversation import Conversation

VERBATIM_TOKENS = 50
VERBATIM_SHARE = 0.8
# With less left of an answer, agreement is common wording and tells nothing.
MIN_REST_TOKENS = 20


@dataclass(frozen=True, slots=True)
class Question:
    """`given`: the prompt and the beginning of the answer. `rest`: what the row says next."""

    row_id: int
    given: tuple[int, ...]
    rest: tuple[int, ...]

    @property
    def verbatim_tokens(self) -> int:
        """How long a run of equal tokens has to be."""
        return min(VERBATIM_TOKENS, math.ceil(VERBATIM_SHARE * len(self.rest)))


@dataclass(frozen=True, slots=True)
class CommonRun:
    """`tokens` equal ids that begin at `start` of the row's rest."""

    start: int
    tokens: int


def question_of(
    row_id: int,
    ids: Sequence[int],
    mask: Sequence[bool],
    *,
    prefix_tokens: int,
    most_rest_tokens: int,
    stop_ids: Collection[int],
) -> Question | None:
    """The question after the longest answer of an encoded row; None where too little of it is left."""
    start, end = _longest_answer(mask)
    while end > start and ids[end - 1] in stop_ids:
        end -= 1
    begin = start + prefix_tokens
    rest = tuple(ids[begin : min(end, begin + most_rest_tokens)])
    # Nothing can be asked after no token at all.
    if begin == 0 or len(rest) < MIN_REST_TOKENS:
        return None
    return Question(row_id, tuple(ids[:begin]), rest)


def _longest_answer(mask: Sequence[bool]) -> tuple[int, int]:
    best = (0, 0)
    start: int | None = None
    for place, is_answer in enumerate([*mask, False]):
        if is_answer and start is None:
            start = place
        elif not is_answer and start is not None:
            best = max(best, (start, place), key=lambda span: span[1] - span[0])
            start = None
    return best


def greedy_continuation(
    conversation: Conversation,
    given: Sequence[int],
    *,
    limit: int,
    stop_ids: Collection[int],
    should_stop: Callable[[], bool],
) -> list[int] | None:
    """At most `limit` ids, without the stop id; None where `should_stop` turned true first."""
    logits = conversation.read_prompt(given, should_stop)
    written: list[int] = []
    while True:
        if logits is None or should_stop():
            return None
        token = int(logits.argmax())
        if token in stop_ids:
            return written
        written.append(token)
        if len(written) >= limit:
            return written
        logits = conversation.read_token(token)


def longest_common_run(rest: Sequence[int], written: Sequence[int]) -> CommonRun:
    """The longest run of ids in both, the first of them in `rest`. O(len(rest) · len(written))."""
    best = CommonRun(0, 0)
    previous = [0] * (len(written) + 1)
    for end, wanted in enumerate(rest, start=1):
        current = [0] * (len(written) + 1)
        for place, token in enumerate(written, start=1):
            if token == wanted:
                current[place] = previous[place - 1] + 1
                if current[place] > best.tokens:
                    best = CommonRun(end - current[place], current[place])
        previous = current
    return best
