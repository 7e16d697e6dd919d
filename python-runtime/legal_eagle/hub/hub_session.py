"""HTTP to one hub: where the token may go, which redirects are followed, what an answer's status means."""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urljoin

import requests
import urllib3

from legal_eagle.hub.listing import answer_invalid
from legal_eagle.hub.place import Place, is_loopback, is_own_host, origin_of
from legal_eagle.hub.refusals import Answer, TryAgain, refusal, refusal_of
from legal_eagle.jobs.errors import JobError

# A line that gives nothing for this long is dropped and taken up again where it was.
READ_TIMEOUT_SECONDS: Final = 30.0
_CONNECT_TIMEOUT_SECONDS: Final = 15.0
# After the last byte of a file of some gigabytes a hub still has to hash it.
_WRITTEN_TIMEOUT_SECONDS: Final = 300.0
_MAX_REDIRECTS: Final = 5
_JSON: Final = "application/json"
# The listing of 100,000 files; what is larger is no listing.
_MAX_JSON_BYTES: Final = 64 << 20
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class HubSession:
    """One per thread. Close it, or use it as a context manager.

    Nothing of the machine goes along: no cookies, no netrc, no proxy of the environment.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        # Repetition is the caller's, who knows what has come already.
        adapter = requests.adapters.HTTPAdapter(max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        if place.proxy is not None:
            self._session.proxies = {"http": place.proxy, "https": place.proxy}

    def __enter__(self) -> HubSession:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def get_json(self, path: str) -> tuple[Any, Mapping[str, str]]:
        """The parsed answer and its headers. Raises TryAgain, ``hub.answer_invalid``, what a status means."""
        with self.get(path) as (response, _):
            body = bytearray()
            for chunk in body_of(response):
                body += chunk
                if len(body) > _MAX_JSON_BYTES:
                    raise answer_invalid(self.place.origin, "the answer has no end")
            try:
                return json.loads(bytes(body)), response.headers
            except ValueError as error:
                # The page of a portal or of a proxy answers 200 to everything.
                raise answer_invalid(self.place.origin, "the answer is not JSON") from error

    @contextlib.contextmanager
    def get(self, path: str, *, range_from: int = 0) -> Any:
        """The answer, and the headers of the endpoint's own answer, which may be the redirect before it.

        ``path`` begins with a slash, or is an address of the endpoint's origin. Raises TryAgain and JobError.
        """
        url = path if path.startswith(("http://", "https://")) else self.place.endpoint.rstrip("/") + path
        first: Mapping[str, str] | None = None
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._send(url, range_from)
            first = first if first is not None else response.headers
            if response.status_code not in _REDIRECTS:
                break
            location = response.headers.get("Location", "")
            response.close()
            url = self._redirected(url, location)
        else:
            raise answer_invalid(self.place.origin, "redirects without end")
        try:
            if response.status_code not in (200, 206):
                raise refusal(response, self.place.origin, with_token=self.place.token is not None)
            yield response, first
        finally:
            response.close()

    def post_json(self, path: str, value: object) -> Answer:
        """See ``write``; the body is ``value`` as JSON."""
        return self.write("POST", path, json.dumps(value, ensure_ascii=False).encode("utf-8"), kind=_JSON)

    def put_json(self, path: str, value: object) -> Answer:
        """See ``write``; the body is ``value`` as JSON."""
        return self.write("PUT", path, json.dumps(value, ensure_ascii=False).encode("utf-8"), kind=_JSON)

    def write(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes],
        *,
        size: int | None = None,
        kind: str | None = None,
        accept: str | None = None,
        bare: bool = False,
    ) -> Answer:
        """Send once, and say what the hub says, a refusal (4xx) too: ``refuse`` tells what it means.

        ``body`` is bytes, or is read as it leaves and then has ``size`` bytes; what it raises ends the
        request. ``bare`` sends no token even where one may go. Raises TryAgain, ``hub.answer_invalid``.
        Of a request that raises TryAgain nobody knows whether it was carried out.
        """
        url = path if path.startswith(("http://", "https://")) else self.place.endpoint.rstrip("/") + path
        if url.startswith("http://") and not is_own_host(self.place, url) and not is_loopback(url):
            raise answer_invalid(self.place.origin, f"{origin_of(url)} is not encrypted")
        headers = self._headers(with_token=not bare and is_own_host(self.place, url))
        if kind is not None:
            headers["Content-Type"] = kind
        if accept is not None:
            headers["Accept"] = accept
        if size == 0:
            # The library would send what has no length in chunks.
            body = b""
        elif not isinstance(body, bytes):
            headers["Content-Length"] = str(size)
        response = self._request(method, url, headers, _WRITTEN_TIMEOUT_SECONDS, body)
        try:
            if response.status_code in _REDIRECTS:
                raise answer_invalid(self.place.origin, f"{method} is sent elsewhere")
            if response.status_code in (408, 429) or response.status_code >= 500:
                raise refusal(response, self.place.origin, with_token=self.place.token is not None)
            content = bytearray()
            for piece in body_of(response):
                content += piece
                if len(content) > _MAX_JSON_BYTES:
                    raise answer_invalid(self.place.origin, "the answer has no end")
            return Answer(response.status_code, response.headers, bytes(content))
        finally:
            response.close()

    def refuse(self, answer: Answer) -> Exception:
        """What a status from 400 on means, as ``get`` would raise it."""
        return refusal_of(answer, self.place.origin, with_token=self.place.token is not None)

    def _redirected(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        try:
            target_origin = origin_of(target)
        except JobError as error:
            raise answer_invalid(self.place.origin, "a redirect to no address") from error
        if url.startswith("https://") and not target_origin.startswith("https://"):
            raise answer_invalid(self.place.origin, f"a redirect to {target_origin}, which is not encrypted")
        return target

    def _send(self, url: str, range_from: int) -> requests.Response:
        headers = self._headers(with_token=origin_of(url) == self.place.origin)
        if range_from > 0:
            headers["Range"] = f"bytes={range_from}-"
        return self._request("GET", url, headers, READ_TIMEOUT_SECONDS)

    def _headers(self, *, with_token: bool) -> dict[str, str]:
        # identity: a position in a compressed body is no position in the file.
        headers = {"User-Agent": "legal-eagle-studio", "Accept-Encoding": "identity"}
        if self.place.token is not None and with_token:
            headers["Authorization"] = f"Bearer {self.place.token}"
            if self.place.token_cookie is not None:
                headers["Cookie"] = f"{self.place.token_cookie}={self.place.token}"
        return headers

    def _request(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        answer_timeout_seconds: float,
        body: bytes | Iterable[bytes] | None = None,
    ) -> requests.Response:
        try:
            return self._session.request(
                method,
                url,
                headers=headers,
                data=body,
                stream=True,
                allow_redirects=False,
                timeout=(_CONNECT_TIMEOUT_SECONDS, answer_timeout_seconds),
            )
        except requests.exceptions.SSLError as error:
            raise TryAgain("network", _short(error), trust="tls") from error
        except requests.exceptions.ProxyError as error:
            raise TryAgain("network", _short(error), trust="proxy") from error
        except requests.exceptions.RequestException as error:
            raise TryAgain("network", _short(error)) from error
        except urllib3.exceptions.HTTPError as error:
            raise TryAgain("network", _short(error)) from error


def body_of(response: requests.Response, chunk_bytes: int = 1 << 20) -> Any:
    """The body in pieces as they come, decompressed. Raises TryAgain where it breaks off."""
    raw = response.raw
    expected = response.headers.get("Content-Length", "")
    encoded = response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity")
    received = 0
    try:
        while True:
            # read1: what is there, rather than a full piece; a slow line shows its progress too.
            piece = raw.read1(chunk_bytes, decode_content=True)
            if not piece:
                break
            received += len(piece)
            yield piece
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise TryAgain("network", _short(error)) from error
    if not encoded and expected.isdigit() and received < int(expected):
        raise TryAgain("network", f"the body ended after {received} of {expected} bytes")


def _short(error: BaseException) -> str:
    """The kind of the innermost error: texts of this family hold whole addresses with their signatures."""
    seen: BaseException = error
    for _ in range(10):
        inner = getattr(seen, "reason", None)
        args = [
            one
            for one in (inner, seen.__cause__, seen.__context__, *seen.args)
            if isinstance(one, BaseException)
        ]
        if not args or args[0] is seen:
            break
        seen = args[0]
    text = seen.strerror if isinstance(seen, OSError) and seen.strerror else ""
    return f"{type(seen).__name__}: {text}" if text else type(seen).__name__
