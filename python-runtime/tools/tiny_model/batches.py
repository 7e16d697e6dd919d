"""Token rows for both stages: shuffled, cut at moving borders, the same for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tokenizers import Tokenizer

from .corpus import Law
from .pairs import Pair

BOS_ID = 1


@dataclass(frozen=True)
class Texts:
    """Encoded documents of both stages."""

    plain: list[list[int]]
    chats: list[list[int]]


def encode_plain(tokenizer: Tokenizer, laws: list[Law], statements: list[str]) -> list[list[int]]:
    """`<s>` plus ids for each law; statements are joined by sixteens to be documents of their own."""
    joined = ["".join(statements[start : start + 16]) for start in range(0, len(statements), 16)]
    encoded = tokenizer.encode_batch([*(law.text for law in laws), *joined])
    return [encoding.ids for encoding in encoded]


def render(pair: Pair) -> tuple[str, str]:
    """A pair as (prompt, answer) text of the ChatML template, without `<s>`."""
    system = f"<|im_start|>system\n{pair.system}<|im_end|>\n" if pair.system else ""
    prompt = f"{system}<|im_start|>user\n{pair.question}<|im_end|>\n<|im_start|>assistant\n"
    return prompt, f"{pair.answer}<|im_end|>\n"


def encode_chats(tokenizer: Tokenizer, pairs: list[Pair]) -> list[list[int]]:
    """`<s>` plus the ids of each rendered pair."""
    return [encoding.ids for encoding in tokenizer.encode_batch(["".join(render(p)) for p in pairs])]


def rows(documents: list[list[int]], row_tokens: int, seed: str) -> Iterator[list[int]]:
    """Endless rows of `row_tokens` + 1 ids (inputs and shifted targets share one row).

    Each pass shuffles the documents, joins them, starts at a random offset so that borders move,
    and shuffles the rows.
    """
    epoch = 0
    while True:
        rng = random.Random(f"{seed}-{epoch}")
        order = list(range(len(documents)))
        rng.shuffle(order)
        stream = [token for index in order for token in documents[index]]
        starts = list(range(rng.randrange(row_tokens), len(stream) - row_tokens, row_tokens))
        if not starts:
            raise ValueError(f"{len(stream)} tokens are too few for rows of {row_tokens}")
        rng.shuffle(starts)
        for start in starts:
            yield stream[start : start + row_tokens + 1]
        epoch += 1


def mixed_rows(
    first: Iterator[list[int]], second: Iterator[list[int]], second_share: float, seed: str
) -> Iterator[list[int]]:
    """Rows of `first` with `second_share` of the draws taken from `second`."""
    rng = random.Random(f"{seed}-mix")
    while True:
        yield next(second if rng.random() < second_share else first)
