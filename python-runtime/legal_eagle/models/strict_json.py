"""JSON of a model folder, where two readers must never understand different things.

Refused beside what is not JSON: a key that stands twice in an object (readers differ in which one they take),
NaN and infinities, numbers that no double holds, half of a surrogate pair, nesting deeper than any real file.
The same rules as `electron/core/models/strict-json.ts`.
"""

from __future__ import annotations

import json
import math
import re

# Real files have a handful; deeper ones exist to exhaust a reader's stack.
MAX_DEPTH = 64
# Integers beyond this are not exact in every reader.
MAX_SAFE_INTEGER = 2**53 - 1
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(data: bytes) -> object:
    """The value that `data` (UTF-8, no byte-order mark) spells. Raises ValueError."""
    text = data.decode("utf-8")
    _check_depth(text)
    value: object = json.loads(
        text,
        object_pairs_hook=_unique,
        parse_constant=_refuse_constant,
        parse_int=_integer,
        parse_float=_finite,
    )
    if _SURROGATE.search(text):
        # Raises UnicodeEncodeError, a ValueError, for half of a pair.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def parse_json_object(data: bytes) -> dict[str, object]:
    """As `parse_json`; ValueError for anything but an object."""
    value = parse_json(data)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def whole_number(value: object) -> int | None:
    """The integer that a JSON number means, however spelled (64, 64.0, 6.4e1); None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not float(value).is_integer() or abs(value) > MAX_SAFE_INTEGER:
        return None
    return int(value)


def finite_number(value: object) -> float | None:
    """A JSON number as a float; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _check_depth(text: str) -> None:
    depth = 0
    for sign in _STRING.sub("", text):
        if sign in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"nested deeper than {MAX_DEPTH}")
        elif sign in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in values if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands twice")
    return values


def _integer(text: str) -> int:
    _finite(text)
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is no number that a double holds")
    return value


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
