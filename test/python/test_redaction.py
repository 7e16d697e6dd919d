"""What a job writes holds no secret, in the forms that both languages know."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, cast

import pytest

from legal_eagle.jobs.redaction import Redactor, redacted_stream
from legal_eagle.jobs.wire import EventWriter, read_events

GOLDEN = cast(
    "dict[str, Any]",
    json.loads((Path(__file__).parents[1] / "fixtures/redaction/cases.json").read_text(encoding="utf-8")),
)
TOKEN = "ms-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"


def golden_redactor() -> Redactor:
    redactor = Redactor()
    redactor.learn(GOLDEN["known"])
    return redactor


@pytest.mark.parametrize(("name", "text", "expected"), GOLDEN["cases"])
def test_a_form_that_typescript_knows_is_known_here(name: str, text: str, expected: str) -> None:
    assert golden_redactor().text(text) == expected, name


def test_no_text_of_an_event_keeps_a_secret_however_deep(tmp_path: Path) -> None:
    # Catches: only the top level, or only texts of the known forms, being looked at.
    redactor = golden_redactor()
    writer = EventWriter(tmp_path / "events.ndjson", clean_text=redactor.text)
    writer.emit("result", {"a": [{"b": TOKEN}, GOLDEN["known"][0]], "n": float("nan")})
    writer.end({"status": "done", "exitCode": 0})
    raw = (tmp_path / "events.ndjson").read_text(encoding="utf-8")
    assert TOKEN not in raw
    assert GOLDEN["known"][0] not in raw
    first = next(read_events(tmp_path / "events.ndjson"))
    assert first["data"] == {"a": [{"b": "[redacted]"}, "[redacted]"], "n": None, "nonFinite": ["n"]}


def test_a_secret_printed_in_pieces_does_not_reach_the_log() -> None:
    # Catches: each write being looked at by itself.
    read_end, write_end = os.pipe()
    stream = redacted_stream(write_end, Redactor())
    for piece in ("一行\n头 ", TOKEN[:9], TOKEN[9:20], TOKEN[20:], " end\n"):
        stream.write(piece)
    stream.flush()
    assert os.read(read_end, 4096).decode() == "一行\n头 [redacted] end\n"
    stream.buffer.write(f"bytes {TOKEN}\r".encode())
    assert os.read(read_end, 4096) == b"bytes [redacted]\r"
    stream.write(f"never ended {TOKEN}")
    stream.close()
    assert os.read(read_end, 4096) == b"never ended [redacted]"
    os.close(read_end)
    os.close(write_end)


def test_a_line_without_an_end_is_passed_on_in_the_end(tmp_path: Path) -> None:
    # Catches: a progress bar without newlines filling the memory.
    with (tmp_path / "log").open("wb") as file:
        stream = redacted_stream(file.fileno(), Redactor())
        stream.write("x" * 65_537)
        assert (tmp_path / "log").stat().st_size == 65_537
        stream.close()
