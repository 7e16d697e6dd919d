"""The rows of the sample data in the three layouts its users bring: DISC Pair and Triplet, LAW-GPT."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from sample_data.facts import Fact

Layout = Literal["pair", "triplet", "law-gpt"]

# A fact's n-th question goes to the n-th layout, so every fact with four questions is in all three
# files. The fifth goes round by fact, later ones go to the largest file.
_FIRST_LAYOUTS: tuple[Layout, ...] = ("pair", "triplet", "pair", "law-gpt")
_FIFTH_LAYOUTS: tuple[Layout, ...] = ("pair", "triplet", "law-gpt")
# One question in six opens politely, as real ones do; the digest of the question decides.
_POLITE_EVERY = 6
_POLITE = "请问"


class PairRow(TypedDict):
    id: str
    input: str
    output: str


class TripletRow(TypedDict):
    id: str
    reference: list[str]
    input: str
    output: str


class LawGptRow(TypedDict):
    question: str
    answer: str
    reference: list[str]


@dataclass(frozen=True)
class SampleRows:
    pair: list[PairRow]
    triplet: list[TripletRow]
    law_gpt: list[LawGptRow]


def make_rows(facts: Sequence[Fact]) -> SampleRows:
    """Every question of every fact once, in one of the layouts.

    Rows are ordered by the SHA-256 of their question: phrasings of one fact lie apart, so any
    contiguous validation split holds questions whose facts stay in the training part.
    """
    asked: dict[Layout, list[tuple[str, Fact]]] = {"pair": [], "triplet": [], "law-gpt": []}
    for position, fact in enumerate(facts):
        for number, question in enumerate(fact.questions):
            asked[_layout(position, number)].append((_worded(question), fact))
    for rows in asked.values():
        rows.sort(key=lambda row: _digest(row[0]))
    return SampleRows(
        pair=[
            {"id": f"sample_pair-{n:04d}", "input": q, "output": f"{fact.answer}依据是{fact.citation}。"}
            for n, (q, fact) in enumerate(asked["pair"], start=1)
        ],
        triplet=[
            {
                "id": f"sample_triplet-{n:04d}",
                "reference": references_of(fact),
                "input": q,
                "output": f"{fact.answer}这是{fact.citation}的规定。",
            }
            for n, (q, fact) in enumerate(asked["triplet"], start=1)
        ],
        law_gpt=[
            {
                "question": q,
                "answer": f"根据{fact.citation}，{fact.answer}",
                "reference": references_of(fact),
            }
            for q, fact in asked["law-gpt"]
        ],
    )


def references_of(fact: Fact) -> list[str]:
    """The fact's sources, one string each: citation, colon, what it provides in our own words."""
    return [f"{reference.citation}：{reference.gist}" for reference in fact.references]


def _layout(position: int, number: int) -> Layout:
    if number < len(_FIRST_LAYOUTS):
        return _FIRST_LAYOUTS[number]
    if number == len(_FIRST_LAYOUTS):
        return _FIFTH_LAYOUTS[position % len(_FIFTH_LAYOUTS)]
    return "pair"


def _worded(question: str) -> str:
    polite = int(_digest(question)[:8], 16) % _POLITE_EVERY == 0
    return f"{_POLITE}{question}" if polite and not question.startswith(_POLITE) else question


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
