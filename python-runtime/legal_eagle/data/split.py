"""The split into train and eval: by question, so that no question is on both sides."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from array import array
from collections.abc import Iterable, Sequence

from legal_eagle.data.turns import Message

# Questions that differ only in these are the same question: blanks, punctuation, symbols, the underscore.
_NOT_WORDS = re.compile(r"[\W_]+")
# A first turn this short is a greeting; alone it would make one question of many conversations.
_GREETING_CHARS = 6
_MASK = (1 << 64) - 1


def prompt_key(question: str, messages: Sequence[Message]) -> int:
    """A signed 64-bit key of the question as people see it: width, case, blanks and punctuation apart.

    `question` is the bare question, without references that were put beside it.
    """
    text = _plain(question)
    if len(text) < _GREETING_CHARS:
        users = [message["content"] for message in messages if message["role"] == "user"]
        text += "\n" + "\n".join(_plain(user) for user in users[1:2])
    if not text.strip():
        text = question
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def _plain(text: str) -> str:
    return _NOT_WORDS.sub("", unicodedata.normalize("NFKC", text).casefold())


def choose_eval_keys(keys: Iterable[int], fraction: float, seed: int) -> frozenset[int]:
    """The prompt keys whose rows are for evaluation: about `fraction` of all rows, at least one question.

    Questions come in an order that depends on the seed and their own key only; one is taken whole or not at
    all, and none whose rows would exceed the share, unless every one does. Empty when fraction is 0 or there
    is but one question.
    """
    order = array("Q", (_mixed(key, seed) for key in keys))
    if fraction <= 0 or not order:
        return frozenset()
    ranked = sorted(order)
    target = min(max(1, round(len(ranked) * fraction)), len(ranked) - 1)
    chosen: set[int] = set()
    taken = 0
    smallest: tuple[int, int] | None = None
    start = 0
    groups = 0
    while start < len(ranked) and taken < target:
        end = start + 1
        while end < len(ranked) and ranked[end] == ranked[start]:
            end += 1
        size = end - start
        groups += 1
        if smallest is None or size < smallest[0]:
            smallest = (size, ranked[start])
        if taken + size <= target:
            chosen.add(ranked[start])
            taken += size
        start = end
    if not chosen and smallest is not None:
        chosen.add(smallest[1])
    if groups == 1 and start >= len(ranked):
        return frozenset()
    return frozenset(_unmixed(value, seed) for value in chosen)


def _mixed(key: int, seed: int) -> int:
    """A bijection of 64-bit numbers (the finalizer of splitmix64, Steele et al. 2014) chosen by the seed."""
    value = (key ^ (seed * 0x9E3779B97F4A7C15)) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def _unmixed(value: int, seed: int) -> int:
    value = (value ^ (value >> 31) ^ (value >> 62)) * pow(0x94D049BB133111EB, -1, 1 << 64) & _MASK
    value = (value ^ (value >> 27) ^ (value >> 54)) * pow(0xBF58476D1CE4E5B9, -1, 1 << 64) & _MASK
    value = (value ^ (value >> 30) ^ (value >> 60)) ^ (seed * 0x9E3779B97F4A7C15) & _MASK
    return value - (1 << 64) if value >> 63 else value
