"""The product's sample data: reproducible, well formed, and written in our own words."""

import json
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from make_sample_data import write_sample_data
from sample_data.facts import FactTableError, read_facts
from sample_data.layouts import make_rows

_REPOSITORY = Path(__file__).resolve().parents[2]
_SAMPLE = _REPOSITORY / "resources" / "sample-data"
_SHARED = Path(os.environ.get("LEGAL_EAGLE_SHARED", _REPOSITORY.parent / "shared"))
_SOURCES = ("statutes", "disc-law-sft", "law-gpt", "lawyer-llama")
_FILES = {"disc-pair.jsonl", "disc-triplet.jsonl", "law-gpt.json"}
_EVALUATION_PROMPTS = ("请问离婚需要准备什么材料？", "销售鳄鱼皮包违法吗？")
_COPY_LENGTH = 18
_CITATION = re.compile(r"《[^》]+》(?:第[零一二三四五六七八九十百千]+条(?:之[一二三四五])?)?")


def _json_lines(name: str) -> list[dict[str, Any]]:
    text = (_SAMPLE / "rows" / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def _pair() -> list[dict[str, Any]]:
    return _json_lines("disc-pair.jsonl")


def _triplet() -> list[dict[str, Any]]:
    return _json_lines("disc-triplet.jsonl")


def _law_gpt() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((_SAMPLE / "rows" / "law-gpt.json").read_text(encoding="utf-8"))
    return rows


def _asked_and_answered() -> list[tuple[str, str]]:
    return [(row["input"], row["output"]) for row in _pair() + _triplet()] + [
        (row["question"], row["answer"]) for row in _law_gpt()
    ]


def _all_texts() -> list[str]:
    rows = _triplet() + _law_gpt()
    return [text for row in _asked_and_answered() for text in row] + [
        r for row in rows for r in row["reference"]
    ]


def test_the_generator_writes_the_committed_bytes(tmp_path: Path) -> None:
    # Catches a table edited without its rows, and any order that depends on hashing or the platform.
    write_sample_data(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == _FILES
    for name in _FILES:
        assert (tmp_path / name).read_bytes() == (_SAMPLE / "rows" / name).read_bytes(), name


def test_the_rows_folder_holds_nothing_but_the_three_files() -> None:
    # Catches a note or a settings file that a folder import would take for data.
    assert {path.name for path in (_SAMPLE / "rows").iterdir()} == _FILES


def test_layouts_have_exactly_their_keys() -> None:
    # Catches a renamed or extra key: the importer must see the layouts users really bring.
    for row in _pair():
        assert list(row) == ["id", "input", "output"]
    for row in _triplet():
        assert list(row) == ["id", "reference", "input", "output"]
    for row in _law_gpt():
        assert list(row) == ["question", "answer", "reference"]
    for row in _triplet() + _law_gpt():
        assert row["reference"]
        assert all(isinstance(text, str) and text for text in row["reference"])


def test_there_are_enough_rows_and_none_twice() -> None:
    # Catches a question asked in two files: it would leak from training into validation.
    assert len(_pair()) >= 300
    assert len(_triplet()) >= 180
    assert len(_law_gpt()) >= 150
    rows = _asked_and_answered()
    assert len(set(rows)) >= 600
    assert [q for q, n in Counter(question for question, _ in rows).items() if n > 1] == []
    ids = [row["id"] for row in _pair() + _triplet()]
    assert len(set(ids)) == len(ids)


def test_lengths_suit_a_two_minute_demonstration() -> None:
    for question, answer in _asked_and_answered():
        assert 5 <= len(question) <= 40, question
        assert question.endswith("？"), question
        assert 25 <= len(answer) <= 90, answer
        assert answer.endswith("。"), answer


def test_texts_are_normal_chinese_without_control_characters() -> None:
    for text in _all_texts():
        assert unicodedata.is_normalized("NFC", text), text
        assert [c for c in text if unicodedata.category(c).startswith("C")] == [], text
        # Half-width punctuation or letters between Chinese characters is a slip of the input method.
        assert re.fullmatch(r"[一-鿿，。；：、？《》（）]+", text), text


def test_every_answer_cites_what_its_reference_states() -> None:
    # Catches an answer whose law is not in the reference: the citation check would mark it as invented.
    rows = [(row["output"], row["reference"]) for row in _triplet()]
    rows += [(row["answer"], row["reference"]) for row in _law_gpt()]
    for answer, reference in rows:
        stated = {text.split("：")[0] for text in reference}
        cited = set(_CITATION.findall(answer))
        assert cited, answer
        assert cited <= stated, answer


def test_every_fact_reaches_all_three_layouts() -> None:
    # Catches a layout rule that leaves a fact only in one file, where nothing paraphrases it.
    rows = make_rows(read_facts())
    answers = [
        {row["output"].rsplit("依据是", 1)[0] for row in rows.pair},
        {row["output"].rsplit("这是", 1)[0] for row in rows.triplet},
    ]
    law_gpt = [row["answer"] for row in rows.law_gpt]
    for fact in read_facts():
        assert all(fact.answer in layout for layout in answers), fact.id
        assert f"根据{fact.citation}，{fact.answer}" in law_gpt, fact.id


def test_demonstration_prompts_are_not_in_the_data() -> None:
    # Catches a demonstration that shows a memorised row instead of an unseen question.
    settings = json.loads((_SAMPLE / "quickstart.json").read_text(encoding="utf-8"))
    assert set(settings) == {"prompt", "system", "samplePrompts"}
    assert settings["system"] is None
    assert len(settings["samplePrompts"]) == 3
    questions = {question for question, _ in _asked_and_answered()}
    prompts = [settings["prompt"], *settings["samplePrompts"], *_EVALUATION_PROMPTS]
    assert len(set(prompts)) == len(prompts)
    assert questions.isdisjoint(prompts)
    assert questions.isdisjoint(prompt.removeprefix("请问") for prompt in prompts)


def test_the_notice_states_the_counts() -> None:
    # Catches a notice that no longer describes the files beside it.
    notice = (_SAMPLE / "README.md").read_text(encoding="utf-8")
    for rows, name in (
        (_pair(), "disc-pair.jsonl"),
        (_triplet(), "disc-triplet.jsonl"),
        (_law_gpt(), "law-gpt.json"),
    ):
        assert re.search(rf"`{re.escape(name)}` \| {len(rows)} \|", notice), name


def test_a_broken_table_is_refused_with_its_place(tmp_path: Path) -> None:
    # Catches a maker that writes rows from a table with a missing answer or a question asked twice.
    fact = {
        "id": "a",
        "answer": "可以。",
        "references": [{"law": "民法典", "article": "第一条", "gist": "概括。"}],
        "questions": ["一？", "二？", "三？", "四？"],
    }
    broken: list[tuple[dict[str, Any], str]] = [
        ({k: v for k, v in fact.items() if k != "answer"}, "keys"),
        ({**fact, "answer": "可以"}, "no full stop"),
        ({**fact, "questions": ["一？"]}, "1 questions"),
        ({**fact, "questions": ["一？", "二？", "三？", "一？"]}, "question occurs twice"),
        ({**fact, "references": []}, "no reference"),
    ]
    for row, reason in broken:
        (tmp_path / "t.json").write_text(json.dumps({"topic": "试", "facts": [row]}), encoding="utf-8")
        with pytest.raises(FactTableError, match=reason):
            read_facts(tmp_path)
    (tmp_path / "t.json").unlink()
    with pytest.raises(FactTableError, match="no table"):
        read_facts(tmp_path)


def test_no_run_of_characters_is_copied_from_a_source() -> None:
    # Catches a sentence taken from a statute or from a set whose licence forbids shipping it.
    folder = _SHARED / "data"
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("the shared data is absent: originality of the sample data was not checked")
        pytest.skip("shared data absent: originality of the sample data NOT checked")
    ours: dict[str, str] = {}
    for text in _all_texts():
        for piece in _CITATION.split(text):
            ours.update(dict.fromkeys(_windows(piece), text))
    assert len(ours) > 5_000
    paths = [path for name in _SOURCES for path in sorted((folder / name).rglob("*")) if path.is_file()]
    assert len(paths) > 150
    copied: dict[str, str] = {}
    for path in paths:
        source = path.read_text(encoding="utf-8-sig").replace("\\n", "\n")
        copied.update({ours[window]: path.name for window in _windows(source) if window in ours})
    assert copied == {}


def _windows(text: str) -> Iterator[str]:
    """All runs of _COPY_LENGTH characters; punctuation does not count, so moving a comma hides nothing."""
    letters = re.sub(r"\W+", "", text)
    return (letters[start : start + _COPY_LENGTH] for start in range(len(letters) - _COPY_LENGTH + 1))
