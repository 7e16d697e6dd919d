"""What an answer's status means: try again, or a code of its own."""

from __future__ import annotations

import contextlib
import email.utils
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
import urllib3

from legal_eagle.jobs.errors import EXIT_DATA, EXIT_RESUMABLE, JobError

# Nothing left, and so many seconds until there is: `"api";r=0;t=55`.
_RATE_LIMIT: Final = re.compile(r"\br=0;\s*t=(\d{1,9})\b")


class TryAgain(Exception):
    """Nothing is wrong with the request: the network, the server or its limits stand in the way.

    ``reason`` is ``network``, ``rate-limit`` or ``server``; ``wait_seconds`` what the server asked for.
    ``trust`` names what a repetition cannot heal if it is there from the start: ``tls``, ``proxy``.
    """

    def __init__(
        self, reason: str, detail: str, *, wait_seconds: float | None = None, trust: str | None = None
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.wait_seconds = wait_seconds
        self.trust = trust


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer to a question that writes."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The parsed body; None where it is empty or no JSON."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None


def refusal(response: requests.Response, origin: str, *, with_token: bool) -> Exception:
    content = b""
    with contextlib.suppress(OSError, urllib3.exceptions.HTTPError):
        content = response.raw.read(65536, decode_content=True) or b""
    return refusal_of(Answer(response.status_code, response.headers, content), origin, with_token=with_token)


def refusal_of(answer: Answer, origin: str, *, with_token: bool) -> Exception:
    """TryAgain, FileGone or a JobError ``hub.…``."""
    status = answer.status
    code, message = said_by(answer)
    if status == 429:
        return TryAgain("rate-limit", "HTTP 429", wait_seconds=_retry_after(answer.headers))
    if status == 408 or status >= 500:
        return TryAgain("server", f"HTTP {status}", wait_seconds=_retry_after(answer.headers))
    params: dict[str, object] = {"origin": origin, "status": status, "reason": message}
    detail = f"HTTP {status} {code} {message}".strip()
    if status == 403 or code == "GatedRepo":
        return JobError("hub.forbidden", detail, exit_code=EXIT_DATA, params=params, detail=detail)
    if status == 401:
        # A hub that hides what is private answers 401 to strangers, whether or not it is there.
        name = "hub.token_refused" if with_token else "hub.token_needed"
        return JobError(name, detail, exit_code=EXIT_RESUMABLE, params=params, detail=detail)
    if status == 404:
        return FileGone(detail)
    return JobError("hub.refused", detail, exit_code=EXIT_DATA, params=params, detail=detail)


class FileGone(Exception):
    """HTTP 404; what is missing knows the caller."""


def said_by(answer: Answer) -> tuple[str, str]:
    """A hub's own code and words for a refusal, as far as they can be read."""
    code = answer.headers.get("X-Error-Code", "")
    message = answer.headers.get("X-Error-Message", "")
    body = None if message else answer.json()
    if isinstance(body, dict):
        found = body.get("Message") or body.get("message") or body.get("error")
        message = found if isinstance(found, str) else ""
        own_code = body.get("Code") or body.get("code") or ""
        code = code or (str(own_code) if isinstance(own_code, str | int) else "")
    return code, " ".join(message.split())[:300]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait; both forms of RFC 9110 10.2.3, or Hugging Face's own header."""
    value = headers.get("Retry-After", "").strip()
    # draft-ietf-httpapi-ratelimit-headers-09; it stands in answers to everything, with what is left.
    used_up = _RATE_LIMIT.search(headers.get("RateLimit", ""))
    if not value and used_up is not None:
        return float(used_up[1])
    if value.isdigit():
        return float(value)
    with contextlib.suppress(ValueError, TypeError, IndexError):
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    return None
