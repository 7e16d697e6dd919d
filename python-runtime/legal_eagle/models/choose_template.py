"""Which template a job uses: a family's by name, the model folder's own, or what its tokenizer says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.lifted_template import (
    NotLiftedError,
    check_generation,
    lift,
    thought_variants,
)
from legal_eagle.models.template import Mark, Template
from legal_eagle.models.template_families import AUTO, REPOSITORY, TEMPLATES
from legal_eagle.models.template_probes import CHATS, THOUGHTS, differing, render_chat
from legal_eagle.models.template_record import recorded_template, recorded_thinking
from legal_eagle.models.template_sandbox import (
    TemplateSource,
    read_template_source,
    refused,
    render_in_sandbox,
)
from legal_eagle.models.templates import detect_template, template_by_name
from legal_eagle.models.tokenizer import ChatTokenizer

Verdict = Literal["family", "own", "refused", "absent"]
"""family: equal to one of the studio's. own: another, whose mask can be derived. refused: by `error`. absent:
the folder has none."""


@dataclass(frozen=True, slots=True)
class FolderTemplate:
    """What was found out about a model folder's own template. `sample` is a chat as it renders it."""

    verdict: Verdict
    source: TemplateSource | None = None
    template: Template | None = None
    sample: str | None = None
    error: JobError | None = None


def choose_template(folder: Path, wanted: str, *, learns: bool) -> Template:
    """The template for `wanted`: `auto`, `repository` or a family's name.

    auto takes the folder's own where that is a family's, and the tokenizer's word where the folder has none.
    A template of its own is taken for asking; to learn with it a person names it
    (`model.template_differs`), since a model learns whatever it is shown. Raises JobError `model.template_*`.
    """
    if wanted not in (AUTO, REPOSITORY):
        return template_by_name(wanted)
    found = inspect_template(folder)
    if found.verdict == "absent":
        if wanted == REPOSITORY:
            raise JobError(
                "model.template_absent", f"{folder} has no template.", params={"folder": str(folder)}
            )
        return detect_template(folder)
    if found.template is None:
        if found.error is None:
            raise AssertionError("a template is refused with a reason")
        raise found.error
    if found.verdict == "own" and wanted == AUTO and learns:
        raise JobError(
            "model.template_differs",
            f"the template of {folder} is none of the studio's",
            params={"folder": str(folder), "file": found.source.file if found.source else ""},
        )
    return found.template


def template_of_weights(record: Mapping[str, Any], folder: Path, wanted: str = AUTO) -> Template:
    """What the record of an adapter or a merged model says that it was trained with, in its thinking mode;
    else `wanted` for `folder`, in the recorded mode or the family's own."""
    recorded = recorded_template(record)
    if recorded is not None:
        return recorded
    template = choose_template(folder, wanted, learns=False)
    return template.with_thinking(recorded_thinking(record) or template.own_thinking)


def inspect_template(folder: Path) -> FolderTemplate:
    """Reads the folder's template, renders the probe chats in the sandbox, and says what it is. What keeps it
    from being used is in `error`; raises JobError for the tokenizer only."""
    tokenizer = ChatTokenizer.load(folder)
    source: TemplateSource | None = None
    sample: str | None = None
    try:
        source = read_template_source(folder)
        if source is None:
            return FolderTemplate("absent")
        texts = dict(zip(CHATS, render_in_sandbox(source, tuple(CHATS.values()), folder), strict=True))
        sample = texts["told-whole"] or texts["whole"]
        family = _family_of(tokenizer, source, texts, folder)
        if family is not None:
            return FolderTemplate("family", source, family, sample)
        return FolderTemplate("own", source, _lifted(tokenizer, source, texts, folder), sample)
    except JobError as error:
        return FolderTemplate("refused", source, None, sample, error)


def _family_of(
    tokenizer: ChatTokenizer, source: TemplateSource, texts: dict[str, str | None], folder: Path
) -> Template | None:
    """The family that writes every probe chat as the folder's template does, thoughts too."""
    if texts["whole"] is None or texts["talk"] is None:
        return None
    cut = _cutter(tokenizer)
    for family in TEMPLATES.values():
        if not _fits(family, tokenizer, cut):
            continue
        asked = family.with_thinking(family.own_thinking)
        if differing(asked, tuple(CHATS.values()), tuple(texts.values())) is not None:
            continue
        thoughts = render_in_sandbox(source, tuple(THOUGHTS.values()), folder)
        if differing(asked, tuple(THOUGHTS.values()), thoughts) is None:
            return family
    return None


def _lifted(
    tokenizer: ChatTokenizer, source: TemplateSource, texts: dict[str, str | None], folder: Path
) -> Template:
    try:
        check_generation(texts["whole"])
        lifted = lift(texts, source.bos_token, _cutter(tokenizer))
        plain = {name: None if text is None else _without_spans(text) for name, text in texts.items()}
        other = differing(lifted, tuple(CHATS.values()), tuple(plain.values()))
        if other is not None:
            raise NotLiftedError("differs: " + (render_chat(lifted, other) or "")[:200])
        rendered = render_in_sandbox(source, tuple(THOUGHTS.values()), folder)
        thoughts = tuple(None if text is None else _without_spans(text) for text in rendered)
        for variant in thought_variants(lifted):
            if differing(variant, tuple(THOUGHTS.values()), thoughts) is None:
                return replace(variant, thinking="none")
        raise NotLiftedError("thoughts")
    except NotLiftedError as error:
        reason, _, detail = str(error).partition(": ")
        raise refused(folder, reason, detail) from error


def _without_spans(text: str) -> str:
    return text.replace("\ue0f0", "").replace("\ue0f1", "")


def _fits(family: Template, tokenizer: ChatTokenizer, cut: Callable[[str], list[Mark]]) -> bool:
    """Whether its control tokens are the tokenizer's, and its texts hold none."""
    if not all(tokenizer.has_token(token) for token in family.control_tokens()):
        return False
    marks = [mark for turn in family.turns.values() for mark in (*turn.opening, *turn.closing)]
    return not any(
        part.is_special for mark in marks if not mark.is_special and mark.text for part in cut(mark.text)
    )


def _cutter(tokenizer: ChatTokenizer) -> Callable[[str], list[Mark]]:
    """Cuts a text at the names of control tokens, the longest first."""
    known = {name for family in TEMPLATES.values() for name in family.control_tokens()}
    names = tokenizer.control_names() | {name for name in known if tokenizer.has_token(name)}
    pattern = re.compile(
        "(" + "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if name) + ")"
    )

    def cut(text: str) -> list[Mark]:
        if not names:
            return [Mark(text, False)] if text else []
        return [Mark(part, part in names) for part in pattern.split(text) if part]

    return cut
