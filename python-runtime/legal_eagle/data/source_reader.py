"""One source file as a stream of records and findings, whatever its container, encoding and framing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from legal_eagle.data.csv_records import CsvRecords
from legal_eagle.data.encoding import UNDECODABLE, binary_facts, decoded, inspect_text
from legal_eagle.data.json_document import JsonDocument, Parsed
from legal_eagle.data.json_frame import sniff_frame
from legal_eagle.data.json_lines import LineParser, TooLongLine, numbered_lines
from legal_eagle.data.json_text import JsonText
from legal_eagle.data.problem import Problem, Record
from legal_eagle.data.source_bytes import binary_container, text_suffix

_SNIFF_CHARS = 4 << 20
_LINE_SUFFIXES = frozenset({".jsonl", ".ndjson"})
_TABLE_SUFFIXES = frozenset({".csv", ".tsv"})
OnBytes = Callable[[int], None]


def _ignore(_: int) -> None:
    return None


class SourceReader:
    """Reads one file any number of times. `container` and `encoding` are known after the first whole pass."""

    def __init__(self, path: Path, on_bytes: OnBytes = _ignore) -> None:
        """Reads the file once to find its encoding and hash. Raises OSError."""
        self.path = path
        self.container = binary_container(path) or "empty"
        if self.container == "empty":
            self.facts = inspect_text(path, on_bytes)
        else:
            self.facts = binary_facts(path, on_bytes)

    def records(self, on_bytes: OnBytes = _ignore) -> Iterator[Record | Problem]:
        """Records in order, findings between them. Never raises for what the file contains."""
        if self.facts.encoding == "binary":
            yield Problem("data.container_unsupported", detail=self.container)
            return
        yield from self._encoding_problems()
        if self.facts.empty:
            yield Problem("data.empty_file")
            return
        count = 0
        for item in self._text_records(on_bytes):
            count += isinstance(item, Record)
            yield item
        if count == 0 and self.container in ("json-array", "json-object", "csv", "tsv"):
            yield Problem("data.empty_file", detail="no rows")

    def _encoding_problems(self) -> Iterator[Problem]:
        facts = self.facts
        if facts.encoding == "utf-8-bom":
            yield Problem("data.utf8_bom")
        elif facts.encoding != "utf-8":
            yield Problem("data.encoding", detail=facts.encoding)
        if facts.crlf:
            yield Problem("data.crlf")
        if facts.damaged is not None:
            yield Problem("data.compressed_damaged", detail=facts.damaged)

    def _text_records(self, on_bytes: OnBytes) -> Iterator[Record | Problem]:
        pieces = decoded(self.facts, on_bytes)
        head = ""
        for piece in pieces:
            head += piece
            if len(head) >= _SNIFF_CHARS or ("\n" in head and head.count("\n") > 60):
                break
        rest = next(pieces, "")
        whole = not rest
        again = chain([head, rest], pieces)
        suffix = text_suffix(self.path)
        starts_like_json = head.lstrip(" \t\r\n\ufeff")[:1] in ("{", "[")
        if suffix in _TABLE_SUFFIXES and not starts_like_json:
            yield from self._csv(again, suffix)
            return
        frame = sniff_frame(head, whole=whole)
        if frame == "lines":
            self.container = "json-lines"
            yield from self._lines(again, suffix)
        elif frame == "document":
            yield from self._document(again, suffix)
        else:
            self.container = "text"
            yield Problem("data.not_json", line=1, detail=head.strip()[:80])

    def _lines(self, pieces: Iterator[str], suffix: str) -> Iterator[Record | Problem]:
        parser = LineParser()
        index = 0
        blank = 0
        for line, text in numbered_lines(pieces):
            if isinstance(text, TooLongLine):
                yield Problem("row.too_large", line=line)
                continue
            if not text or text.isspace():
                blank += 1
                continue
            values, problems = parser.parse(text)
            for problem in problems:
                yield problem.at(line, None)
            for value, notes in values:
                yield self._record(value, index, line, line, notes)
                index += 1
        if blank:
            yield Problem("data.blank_lines", detail=str(blank))
        if index > 1 and suffix not in _LINE_SUFFIXES:
            yield Problem("data.wrong_extension", detail=f"JSON Lines under {suffix or 'no extension'}")

    def _document(self, pieces: Iterator[str], suffix: str) -> Iterator[Record | Problem]:
        document = JsonDocument(JsonText(pieces))
        index = 0
        for item in document.records():
            if isinstance(item, Parsed):
                yield self._record(item.value, index, item.line, item.end_line, list(item.problems))
                index += 1
            else:
                yield item
        self.container = document.kind
        shapes = document.shapes
        if "wrapped" in shapes:
            yield Problem("data.wrapped", key=shapes["wrapped"])
        if "keyed" in shapes:
            yield Problem("data.keyed_object")
        if "nested" in shapes:
            yield Problem("data.nested_lists")
        if suffix in _LINE_SUFFIXES and document.kind == "json-values":
            yield Problem("data.pretty_printed")
        elif suffix in (*_LINE_SUFFIXES, *_TABLE_SUFFIXES) and "array" in shapes:
            yield Problem("data.wrong_extension", detail=f"JSON array under {suffix}")

    def _csv(self, pieces: Iterator[str], suffix: str) -> Iterator[Record | Problem]:
        self.container = suffix[1:]
        table = CsvRecords(numbered_lines(pieces))
        for item in table.records():
            if isinstance(item, Record):
                yield self._record(item.value, item.index, item.line, item.end_line, list(item.problems))
            else:
                yield item
        if table.blank_lines:
            yield Problem("data.blank_lines", detail=str(table.blank_lines))

    def _record(self, value: object, index: int, line: int, end_line: int, notes: list[Problem]) -> Record:
        problems = [problem.at(line, index) for problem in notes]
        odd_lines = self.facts.odd_lines
        if odd_lines or self.facts.may_replace:
            odd = [number for number in range(line, max(line, end_line) + 1) if number in odd_lines]
            replaced = any(odd_lines[number] == UNDECODABLE for number in odd) or self.facts.may_replace
            if replaced and _holds_replacement(value):
                problems.append(Problem("row.undecodable", odd[0] if odd else line, index))
            else:
                problems += [
                    Problem("row.encoding_mixed", number, index, detail=odd_lines[number])
                    for number in odd
                    if odd_lines[number] != UNDECODABLE
                ]
        return Record(value, index, line, tuple(problems), end_line)


def _holds_replacement(value: object) -> bool:
    """Whether a text of the record has U+FFFD in it, which stands for bytes that were no text."""
    return "\ufffd" in json.dumps(value, ensure_ascii=False)
