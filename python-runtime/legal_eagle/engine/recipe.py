"""Reading a recipe file: YAML or JSON, `--set key=value` on top, checked against the schema."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import yaml

from legal_eagle.engine.lora_targets import check_target_pattern
from legal_eagle.jobs.errors import EXIT_SPEC, JobError
from legal_eagle.models.template_families import AUTO, REPOSITORY, is_known_template
from legal_eagle.protocol import Issue, parse
from legal_eagle.protocol.spec_types import Recipe

_MAX_ISSUES = 20


class _Loader(yaml.SafeLoader):
    """YAML 1.2's numbers: YAML 1.1, which PyYAML reads, takes `1e-4` for text."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$"),
    list("-+0123456789."),
)


def read_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe of a file with every default filled in. JobError `recipe.invalid`."""
    try:
        value = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        issue = Issue(path.name, f"cannot be read as YAML or JSON: {error}", "a recipe file")
        raise _invalid([issue]) from error
    return recipe_with(value, overrides)


def recipe_with(value: object, overrides: Sequence[str] = ()) -> Recipe:
    """A recipe's content, itself left as it is, with `overrides` on top. JobError `recipe.invalid`."""
    changed = copy.deepcopy(value)
    for override in overrides:
        _set(changed, override)
    return check_recipe(changed)


def check_recipe(value: object) -> Recipe:
    """`value` as a recipe. JobError `recipe.invalid` names field, reason and allowed range."""
    parsed, issues = parse(value, "Recipe")
    if not issues:
        issues = _impossible(cast("Recipe", parsed))
    if issues:
        raise _invalid(issues)
    return cast("Recipe", parsed)


def _impossible(recipe: Recipe) -> list[Issue]:
    """What the schema cannot say because it concerns two fields or a meaning."""
    issues: list[Issue] = []
    if not is_known_template(recipe["template"]):
        reason = f"there is no template {recipe['template']}"
        issues.append(Issue("template", reason, f"{AUTO}, {REPOSITORY}"))
    device, attention = recipe["hardware"]["device"], recipe["hardware"]["attention"]
    if (device, attention) in (("cpu", "varlen"), ("cuda", "per-document")):
        issues.append(
            Issue("hardware.attention", f"{attention} does not run on a {device} device", "auto, padded")
        )
    cards, processes = recipe["hardware"]["gpu"].split(","), recipe["hardware"]["processes"]
    if device != "cpu" and len(cards) > 1 and processes not in (1, len(cards)):
        reason = f"hardware.gpu names {len(cards)} cards, one a process"
        issues.append(Issue("hardware.processes", reason, str(len(cards))))
    issues += _not_with_full(recipe)
    pattern = recipe["lora"]["targetPattern"]
    if pattern is not None:
        try:
            check_target_pattern(pattern)
        except JobError as error:
            issues.append(Issue("lora.targetPattern", error.message, "literals . [] | (), 4 quantifiers"))
    return issues


def _not_with_full(recipe: Recipe) -> list[Issue]:
    """What contradicts training every parameter. The rest of `lora` describes an adapter that there is not,
    and decides nothing."""
    if recipe["method"] != "full":
        return []
    issues = []
    hardware, started = recipe["hardware"], recipe["lora"]["continueFrom"]
    if hardware["quantization"] != "none":
        reason = f"rounded weights ({hardware['quantization']}) cannot be trained themselves"
        issues.append(Issue("hardware.quantization", reason, "none"))
    if hardware["engine"] == "fast":
        reason = "the fast engine has the gradients of adapters only"
        issues.append(Issue("hardware.engine", reason, "auto, compat"))
    if started is not None:
        issues.append(Issue("lora.continueFrom", "full fine-tuning starts from no adapter", "null"))
    return issues


def _set(recipe: object, override: str) -> None:
    """Applies one `a.b=value`; the value is YAML, so numbers, lists and null mean what they say."""
    key, separator, text = override.partition("=")
    names = key.strip().split(".")
    if not separator or not all(names):
        raise _bad_override(override, "it must have the form key=value")
    try:
        value: Any = yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except yaml.YAMLError as error:
        raise _bad_override(override, str(error)) from error
    target = recipe
    for name in names[:-1]:
        target = target.setdefault(name, {}) if isinstance(target, dict) else None
    if not isinstance(target, dict):
        raise _bad_override(override, f"{'.'.join(names[:-1]) or 'the recipe'} holds no fields")
    target[names[-1]] = value


def _bad_override(override: str, reason: str) -> JobError:
    return _invalid([Issue(f"--set {override}", reason, "key=value")])


def _invalid(issues: Sequence[Issue]) -> JobError:
    shown = issues[:_MAX_ISSUES]
    summary = "; ".join(str(issue) for issue in shown)
    return JobError(
        "recipe.invalid",
        summary,
        exit_code=EXIT_SPEC,
        params={
            "summary": summary,
            "issues": [
                {"field": issue.path, "reason": issue.reason, "allowed": issue.allowed} for issue in shown
            ],
        },
    )
