"""Every broken file of the shared defects is read as its expected.json says, and every defect is named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from data_fixtures import read_all, shared_data

# Which of our codes may stand for a defect of expected.json.
CODES: dict[str, set[str]] = {
    "utf8_bom": {"data.utf8_bom"},
    "crlf": {"data.crlf"},
    "blank_lines": {"data.blank_lines"},
    "encoding": {"data.encoding"},
    "encoding_mixed": {"row.encoding_mixed"},
    "json_syntax": {
        "row.json_syntax",
        "row.json_truncated",
        "row.trailing_comma",
        "row.comment_line",
        "row.python_repr",
    },
    "json_truncated": {"row.json_truncated"},
    "concatenated_objects": {"row.concatenated_objects"},
    "wrong_extension": {"data.wrong_extension"},
    "pretty_printed_jsonl": {"data.pretty_printed"},
    "wrapped": {"data.wrapped"},
    "keyed_object": {"data.keyed_object"},
    "nested_lists": {"data.nested_lists"},
    "empty_file": {"data.empty_file"},
    "missing_key": {"row.missing_key", "row.key_variant"},
    "null_value": {"row.null_value"},
    "empty_value": {"row.empty_value"},
    "wrong_type": {"row.wrong_type", "row.reference_text"},
    "duplicate_key": {"row.duplicate_key"},
    "schema_change": {"row.schema_change"},
    "lone_surrogate": {"row.lone_surrogate"},
    "csv_syntax": {"row.csv_unclosed_quote"},
    "starts_with_assistant": {"row.starts_with_assistant"},
    "ends_with_user": {"row.ends_with_user"},
    "same_role_twice": {"row.same_role_twice"},
    "system_only": {"row.system_only"},
    "no_messages": {"row.no_messages"},
    "unknown_role": {"row.unknown_role"},
    "system_not_first": {"row.system_not_first"},
    "empty_content": {"row.empty_content"},
    "missing_content": {"row.missing_content"},
    "content_parts": {"row.content_parts"},
    "dialect": {"row.dialect"},
}
# Classes that the data workbench brings: duplicates, characters, HTML, length.
LATER = {
    "duplicate",
    "near_duplicate",
    "conflicting_answers",
    "control_character",
    "zero_width",
    "replacement_character",
    "html",
    "too_long",
}


def _expected() -> list[dict[str, Any]]:
    files: list[dict[str, Any]] = json.loads(
        (shared_data("defects") / "expected.json").read_text(encoding="utf-8")
    )
    return files


def test_the_number_of_records_of_every_file() -> None:
    """A reader that swallows, doubles or invents a record."""
    folder = shared_data("defects")
    wrong = {}
    files = _expected()
    for entry in files:
        rows, _ = read_all(folder / entry["file"])
        if entry["records"] is not None and len(rows) != entry["records"]:
            wrong[entry["file"]] = (len(rows), entry["records"])
    assert len(files) == 43
    assert wrong == {}


def test_every_defect_is_named_with_its_place() -> None:
    """A defect that is passed over, or told for another line, record or field."""
    folder = shared_data("defects")
    missing = []
    checked = 0
    for entry in _expected():
        _, problems = read_all(folder / entry["file"])
        for defect in entry["defects"]:
            if defect["defect"] in LATER:
                continue
            codes = CODES[defect["defect"]]
            checked += 1
            if not any(
                problem.code in codes
                and ("line" not in defect or problem.line == defect["line"])
                # A line that gave no record has none.
                and ("record" not in defect or problem.record == defect["record"])
                and ("key" not in defect or problem.key == defect["key"])
                and ("type" not in defect or problem.detail == defect["type"])
                for problem in problems
            ):
                missing.append((entry["file"], defect))
    assert missing == []
    assert checked == 51


def test_nothing_is_reported_where_nothing_is_wrong() -> None:
    """False alarms: findings in the control files, or of another kind than the file's defects."""
    folder = shared_data("defects")
    surplus = []
    for entry in _expected():
        _, problems = read_all(folder / entry["file"])
        allowed = set().union(*(CODES.get(defect["defect"], set()) for defect in entry["defects"]))
        surplus += [
            (entry["file"], problem.code, problem.line)
            for problem in problems
            if problem.code not in allowed
            # A conversation of an answer and a question has both defects; one of them is listed.
            and not (entry["file"] == "messages-roles.jsonl" and problem.line == 3)
        ]
    assert surplus == []


@pytest.mark.parametrize(
    ("file", "usable"),
    [
        ("mixed-encoding.jsonl", 12),
        ("gb18030.jsonl", 12),
        ("utf16le-bom.jsonl", 12),
        ("key-variant.jsonl", 12),
        ("truncated-line.jsonl", 11),
        ("array-truncated.json", 9),
        ("missing-output.jsonl", 11),
        ("empty-output.jsonl", 10),
        ("blank-cells.csv", 1),
        ("messages-roles.jsonl", 5),
        ("conversations-dialects.jsonl", 7),
        ("history-tags.json", 2),
        ("lone-surrogate.jsonl", 11),
    ],
)
def test_what_can_be_repaired_is_usable(file: str, usable: int) -> None:
    """A repair that excludes a good row, or lets a bad one through."""
    rows, _ = read_all(shared_data("defects") / file)
    assert sum(row.excluded_reason is None for row in rows) == usable
    assert all(bool(row.messages) == (row.excluded_reason is None) for row in rows)


def test_repaired_rows_hold_the_same_text_as_the_control_file() -> None:
    """A decoding or unwrapping repair that changes text: mojibake, lost characters, wrong order."""
    folder = shared_data("defects")
    control = [row.messages for row in read_all(folder / "ok.jsonl")[0]]
    for name in (
        "bom.jsonl",
        "crlf.jsonl",
        "no-final-newline.jsonl",
        "blank-lines.jsonl",
        "gb18030.jsonl",
        "utf16le-bom.jsonl",
        "mixed-encoding.jsonl",
        "two-objects-one-line.jsonl",
        "trailing-comma-line.jsonl",
        "comment-line.jsonl",
        "array.json",
        "array-trailing-comma.json",
        "array-in.jsonl",
        "lines-in.json",
        "pretty-printed.jsonl",
        "wrapped-in-data.json",
        "keyed-by-index.json",
        "list-of-lists.json",
        "key-variant.jsonl",
    ):
        assert [row.messages for row in read_all(folder / name)[0]] == control, name
