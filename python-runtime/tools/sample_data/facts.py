"""The table of facts: one everyday legal rule, its answer, its sources and several ways to ask it.

A table file holds `{"topic", "facts": [{"id", "answer", "references", "questions"}]}`. The answer is
written so that it can follow "根据《…》第…条，": the layouts rely on it. The first reference is the
one that the answer cites; `article` is "" where a law is cited as a whole.
"""

import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLE_FOLDER = Path(__file__).resolve().parent
# Enough phrasings that a held-out one still has near neighbours in the training split.
MIN_QUESTIONS = 4


class FactTableError(ValueError):
    """A table that cannot be turned into rows: which file, which fact, and what is wrong."""


@dataclass(frozen=True)
class Reference:
    law: str
    article: str
    gist: str

    @property
    def citation(self) -> str:
        return f"《{self.law}》{self.article}"


@dataclass(frozen=True)
class Fact:
    id: str
    topic: str
    answer: str
    references: tuple[Reference, ...]
    questions: tuple[str, ...]

    @property
    def citation(self) -> str:
        return self.references[0].citation


def read_facts(folder: Path = TABLE_FOLDER) -> tuple[Fact, ...]:
    """All facts of the `*.json` tables of a folder, tables by file name, facts in table order.

    Raises FactTableError for an empty folder, a missing or unknown key, a text that is empty or not
    in Unicode form C, an id or a question that occurs twice, and a fact with too few questions.
    """
    facts: list[Fact] = []
    for path in sorted(folder.glob("*.json")):
        table = json.loads(path.read_text(encoding="utf-8"))
        _expect_keys(table, {"topic", "facts"}, path.name)
        facts.extend(_fact(row, table["topic"], path.name) for row in table["facts"])
    if not facts:
        raise FactTableError(f"{folder}: no table of facts")
    _expect_unique([fact.id for fact in facts], "fact id")
    _expect_unique([question for fact in facts for question in fact.questions], "question")
    return tuple(facts)


def _fact(row: dict[str, Any], topic: str, file_name: str) -> Fact:
    where = f"{file_name}: {row.get('id', '?')}"
    _expect_keys(row, {"id", "answer", "references", "questions"}, where)
    for reference in row["references"]:
        _expect_keys(reference, {"law", "article", "gist"}, where)
    references = tuple(Reference(r["law"], r["article"], r["gist"]) for r in row["references"])
    if not references:
        raise FactTableError(f"{where}: no reference")
    if len(row["questions"]) < MIN_QUESTIONS:
        raise FactTableError(f"{where}: {len(row['questions'])} questions, at least {MIN_QUESTIONS} wanted")
    texts = [row["id"], topic, row["answer"], *row["questions"]]
    for reference in references:
        texts += [reference.law, reference.gist]
    for text in texts:
        if not text or text != text.strip() or not unicodedata.is_normalized("NFC", text):
            raise FactTableError(f"{where}: empty, padded or not in form C: {text!r}")
    for sentence in (row["answer"], *(reference.gist for reference in references)):
        if not sentence.endswith("。"):
            raise FactTableError(f"{where}: no full stop at the end of {sentence!r}")
    return Fact(row["id"], topic, row["answer"], references, tuple(row["questions"]))


def _expect_keys(row: dict[str, Any], keys: set[str], where: str) -> None:
    if set(row) != keys:
        raise FactTableError(f"{where}: keys {sorted(row)}, wanted {sorted(keys)}")


def _expect_unique(values: list[str], what: str) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise FactTableError(f"{what} occurs twice: {value}")
        seen.add(value)
