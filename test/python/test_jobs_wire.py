"""The event file as Python writes it; the fixtures are those of test/unit/jobs/wire-format.test.ts."""

from __future__ import annotations

import errno
import json
import math
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legal_eagle.jobs import wire
from legal_eagle.jobs.wire import EventWriter, WireError, decode_line, encode_line, finite_json, read_events
from legal_eagle.protocol import validate

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "protocol"
NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


def as_emitted(value: Any) -> Any:
    """JSON has no NaN, so the fixture spells it."""
    if isinstance(value, str):
        return NOT_FINITE.get(value, value)
    if isinstance(value, dict):
        return {key: as_emitted(item) for key, item in value.items()}
    return [as_emitted(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", fixture("event-lines.json"), ids=lambda case: case["emit"]["type"])
def test_golden_line_is_written_byte_for_byte_and_is_valid(case: dict[str, Any]) -> None:
    emit = case["emit"]
    line = encode_line(emit["seq"], emit["type"], as_emitted(emit["data"]), emit["t"])
    assert line.decode("utf-8") == case["line"] + "\n"
    event = decode_line(line)
    del event["crc"]
    assert validate(event, "JobEvent") == []


@pytest.mark.parametrize("case", fixture("bad-event-lines.json")["wire"], ids=lambda case: case["name"])
def test_broken_line_is_refused(case: dict[str, str], tmp_path: Path) -> None:
    # The number of a line is the file's affair, so both are asked.
    path = tmp_path / "events.ndjson"
    path.write_bytes(case["line"].encode() + b"\n")
    with pytest.raises(WireError):
        list(read_events(path))


@pytest.mark.parametrize("case", fixture("bad-event-lines.json")["form"], ids=lambda case: case["name"])
def test_form_that_the_core_refuses_is_refused_here_too(case: dict[str, str]) -> None:
    event = decode_line(case["line"].encode())
    del event["crc"]
    assert validate(event, "JobEvent") != []


@pytest.mark.parametrize("case", fixture("job-specs.json"), ids=lambda case: case["name"])
def test_spec_is_judged_as_in_typescript(case: dict[str, Any]) -> None:
    issues = validate(case["value"], "JobSpec")
    paths = [issue.path for issue in issues]
    assert (case["field"] in paths) if case["field"] else (paths == [])


@pytest.mark.parametrize("case", fixture("small-files.json"), ids=lambda case: case["name"])
def test_small_file_is_judged_as_in_typescript(case: dict[str, Any]) -> None:
    assert (validate(case["value"], case["schema"]) == []) == (case["field"] is None)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text().filter(lambda key: key != "nonFinite"), JSON_VALUES, max_size=5))
def test_any_data_survives_the_line_with_non_finite_numbers_as_null(data: dict[str, Any]) -> None:
    line = encode_line(1, "result", data, 0)
    assert line.count(b"\n") == 1
    assert decode_line(line)["data"] == json.loads(json.dumps(finite_json(data)))


def test_every_non_finite_number_is_named_by_its_path() -> None:
    cleaned = finite_json({"a": math.nan, "b": {"c": [1.0, -math.inf]}, "d": 1})
    assert cleaned == {"a": None, "b": {"c": [1.0, None]}, "d": 1, "nonFinite": ["a", "b.c.1"]}


def test_event_too_long_for_a_reader_is_refused_and_leaves_no_trace(tmp_path: Path) -> None:
    writer = EventWriter(tmp_path / "events.ndjson")
    with pytest.raises(ValueError, match="bytes long"):
        writer.emit("result", {"x": "x" * wire.MAX_LINE_BYTES})
    writer.emit("phase", {"name": "after"})
    writer.end({"status": "done", "exitCode": 0})
    assert [event["seq"] for event in read_events(tmp_path / "events.ndjson")] == [1, 2]


def test_threads_share_one_numbering(tmp_path: Path) -> None:
    writer = EventWriter(tmp_path / "events.ndjson")

    def emit_many() -> None:
        for _ in range(200):
            writer.emit("phase", {"name": "x" * 100})

    threads = [threading.Thread(target=emit_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.end({"status": "done", "exitCode": 0})
    assert [event["seq"] for event in read_events(tmp_path / "events.ndjson")] == list(range(1, 802))


def test_nothing_follows_the_last_event(tmp_path: Path) -> None:
    writer = EventWriter(tmp_path / "events.ndjson")
    writer.end({"status": "done", "exitCode": 0})
    writer.emit("phase", {"name": "a thread that outlived the job"})
    assert [event["type"] for event in read_events(tmp_path / "events.ndjson")] == ["ended"]


def test_second_writer_on_a_folder_is_refused(tmp_path: Path) -> None:
    EventWriter(tmp_path / "events.ndjson").end({})
    with pytest.raises(FileExistsError):
        EventWriter(tmp_path / "events.ndjson")


def test_half_a_line_on_a_full_disk_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Otherwise the first event after space is freed would stand on the torn half and break the file.
    path = tmp_path / "events.ndjson"
    writer = EventWriter(path)
    writer.emit("phase", {"name": "before"})
    real_write = os.write
    written: list[int] = []

    def full_disk(descriptor: int, data: bytes) -> int:
        if written:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(real_write(descriptor, data[:20]))
        return written[0]

    with monkeypatch.context() as patch:
        patch.setattr(wire.os, "write", full_disk)
        with pytest.raises(OSError, match="No space"):
            writer.emit("phase", {"name": "lost"})
    writer.emit("phase", {"name": "after"})
    writer.end({})
    assert [event["data"].get("name") for event in read_events(path)] == ["before", "after", None]


def test_torn_last_line_is_ignored_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    whole = encode_line(1, "phase", {"name": "a"}, 0)
    path.write_bytes(whole + whole[:30])
    assert [event["seq"] for event in read_events(path)] == [1]
    assert path.read_bytes() == whole + whole[:30]
