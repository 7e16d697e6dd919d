"""The event file of a job: one JSON object a line, numbered, with a checksum as its last key.

A line is `{"v":1,"seq":7,"t":1700000000000,"type":"step","data":{...},"crc":"0a1b2c3d"}` and a newline;
`crc` is CRC-32 (the polynomial of zlib and gzip) of the UTF-8 bytes before `,"crc"`, in lower-case hex.
The file is the truth about a job: nobody has to be reading for the job to go on.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

PROTOCOL_VERSION: Final = 1
EVENTS_FILE: Final = "events.ndjson"
# The reader refuses longer lines, so that a runner that prints garbage without a newline cannot make the
# core buffer a whole disk. 1 MiB holds any traceback and any sample answer.
MAX_LINE_BYTES: Final = 1 << 20
# Events whose loss in a power cut would hide work that was already done.
DURABLE_TYPES: Final = frozenset({"started", "checkpoint", "result", "error", "ended"})

_CRC_KEY: Final = b',"crc":"'
_CRC_TAIL_BYTES: Final = len(_CRC_KEY) + 8 + 2


class WireError(ValueError):
    """A complete line that is not an event line."""


def _as_it_is(text: str) -> str:
    return text


def finite_json(
    data: Mapping[str, object], clean_text: Callable[[str], str] = _as_it_is
) -> dict[str, object]:
    """Copy of `data` in which every NaN and infinity is null, their dotted paths listed in `nonFinite`.

    Every text passes through `clean_text`.
    """
    found: list[str] = []

    def clean(value: object, path: str) -> object:
        if isinstance(value, float) and not math.isfinite(value):
            found.append(path)
            return None
        if isinstance(value, str):
            return clean_text(value)
        if isinstance(value, Mapping):
            return {
                str(key): clean(item, f"{path}.{key}" if path else str(key)) for key, item in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [clean(item, f"{path}.{index}") for index, item in enumerate(value)]
        return value

    cleaned = cast("dict[str, object]", clean(data, ""))
    if found:
        cleaned["nonFinite"] = found
    return cleaned


def encode_line(
    seq: int,
    type: str,
    data: Mapping[str, object],
    time_ms: int,
    clean_text: Callable[[str], str] = _as_it_is,
) -> bytes:
    """One event line with its newline. Raises ValueError above `MAX_LINE_BYTES`, TypeError for non-JSON."""
    body = {
        "v": PROTOCOL_VERSION,
        "seq": seq,
        "t": time_ms,
        "type": type,
        "data": finite_json(data, clean_text),
    }
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # A lone surrogate (half an emoji out of a byte-level tokenizer) has no UTF-8 form; "backslashreplace"
    # writes it as \udXXX, which is also its JSON escape.
    payload = text.encode("utf-8", "backslashreplace")[:-1]
    line = payload + _CRC_KEY + f"{zlib.crc32(payload):08x}".encode("ascii") + b'"}\n'
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"event {type!r} is {len(line)} bytes long, more than {MAX_LINE_BYTES}")
    return line


def decode_line(line: bytes) -> dict[str, Any]:
    """The event of one complete line (with or without its newline). Raises WireError."""
    line = line.removesuffix(b"\n")
    payload, tail = line[:-_CRC_TAIL_BYTES], line[-_CRC_TAIL_BYTES:]
    if len(line) <= _CRC_TAIL_BYTES or not tail.startswith(_CRC_KEY) or not tail.endswith(b'"}'):
        raise WireError("the line does not end in a crc")
    expected = tail[len(_CRC_KEY) : -2].decode("ascii", "replace")
    actual = f"{zlib.crc32(payload):08x}"
    if expected != actual:
        raise WireError(f"crc is {expected}, the bytes give {actual}")
    try:
        event = json.loads(line.decode("utf-8"))
    except ValueError as error:
        raise WireError(f"not JSON: {error}") from error
    if not isinstance(event, dict):
        raise WireError("not a JSON object")
    return event


def read_events(path: Path) -> Iterator[dict[str, Any]]:
    """Events of a file in order. A torn last line is ignored; anything else wrong raises WireError."""
    expected_seq = 1
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return
            event = decode_line(line)
            if event.get("seq") != expected_seq:
                raise WireError(f"seq is {event.get('seq')}, expected {expected_seq}")
            expected_seq += 1
            yield event


def now_ms() -> int:
    """Wall clock in whole milliseconds since 1970 (UTC)."""
    return time.time_ns() // 1_000_000


class EventWriter:
    """Appends events to a file that it creates; a second writer on one folder is refused.

    `clean_text` takes secrets out of every text.

    Raises FileExistsError when the folder has an event file already: a job folder is run once.
    """

    def __init__(
        self,
        path: Path,
        clock_ms: Callable[[], int] = now_ms,
        clean_text: Callable[[str], str] = _as_it_is,
    ) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._fd = os.open(path, flags, 0o644)
        self._clock_ms = clock_ms
        self._clean_text = clean_text
        self._lock = threading.Lock()
        self._next_seq = 1
        self._end_offset = 0

    def emit(self, type: str, data: Mapping[str, object], /) -> None:
        with self._lock:
            if self._fd < 0:
                # A thread that outlives the job: `ended` stays the last line.
                return
            line = encode_line(self._next_seq, type, data, self._clock_ms(), self._clean_text)
            self._append(line)
            self._next_seq += 1
            self._end_offset += len(line)
            if type in DURABLE_TYPES:
                os.fsync(self._fd)

    def _append(self, line: bytes) -> None:
        written = 0
        try:
            while written < len(line):
                written += os.write(self._fd, line[written:])
        except OSError:
            # A full disk can take half a line. Cut it off, so that the next event starts on a line of its
            # own; a reader never remembers an offset inside a line.
            if written:
                os.ftruncate(self._fd, self._end_offset)
            raise

    def end(self, data: Mapping[str, object]) -> None:
        """Write `ended` and close; whatever is emitted later is dropped."""
        try:
            self.emit("ended", data)
        finally:
            with self._lock:
                if self._fd >= 0:
                    os.close(self._fd)
                    self._fd = -1
