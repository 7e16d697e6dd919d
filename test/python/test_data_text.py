"""Encodings, compressed files and CSV."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from data_fixtures import read_all, shared_data
from hypothesis import given, settings
from hypothesis import strategies as st

from legal_eagle.data.csv_records import CsvRecords
from legal_eagle.data.encoding import inspect_text
from legal_eagle.data.json_lines import numbered_lines
from legal_eagle.data.problem import Problem, Record
from legal_eagle.data.source_bytes import BLOCK_BYTES

_ROW = {"input": "离婚需要准备什么材料？", "output": "需要身份证、户口簿和结婚证。"}


def _lines(count: int) -> str:
    return "".join(
        json.dumps({**_ROW, "input": f"{n}：{_ROW['input']}"}, ensure_ascii=False) + "\n"
        for n in range(count)
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("count", [1, 40])
def test_each_encoding_reads_the_same(tmp_path: Path, encoding: str, count: int) -> None:
    """A file of a Windows program that comes out as mojibake."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(_lines(count).encode(encoding))
    rows, _ = read_all(path)
    assert [row.messages[0]["content"] for row in rows] == [f"{n}：{_ROW['input']}" for n in range(count)]


def test_characters_that_straddle_blocks_survive(tmp_path: Path) -> None:
    """A three-byte character cut by the block size."""
    for shift in range(3):
        path = tmp_path / f"{shift}.json"
        text = json.dumps([{"input": "x" * shift + "法" * BLOCK_BYTES, "output": "答"}], ensure_ascii=False)
        path.write_text(text, encoding="utf-8")
        rows, problems = read_all(path)
        assert problems == []
        assert rows[0].messages[0]["content"] == "x" * shift + "法" * BLOCK_BYTES


def test_one_long_line_in_gb18030_is_recognised(tmp_path: Path) -> None:
    """A one-line array beyond the size up to which lines are judged whole."""
    rows = [{**_ROW, "id": n} for n in range(110_000)]
    path = tmp_path / "rows.json"
    path.write_bytes(json.dumps(rows, ensure_ascii=False).encode("gb18030"))
    assert path.stat().st_size > 9 << 20
    assert inspect_text(path).encoding == "gb18030"
    found, problems = read_all(path)
    assert len(found) == len(rows)
    assert found[-1].messages[0]["content"] == _ROW["input"]
    assert [problem.code for problem in problems] == ["data.encoding"]


def test_utf8_lines_in_a_gb18030_file_are_told_line_by_line(tmp_path: Path) -> None:
    """A mixed file whose minority is turned into wrong characters without a word."""
    lines = _lines(30).splitlines(keepends=True)
    path = tmp_path / "mixed.jsonl"
    data = [line.encode("utf-8" if n in (4, 17) else "gb18030") for n, line in enumerate(lines, start=1)]
    path.write_bytes(b"".join(data))
    rows, problems = read_all(path)
    assert [(problem.code, problem.line) for problem in problems] == [
        ("data.encoding", None),
        ("row.encoding_mixed", 4),
        ("row.encoding_mixed", 17),
    ]
    assert [row.messages[0]["content"] for row in rows] == [f"{n}：{_ROW['input']}" for n in range(30)]


def test_bytes_that_are_no_text_exclude_their_row_only(tmp_path: Path) -> None:
    """U+FFFD learned as an answer."""
    data = _lines(4).encode("utf-8").split(b"\n")
    data[2] = data[2].replace("材料".encode(), b"\xff\xfe\xff")
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join(data))
    rows, problems = read_all(path)
    assert [(problem.code, problem.line) for problem in problems] == [("row.undecodable", 3)]
    assert [bool(row.messages) for row in rows] == [True, True, False, True]


def test_damage_inside_a_record_that_spans_lines_is_found(tmp_path: Path) -> None:
    """A pretty-printed record or a CSV cell whose third line is no text: only its first line was judged."""
    rows = [{**_ROW, "id": n} for n in range(4)]
    text = json.dumps(rows, ensure_ascii=False, indent=1).encode("utf-8").split(b"\n")
    text[8] = text[8].replace("户口簿".encode(), b"\xff\xff")
    (tmp_path / "rows.json").write_bytes(b"\n".join(text))
    found, problems = read_all(tmp_path / "rows.json")
    assert [bool(row.messages) for row in found] == [True, False, True, True]
    assert [(problem.code, problem.line, problem.record) for problem in problems] == [
        ("row.undecodable", 9, 1)
    ]
    table = '问题,回答\n问,"第一\n第二"\n'.encode().replace("第二".encode(), "第二".encode("gb18030"))
    (tmp_path / "rows.csv").write_bytes(table)
    found, problems = read_all(tmp_path / "rows.csv")
    assert found[0].messages[1]["content"] == "第一\n第二"
    assert [(problem.code, problem.line) for problem in problems] == [("row.encoding_mixed", 3)]


def test_damage_inside_one_long_line_costs_its_record_only(tmp_path: Path) -> None:
    """U+FFFD learned as an answer because the line was too long to be judged whole."""
    rows = [{**_ROW, "id": n} for n in range(90_000)]
    data = json.dumps(rows, ensure_ascii=False).encode("utf-8")
    middle = data.index("户口簿".encode(), len(data) // 2)
    path = tmp_path / "rows.json"
    path.write_bytes(data[:middle] + b"\xff\xff\xff" + data[middle + 3 :])
    found, problems = read_all(path)
    assert [problem.code for problem in problems] == ["row.undecodable"]
    assert sum(bool(row.messages) for row in found) == len(rows) - 1


def test_a_damaged_gzip_gives_the_rows_before_the_damage(tmp_path: Path) -> None:
    """A cut download that is either refused whole or taken for whole."""
    whole = gzip.compress("".join(json.dumps({**_ROW, "id": n * 7919}) + "\n" for n in range(5000)).encode())
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    rows, problems = read_all(path)
    assert 1000 < len(rows) < 5000
    assert problems[0].code == "data.compressed_damaged"
    assert problems[0].level == "error"


def test_every_text_container_gives_the_same_rows() -> None:
    """Delimiters, quotes, encodings and compression of real files."""
    folder = shared_data("containers")
    wanted = [
        json.loads(line)
        for line in (folder.parent / "disc-law-sft" / "pair.jsonl")
        .read_text(encoding="utf-8")
        .split("\n")[:80]
    ]
    expected = [tuple(row[key].replace("\r\n", "\n") for key in ("input", "output")) for row in wanted]
    for name in (
        "pair.jsonl.gz",
        "pair.utf8.csv",
        "pair.utf8-bom.csv",
        "pair.gb18030.csv",
        "pair.semicolon.csv",
        "pair.tsv",
    ):
        rows, problems = read_all(folder / name)
        # csv writers turn line feeds inside cells into the file's own line ends.
        got = [tuple(turn["content"].replace("\r\n", "\n") for turn in row.messages) for row in rows]
        assert got == expected, name
        assert {problem.level for problem in problems} <= {"warning"}, name


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("pair.snappy.parquet", "parquet"),
        ("messages.nested.parquet", "parquet"),
        ("pair.two-sheets.xlsx", "xlsx"),
    ],
)
def test_binary_containers_are_refused_by_name(name: str, kind: str) -> None:
    """A spreadsheet that is read as broken text, one problem a line."""
    rows, problems = read_all(shared_data("containers") / name)
    assert rows == []
    assert [(problem.code, problem.detail) for problem in problems] == [("data.container_unsupported", kind)]


CELL = st.text(alphabet=st.sampled_from('a,;"\n\t 法|'), max_size=8)


@settings(max_examples=300, deadline=None)
@given(table=st.lists(st.tuples(CELL, CELL.map(lambda text: "x" + text)), min_size=1, max_size=8))
def test_csv_as_a_spreadsheet_writes_it_comes_back(table: list[tuple[str, str]]) -> None:
    """Quotes, delimiters and line feeds inside cells."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("问题", "回答"), *table])
    items = list(CsvRecords(numbered_lines([text.getvalue()])).records())
    assert [item for item in items if isinstance(item, Problem)] == []
    got = [tuple(item.value.values()) for item in items if isinstance(item, Record)]  # type: ignore[attr-defined]
    assert got == [tuple(cell for cell in row) for row in table]


def test_an_unclosed_quote_costs_its_row_only() -> None:
    """A lost quote that swallows the rest of the table."""
    text = 'q,a\n1,"ok"\n2,"lost\n3,"fine"\n"4","multi\nline"\n5,x\n'
    items = list(CsvRecords(numbered_lines([text])).records())
    values = [tuple(item.value.values()) for item in items if isinstance(item, Record)]  # type: ignore[attr-defined]
    assert values == [("1", "ok"), ("3", "fine"), ("4", "multi\nline"), ("5", "x")]
    assert [(item.code, item.line) for item in items if isinstance(item, Problem)] == [
        ("row.csv_unclosed_quote", 3)
    ]
    assert [item.line for item in items if isinstance(item, Record)] == [2, 4, 5, 7]


def test_a_row_cut_at_an_unquoted_delimiter_is_an_error(tmp_path: Path) -> None:
    """Half an answer learned because a comma stood outside of quotes."""
    path = tmp_path / "rows.csv"
    path.write_text("问题,回答\n一,二\n一,二,三\n", encoding="utf-8")
    rows, problems = read_all(path)
    assert [row.excluded_reason for row in rows] == [None, "row.csv_columns"]
    assert [(problem.code, problem.line) for problem in problems] == [("row.csv_columns", 3)]
