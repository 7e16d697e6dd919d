"""A sliding window over decoded text from which JSON values are taken one by one, with their line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# A single record larger than this is refused: it is a broken file (a lost quote) far more often than data.
MAX_RECORD_CHARS = 64 << 20
_BLANK = re.compile(r"[ \t\r\n\ufeff]*")
# An error this near to the end of the window may only mean that the value goes on: the longest token that
# can be cut is "-Infinity" or a \\uXXXX\\uXXXX pair.
_CUT_TOKEN_CHARS = 16


@dataclass
class JsonSyntaxError(Exception):
    """Where and how a value is broken. kind: syntax | truncated | control | too_large | too_deep | number."""

    kind: str
    line: int
    column: int
    message: str
    # Where the damage is in the window, as long as the window is not filled again.
    index: int = 0

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


class PairsDecoder:
    """json.JSONDecoder that also tells which keys an object names twice. The last one wins, as everywhere."""

    def __init__(self) -> None:
        self.duplicate_keys: list[str] = []
        self._strict = json.JSONDecoder(object_pairs_hook=self._pairs, parse_constant=_not_a_number)
        self._lenient = json.JSONDecoder(
            object_pairs_hook=self._pairs, parse_constant=_not_a_number, strict=False
        )

    def decode_at(self, text: str, start: int, *, strict: bool = True) -> tuple[Any, int]:
        """The value at `start` and the index after it.

        Raises json.JSONDecodeError; RecursionError for nesting beyond the interpreter's depth; ValueError
        for an integer of more digits than Python converts.
        """
        self.duplicate_keys.clear()
        return (self._strict if strict else self._lenient).raw_decode(text, start)

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    self.duplicate_keys.append(key)
                seen.add(key)
        return value


def _not_a_number(_: str) -> None:
    # NaN and Infinity are not JSON; pandas writes them for empty cells.
    return None


class JsonText:
    """Text as a window. `line` is the line at `position`; lines count from 1."""

    def __init__(self, pieces: Iterator[str], max_record_chars: int = MAX_RECORD_CHARS) -> None:
        self._pieces = pieces
        self._max_record_chars = max_record_chars
        self.window = ""
        self.position = 0
        self.line = 1
        self.ended = False
        self.decoder = PairsDecoder()

    def fill(self, wanted_chars: int = 1) -> bool:
        """Have at least that many more characters in the window. False when the text ended before."""
        added: list[str] = []
        total = 0
        while total < wanted_chars and not self.ended:
            piece = next(self._pieces, None)
            if piece is None:
                self.ended = True
            else:
                added.append(piece)
                total += len(piece)
        if added:
            self.window = "".join([self.window[self.position :], *added])
            self.position = 0
        return total >= wanted_chars

    def ahead(self, chars: int) -> str:
        """Up to that many characters from the position on, without taking them."""
        missing = chars - (len(self.window) - self.position)
        if missing > 0:
            self.fill(missing)
        return self.window[self.position : self.position + chars]

    def advance_to(self, index: int) -> None:
        self.line += self.window.count("\n", self.position, index)
        self.position = index

    def skip_blank(self) -> str:
        """Go to the next character that is not blank and return it, or '' at the end."""
        while True:
            match = _BLANK.match(self.window, self.position)
            self.advance_to(match.end() if match else self.position)
            if self.position < len(self.window):
                return self.window[self.position]
            if not self.fill():
                return ""

    def take(self, character: str) -> bool:
        """Take this character if it is the next one that is not blank."""
        if self.skip_blank() != character:
            return False
        self.position += 1
        return True

    def take_value(self, *, strict: bool = True) -> Any:
        """Decode the value at the position and go behind it. Raises JsonSyntaxError and stays where it is."""
        while True:
            try:
                value, end = self.decoder.decode_at(self.window, self.position, strict=strict)
            except json.JSONDecodeError as error:
                if self._may_go_on(error):
                    continue
                raise self._syntax_error(error) from None
            except RecursionError:
                raise JsonSyntaxError("too_deep", self.line, 1, "nested too deeply", self.position) from None
            except ValueError as error:
                raise JsonSyntaxError("number", self.line, 1, str(error), self.position) from None
            if end == len(self.window) and not self.ended and isinstance(value, int | float):
                # "12" may be the beginning of "123".
                self.fill()
                continue
            self.advance_to(end)
            return value

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        if self.ended:
            return False
        held = len(self.window) - self.position
        cut = error.msg.startswith("Unterminated string") or error.pos >= len(self.window) - _CUT_TOKEN_CHARS
        if not cut:
            return False
        if held > self._max_record_chars:
            raise JsonSyntaxError(
                "too_large", self.line, 1, f"longer than {self._max_record_chars} characters", self.position
            )
        # Twice as much each time: a value of n characters costs O(n) in all.
        self.fill(max(held, 1))
        return True

    def _syntax_error(self, error: json.JSONDecodeError) -> JsonSyntaxError:
        line = self.line + self.window.count("\n", self.position, error.pos)
        column = error.pos - self.window.rfind("\n", 0, error.pos)
        if error.msg.startswith("Invalid control character"):
            kind = "control"
        elif self.ended and (
            error.msg.startswith("Unterminated string") or not self.window[error.pos :].strip()
        ):
            kind = "truncated"
        else:
            kind = "syntax"
        index = self.position if kind == "truncated" else error.pos
        return JsonSyntaxError(kind, line, column, error.msg, index)
