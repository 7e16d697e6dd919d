"""What both fake hubs share: a server on 127.0.0.1, repositories in memory, faults by switch, a log.

A hub is a table of routes; a further one (uploads) is a further entry of `routes`. Bodies of large files may
come from a second origin, the storage, as with the real hubs.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "ms-6f1e0a52-90fd-4f2b-8f0e-3c1de7c4a001"


@dataclass
class Repository:
    """Files by path; `private` ones are there for the holder of TOKEN only."""

    files: dict[str, bytes]
    private: bool = False
    gated: bool = False
    # What other branches, tags and commits hold; the files above are the default branch.
    history: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def commit(self) -> str:
        """A name of the content, 40 hex digits like git's."""
        state = hashlib.sha1(usedforsecurity=False)
        for path, content in sorted(self.files.items()):
            state.update(f"{path}\0{len(content)}\0".encode("utf-8", "backslashreplace") + content)
        return state.hexdigest()


@dataclass
class Faults:
    """Switches; each is off until a test turns it on."""

    # Answers to the next file questions break off after so many bytes of the body; None answers one in full.
    cuts: deque[int | None] = field(default_factory=deque)
    ignore_range: bool = False
    # Path → how many more answers have a wrong byte.
    wrong_bytes: dict[str, int] = field(default_factory=dict)
    # Route name ('list', 'file', …) → statuses of the next answers, with headers.
    statuses: dict[str, deque[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    # Path → how its body differs in length from the listing.
    truncated: dict[str, int] = field(default_factory=dict)
    without_hashes: bool = False
    gzip_small: bool = False
    # Pause before each piece of a body.
    slow_seconds: float = 0.0
    # Headers, then nothing, until the client goes.
    silent_bodies: bool = False
    # Called once, after the next listing was sent.
    after_listing: Callable[[], None] | None = None
    # The next bodies of PUTs break off after so many bytes; None lets one through.
    upload_cuts: deque[int | None] = field(default_factory=deque)
    # Called with the bytes of all uploads so far after each piece that came.
    on_received: Callable[[int], None] | None = None
    to_storage: bool = False
    portal_page: bool = False


@dataclass(frozen=True)
class Question:
    """One request as it came; `host` tells the hub from its storage."""

    host: str
    method: str
    path: str
    headers: Mapping[str, str]
    # Of a POST, and of a PUT of JSON; of a file's bytes only what the header says is known.
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def stretch(self) -> tuple[int, int | None] | None:
        """First and last byte asked for; the last is None where all the rest is wanted."""
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        return (int(found[1]), int(found[2]) if found[2] else None) if found else None

    @property
    def start(self) -> int:
        """First byte asked for."""
        return self.stretch[0] if self.stretch else 0


class FakeHub:
    """Use as a context manager; `endpoint` is its address. Subclasses fill `routes`."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.faults = Faults()
        self.questions: list[Question] = []
        self.sent_bytes = 0
        self.received_bytes = 0
        self.lock = threading.Lock()
        self.routes: list[tuple[str, str, str, Callable[..., None]]] = []
        self._hub = self._server("hub")
        self._storage = self._server("storage")
        self.stored: dict[str, bytes] = {}

    def __enter__(self) -> FakeHub:
        for server in (self._hub, self._storage):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in (self._hub, self._storage):
            server.shutdown()
            server.server_close()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._hub.server_address[1]}"

    @property
    def storage_origin(self) -> str:
        return f"http://127.0.0.1:{self._storage.server_address[1]}"

    def add(self, repository: str, files: Mapping[str, bytes], **options: Any) -> Repository:
        self.repositories[repository] = Repository(dict(files), **options)
        return self.repositories[repository]

    def file_questions(self) -> list[Question]:
        """Questions that bodies were sent for: GETs of files, at the hub or its storage."""
        return [one for one in self.questions if one.method == "GET" and self.is_body(one)]

    def is_body(self, question: Question) -> bool:
        raise NotImplementedError

    def store(self, handler: FakeHandler, path: str, _query: Mapping[str, str]) -> None:
        """What the storage does with a PUT; it answers with a name of the content, as object stores do."""
        content = handler.receive_upload()
        if content is not None:
            self.stored[path] = content
            handler.send_content(b"", headers={"ETag": f'"{sha256(content)[:32]}"'})

    def take_status(self, route: str) -> tuple[int, dict[str, str]] | None:
        with self.lock:
            waiting = self.faults.statuses.get(route)
            return waiting.popleft() if waiting else None

    def _server(self, host: str) -> ThreadingHTTPServer:
        hub = self

        class Handler(FakeHandler):
            pass

        Handler.hub = hub
        Handler.host = host
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        return server


class FakeHandler(BaseHTTPRequestHandler):
    """Finds the route and writes answers with the faults that are switched on."""

    protocol_version = "HTTP/1.1"
    # Head and body leave as two pieces; the second must not wait until the first was acknowledged.
    disable_nagle_algorithm = True
    hub: FakeHub
    host: str

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        # Through a proxy the whole address is asked for.
        parts = urlsplit(self.path)
        self._has_read = False
        is_words = self.command == "POST" or "json" in self.headers.get("Content-Type", "")
        self.body = self._read_body() if is_words else b""
        with self.hub.lock:
            self.hub.questions.append(
                Question(self.host, self.command, self.path, dict(self.headers.items()), self.body)
            )
        if self.hub.faults.portal_page:
            self.send_content(b"<html>Sign in to the network</html>", "text/html")
            return
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if self.host == "storage" and self.command in ("PUT", "POST"):
            self.hub.store(self, unquote(parts.path).lstrip("/"), query)
            return
        if self.host == "storage":
            self.send_file(unquote(parts.path).lstrip("/"), self.hub.stored[unquote(parts.path).lstrip("/")])
            return
        for method, name, pattern, answer in self.hub.routes:
            found = re.fullmatch(pattern, parts.path)
            if found is None or (method != self.command and not (method == "GET" and self.command == "HEAD")):
                continue
            status = self.hub.take_status(name)
            if status is not None:
                self.send_content(b'{"Message": "switched on"}', status=status[0], headers=status[1])
                return
            answer(self, query, *(unquote(group) for group in found.groups()))
            return
        self.send_content(json.dumps({"Code": 404, "Message": "no such route"}).encode(), status=404)

    def _read_body(self) -> bytes:
        """What is still to come of the body, so that the line can be used again."""
        if self._has_read:
            return b""
        self._has_read = True
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def receive_upload(self) -> bytes | None:
        """The body of a PUT as far as the faults let it; None where the line was cut."""
        faults = self.hub.faults
        assert "Content-Length" in self.headers, "an upload came in chunks"
        size = int(self.headers["Content-Length"])
        self._has_read = True
        with self.hub.lock:
            cut = faults.upload_cuts.popleft() if faults.upload_cuts else None
        wanted = size if cut is None else min(cut, size)
        content = bytearray()
        while len(content) < wanted:
            if faults.slow_seconds:
                time.sleep(faults.slow_seconds)
            piece = self.rfile.read(min(65536, wanted - len(content)))
            if not piece:
                self.close_connection = True
                return None
            content += piece
            with self.hub.lock:
                self.hub.received_bytes += len(piece)
                received = self.hub.received_bytes
            if faults.on_received is not None:
                faults.on_received(received)
        if cut is not None:
            self.hang_up()
            return None
        return bytes(content)

    def is_signed_in(self) -> bool:
        cookie = self.headers.get("Cookie", "")
        return self.headers.get("Authorization") == f"Bearer {TOKEN}" or f"m_session_id={TOKEN}" in cookie

    def send_json(self, value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.send_content(
            json.dumps(value).encode("utf-8"), "application/json", status=status, headers=headers
        )

    def send_content(
        self,
        content: bytes,
        kind: str = "application/json",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._read_body()
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def send_file(self, path: str, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        """The body from where it is asked for, as far as the faults let it."""
        faults = self.hub.faults
        content = self._spoiled(path, content)
        asked = Question("", "", "", dict(self.headers.items())).stretch
        start, last = (0, None) if asked is None or faults.ignore_range else asked
        if start > 0 and start >= len(content):
            self.send_content(b"", status=416, headers={"Content-Range": f"bytes */{len(content)}"})
            return
        with self.hub.lock:
            cut = faults.cuts.popleft() if faults.cuts and self.command == "GET" else None
        end = len(content) if last is None else min(last + 1, len(content))
        is_stretch = start > 0 or last is not None
        self.send_response(206 if is_stretch else 200)
        self.send_header("Content-Length", str(end - start))
        if is_stretch:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if faults.silent_bodies:
            self.connection.recv(1)
            return
        body = content[start:end] if cut is None else content[start : min(start + cut, end)]
        for at in range(0, len(body), 65536):
            if faults.slow_seconds:
                time.sleep(faults.slow_seconds)
            piece = body[at : at + 65536]
            self.wfile.write(piece)
            with self.hub.lock:
                self.hub.sent_bytes += len(piece)
        if len(body) < end - start:
            self.hang_up()

    def hang_up(self) -> None:
        """End the line in the middle of whatever it is in."""
        self.wfile.flush()
        # After what was sent, a reset: the client must not take the end of the line for the end of the body.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
        self.connection.shutdown(socket.SHUT_WR)
        self.close_connection = True

    def _spoiled(self, path: str, content: bytes) -> bytes:
        faults = self.hub.faults
        if path in faults.truncated:
            content = content[: faults.truncated[path]]
        with self.hub.lock:
            wrong = faults.wrong_bytes.get(path, 0)
            if wrong and self.command == "GET":
                faults.wrong_bytes[path] = wrong - 1
        return bytes([content[0] ^ 1]) + content[1:] if wrong and content else content


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def git_sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def serve_folder(hub: FakeHub, folder: Path) -> None:
    """For tests of other languages: serve `<folder>/<owner>/<name>/…` until standard input ends."""
    for root in sorted(folder.glob("*/*")):
        files = {
            path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
        }
        hub.add(f"{root.parent.name}/{root.name}", files)
    with hub:
        print(json.dumps({"endpoint": hub.endpoint}), flush=True)
        sys.stdin.read()
