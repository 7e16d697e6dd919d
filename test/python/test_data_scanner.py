"""The incremental JSON scanner: chunk boundaries, recovery, framing."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from data_fixtures import read_all
from hypothesis import given, settings
from hypothesis import strategies as st

from legal_eagle.data.json_document import JsonDocument, Parsed
from legal_eagle.data.json_frame import sniff_frame
from legal_eagle.data.json_lines import TooLongLine, numbered_lines
from legal_eagle.data.json_text import JsonText
from legal_eagle.data.problem import Problem

TEXT = st.text(alphabet=st.sampled_from('ab"\\\n\t{}[],: 离婚\u2028😀'), max_size=12)
VALUE = st.one_of(TEXT, st.integers(), st.booleans(), st.none(), st.lists(TEXT, max_size=3))
ROW = st.dictionaries(st.sampled_from(["input", "output", "id", "问题"]), VALUE, min_size=1, max_size=3)
INDENT = st.sampled_from([None, 0, 2])


def _pieces(text: str, cuts: list[int]) -> list[str]:
    edges = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in pairwise(edges)]


def _values(pieces: list[str]) -> list[Any]:
    return [
        item.value if isinstance(item, Parsed) else item
        for item in JsonDocument(JsonText(iter(pieces))).records()
    ]


@settings(max_examples=300, deadline=None)
@given(rows=st.lists(ROW, max_size=6), indent=INDENT, cuts=st.lists(st.integers(0, 10_000), max_size=12))
def test_an_array_cut_anywhere_gives_the_same_records(
    rows: list[Any], indent: int | None, cuts: list[int]
) -> None:
    """A record that straddles two chunks and is lost, doubled or changed."""
    text = json.dumps(rows, ensure_ascii=False, indent=indent)
    assert _values(_pieces(text, cuts)) == rows


@settings(max_examples=300, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=5), cuts=st.lists(st.integers(0, 10_000), max_size=12))
def test_objects_one_after_another_cut_anywhere(rows: list[Any], cuts: list[int]) -> None:
    """As above for pretty-printed values without an array around them."""
    text = "\n".join(json.dumps(row, ensure_ascii=False, indent=2) for row in rows)
    assert _values(_pieces(text, cuts)) == rows


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=6), cuts=st.lists(st.integers(0, 10_000), max_size=8))
def test_lines_of_records_do_not_depend_on_the_chunks(rows: list[Any], cuts: list[int]) -> None:
    """A line number that is off by what a chunk dropped."""
    text = "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]"
    found = [
        item.line
        for item in JsonDocument(JsonText(iter(_pieces(text, cuts)))).records()
        if isinstance(item, Parsed)
    ]
    assert found == list(range(2, len(rows) + 2))


@settings(max_examples=300, deadline=None)
@given(data=st.data(), rows=st.lists(ROW, min_size=1, max_size=4))
def test_no_damage_stops_the_scanner(data: st.DataObject, rows: list[Any]) -> None:
    """An endless loop or an exception where characters are missing, doubled or foreign."""
    text = json.dumps(rows, ensure_ascii=False, indent=data.draw(INDENT))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text = (
            text[:at]
            + data.draw(st.sampled_from(["", '"', "}", "]", ",", "\\", "x", "{", "[", ":"]))
            + text[at + 1 :]
        )
    for item in JsonDocument(JsonText(iter(_pieces(text, [7, 31, 90])))).records():
        assert isinstance(item, Parsed | Problem)


@settings(max_examples=200, deadline=None)
@given(
    lines=st.lists(TEXT.map(lambda text: text.replace("\n", "")), max_size=8),
    cuts=st.lists(st.integers(0, 500)),
)
def test_lines_cut_anywhere(lines: list[str], cuts: list[int]) -> None:
    """A line that is split at U+2028 or at a chunk boundary."""
    text = "".join(line + "\n" for line in lines)
    assert list(numbered_lines(_pieces(text, cuts))) == list(enumerate(lines, start=1))


def test_a_line_without_end_is_dropped_and_the_next_one_read() -> None:
    """A file of one endless line that fills the memory, or that swallows what follows it."""
    found = list(numbered_lines(iter(["a" * 60, "a" * 60, "a\nb\n"]), max_chars=100))
    assert isinstance(found[0][1], TooLongLine)
    assert found[1:] == [(2, "b")]


def test_a_record_above_the_limit_is_named_and_the_rest_read() -> None:
    """A lost quote in a huge array that makes the reader hold the whole file."""
    rows = ",\n".join(json.dumps({"a": index}) for index in range(3))
    text = '[\n{"a": 0},\n{"a": "' + "x" * 3000 + '"},\n' + rows + "\n]"
    pieces = [text[start : start + 100] for start in range(0, len(text), 100)]
    items = list(JsonDocument(JsonText(iter(pieces), max_record_chars=1000)).records())
    assert [item.code for item in items if isinstance(item, Problem)] == ["row.too_large"]
    assert [item.value["a"] for item in items if isinstance(item, Parsed)] == [0, 0, 1, 2]


@pytest.mark.parametrize("damage", ['"output" "x"', '"output": x', '"output": "x', '"output" :'])
def test_a_broken_record_of_an_array_costs_only_itself(tmp_path: Path, damage: str) -> None:
    """One broken record that hides all that follow (or invents rows out of its insides)."""
    good = [json.dumps({"input": f"问{n}", "output": "答"}, ensure_ascii=False) for n in range(5)]
    good[2] = '{"input": "问2", ' + damage + "}"
    for name, text in (
        ("lines.json", "[\n" + ",\n".join(good) + "\n]"),
        ("compact.json", "[" + ", ".join(good) + "]"),
    ):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        rows, problems = read_all(path)
        questions = [row.messages[0]["content"] for row in rows]
        assert [problem.level for problem in problems].count("error") == 1, (name, problems)
        if name == "lines.json":
            assert questions == ["问0", "问1", "问3", "问4"]
            assert problems[0].line == 4
        else:
            assert set(questions) <= {"问0", "问1", "问3", "问4"}
            assert questions[:2] == ["问0", "问1"]


def test_a_cut_conversation_invents_no_row(tmp_path: Path) -> None:
    """Resuming inside a truncated record: its turns would be taken for rows."""
    row = {"conversations": [{"from": "human", "value": "问"}, {"from": "gpt", "value": "答"}] * 3}
    text = json.dumps([row, row], ensure_ascii=False)
    path = tmp_path / "cut.json"
    path.write_text(text[:-30], encoding="utf-8")
    rows, problems = read_all(path)
    assert len(rows) == 1
    assert [problem.code for problem in problems] == ["row.json_truncated"]


@pytest.mark.parametrize(
    ("head", "frame"),
    [
        ('{"a": 1}\n{"a": 2}\n', "lines"),
        ('{"a": 1}', "document"),
        ('[\n{"a": 1}\n]', "document"),
        ('{\n "a": 1\n}\n{\n "a": 2\n}\n', "document"),
        ("{'a': 1}\n{\"a\": 2}\n", "lines"),
        ('// note\n{"a": 2}\n', "lines"),
        ('{"a": 1, "b\n{"a": 2}\n', "lines"),
        ("plain text\nmore text\n", "none"),
    ],
)
def test_framing_is_told_by_content(head: str, frame: str) -> None:
    """A file that is read in the wrong way because of its name or its first line."""
    assert sniff_frame(head, whole=True) == frame


def test_a_large_wrapped_table_is_streamed_like_a_small_one(tmp_path: Path) -> None:
    """The path for objects beyond 4 MiB, which decides by their first members only."""
    rows = [{"input": f"问题{n}" * 40, "output": "答" * 300} for n in range(6000)]
    path = tmp_path / "big.json"
    path.write_text(json.dumps({"version": "1", "data": rows}, ensure_ascii=False), encoding="utf-8")
    assert path.stat().st_size > 6 << 20
    found, problems = read_all(path)
    assert len(found) == len(rows)
    assert [problem.code for problem in problems] == ["data.wrapped"]


def test_a_large_keyed_table_is_streamed_like_a_small_one(tmp_path: Path) -> None:
    """As above for {"0": row, "1": row}."""
    rows = {str(n): {"input": f"问题{n}" * 40, "output": "答" * 300} for n in range(6000)}
    path = tmp_path / "big.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    found, problems = read_all(path)
    assert len(found) == len(rows)
    assert [problem.code for problem in problems] == ["data.keyed_object"]


@pytest.mark.parametrize(
    "line",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"input": "问", "output": "答", "n": ' + "9" * 5000 + "}",
        '{"input": "问", "output": "答", "n": NaN, "m": -Infinity}',
        '{"input": "问", "output": "答", "deep": ' + "[" * 200 + "]" * 200 + "}",
        "null",
        "[]",
        "12",
        '"text"',
        "{}",
    ],
)
def test_hostile_lines_are_rows_with_problems_not_crashes(tmp_path: Path, line: str) -> None:
    """Nesting, huge integers and scalars that raise something else than a JSON error."""
    path = tmp_path / "rows.jsonl"
    good = json.dumps({"input": "问", "output": "答"}, ensure_ascii=False)
    path.write_text(f"{good}\n{line}\n{good}\n", encoding="utf-8")
    rows, _ = read_all(path)
    assert [row.record.line for row in rows if row.messages][-1] == 3
    assert sum(bool(row.messages) for row in rows) in (2, 3)
