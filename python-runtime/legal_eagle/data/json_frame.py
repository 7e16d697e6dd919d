"""How a JSON source is framed: one value a line, or one document that spans lines."""

from __future__ import annotations

import json
from typing import Any, Literal

from legal_eagle.data.json_text import PairsDecoder

Frame = Literal["lines", "document", "none"]

# Lists under these keys belong to one record; any other list of objects may be the table itself.
RECORD_LIST_KEYS = frozenset(
    {
        "messages",
        "conversations",
        "conversation",
        "dialog",
        "dialogue",
        "chat",
        "history",
        "tools",
        "chosen",
        "rejected",
        "prompt",
        "output",
        "response",
        "answer",
        "answers",
        "reference",
        "references",
        "laws",
        "segments",
        "对话",
        "历史",
    }
)
# An empty list is an empty table only under one of the usual names.
_TABLE_KEYS = frozenset(
    {"data", "rows", "records", "items", "examples", "train", "samples", "list", "RECORDS"}
)
_LINES_TO_TRY = 50


def sniff_frame(head: str, *, whole: bool) -> Frame:
    """Judge by the first characters of a source. `whole`: `head` is all of it."""
    start = len(head) - len(head.lstrip(" \t\r\n\ufeff"))
    first = head[start : start + 1]
    if first == "[":
        return "document"
    lines = head[start:].split("\n")
    if first == "{":
        if _is_whole_object(lines[0]):
            rest = head[start + len(lines[0]) :].strip()
            return "document" if whole and not rest else "lines"
        if _starts_with_object(lines[0]):
            return "lines"
        if len(lines) == 1:
            return "lines" if whole else "document"
        if _starts_with_object(head[start:]):
            return "document"
    # A first line that is broken, or a comment: the next ones decide. Only lines that begin at the margin
    # count, the inner objects of a pretty-printed file are indented.
    if any(line[:1] == "{" and _is_whole_object(line) for line in lines[1 : _LINES_TO_TRY + 1]):
        return "lines"
    if first == "{":
        return "document"
    if any(line[:1] in ("[", "{") for line in lines[1 : _LINES_TO_TRY + 1]):
        return "document"
    return "none"


def _is_whole_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _starts_with_object(text: str) -> bool:
    try:
        value, _ = PairsDecoder().decode_at(text, 0)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict)


def table_key(value: dict[str, Any]) -> str | None:
    """The key of an object like {"data": [row, row]} under which the rows are, or None for a record."""
    for key, item in value.items():
        if not isinstance(item, list) or key in RECORD_LIST_KEYS:
            continue
        others = [other for name, other in value.items() if name != key]
        if any(_is_long_text(other) for other in others):
            continue
        if _is_row(item[0]) if item else key in _TABLE_KEYS:
            return key
    return None


def is_keyed(value: dict[str, Any]) -> bool:
    """Whether an object is a table whose keys are the row numbers or names: {"0": row, "1": row}."""
    if not value or not all(isinstance(item, dict) for item in value.values()):
        return False
    return all(key.isdigit() for key in value) or (len(value) > 1 and _share_keys(list(value.values())))


def _is_row(item: Any) -> bool:
    return isinstance(item, dict) or (isinstance(item, list) and bool(item) and isinstance(item[0], dict))


def _is_long_text(item: Any) -> bool:
    # A record has a question or an answer beside its list; the head of a table has a name and a version.
    return isinstance(item, str) and len(item) > 200


def _share_keys(items: list[dict[str, Any]]) -> bool:
    return len(items[0]) > 1 and all(set(item) == set(items[0]) for item in items[:50])
