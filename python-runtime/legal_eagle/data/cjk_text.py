"""Text for full-text search: one space around every CJK character, so that each is a token of its own."""

from __future__ import annotations

import re

# The ranges that resources/protocol/dataset.sql names; the core splits queries by the same ones.
_CJK = re.compile("[\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\U00020000-\U0003ffff]+")


def spaced_text(text: str) -> str:
    """`离婚abc` becomes ` 离 婚 abc`. U+0000, which would end the text in SQLite, becomes a space."""
    # A run at once: one call a character would take longer than everything else of an import together.
    return _CJK.sub(_spaced_run, text).replace("\0", " ")


def _spaced_run(run: re.Match[str]) -> str:
    return f" {' '.join(run[0])} "
