"""Checks values against the protocol's JSON Schemas with the standard library only.

Covers the part of JSON Schema draft 2020-12 that `electron/tools/generate-protocol.ts` writes (`SUPPORTED`);
a test fails when a schema uses a keyword outside it, so that a new zod feature cannot pass unchecked.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

SUPPORTED = frozenset(
    (
        "$schema",
        "title",
        "description",
        "default",
        "aliases",
        "type",
        "const",
        "enum",
        "anyOf",
        "oneOf",
        "properties",
        "required",
        "additionalProperties",
        "propertyNames",
        "items",
        "minItems",
        "maxItems",
        "minLength",
        "maxLength",
        "pattern",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
    )
)
_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "object": (dict,),
    "array": (list,),
}


@dataclass(frozen=True)
class Issue:
    """One thing wrong with a value: where (dotted path, "" for the whole), why, and what is allowed."""

    path: str
    reason: str
    allowed: str

    def __str__(self) -> str:
        where = self.path or "value"
        return f"{where}: {self.reason}" + (f" (allowed: {self.allowed})" if self.allowed else "")


@cache
def bundle() -> dict[str, Any]:
    """The generated `schemas.json`: protocol version, exit codes, and one schema per name."""
    text = (Path(__file__).parent / "schemas.json").read_text(encoding="utf-8")
    return cast("dict[str, Any]", json.loads(text))


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema called `name` (KeyError where there is none)."""
    return cast("dict[str, Any]", bundle()["schemas"][name])


def validate(value: object, name: str) -> list[Issue]:
    """Everything wrong with `value` as a `name`; empty where it is valid. Defaults count as present."""
    return parse(value, name)[1]


def parse(value: object, name: str) -> tuple[Any, list[Issue]]:
    """`value` with defaults filled in, and everything wrong with it."""
    issues: list[Issue] = []
    return _parse(value, schema(name), "", issues), issues


def _parse(value: object, rule: Mapping[str, Any], path: str, issues: list[Issue]) -> Any:
    if "anyOf" in rule or "oneOf" in rule:
        return _parse_union(value, rule.get("anyOf") or rule["oneOf"], path, issues)
    if "const" in rule:
        if not _same(value, rule["const"]):
            issues.append(Issue(path, _shown(value) + " is not the expected value", _shown(rule["const"])))
        return value
    if "enum" in rule:
        if not any(_same(value, option) for option in rule["enum"]):
            issues.append(Issue(path, f"unknown value {_shown(value)}", ", ".join(map(_shown, rule["enum"]))))
        return value
    kind = rule.get("type")
    if isinstance(kind, list):
        # How zod writes a nullable scalar: {"type": ["number", "null"]}.
        return _parse_union(value, [{**rule, "type": one} for one in kind], path, issues)
    if kind in ("integer", "number"):
        return _parse_number(value, rule, path, issues)
    if kind is not None and not isinstance(value, _JSON_TYPES[kind]):
        issues.append(Issue(path, f"wrong type: {_type_name(value)}", kind))
        return value
    if kind == "string":
        _check_string(cast("str", value), rule, path, issues)
    elif kind == "array":
        return _parse_array(cast("list[Any]", value), rule, path, issues)
    elif kind == "object":
        return _parse_object(cast("dict[str, Any]", value), rule, path, issues)
    return value


def _parse_union(value: object, options: list[Mapping[str, Any]], path: str, issues: list[Issue]) -> Any:
    tag = _tag_key(options)
    if tag is not None and isinstance(value, dict):
        known = [option["properties"][tag]["const"] for option in options]
        if value.get(tag) not in known:
            issues.append(
                Issue(_join(path, tag), f"unknown value {_shown(value.get(tag))}", ", ".join(known))
            )
            return value
        options = [options[known.index(value[tag])]]
    attempts: list[list[Issue]] = []
    for option in options:
        found: list[Issue] = []
        parsed = _parse(value, option, path, found)
        if not found:
            return parsed
        attempts.append(found)
    if len(attempts) == 1:
        issues.extend(attempts[0])
    else:
        allowed = "; ".join(
            dict.fromkeys(issue.allowed for found in attempts for issue in found if issue.allowed)
        )
        issues.append(Issue(path, f"{_shown(value)} fits none of the allowed forms", allowed))
    return value


def _tag_key(options: list[Mapping[str, Any]]) -> str | None:
    """The property whose constant tells the members of a discriminated union apart."""
    for key in ("type", "kind", "op"):
        if all("const" in option.get("properties", {}).get(key, {}) for option in options):
            return key
    return None


def _parse_number(value: object, rule: Mapping[str, Any], path: str, issues: list[Issue]) -> object:
    whole = rule["type"] == "integer"
    if isinstance(value, bool) or not isinstance(value, int | float):
        issues.append(Issue(path, f"wrong type: {_type_name(value)}", _range(rule)))
        return value
    if not math.isfinite(value):
        issues.append(Issue(path, "not a finite number", _range(rule)))
        return value
    if whole and value != int(value):
        issues.append(Issue(path, f"{value} is not a whole number", _range(rule)))
        return value
    inside = (
        value >= rule.get("minimum", value)
        and value <= rule.get("maximum", value)
        and ("exclusiveMinimum" not in rule or value > rule["exclusiveMinimum"])
        and ("exclusiveMaximum" not in rule or value < rule["exclusiveMaximum"])
    )
    if not inside:
        issues.append(Issue(path, f"{value} is out of range", _range(rule)))
    return int(value) if whole else value


def _range(rule: Mapping[str, Any]) -> str:
    name = "whole number" if rule["type"] == "integer" else "number"
    bounds = [
        f"{sign} {rule[key]}"
        for key, sign in (
            ("minimum", "≥"),
            ("exclusiveMinimum", ">"),
            ("maximum", "≤"),
            ("exclusiveMaximum", "<"),
        )
        if key in rule and abs(rule[key]) != 2**53 - 1
    ]
    return " ".join([name, *bounds])


def _check_string(value: str, rule: Mapping[str, Any], path: str, issues: list[Issue]) -> None:
    if len(value) < rule.get("minLength", 0):
        issues.append(Issue(path, "too short", f"at least {rule['minLength']} characters"))
    if len(value) > rule.get("maxLength", len(value)):
        issues.append(Issue(path, f"too long ({len(value)})", f"at most {rule['maxLength']} characters"))
    if "pattern" in rule and re.search(rule["pattern"], value) is None:
        issues.append(Issue(path, f"{_shown(value)} does not match", rule["pattern"]))


def _parse_array(value: list[Any], rule: Mapping[str, Any], path: str, issues: list[Issue]) -> list[Any]:
    if len(value) < rule.get("minItems", 0):
        issues.append(Issue(path, f"too few items ({len(value)})", f"at least {rule['minItems']}"))
    if len(value) > rule.get("maxItems", len(value)):
        issues.append(Issue(path, f"too many items ({len(value)})", f"at most {rule['maxItems']}"))
    item = rule.get("items", {})
    return [_parse(one, item, f"{path}[{index}]", issues) for index, one in enumerate(value)]


def _parse_object(
    value: dict[str, Any], rule: Mapping[str, Any], path: str, issues: list[Issue]
) -> dict[str, Any]:
    properties: Mapping[str, Any] = rule.get("properties", {})
    parsed: dict[str, Any] = {}
    for key, inner in properties.items():
        if key in value:
            parsed[key] = _parse(value[key], inner, _join(path, key), issues)
        elif "default" in inner:
            parsed[key] = _parse(inner["default"], inner, _join(path, key), issues)
        elif key in rule.get("required", ()):
            issues.append(Issue(_join(path, key), "missing", _allowed(inner)))
    rest = {key: one for key, one in value.items() if key not in properties}
    extra = rule.get("additionalProperties", {})
    for key, one in rest.items():
        if extra is False:
            issues.append(Issue(_join(path, key), "unknown key", ", ".join(properties)))
        parsed[key] = _parse(one, extra, _join(path, key), issues) if isinstance(extra, dict) else one
    return parsed


def _allowed(rule: Mapping[str, Any]) -> str:
    if "enum" in rule:
        return ", ".join(map(_shown, rule["enum"]))
    if rule.get("type") in ("integer", "number"):
        return _range(rule)
    return str(rule.get("type", ""))


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _same(left: object, right: object) -> bool:
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "…"


def _type_name(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), type(value).__name__)
