"""A template in the records of adapters and merged models: its name, its content and the hash of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.template import ROLES, Mark, Template, Turn
from legal_eagle.models.template_families import TEMPLATES
from legal_eagle.models.templates import template_by_name
from legal_eagle.models.thinking import ThinkingMode, ThoughtMarks, thinking_mode

_NAME, _HASH, _CONTENT, _THINKING = "template", "templateHash", "templateContent", "thinking"


def template_record(template: Template) -> dict[str, object]:
    """The keys of a record that say how its weights are asked. A family's template is its name; one taken
    from a model folder is written out, so that it can be rendered without that folder."""
    record: dict[str, object] = {
        _NAME: template.name,
        _HASH: template.content_hash(),
        _THINKING: template.thinking,
    }
    if template.name not in TEMPLATES:
        content = asdict(template)
        del content["identity"], content["thinking"]
        record[_CONTENT] = {**content, "trims": sorted(template.trims)}
    return record


def recorded_template(record: Mapping[str, Any]) -> Template | None:
    """The template that weights were made with, in their thinking mode; None where the record says none.

    Raises JobError `model.template_changed` where the content is not what the hash says: the record was
    altered, or a family's template is another one in this version. Raises `model.template_unknown`,
    `model.thinking_unknown`.
    """
    name, recorded_hash, content = record.get(_NAME), record.get(_HASH), record.get(_CONTENT)
    if not isinstance(name, str):
        return None
    template = template_by_name(name) if content is None else _from_content(name, content)
    if isinstance(recorded_hash, str) and recorded_hash != template.content_hash():
        raise _changed(name)
    thinking = recorded_thinking(record)
    return template.with_thinking(template.own_thinking if thinking is None else thinking)


def recorded_thinking(record: Mapping[str, Any]) -> ThinkingMode | None:
    value = record.get(_THINKING)
    return None if value is None else thinking_mode(str(value))


def _from_content(name: str, content: object) -> Template:
    try:
        if not isinstance(content, dict):
            raise TypeError("not an object")
        thought = content["thought"]
        template = Template(
            name=name,
            bos=_text_or_none(content["bos"]),
            turns={_role(role): _turn(turn) for role, turn in content["turns"].items()},
            stop=tuple(_text(token) for token in content["stop"]),
            system_joint=_text_or_none(content["system_joint"]),
            system_lead=_text(content["system_lead"]),
            system_place="last" if content["system_place"] == "last" else "first",
            default_system=_text_or_none(content["default_system"]),
            trims=frozenset(_role(role) for role in content["trims"]),
            answer_lead=_text(content["answer_lead"]),
            ending=tuple(_mark(mark) for mark in content["ending"]),
            thought=None
            if thought is None
            else ThoughtMarks(
                _text(thought["opening"]), _text(thought["closing"]), thought["drops_past"] is True
            ),
        )
        if not {"user", "assistant"} <= template.turns.keys() or not template.stop:
            raise ValueError("a turn or the stop token is missing")
        return template
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _changed(name) from error


def _turn(value: Any) -> Turn:
    return Turn(
        tuple(_mark(mark) for mark in value["opening"]), tuple(_mark(mark) for mark in value["closing"])
    )


def _mark(value: Any) -> Mark:
    return Mark(_text(value["text"]), value["is_special"] is True)


def _role(value: object) -> str:
    if value not in ROLES:
        raise ValueError("not a role")
    return str(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _changed(name: str) -> JobError:
    return JobError(
        "model.template_changed",
        f"the recorded template {name} is not what its hash says",
        params={"template": name},
    )
