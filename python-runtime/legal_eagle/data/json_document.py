"""Records out of JSON documents of any size: arrays, wrapped and keyed tables, objects one after another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from legal_eagle.data.json_frame import RECORD_LIST_KEYS, is_keyed, table_key
from legal_eagle.data.json_lines import duplicate_key_problems
from legal_eagle.data.json_text import JsonSyntaxError, JsonText
from legal_eagle.data.problem import Problem

# An object that is not whole within this many characters is read member by member.
_OBJECT_CHARS = 4 << 20
_NESTED_ROW = re.compile(r"\[[ \t\r\n]*\{")
_CODES = {
    "truncated": "row.json_truncated",
    "too_large": "row.too_large",
    "too_deep": "row.too_deep",
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """One value that is a record, and the lines on which it begins and ends."""

    value: Any
    line: int
    end_line: int
    problems: tuple[Problem, ...]


class JsonDocument:
    """Reads one document. After `records()` ended, `shapes` says how the rows were wrapped."""

    def __init__(self, text: JsonText) -> None:
        self._text = text
        self.shapes: dict[str, str | None] = {}
        self._top_values = 0
        self._indent: str | None = None
        self._first_key: str | None = None
        self._gave_up = False

    def records(self) -> Iterator[Parsed | Problem]:
        """Values in order; a Problem where something is broken, with its line. Never raises for bad JSON."""
        text = self._text
        while character := text.skip_blank():
            self._top_values += 1
            if character == "[":
                yield from self._array()
            elif character == "{":
                yield from self._top_object()
            elif character in ",]}" and self._top_values > 1:
                yield Problem("row.json_syntax", line=text.line, detail=f"stray {character!r}")
                text.position += 1
            else:
                yield self._lost(self._error("expected an object or an array"))

    @property
    def kind(self) -> str:
        """json-array, json-object or json-values."""
        if "array" in self.shapes:
            return "json-array"
        return "json-values" if self._top_values > 1 else "json-object"

    def _top_object(self) -> Iterator[Parsed | Problem]:
        text = self._text
        line = text.line
        text.ahead(_OBJECT_CHARS)
        try:
            value, end = text.decoder.decode_at(text.window, text.position)
        except (ValueError, RecursionError):
            value, end = None, -1
        if isinstance(value, dict):
            key = table_key(value)
            if key is None and not is_keyed(value):
                duplicates = tuple(duplicate_key_problems(text.decoder))
                text.advance_to(end)
                yield Parsed(value, line, text.line, duplicates)
                return
        elif self._is_record_here():
            yield from self._element(set())
            return
        yield from self._members()

    def _is_record_here(self) -> bool:
        """Whether a broken or very large object is one record: its first list or object is not a table."""
        head = self._text.ahead(_OBJECT_CHARS)
        opening = re.search(r'"((?:[^"\\]|\\.)*)"\s*:\s*(\[\s*[\[{]|\{)', head)
        return opening is None or opening.group(1) in RECORD_LIST_KEYS

    def _members(self) -> Iterator[Parsed | Problem]:
        text = self._text
        text.take("{")
        while True:
            character = text.skip_blank()
            if character == "}":
                text.position += 1
                return
            if character == ",":
                text.position += 1
                continue
            try:
                key = text.take_value()
                if not isinstance(key, str) or not text.take(":"):
                    raise self._error("expected a key and a colon")
                opening = text.skip_blank()
                if opening == "[" and key not in RECORD_LIST_KEYS:
                    self.shapes["wrapped"] = key
                    yield from self._array()
                elif opening == "{":
                    self.shapes.setdefault("keyed", None)
                    yield from self._element(set())
                else:
                    text.take_value()
            except JsonSyntaxError as error:
                # Between the members of a table there is no safe place to go on from.
                yield self._lost(error, search=False)
                return

    def _array(self, *, nested: bool = False) -> Iterator[Parsed | Problem]:
        text = self._text
        self.shapes["nested" if nested else "array"] = None
        text.take("[")
        separators: set[str] = set()
        after_value = False
        while True:
            character = text.skip_blank()
            if character == "":
                if not self._gave_up:
                    yield Problem("row.json_truncated", line=text.line, detail="the array is not closed")
                return
            if character == "]":
                if separators:
                    yield Problem("row.trailing_comma", line=text.line, detail="comma before ]")
                text.position += 1
                return
            if character == ",":
                if separators or not after_value:
                    yield Problem("row.trailing_comma", line=text.line, detail="comma without a value")
                separators.add(",")
                text.position += 1
                continue
            if after_value and not separators:
                yield Problem("row.missing_comma", line=text.line)
            separators.clear()
            after_value = True
            if not nested and character == "[" and _NESTED_ROW.match(text.ahead(256)):
                yield from self._array(nested=True)
            elif character in ":}":
                yield self._lost(self._error(f"unexpected {character!r}"))
                separators.add("resumed")
            else:
                yield from self._element(separators)

    def _element(self, separators: set[str]) -> Iterator[Parsed | Problem]:
        text = self._text
        line = text.line
        indent = _indent_before(text)
        self._indent = self._indent if indent is None else indent
        try:
            value, repairs = self._repaired_value()
        except JsonSyntaxError as error:
            yield self._lost(error)
            separators.add("resumed")
            return
        if isinstance(value, dict) and value:
            self._first_key = next(iter(value))
        yield Parsed(value, line, text.line, (*duplicate_key_problems(text.decoder), *repairs))

    def _repaired_value(self) -> tuple[Any, tuple[Problem, ...]]:
        try:
            return self._text.take_value(), ()
        except JsonSyntaxError as error:
            if error.kind != "control":
                raise
            try:
                return self._text.take_value(strict=False), (Problem("row.raw_control_character"),)
            except JsonSyntaxError:
                # A lost quote: the second error is far behind the damage. The window may have moved.
                error.index = self._text.position
                raise error from None

    def _error(self, message: str) -> JsonSyntaxError:
        return JsonSyntaxError("syntax", self._text.line, 1, message, self._text.position)

    def _lost(self, error: JsonSyntaxError, *, search: bool = True) -> Problem:
        """Name the damage and go to the next record, or to the end of the text."""
        text = self._text
        line = text.line
        pattern = self._resume_pattern() if search else None
        text.advance_to(min(error.index + 1, len(text.window)))
        if pattern is None or not self._go_to(pattern):
            self._gave_up = True
            while True:
                text.advance_to(len(text.window))
                if not text.fill():
                    break
        where = f"{error.message} (line {error.line}, column {error.column})"
        return Problem(_CODES.get(error.kind, "row.json_syntax"), line=line, detail=where)

    def _resume_pattern(self) -> re.Pattern[str] | None:
        """What the beginning of a record looks like here: its indentation, or "}," and the same first key."""
        if self._indent is not None:
            return re.compile(r"\n" + re.escape(self._indent) + r"(?=\{)")
        if self._first_key is not None:
            return re.compile(r"\}\s*,\s*(?=\{\s*\"" + re.escape(self._first_key) + r"\")")
        return None

    def _go_to(self, pattern: re.Pattern[str]) -> bool:
        text = self._text
        while True:
            if match := pattern.search(text.window, text.position):
                text.advance_to(match.end())
                return True
            # Keep a tail: what is searched for may straddle two pieces.
            text.advance_to(max(text.position, len(text.window) - 256))
            if not text.fill():
                return False


def _indent_before(text: JsonText) -> str | None:
    """The blanks before the position if a line begins with them."""
    start = text.window.rfind("\n", max(0, text.position - 64), text.position)
    if start < 0:
        return None
    blanks = text.window[start + 1 : text.position]
    return blanks if not blanks.strip(" \t") else None
