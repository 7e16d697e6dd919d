"""Thoughts in answers: where one ends, and what a thinking mode makes of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from legal_eagle.jobs.errors import JobError

ThinkingMode = Literal["none", "keep", "strip", "empty"]
"""none: answers as they are. keep: thoughts are rendered and learned. strip: thoughts are taken out.
empty: an empty thought stands before every answer and is not learned."""

THINKING_MODES: tuple[ThinkingMode, ...] = ("none", "keep", "strip", "empty")

# A thought stands at the beginning of an answer; one that never ends was cut off.
_THOUGHT = re.compile(r"\s*<think>(.*?)(?:</think>\s*|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ThoughtMarks:
    """How a family writes a thought: `opening`, the thought, `closing`, then the answer.

    `drops_past`: before the last question, the family's template leaves thoughts out.
    """

    opening: str
    closing: str
    drops_past: bool


# As Qwen3's published template writes it; what other families are tuned on follows it.
COMMON_THOUGHT = ThoughtMarks("<think>\n", "\n</think>\n\n", drops_past=False)


@dataclass(frozen=True, slots=True)
class ThoughtParts:
    """An answer in parts: `block` is the thought with its marks as written, `thought` what it says."""

    block: str
    thought: str
    answer: str


def split_thought(content: str) -> ThoughtParts | None:
    """None where the answer begins with no thought."""
    found = _THOUGHT.match(content)
    if found is None:
        return None
    return ThoughtParts(found.group(0), found.group(1), content[found.end() :])


@dataclass(frozen=True, slots=True)
class AnswerText:
    """`unlearned`, then `learned`, as the content of one assistant turn."""

    unlearned: str
    learned: str


def answer_text(content: str, mode: ThinkingMode, marks: ThoughtMarks | None, *, is_past: bool) -> AnswerText:
    """What a template writes for an answer. An empty thought is never learned.

    `marks` of a family that has none of its own is None: its answers are kept as they are written. `is_past`:
    another question follows; where the family then drops thoughts, nothing of the answer is learned, since
    no model that thinks would have written it like this.
    """
    parts = split_thought(content)
    answer = content if parts is None else parts.answer
    if mode == "strip":
        return AnswerText("", answer)
    if mode == "empty":
        return AnswerText(empty_thought(marks), answer)
    if mode == "keep" and marks is not None:
        if is_past and marks.drops_past:
            return AnswerText(answer, "")
        thought = "" if parts is None else parts.thought.strip("\n")
        if thought.strip() == "":
            return AnswerText(empty_thought(marks), answer)
        return AnswerText("", marks.opening + thought + marks.closing + answer)
    if parts is not None and parts.thought.strip() == "":
        return AnswerText(parts.block, answer)
    return AnswerText("", content)


def empty_thought(marks: ThoughtMarks | None) -> str:
    used = marks or COMMON_THOUGHT
    return used.opening + used.closing


def thinking_mode(name: str) -> ThinkingMode:
    """Raises JobError `model.thinking_unknown`: a record that another version wrote."""
    if name not in THINKING_MODES:
        raise JobError(
            "model.thinking_unknown", f"There is no thinking mode {name!r}.", params={"thinking": name}
        )
    return name
