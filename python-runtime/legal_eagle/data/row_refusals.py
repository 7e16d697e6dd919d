"""Records that are not for supervised fine-tuning, or that cannot be kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legal_eagle.data.fields import MEDIA_FIELDS
from legal_eagle.data.problem import Problem

# SQLite refuses JSON nested deeper than 1000 levels; no training row comes near this.
_MAX_DEPTH = 64


def not_supervised(row: Mapping[str, Any]) -> Problem | None:
    """Rows of other kinds of training, which look close enough to be taken by mistake."""
    if "chosen" in row and "rejected" in row:
        return Problem("row.preference", key="rejected")
    if "kto_tag" in row or (
        isinstance(row.get("label"), bool) and ("messages" in row or "completion" in row)
    ):
        return Problem("row.preference", key="kto_tag" if "kto_tag" in row else "label")
    for key in MEDIA_FIELDS:
        if row.get(key) and not isinstance(row[key], int | float):
            return Problem("row.media", key=key)
    if (
        "text" in row
        and isinstance(row["text"], str)
        and not (row.keys() - {"text", "id", "meta", "url", "source"})
    ):
        return Problem("row.pretraining", key="text")
    return None


def too_deep(row: Mapping[str, Any]) -> Problem | None:
    """A record that is nested too deeply to be kept."""
    if not any(isinstance(value, dict | list) for value in row.values()):
        return None
    level: list[Any] = [row]
    for _ in range(_MAX_DEPTH):
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return None
    return Problem("row.too_deep", detail=f"more than {_MAX_DEPTH} levels")
