"""The requests of a chat job: read in a thread, answered in order, stopped out of order."""

from __future__ import annotations

import json
import queue
import threading
from dataclasses import dataclass
from typing import Any, BinaryIO

from legal_eagle.jobs.errors import JobError
from legal_eagle.protocol import parse

# A context of a million tokens is a few megabytes of text; a line beyond this is not a request.
MAX_LINE_BYTES = 32 << 20


@dataclass(frozen=True)
class Rejected:
    """A line that is not a request; ``id`` where it had one."""

    id: str | None
    error: JobError


GenerateRequest = dict[str, Any]
Incoming = GenerateRequest | Rejected


class RequestInbox:
    """Reads ``source`` until its end.

    A ``stop`` request takes effect at once: for the answer being written and for one still in the queue.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._queue: queue.SimpleQueue[Incoming] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._open_ids: set[str] = set()
        self._cancelled: set[str] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read, name="chat-requests", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether the end of the input was read; requests may still wait."""
        return self._ended.is_set()

    def next(self, timeout_seconds: float) -> Incoming | None:
        try:
            return self._queue.get(timeout=timeout_seconds)
        except queue.Empty:
            return None

    def waiting(self) -> bool:
        return not self._queue.empty()

    def is_cancelled(self, request_id: str) -> bool:
        return request_id in self._cancelled

    def close(self, request_id: str) -> None:
        """Forget a request that has its last reply."""
        with self._lock:
            self._open_ids.discard(request_id)
            self._cancelled.discard(request_id)

    def _read(self) -> None:
        try:
            while line := self._source.readline(MAX_LINE_BYTES):
                if not line.endswith(b"\n") and len(line) >= MAX_LINE_BYTES:
                    self._skip_line()
                    self._queue.put(Rejected(None, _invalid("", f"line longer than {MAX_LINE_BYTES} bytes")))
                elif line.strip():
                    self._take(line)
        finally:
            self._ended.set()

    def _skip_line(self) -> None:
        while (rest := self._source.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
            pass

    def _take(self, line: bytes) -> None:
        try:
            value = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            self._queue.put(Rejected(None, _invalid("", f"not a JSON line: {error}")))
            return
        request, issues = parse(value, "ChatRequest")
        if issues:
            first = issues[0]
            self._queue.put(Rejected(_id_of(value), _invalid(first.path, str(first))))
            return
        if not _is_unicode(request):
            # JSON can spell half a surrogate pair; no tokenizer can read it.
            self._queue.put(Rejected(_id_of(value), _invalid("messages", "not Unicode text")))
            return
        request_id = request["id"]
        with self._lock:
            if request["op"] == "stop":
                # A stop that comes after the last delta finds nothing to stop, which is no error.
                if request_id in self._open_ids:
                    self._cancelled.add(request_id)
                return
            if request_id in self._open_ids:
                self._queue.put(Rejected(request_id, _invalid("id", "this id is being answered")))
                return
            self._open_ids.add(request_id)
        self._queue.put(request)


def _is_unicode(request: GenerateRequest) -> bool:
    texts = [request["id"], *request.get("sampling", {}).get("stop", [])]
    texts += [message["content"] for message in request.get("messages", [])]
    try:
        "".join(texts).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _id_of(value: object) -> str | None:
    request_id = value.get("id") if isinstance(value, dict) else None
    return request_id if isinstance(request_id, str) else None


def _invalid(field: str, reason: str) -> JobError:
    return JobError("chat.request_invalid", reason, params={"field": field, "reason": reason})
