"""Takes secrets out of everything a job writes: its events and its log.

The forms are those of `electron/shared/domain/redact.ts`; test/fixtures/redaction holds for both.
"""

from __future__ import annotations

import io
import os
import re
import threading
from collections.abc import Iterable
from typing import Any, Final

REDACTED: Final = "[redacted]"
# A shorter text would be cut out of words that have nothing to do with it.
_SHORTEST_KNOWN: Final = 8
# Without a newline this much is written on: nobody waits for the end of a line for ever.
_MOST_HELD_BYTES: Final = 65536

_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# Between a key and its value in headers, cookies, queries and JSON, whole or quoted once more.
_JOINT: Final = r"""(?:["'\\]*\s*(?:[:=]|%3D)\s*["'\\]*|\s+)"""
_KEEP: Final = rf"\g<1>{REDACTED}"
# Lower case: none of the patterns can match a text that has none of these.
_SIGNS: Final = (
    "ms-",
    "hf_",
    "://",
    "oauth2",
    "token",
    "session",
    "bearer",
    "basic",
    "=",
)


def _pattern(text: str, *, any_case: bool = True) -> re.Pattern[str]:
    # ASCII: a word boundary must lie between a Chinese character and a token.
    return re.compile(text, re.ASCII | (re.IGNORECASE if any_case else 0))


_PATTERNS: Final = (
    (_pattern(rf"\bms-{_UUID}"), REDACTED),
    (_pattern(r"\bhf_(?:[a-z]{2,8}_)?[A-Za-z0-9]{16,}(?:\.[A-Za-z0-9_-]+)*", any_case=False), REDACTED),
    (_pattern(r"""(\boauth2:)[^@\s/"'\\]+(?=@)"""), _KEEP),
    (_pattern(r"""(://[^\s:/@"'\\]+:)[^\s/@"'\\]+(?=@)"""), _KEEP),
    (
        _pattern(
            r"((?:[?&;]|\\u0026)(?:Signature|Expires|sig|OSSAccessKeyId|AWSAccessKeyId|Key-Pair-Id|Policy"
            r"""|auth_key|security-token|x-(?:oss|amz|cos)-[a-z-]+)=)[^&\s"'<>\\]+"""
        ),
        _KEEP,
    ),
    (
        _pattern(r"(\b(?:Bearer|Basic)\s+)(?=[A-Za-z0-9._~+/=-]*\d)[A-Za-z0-9._~+/=-]{16,}"),
        _KEEP,
    ),
    (
        _pattern(
            r"(\b(?:Access[_-]?Token|m_session_id|modelscope_session|git_token|private_token)"
            rf"{_JOINT})(?=[A-Za-z0-9._~+/=%-]*\d)[A-Za-z0-9._~+/=%-]{{16,}}"
        ),
        _KEEP,
    ),
    (_pattern(rf"(\b(?:Bearer|token){_JOINT}){_UUID}"), _KEEP),
)


class Redactor:
    """Secrets of the known forms, and those this job was handed whatever their form."""

    def __init__(self) -> None:
        self._known: tuple[str, ...] = ()

    def learn(self, secrets: Iterable[str]) -> None:
        """Take these out as well from now on."""
        self._known = (*self._known, *(secret for secret in secrets if len(secret) >= _SHORTEST_KNOWN))

    def text(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._known:
            text = text.replace(secret, REDACTED)
        lower = text.lower()
        if not any(sign in lower for sign in _SIGNS):
            return text
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text


class _RedactingOutput(io.RawIOBase):
    """Writes whole lines to a descriptor, each without secrets; a secret may come in several pieces."""

    def __init__(self, fd: int, redactor: Redactor) -> None:
        self._fd = fd
        self._redactor = redactor
        self._held = bytearray()
        self._lock = threading.RLock()

    @property
    def name(self) -> int:
        return self._fd

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        # faulthandler and child processes write to the descriptor itself.
        return self._fd

    def write(self, data: Any, /) -> int:
        chunk = bytes(data)
        with self._lock:
            self._held += chunk
            end = max(self._held.rfind(b"\n"), self._held.rfind(b"\r")) + 1
            if end == 0 and len(self._held) > _MOST_HELD_BYTES:
                end = len(self._held)
            self._pass_on(end)
        return len(chunk)

    def flush(self) -> None:
        """Write what is held of a line that was never ended; the interpreter asks for it when it ends."""
        if self.closed:
            return
        with self._lock:
            self._pass_on(len(self._held))

    def close(self) -> None:
        if not self.closed:
            self.flush()
        super().close()

    def _pass_on(self, end: int) -> None:
        if end == 0:
            return
        text = bytes(self._held[:end]).decode("utf-8", "backslashreplace")
        del self._held[:end]
        left = memoryview(self._redactor.text(text).encode("utf-8", "backslashreplace"))
        while left:
            left = left[os.write(self._fd, left) :]


def redacted_stream(fd: int, redactor: Redactor) -> io.TextIOWrapper:
    """A text stream onto a descriptor, UTF-8, a line at a time, without secrets."""
    raw = _RedactingOutput(fd, redactor)
    # `write_through`: what was printed before the process is killed is in the log. Not `line_buffering`:
    # it would flush the beginning of the next line as well.
    return io.TextIOWrapper(
        raw,
        encoding="utf-8",
        errors="backslashreplace",
        write_through=True,
    )
