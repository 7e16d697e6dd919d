"""The template of a run as the Jinja text that other programs read from a model folder."""

from __future__ import annotations

import json
from collections.abc import Sequence

from legal_eagle.models.template import Mark, Template
from legal_eagle.models.thinking import empty_thought

_LAST_QUESTION = (
    "{% set seen = namespace(question=-1, told='') %}{% for message in messages %}"
    '{% if message["role"] == "user" %}{% set seen.question = loop.index0 %}{% endif %}{% endfor %}'
)


def to_jinja(template: Template) -> str:
    """A ``chat_template`` that renders exactly what ``Template.render`` does, in the run's thinking mode."""
    assistant = template.turns["assistant"]
    branches = [("assistant", _answer(template))]
    if template.system_joint is None:
        branches += [
            (role, _text(turn.opening) + _content(template, role) + _text(turn.closing))
            for role, turn in template.turns.items()
            if role != "assistant"
        ]
    else:
        branches += [("user", _question(template)), ("system", _told(template, template.system_joint))]
    prompt = _text(assistant.opening)
    if template.thinking == "empty":
        prompt += _written(empty_thought(template.thought))
    ending = _text(template.ending)
    return (
        _LAST_QUESTION
        + ("" if template.bos is None else _written(template.bos))
        + _default_system(template)
        + "{% for message in messages %}"
        + "".join(
            "{% " + ("elif" if index else "if") + ' message["role"] == ' + json.dumps(role) + " %}" + text
            for index, (role, text) in enumerate(branches)
        )
        + "{% endif %}{% endfor %}{% if add_generation_prompt %}"
        + prompt
        + ('{% elif messages and messages[-1]["role"] == "assistant" %}' + ending if template.ending else "")
        + "{% endif %}"
    )


def _default_system(template: Template) -> str:
    if template.default_system is None:
        return ""
    condition = '{% if not messages or messages[0]["role"] != "system" %}'
    if template.system_joint is not None:
        told = json.dumps(template.system_lead + template.default_system + template.system_joint)
        return condition + "{% set seen.told = " + told + " %}{% endif %}"
    turn = template.turns["system"]
    return (
        condition
        + _text(turn.opening)
        + _written(template.default_system)
        + _text(turn.closing)
        + "{% endif %}"
    )


def _told(template: Template, joint: str) -> str:
    """Keeps the system prompt for the question that takes it."""
    content = 'message["content"]' + (" | trim" if "system" in template.trims else "")
    lead = json.dumps(template.system_lead)
    return "{% set seen.told = " + lead + " + (" + content + ") + " + json.dumps(joint) + " %}"


def _question(template: Template) -> str:
    turn = template.turns["user"]
    told = "{{ seen.told }}{% set seen.told = '' %}"
    if template.system_place == "last":
        told = "{% if loop.index0 == seen.question %}" + told + "{% endif %}"
    return _text(turn.opening) + told + _content(template, "user") + _text(turn.closing)


def _answer(template: Template) -> str:
    """A past answer, with its thought as the mode has it."""
    turn = template.turns["assistant"]
    opening = _text(turn.opening)
    closing = _text(turn.closing)
    mode, marks = template.thinking, template.thought
    if mode == "none" or (mode == "keep" and marks is None):
        return opening + _written(template.answer_lead) + _content(template, "assistant") + closing
    trimmed = " | trim" if "assistant" in template.trims else ""
    split = (
        '{% set answer = message["content"]' + trimmed + " %}{% set thought = '' %}"
        "{% if answer.lstrip().startswith('<think>') %}{% set parts = answer.split('</think>', 1) %}"
        "{% set thought = parts[0].split('<think>', 1)[1] %}"
        "{% set answer = parts[1].lstrip() if parts | length > 1 else '' %}{% endif %}"
    )
    lead = _written(template.answer_lead)
    if mode == "strip":
        block = lead
    elif mode == "empty" or marks is None:
        block = _written(empty_thought(marks)) + lead
    else:
        block = (
            "{% set thought = thought.strip('\\n') %}"
            "{% if not thought | trim %}{% set thought = '' %}{% endif %}"
            + _written(marks.opening)
            + "{{ thought }}"
            + _written(marks.closing)
        )
        if marks.drops_past:
            block = "{% if loop.index0 > seen.question %}" + block + "{% endif %}"
        block = lead + block
    return split + opening + block + "{{ answer }}" + closing


def _content(template: Template, role: str) -> str:
    return '{{ message["content"]' + (" | trim" if role in template.trims else "") + " }}"


def _text(marks: Sequence[Mark]) -> str:
    return _written("".join(mark.text for mark in marks))


def _written(text: str) -> str:
    """An expression that writes `text`."""
    return "{{ " + json.dumps(text) + " }}" if text else ""
