"""Refuses connections to other machines on a rig that its settings have cut off.

An audit hook cannot be removed again, and sees every connection that Python code makes, whatever library
asks for it. Native code that opens sockets by itself is not seen; it gets the dead proxy of the environment.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import sys
from typing import Any, Final

VARIABLE: Final = "LEGAL_EAGLE_AIR_GAP"

# Where the address stands among the arguments of an audit event.
_CONNECTIONS: Final = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}
_NAME_QUESTIONS: Final = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})


def close_network_if_asked() -> None:
    """Close it for this process and what it forks; a worker that is started anew asks again."""
    if is_closed():
        sys.addaudithook(_refuse_other_machines)


def is_closed() -> bool:
    """Whether the settings have cut this rig off."""
    return os.environ.get(VARIABLE) == "1"


def _refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _CONNECTIONS:
        address = arguments[_CONNECTIONS[event]]
        # A path is a socket of this machine; None is the far end that was connected before.
        if isinstance(address, tuple) and address and not _is_this_machine(address[0]):
            raise _refusal(address[0])
    elif event in _NAME_QUESTIONS and not _is_this_machine(arguments[0]):
        raise _refusal(arguments[0])


def _is_this_machine(host: object) -> bool:
    if host is None or host in ("", b"", "localhost", b"localhost"):
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text.split("%", 1)[0]).is_loopback
    except ValueError:
        return False


def _refusal(host: object) -> OSError:
    return ConnectionRefusedError(
        errno.ECONNREFUSED, f"the air gap of the settings refuses a connection to {host!r}"
    )
