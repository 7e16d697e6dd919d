"""ARCHITECTURE's walk-through of one batch names files, functions and classes that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[2]
_PACKAGE = _REPOSITORY / "python-runtime" / "legal_eagle"
_HEADING = "## One batch, from token store to optimizer step"
_LEAST_NAMES = 25


def _section() -> str:
    text = (_REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    return text.split(_HEADING, 1)[1].split("\n## ", 1)[0]


@cache
def _names_of(path: Path) -> frozenset[str]:
    """Functions, classes and `Class.member` of a module."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return frozenset(names)


def test_every_name_of_the_walkthrough_exists() -> None:
    """A reader who follows the text into a function that was renamed, moved or removed."""
    found = re.findall(r"`([\w/]+\.py)::([\w.]+)`", _section())
    assert len(found) >= _LEAST_NAMES
    gone = [f"{file}::{name}" for file, name in found if not _exists(file, name)]
    assert gone == []


def _exists(file: str, name: str) -> bool:
    path = _PACKAGE / file
    return path.is_file() and name in _names_of(path)


def test_a_name_that_is_gone_is_noticed() -> None:
    """A check that finds everything."""
    assert _exists("engine/loop.py", "TrainingLoop.step")
    assert not _exists("engine/loop.py", "TrainingLoop.leap")
    assert not _exists("engine/gone.py", "TrainingLoop.step")
