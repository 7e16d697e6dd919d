"""What can be wrong with a source or a row, as a code with its place.

The texts of the codes are in electron/shared/contract/errors/data.ts and row.ts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Level = Literal["error", "warning"]

# Everything not named here is an error: a record is excluded, a line unreadable or a source refused.
# A warning means: repaired, or worth knowing, and nothing was lost.
WARNINGS = frozenset(
    {
        "data.utf8_bom",
        "data.crlf",
        "data.encoding",
        "data.blank_lines",
        "data.wrong_extension",
        "data.pretty_printed",
        "data.wrapped",
        "data.keyed_object",
        "data.nested_lists",
        "data.answer_lists",
        "data.csv_header",
        "row.encoding_mixed",
        "row.trailing_comma",
        "row.missing_comma",
        "row.comment_line",
        "row.concatenated_objects",
        "row.raw_control_character",
        "row.duplicate_key",
        "row.key_variant",
        "row.optional_key_missing",
        "row.reference_text",
        "row.schema_change",
        "row.dialect",
        "row.starts_with_assistant",
        "row.ends_with_user",
        "row.same_role_twice",
        "row.content_parts",
    }
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `line` counts from 1, `record` from 0; both None for the whole source."""

    code: str
    line: int | None = None
    record: int | None = None
    key: str | None = None
    detail: str | None = None
    # A repairable thing that could not be repaired this time (the row was lost all the same).
    fatal: bool = False

    @property
    def level(self) -> Level:
        return "warning" if self.code in WARNINGS and not self.fatal else "error"

    def at(self, line: int | None, record: int | None) -> Problem:
        """The same finding with its place."""
        return replace(self, line=line, record=record)


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was read. `problems` are the repairs that reading it took; 0 means it ends where it
    begins."""

    value: object
    index: int
    line: int
    problems: tuple[Problem, ...] = ()
    end_line: int = 0


JSON_TYPE_NAMES: dict[type, str] = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    type(None): "null",
}


def json_type(value: object) -> str:
    """The JSON name of a Python value's type."""
    return JSON_TYPE_NAMES.get(type(value), type(value).__name__)
