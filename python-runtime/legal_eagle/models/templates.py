"""Which chat template a model folder is trained and asked with: by name, or by its tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.encode_chat import encode_chat, encode_segments
from legal_eagle.models.template import Mark, Message, Segment, Template, Turn
from legal_eagle.models.template_families import ALIASES, TEMPLATES
from legal_eagle.models.tokenizer import ChatTokenizer

__all__ = [
    "TEMPLATES",
    "Mark",
    "Message",
    "Segment",
    "Template",
    "Turn",
    "detect_template",
    "encode_chat",
    "encode_segments",
    "template_by_name",
]


def template_by_name(name: str) -> Template:
    """A family's template by its name here or in other tools. Raises JobError `model.template_unknown`."""
    template = TEMPLATES.get(ALIASES.get(name, name))
    if template is None:
        raise JobError("model.template_unknown", f"No template {name!r}.", params={"template": name})
    return template


def detect_template(folder: Path) -> Template:
    """The template of a model folder, from its tokenizer's control tokens: ChatML's, or InternLM's (the
    first form, as XTuner trains it; the other is chosen by name), Llama 3's, Mistral's with tokens for its
    brackets, Gemma's or Phi's. Raises JobError `model.template_undetected` where there are none."""
    tokenizer = ChatTokenizer.load(folder)
    if _has_all(tokenizer, TEMPLATES["phi4"].control_tokens()):
        return TEMPLATES["phi4"]
    if _has_all(tokenizer, TEMPLATES["llama-chatml"].control_tokens()):
        bos = TEMPLATES["internlm2"].bos
        starts_with_bos = (
            bos is not None and tokenizer.has_token(bos) and tokenizer.special_id(bos) == tokenizer.bos_id
        )
        return TEMPLATES["internlm2" if starts_with_bos else "llama-chatml"]
    for name in ("internlm", "llama3", "mistral-v3", "gemma", "phi3"):
        if _has_all(tokenizer, TEMPLATES[name].control_tokens()):
            return TEMPLATES[name]
    raise JobError(
        "model.template_undetected",
        f"{folder} has no template that the studio knows.",
        params={"folder": str(folder)},
    )


def _has_all(tokenizer: ChatTokenizer, tokens: Sequence[str] | frozenset[str]) -> bool:
    return all(tokenizer.has_token(token) for token in tokens)
