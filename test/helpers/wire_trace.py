"""What two clients of one hub say, without what differs from one upload to the next.

A trace is JSON: per method and path, the headers that every request of it has and those that some have, the
fields of its query, and the shapes of its bodies. Values stand in it where the hub knows only certain ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fake_hub import Question

Trace = dict[str, dict[str, Any]]

# Of the library for HTTP that carries both clients, not of the protocol.
_CARRIER = frozenset({"accept", "accept-encoding", "connection", "host", "user-agent"})
_SPOKEN_VALUES = frozenset(
    {"operation", "Visibility", "License", "action", "type", "encoding", "Revision", "Recursive"}
)


def wire_trace(questions: Iterable[Question], repository: str) -> Trace:
    """Of all requests; `repository` and hashes are put for what they are."""
    headers: dict[str, list[set[str]]] = {}
    trace: Trace = {}
    for question in questions:
        parts = urlsplit(question.path)
        path = re.sub("[0-9a-f]{64}", "<oid>", parts.path.replace(repository, "<repository>"))
        route = f"{question.method} {path}"
        headers.setdefault(route, []).append({name.lower() for name in question.headers} - _CARRIER)
        found = trace.setdefault(route, {"queries": [], "bodies": []})
        query = [
            f"{name}={value}" if name in _SPOKEN_VALUES else name
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
        ]
        _add(found["queries"], sorted(query))
        if question.body:
            _add(found["bodies"], _shape(question.json))
    for route, sets in headers.items():
        always = set.intersection(*sets)
        trace[route] |= {"always": sorted(always), "sometimes": sorted(set.union(*sets) - always)}
    return trace


def differences(ours: Trace, theirs: Trace) -> set[str]:
    """One line for each, in words that a list of allowed ones can hold."""
    found = {f"only ours: {route}" for route in ours.keys() - theirs.keys()}
    found |= {f"only theirs: {route}" for route in theirs.keys() - ours.keys()}
    for route in ours.keys() & theirs.keys():
        for part in ("always", "sometimes", "queries", "bodies"):
            mine, others = ([json.dumps(one) for one in trace[route][part]] for trace in (ours, theirs))
            found |= {f"only ours: {route} {part} {one}" for one in set(mine) - set(others)}
            found |= {f"only theirs: {route} {part} {one}" for one in set(others) - set(mine)}
    return found


def _shape(value: Any, name: str = "") -> Any:
    """Fields all the way down with the kinds of their values; of a list, its different entries."""
    if isinstance(value, dict):
        return {key: _shape(inner, key) for key, inner in sorted(value.items())}
    if isinstance(value, list):
        shapes: list[Any] = []
        for inner in value:
            _add(shapes, _shape(inner))
        return shapes
    return value if name in _SPOKEN_VALUES else type(value).__name__


def _add(shapes: list[Any], shape: Any) -> None:
    """Once each, in an order of their own."""
    if shape not in shapes:
        shapes.append(shape)
        shapes.sort(key=json.dumps)
