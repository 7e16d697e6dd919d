"""HTTP to one hub: where the token may go, which redirects are followed, what an answer's status means."""

from __future__ import annotations

import contextlib
import http.cookiejar
import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from legal_eagle.hub.listing import answer_invalid
from legal_eagle.hub.refusals import TryAgain, refusal
from legal_eagle.jobs import air_gap
from legal_eagle.jobs.errors import EXIT_SPEC, JobError

# A line that gives nothing for this long is dropped and taken up again where it was.
READ_TIMEOUT_SECONDS: Final = 30.0
_CONNECT_TIMEOUT_SECONDS: Final = 15.0
_MAX_REDIRECTS: Final = 5
# The listing of 100,000 files; what is larger is no listing.
_MAX_JSON_BYTES: Final = 64 << 20
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Place:
    """Whom a session talks to. ``token`` goes to the endpoint's origin and nowhere else."""

    endpoint: str
    token: str | None = None
    proxy: str | None = None
    # The older routes of ModelScope know the token by a cookie.
    token_cookie: str | None = None

    @property
    def origin(self) -> str:
        return origin_of(self.endpoint)


def origin_of(url: str) -> str:
    """``scheme://host[:port]`` in lower case, without a default port. Raises ``hub.endpoint_invalid``."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _endpoint_invalid(url, str(error)) from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.username is not None:
        raise _endpoint_invalid(url, "not an address of a hub")
    host = parts.hostname.lower()
    host = f"[{host}]" if ":" in host else host
    suffix = "" if port is None or port == _DEFAULT_PORTS[parts.scheme] else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


def check_place(place: Place, token_origin: str | None) -> None:
    """Refuse what must not begin. Raises ``hub.endpoint_invalid``, ``hub.token_other_origin``,
    ``hub.token_refused``, ``hub.air_gap``."""
    origin = place.origin
    if place.endpoint.startswith("http://") and not _is_loopback(place.endpoint):
        raise _endpoint_invalid(place.endpoint, "http is for this machine only")
    if place.token is not None and (token_origin is None or origin_of(token_origin) != origin):
        raise JobError(
            "hub.token_other_origin",
            f"the token is for {token_origin}, not for {origin}",
            exit_code=EXIT_SPEC,
            params={"origin": origin, "tokenOrigin": token_origin or "—"},
        )
    if place.token is not None and re.fullmatch(r"[!-:<-~]{1,1000}", place.token) is None:
        # It would break the header it stands in, and the words of that error hold it.
        raise JobError(
            "hub.token_refused",
            "the token has characters that no token has",
            exit_code=EXIT_SPEC,
            params={"origin": origin, "status": 0, "reason": ""},
        )
    if air_gap.is_closed() and not _is_loopback(place.endpoint):
        raise JobError(
            "hub.air_gap",
            f"the settings cut this rig off; {origin} is another machine",
            exit_code=EXIT_SPEC,
            params={"origin": origin},
        )


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
        # identity: a position in a compressed body is no position in the file.
        headers = {"User-Agent": "legal-eagle-studio", "Accept-Encoding": "identity"}
        if range_from > 0:
            headers["Range"] = f"bytes={range_from}-"
        if self.place.token is not None and origin_of(url) == self.place.origin:
            headers["Authorization"] = f"Bearer {self.place.token}"
            if self.place.token_cookie is not None:
                headers["Cookie"] = f"{self.place.token_cookie}={self.place.token}"
        try:
            return self._session.get(
                url,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=(_CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
            )
        except requests.exceptions.SSLError as error:
            raise TryAgain("network", _short(error), trust="tls") from error
        except requests.exceptions.ProxyError as error:
            raise TryAgain("network", _short(error), trust="proxy") from error
        except requests.exceptions.RequestException as error:
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


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _endpoint_invalid(endpoint: str, reason: str) -> JobError:
    return JobError(
        "hub.endpoint_invalid",
        f"{endpoint}: {reason}",
        exit_code=EXIT_SPEC,
        params={"endpoint": endpoint, "reason": reason},
    )


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
