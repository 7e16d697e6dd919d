"""The template of a run as the Jinja text that other programs read from a model folder."""

from __future__ import annotations

import json
from collections.abc import Sequence

from legal_eagle.models.templates import Mark, Template


def to_jinja(template: Template) -> str:
    """A ``chat_template`` that renders exactly what ``Template.render`` does without a system prompt."""
    if template.system_joint is not None:
        return _with_system_in_question(template, template.system_joint)
    bos = "" if template.bos is None else "{{ " + json.dumps(template.bos) + " }}"
    branches = [
        ("if" if index == 0 else "elif", role, _text(turn.opening), _text(turn.closing))
        for index, (role, turn) in enumerate(template.turns.items())
    ]
    turns = "".join(
        "{% " + word + ' message["role"] == ' + json.dumps(role) + " %}"
        "{{ " + opening + ' + message["content"] + ' + closing + " }}"
        for word, role, opening, closing in branches
    )
    prompt = _text(template.turns["assistant"].opening)
    return (
        bos + "{% for message in messages %}" + turns + "{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ " + prompt + " }}{% endif %}"
    )


def _with_system_in_question(template: Template, joint: str) -> str:
    """As above for a template without a system turn: its text goes before the first question."""
    bos = "" if template.bos is None else "{{ " + json.dumps(template.bos) + " }}"
    user, assistant = template.turns["user"], template.turns["assistant"]
    return (
        bos + "{% set told = namespace(text='') %}{% for message in messages %}"
        '{% if message["role"] == "system" %}'
        '{% set told.text = message["content"] + ' + json.dumps(joint) + " %}"
        '{% elif message["role"] == "user" %}'
        "{{ " + _text(user.opening) + ' + told.text + message["content"] + ' + _text(user.closing) + " }}"
        "{% set told.text = '' %}"
        '{% elif message["role"] == "assistant" %}'
        "{{ " + _text(assistant.opening) + ' + message["content"] + ' + _text(assistant.closing) + " }}"
        "{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ " + _text(assistant.opening) + " }}{% endif %}"
    )


def _text(marks: Sequence[Mark]) -> str:
    """The marks as a literal of Jinja."""
    return json.dumps("".join(mark.text for mark in marks))
