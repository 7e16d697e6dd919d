"""Whom a session talks to, and where its token may go."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from legal_eagle.jobs import air_gap
from legal_eagle.jobs.errors import EXIT_SPEC, JobError

_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
# Below these names every host is the hub's own; of other names nobody knows where strangers begin.
_HUB_DOMAINS: Final = ("modelscope.cn", "modelscope.ai")


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
    if place.endpoint.startswith("http://") and not is_loopback(place.endpoint):
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
    if air_gap.is_closed() and not is_loopback(place.endpoint):
        raise JobError(
            "hub.air_gap",
            f"the settings cut this rig off; {origin} is another machine",
            exit_code=EXIT_SPEC,
            params={"origin": origin},
        )


def is_own_host(place: Place, url: str) -> bool:
    """Whether ``url`` lies with whom the token is for: its origin, or a host of the same hub by https."""
    own, other = place.origin, origin_of(url)
    if own == other:
        return True
    hosts = [urlsplit(origin).hostname or "" for origin in (own, other)]
    return (
        own.startswith("https://")
        and other.startswith("https://")
        and any(all(f".{host}".endswith(f".{domain}") for host in hosts) for domain in _HUB_DOMAINS)
    )


def is_loopback(url: str) -> bool:
    """Whether the address is this machine, by its name alone."""
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
