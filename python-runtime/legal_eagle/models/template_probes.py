"""The chats by which two templates are compared, and from which one is read off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.template import Template
from legal_eagle.models.template_sandbox import ProbeChat

# Words that no template writes by itself.
SYSTEM, FIRST, ANSWER, SECOND, LAST = "Sysq4x", "Onwq7x", "Anzq8x", "Twvq9x", "Lazq6x"
_PAD = "\n  "

_ASKED = (("user", FIRST),)
_TALK = (("user", FIRST), ("assistant", ANSWER), ("user", SECOND))
_WHOLE = (*_TALK, ("assistant", LAST))
_TOLD = (("system", SYSTEM),)


def _padded(messages: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((role, _PAD + content + _PAD) for role, content in messages)


CHATS: Mapping[str, ProbeChat] = {
    "asked": ProbeChat(_ASKED, True),
    "asked-whole": ProbeChat(_ASKED),
    "answered": ProbeChat((*_ASKED, ("assistant", ANSWER))),
    "talk": ProbeChat(_TALK, True),
    "talk-open": ProbeChat(_TALK),
    "whole": ProbeChat(_WHOLE),
    "told": ProbeChat((*_TOLD, *_ASKED), True),
    "told-answered": ProbeChat((*_TOLD, *_ASKED, ("assistant", ANSWER))),
    "told-talk": ProbeChat((*_TOLD, *_TALK), True),
    "told-whole": ProbeChat((*_TOLD, *_WHOLE)),
    "padded": ProbeChat(_padded(_WHOLE)),
    "padded-told": ProbeChat(_padded((*_TOLD, *_TALK)), True),
    "text": ProbeChat(
        (
            ("system", "第一行\n第二行 \"引号\" 'x' \\ {{ 7 * 7 }} {% if %}"),
            ("user", "《民法典》第1079条？ <b>&amp;</b>"),
            ("assistant", "1. 甲；\n\n2. 乙。"),
            ("user", "好的 👍"),
        ),
        True,
    ),
}
# Only where answers carry thoughts; a family that drops them is not another family for the chats above.
THOUGHTS: Mapping[str, ProbeChat] = {
    "thought": ProbeChat((*_ASKED, ("assistant", f"<think>\nWhy\n</think>\n\n{ANSWER}"))),
    "thoughts": ProbeChat(
        (
            *_ASKED,
            ("assistant", f"<think>\nWhy\n</think>\n\n{ANSWER}"),
            ("user", SECOND),
            ("assistant", f"<think>\nHow\n</think>\n\n{LAST}"),
        )
    ),
}


def render_chat(template: Template, chat: ProbeChat) -> str | None:
    """What our renderer writes; None for a role that the template has no turn for."""
    try:
        segments = template.render(chat.as_messages(), add_generation_prompt=chat.add_generation_prompt)
    except JobError:
        return None
    return "".join(segment.text for segment in segments)


def differing(
    template: Template, chats: Sequence[ProbeChat], texts: Sequence[str | None]
) -> ProbeChat | None:
    """The first chat that `template` writes otherwise than the texts say. A refused chat says nothing."""
    for chat, text in zip(chats, texts, strict=True):
        if chat.messages[-1][0] == "user" and not chat.add_generation_prompt:
            # Nobody reads a chat that ends like this; Yi 1.5 writes the answer's header into it.
            continue
        if text is not None and render_chat(template, chat) != text:
            return chat
    return None
