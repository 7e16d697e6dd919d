"""The protocol's validator: what it would let pass unchecked, or refuse wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from legal_eagle.jobs import errors
from legal_eagle.protocol import bundle, parse
from legal_eagle.protocol.validate import SUPPORTED

RECIPE = {"model": "base", "dataset": "rows"}


def _rules(rule: Any) -> Iterator[dict[str, Any]]:
    """Every schema inside a schema; property names and values of annotations are no schemas."""
    if isinstance(rule, dict):
        yield rule
        for key, inner in rule.items():
            if key == "properties":
                for one in inner.values():
                    yield from _rules(one)
            elif key in ("anyOf", "oneOf"):
                for one in inner:
                    yield from _rules(one)
            elif key in ("items", "additionalProperties", "propertyNames"):
                yield from _rules(inner)


def test_every_keyword_of_every_schema_is_understood() -> None:
    """A new zod feature would otherwise be ignored in Python and enforced in TypeScript."""
    for name, schema in bundle()["schemas"].items():
        for rule in _rules(schema):
            assert set(rule) <= SUPPORTED, (name, set(rule) - SUPPORTED)


def test_exit_codes_are_the_same_on_both_sides() -> None:
    """A core that reads 21 as something else would report the wrong cause."""
    names = {
        "done": errors.EXIT_DONE,
        "crashed": errors.EXIT_CRASHED,
        "stopped": errors.EXIT_STOPPED,
        "spec": errors.EXIT_SPEC,
        "outOfGpuMemory": errors.EXIT_OUT_OF_GPU_MEMORY,
        "data": errors.EXIT_DATA,
        "environment": errors.EXIT_ENVIRONMENT,
        "diskFull": errors.EXIT_DISK_FULL,
        "resumable": errors.EXIT_RESUMABLE,
    }
    assert bundle()["exitCodes"] == names


def test_defaults_are_filled_in_at_every_depth() -> None:
    """A recipe without `lora` must train with the documented rank, not fail on a missing key."""
    recipe, issues = parse(RECIPE, "Recipe")
    assert not issues
    assert recipe["lora"]["rank"] == 8
    assert recipe["batch"] == {"unit": "samples", "microBatch": 4, "gradientAccumulation": 4}


@pytest.mark.parametrize(
    ("change", "path", "allowed"),
    [
        ({"epochs": 0}, "epochs", "> 0"),
        ({"epochs": "two"}, "epochs", "number"),
        ({"epochs": True}, "epochs", "number"),
        ({"cutoffLength": 15}, "cutoffLength", "≥ 16"),
        ({"cutoffLength": 100.5}, "cutoffLength", "whole number"),
        ({"optimizer": {"learningRate": float("nan")}}, "optimizer.learningRate", "number"),
        ({"schedule": {"kind": "cosin"}}, "schedule.kind", "linear"),
        ({"lora": {"targets": []}}, "lora.targets", "at least 1"),
        ({"lora": {"rnak": 8}}, "lora.rnak", "rank"),
        ({"model": ""}, "model", "at least 1"),
        ({"name": "x" * 121}, "name", "at most 120"),
        ({"evaluation": {"samplePrompts": ["a", 3]}}, "evaluation.samplePrompts[1]", "string"),
    ],
)
def test_a_wrong_value_is_named_with_its_field_and_range(
    change: dict[str, Any], path: str, allowed: str
) -> None:
    """A person must learn which field, why, and what is allowed."""
    _, issues = parse({**RECIPE, **change}, "Recipe")
    assert [issue.path for issue in issues] == [path]
    assert allowed in issues[0].allowed


def test_a_missing_key_and_an_unknown_kind_are_named() -> None:
    """The two commonest faults of a hand-written spec."""
    assert [issue.path for issue in parse({"model": "a"}, "Recipe")[1]] == ["dataset"]
    spec = {"version": 1, "id": "a", "kind": "tarin", "createdAtMs": 1, "nonce": "12345678", "params": {}}
    _, issues = parse(spec, "JobSpec")
    assert issues[0].path == "kind"
    assert "train" in issues[0].allowed


def test_a_discriminated_union_reports_the_member_it_means() -> None:
    """With 'fits none of the forms' a person could not find the wrong field."""
    spec = {"version": 1, "id": "a", "kind": "merge", "createdAtMs": 1, "nonce": "12345678"}
    _, issues = parse({**spec, "params": {"basePath": "b", "outPath": "o", "dtype": "fp8"}}, "JobSpec")
    assert {issue.path for issue in issues} == {"params.adapterPath", "params.dtype"}
