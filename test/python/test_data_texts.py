"""Every code that the data part can report has texts in both languages."""

from __future__ import annotations

import re

from data_fixtures import REPOSITORY

from legal_eagle.data.problem import WARNINGS

_CODE = re.compile(r"\"((?:data|row)\.[a-z][a-z0-9_]+)\"")


def test_every_code_has_texts_and_every_text_a_code() -> None:
    """A person who is shown a bare code, and texts that nothing uses."""
    used: set[str] = set()
    for path in (REPOSITORY / "python-runtime" / "legal_eagle" / "data").glob("*.py"):
        used |= set(_CODE.findall(path.read_text(encoding="utf-8")))
    written: set[str] = set()
    for name in ("data", "row-reading", "row-fields", "row-turns"):
        text = (REPOSITORY / "electron/shared/contract/errors" / f"{name}.ts").read_text(encoding="utf-8")
        written |= set(re.findall(r"^  '((?:data|row)\.[a-z0-9_]+)': \{", text, re.MULTILINE))
    assert used == written
    assert used >= WARNINGS
