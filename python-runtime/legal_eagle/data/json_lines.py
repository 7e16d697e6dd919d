"""JSON Lines: every line is judged and, where that is safe, repaired by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from legal_eagle.data.json_text import MAX_RECORD_CHARS, PairsDecoder
from legal_eagle.data.problem import Problem

_COMMENT = re.compile(r"\s*(//|#|/\*|--)")
_PYTHON_DICT = re.compile(r"\s*\{\s*('|u'|\})")
_BLANKS = " \t\r\n\ufeff"


class TooLongLine:
    """Stands for a line that was longer than a record may be; its text was dropped."""


def numbered_lines(
    pieces: Iterable[str], max_chars: int = MAX_RECORD_CHARS
) -> Iterator[tuple[int, str | TooLongLine]]:
    """Lines from 1, split at line feeds only (U+2028 and the like are text), without the line feed."""
    number = 1
    parts: list[str] = []
    held = 0
    for piece in pieces:
        *whole, rest = piece.split("\n")
        for line in whole:
            text = "".join([*parts, line]) if parts else line
            yield number, (TooLongLine() if held > max_chars else text)
            parts, held = [], 0
            number += 1
        held += len(rest)
        if rest and held <= max_chars:
            parts.append(rest)
        elif held > max_chars:
            parts.clear()
    if held > max_chars:
        yield number, TooLongLine()
    elif parts:
        yield number, "".join(parts)


class LineParser:
    """Turns one line into values, or says why it is none."""

    def __init__(self) -> None:
        self._decoder = PairsDecoder()

    def parse(self, line: str) -> tuple[list[tuple[Any, list[Problem]]], list[Problem]]:
        """The values on a line, each with what reading it took, and the findings about the line itself."""
        text = line.strip(_BLANKS)
        try:
            return [self._value(text)], []
        except RecursionError:
            return [], [Problem("row.too_deep")]
        except json.JSONDecodeError as error:
            return self._repair(text, error)
        except ValueError as error:
            return [], [Problem("row.json_syntax", detail=str(error))]

    def _value(self, text: str, *, strict: bool = True) -> tuple[Any, list[Problem]]:
        value, end = self._decoder.decode_at(text, 0, strict=strict)
        if end != len(text):
            raise json.JSONDecodeError("Extra data", text, end)
        return value, duplicate_key_problems(self._decoder)

    def _repair(
        self, text: str, error: json.JSONDecodeError
    ) -> tuple[list[tuple[Any, list[Problem]]], list[Problem]]:
        if _COMMENT.match(text):
            return [], [Problem("row.comment_line", detail=text[:80])]
        if error.msg.startswith("Invalid control character"):
            try:
                value, problems = self._value(text, strict=False)
            except (ValueError, RecursionError):
                pass
            else:
                return [(value, [*problems, Problem("row.raw_control_character")])], []
        if error.msg == "Extra data":
            return self._several(text, error)
        if _PYTHON_DICT.match(text):
            return [], [Problem("row.python_repr", detail=text[:80])]
        cut = error.msg.startswith("Unterminated string") or error.pos >= len(text)
        code = "row.json_truncated" if cut else "row.json_syntax"
        return [], [Problem(code, detail=f"{error.msg} (column {error.pos + 1})")]

    def _several(
        self, text: str, error: json.JSONDecodeError
    ) -> tuple[list[tuple[Any, list[Problem]]], list[Problem]]:
        if text[error.pos :].strip(_BLANKS) == ",":
            value = self._value(text[: error.pos].rstrip(_BLANKS))
            return [(value[0], [*value[1], Problem("row.trailing_comma")])], []
        values: list[tuple[Any, list[Problem]]] = []
        start = 0
        while start < len(text):
            try:
                value, start = self._decoder.decode_at(text, start)
            except (ValueError, RecursionError) as broken:
                # What was whole before the damage is kept; the rest of the line is named.
                note = Problem("row.json_syntax", detail=f"{broken} after {len(values)} values on the line")
                return (values, [note]) if _all_objects(values) else ([], [note])
            values.append((value, duplicate_key_problems(self._decoder)))
            while start < len(text) and text[start] in _BLANKS + ",":
                start += 1
        return values, [Problem("row.concatenated_objects", detail=str(len(values)))]


def duplicate_key_problems(decoder: PairsDecoder) -> list[Problem]:
    return [Problem("row.duplicate_key", key=key) for key in dict.fromkeys(decoder.duplicate_keys)]


def _all_objects(values: list[tuple[Any, list[Problem]]]) -> bool:
    return bool(values) and all(isinstance(value, dict) for value, _ in values)
