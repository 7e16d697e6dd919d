"""A chat template as the Go template of an Ollama Modelfile.

Ollama gives `.Messages` with the system prompt among them, and expects the opening of the answer after the
last message unless that is an answer to go on with (its docs/template.md). The first token of a text is the
tokenizer's business there. All text stands in string literals, so that no white space is up to the reader.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from legal_eagle.models.templates import Mark, Template

_LAST = "{{ $last := eq (len (slice $.Messages $i)) 1 }}"


def to_go_template(template: Template) -> str:
    """Renders what ``Template.render`` does, but for the first token."""
    joint = template.system_joint
    prompt = _literal(template.turns["assistant"].opening)
    parts = ['{{ $told := "" }}'] if joint is not None else []
    parts += ["{{ range $i, $message := .Messages }}", _LAST]
    roles = [*template.turns] if joint is None else ["system", "user", "assistant"]
    for index, role in enumerate(roles):
        parts.append("{{ " + ("if" if index == 0 else "else if") + f' eq .Role "{role}" ' + "}}")
        if role == "system" and joint is not None:
            parts.append("{{ $told = printf " + '"%s%s" .Content ' + _quoted(joint) + " }}")
            continue
        turn = template.turns[role]
        parts.append(_literal(turn.opening))
        if role == "user" and joint is not None:
            parts.append('{{ $told }}{{ $told = "" }}')
        parts.append("{{ .Content }}")
        closing = _literal(turn.closing)
        # An answer that is not at its end is gone on with.
        parts.append("{{ if not $last }}" + closing + "{{ end }}" if role == "assistant" else closing)
    parts.append("{{ end }}{{ if and $last (ne .Role " + '"assistant") }}' + prompt + "{{ end }}{{ end }}")
    return "".join(parts)


def _literal(marks: Sequence[Mark]) -> str:
    text = "".join(mark.text for mark in marks)
    return "" if text == "" else "{{ " + _quoted(text) + " }}"


def _quoted(text: str) -> str:
    # JSON's escapes are Go's, as long as characters beyond 16 bits stand as they are.
    return json.dumps(text, ensure_ascii=False)
