"""Both InternLM vocabularies against ids that sentencepiece made, and against sentencepiece itself."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sentencepiece

from builders.shared_data import shared_folder
from legal_eagle.models.tokenizer import ChatTokenizer

ASSETS = shared_folder() / "assets" / "tokenizers"
VECTORS = shared_folder() / "data" / "tokenizers" / "vectors.jsonl"
# Name of the folder → name of its ids in vectors.jsonl.
VOCABULARIES = {"internlm1": "internlm", "internlm2": "internlm2"}
# Where strings are drawn from: what legal text holds, and what breaks byte fallback and spaces.
ALPHABETS: tuple[tuple[int, int], ...] = (
    (0x20, 0x7E),
    (0x01, 0x1F),
    (0xA0, 0x24F),
    (0x370, 0x5FF),
    (0x2000, 0x206F),
    (0x3000, 0x303F),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0xE000, 0xE0FF),
    (0xFF00, 0xFFEF),
    (0x1F300, 0x1FAFF),
    (0x20000, 0x2A6DF),
)
# Control tokens that sentencepiece cuts as text too.
NAMES = ("<s>", "</s>", "<unk>")


@cache
def tokenizer_of(name: str) -> ChatTokenizer:
    return ChatTokenizer.load(ASSETS / name)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", VOCABULARIES)
def test_every_vector_is_cut_and_joined_exactly(name: str) -> None:
    """Merges by id, a prefix space, a lost line end, a byte that becomes another character."""
    tokenizer = tokenizer_of(name)
    golden = lines(ASSETS / name / "golden.jsonl")
    vectors = lines(VECTORS)
    assert (len(golden), len(vectors)) == (200, 400)
    expected = [(row["text"], row["ids"], row["decodes_to_text"]) for row in golden]
    expected += [(row["text"], row[VOCABULARIES[name]], True) for row in vectors]
    cut = tokenizer.encode_batch([text for text, _, _ in expected])
    wrong = [text for (text, ids, _), found in zip(expected, cut, strict=True) if ids != found]
    assert wrong == []
    lost = [
        text for text, ids, whole in expected if whole and tokenizer.decode(ids, skip_special=False) != text
    ]
    assert lost == []


@pytest.mark.parametrize("name", VOCABULARIES)
def test_random_text_is_cut_as_sentencepiece_does(name: str) -> None:
    """A rule that no published vector touches: 69 of 2,233 texts differ where merges go by id."""
    # 0.2.3 reads the piece NUL as an unused one, which no text drawn here holds.
    reference = sentencepiece.SentencePieceProcessor(model_file=str(ASSETS / name / "tokenizer.model"))
    texts = list(random_texts(10_000, seed=20261123))
    ours = tokenizer_of(name).encode_batch(texts)
    theirs = reference.encode(texts)
    wrong = [text for text, left, right in zip(texts, ours, theirs, strict=True) if left != right]
    assert wrong == []
    lost = [text for text, ids in zip(texts, ours, strict=True) if tokenizer_of(name).decode(ids) != text]
    assert lost == []


def random_texts(count: int, seed: int) -> Iterator[str]:
    draw = random.Random(seed)
    while count:
        text = "".join(
            chr(draw.randint(*draw.choice(ALPHABETS)))
            for _ in range(draw.choice((1, 3, 8, 20, 60)))
            for _ in range(draw.choice((1, 1, 1, 2)))
        )
        text = draw.choice(("", " ", "  ", "\n")) + text + draw.choice(("", " ", "\n\n"))
        if any(name in text for name in NAMES):
            continue
        count -= 1
        yield text
