"""CSV and TSV: records with the line on which each begins, and recovery after a quote that never closes."""

from __future__ import annotations

import csv
from collections import Counter, deque
from collections.abc import Iterator

from legal_eagle.data.json_lines import TooLongLine
from legal_eagle.data.problem import Problem, Record

_DELIMITERS = ",\t;|"
_HEAD_LINES = 200
# A quoted cell that goes on for more than this has lost its closing quote.
_MAX_RECORD_LINES = 20_000
_FIELD_CHARS = 16 << 20


class CsvRecords:
    """Rows of one CSV as objects {column: text}. Cells are always text; a blank cell is ''."""

    def __init__(self, lines: Iterator[tuple[int, str | TooLongLine]], delimiter: str | None = None) -> None:
        self._lines = lines
        self._queue: deque[tuple[int, str]] = deque()
        self._taken: list[tuple[int, str]] = []
        self.delimiter = delimiter
        self.columns: list[str] = []
        self.blank_lines = 0
        self._end_line = 0
        csv.field_size_limit(_FIELD_CHARS)

    def records(self) -> Iterator[Record | Problem]:
        """Data rows in order, and what is wrong with the text between them."""
        if self.delimiter is None:
            self.delimiter = self._sniff()
        index = 0
        for line, cells in self._rows():
            if isinstance(cells, Problem):
                yield cells
            elif not self.columns:
                self.columns, problems = _header(cells)
                yield from (problem.at(line, None) for problem in problems)
            elif len(cells) > len(self.columns):
                detail = f"{len(cells)} cells, {len(self.columns)} columns"
                value: dict[str, object] = dict(zip(self.columns, cells, strict=False))
                problem = Problem("row.csv_columns", line, index, detail=detail)
                yield Record(value, index, line, (problem,), self._end_line)
                index += 1
            else:
                padded = cells + [""] * (len(self.columns) - len(cells))
                yield Record(dict(zip(self.columns, padded, strict=True)), index, line, (), self._end_line)
                index += 1

    def _rows(self) -> Iterator[tuple[int, list[str] | Problem]]:
        while True:
            reader = csv.reader(self._feed(), delimiter=self.delimiter or ",", strict=True)
            while True:
                self._taken.clear()
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    line = self._taken[0][0] if self._taken else 1
                    unclosed = len(self._taken) > 1 or "unexpected end" in str(error)
                    # What follows the first line of the broken row is read again: the quote swallowed it.
                    self._queue.extendleft(reversed(self._taken[1:]))
                    code = "row.csv_unclosed_quote" if unclosed else "row.csv_syntax"
                    yield line, Problem(code, line=line, detail=str(error))
                    break
                if cells:
                    self._end_line = self._taken[-1][0]
                    yield self._taken[0][0], cells
                else:
                    self.blank_lines += 1

    def _feed(self) -> Iterator[str]:
        while True:
            if len(self._taken) > _MAX_RECORD_LINES:
                # The reader takes the end of its input inside quotes as the error that it is.
                return
            if self._queue:
                number, line = self._queue.popleft()
            else:
                item = next(self._lines, None)
                if item is None:
                    return
                number, line = item[0], "" if isinstance(item[1], TooLongLine) else item[1]
            self._taken.append((number, line))
            # U+0000 would end the cell in the C reader of Python 3.10; it is text here.
            yield line + "\n"

    def _sniff(self) -> str:
        """The delimiter that gives the most even table over the first lines."""
        head: list[tuple[int, str]] = []
        for number, line in self._lines:
            head.append((number, "" if isinstance(line, TooLongLine) else line))
            if len(head) >= _HEAD_LINES:
                break
        if head and head[0][1].lower().startswith("sep=") and len(head[0][1].rstrip("\r")) == 5:
            self._queue.extend(head[1:])
            return head[0][1][4]
        self._queue.extend(head)
        return max(_DELIMITERS, key=lambda mark: _evenness(head, mark))


def _evenness(head: list[tuple[int, str]], mark: str) -> tuple[float, int]:
    widths: Counter[int] = Counter()
    first = 0
    try:
        for cells in csv.reader((line + "\n" for _, line in head), delimiter=mark):
            if cells:
                first = first or len(cells)
                widths[len(cells)] += 1
    except csv.Error:
        pass
    if first < 2:
        return 0.0, 0
    return widths[first] / max(1, sum(widths.values())), first


def _header(cells: list[str]) -> tuple[list[str], list[Problem]]:
    names: list[str] = []
    problems: list[Problem] = []
    for position, cell in enumerate(cells, start=1):
        name = cell.strip() or f"column {position}"
        if name in names:
            problems.append(Problem("data.csv_header", key=name, detail="the column is named twice"))
            name = f"{name} ({position})"
        names.append(name)
    return names, problems
