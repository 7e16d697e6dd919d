"""The job `template-inspection`: what a model folder's own chat template is, shown with a sample chat."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.choose_template import FolderTemplate, inspect_template
from legal_eagle.models.template import Message, Template
from legal_eagle.models.templates import detect_template

# An event line holds a megabyte, and a character of JSON up to twelve bytes.
_MAX_TEXT_CHARACTERS = 40_000
_SYSTEM: Message = {"role": "system", "content": "你是一名法律助手。"}
_TALK: tuple[Message, ...] = (
    {"role": "user", "content": "试用期最长多久？"},
    {"role": "assistant", "content": "不得超过六个月。"},
    {"role": "user", "content": "依据是什么？"},
    {"role": "assistant", "content": "《劳动合同法》第十九条。"},
)


def run(context: JobContext) -> Outcome:
    """Look at the template of ``folder``. The result is the protocol's ``TemplateInspection``.

    Raises JobError for the tokenizer only; what keeps a template from being used is part of the result.
    """
    folder = Path(context.params["folder"])
    context.reporter.emit("result", inspection(folder))
    return "done"


def inspection(folder: Path) -> dict[str, Any]:
    """The keys of the result event. A folder without a template is described by its control tokens."""
    found = inspect_template(folder)
    template, error = found.template, found.error
    if found.verdict == "absent":
        try:
            template = detect_template(folder)
        except JobError as undetected:
            error = undetected
    text = None if found.source is None else found.source.text
    return {
        "verdict": found.verdict,
        "template": _name_of(found, template),
        "file": None if found.source is None else found.source.file,
        "others": [] if found.source is None else list(found.source.others),
        "text": None if text is None else text[:_MAX_TEXT_CHARACTERS],
        "textCharacters": len(text or ""),
        "sample": None if template is None else sample_of(template),
        "stop": [] if template is None else list(template.stop),
        "ownThinking": None if template is None else template.own_thinking,
        "thought": _thought_of(template),
        "error": None
        if error is None
        else {"code": error.code, "params": dict(error.params), "detail": error.detail},
    }


def sample_of(template: Template) -> list[dict[str, object]]:
    """A chat as a run renders it; with its system prompt where the template has a place for one."""
    asked = template.with_thinking(template.own_thinking)
    has_system = "system" in template.turns or template.system_joint is not None
    segments = asked.render((_SYSTEM, *_TALK) if has_system else _TALK)
    return [
        {"text": one.text, "isSpecial": one.is_special, "isAnswer": one.is_answer}
        for one in segments
        if one.text
    ]


def _name_of(found: FolderTemplate, template: Template | None) -> str | None:
    return None if template is None or found.verdict == "own" else template.name


def _thought_of(template: Template | None) -> dict[str, object] | None:
    if template is None or template.thought is None:
        return None
    marks = asdict(template.thought)
    return {"opening": marks["opening"], "closing": marks["closing"], "dropsPast": marks["drops_past"]}
