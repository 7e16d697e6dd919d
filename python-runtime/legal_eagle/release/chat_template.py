"""The template of a run as the Jinja text that other programs read from a model folder."""

from __future__ import annotations

import json

from legal_eagle.models.templates import Template


def to_jinja(template: Template) -> str:
    """A ``chat_template`` that renders exactly what ``Template.render`` does without a system prompt."""
    begin, end = json.dumps(template.begin), json.dumps(template.end + "\n")
    bos = "" if template.bos is None else "{{ " + json.dumps(template.bos) + " }}"
    return (
        bos + "{% for message in messages %}"
        "{{ " + begin + ' + message["role"] + "\\n" + message["content"] + ' + end + " }}"
        "{% endfor %}"
        "{% if add_generation_prompt %}{{ " + begin + ' + "assistant\\n" }}{% endif %}'
    )
