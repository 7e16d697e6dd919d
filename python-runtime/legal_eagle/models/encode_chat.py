"""Rendered chats to token ids, and which of them are learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from legal_eagle.models.template import Message, Segment, Supervise, Template
from legal_eagle.models.tokenizer import ChatTokenizer


def encode_chat(
    tokenizer: ChatTokenizer,
    template: Template,
    messages: Sequence[Message],
    *,
    system: str | None = None,
    add_generation_prompt: bool = False,
    supervise: Supervise = "all",
) -> tuple[list[int], list[bool]]:
    """Token ids of the chat and, for each, whether it is part of an answer."""
    segments = template.render(
        messages, system=system, add_generation_prompt=add_generation_prompt, supervise=supervise
    )
    return encode_segments(tokenizer, [segments])[0]


def encode_segments(
    tokenizer: ChatTokenizer, chats: Sequence[Sequence[Segment]]
) -> list[tuple[list[int], list[bool]]]:
    """Encodes many rendered chats in one batch; each text is cut once however often it occurs. White space
    after a control token is left out where the tokenizer says that the token swallows it. A space that the
    tokenizer puts before a text is put only where it would be, were the chat one text."""
    special = {
        token: tokenizer.special_id(token)
        for token in {segment.text for chat in chats for segment in chat if segment.is_special}
    }
    swallowing = {token for token in special if tokenizer.swallows_space_after(token)}
    if swallowing:
        chats = [_without_swallowed(chat, swallowing) for chat in chats]
    cut = {
        is_bare: _cut(tokenizer, chats, special, is_bare=is_bare)
        for is_bare in ((False, True) if tokenizer.prefix_space != "never" else (False,))
    }
    results: list[tuple[list[int], list[bool]]] = []
    for chat in chats:
        ids: list[int] = []
        mask: list[bool] = []
        for index, segment in enumerate(chat):
            if segment.is_special:
                piece = [special[segment.text]]
            else:
                piece = cut[_is_bare(tokenizer, segment, index)][segment.text]
            ids += piece
            mask += [segment.is_answer] * len(piece)
        results.append((ids, mask))
    return results


def _is_bare(tokenizer: ChatTokenizer, segment: Segment, index: int) -> bool:
    """Whether no space is put before this text."""
    if tokenizer.prefix_space == "never":
        return False
    return segment.joins or (tokenizer.prefix_space == "first" and index > 0)


def _cut(
    tokenizer: ChatTokenizer,
    chats: Sequence[Sequence[Segment]],
    special: Mapping[str, int],
    *,
    is_bare: bool,
) -> dict[str, list[int]]:
    """Ids of every text that is cut with (`is_bare` false) or without the tokenizer's prefix space."""
    texts = {
        segment.text: 0
        for chat in chats
        for index, segment in enumerate(chat)
        if not segment.is_special and _is_bare(tokenizer, segment, index) == is_bare
    }
    encoded = tokenizer.encode_batch(list(texts), is_bare=is_bare)
    return {
        text: _without_control(tokenizer, text, ids, special, is_bare=is_bare)
        for text, ids in zip(texts, encoded, strict=True)
    }


def _without_swallowed(chat: Sequence[Segment], swallowing: set[str]) -> list[Segment]:
    segments: list[Segment] = []
    swallows = False
    for segment in chat:
        if segment.is_special:
            swallows = segment.text in swallowing
            segments.append(segment)
            continue
        text = segment.text.lstrip() if swallows else segment.text
        segments.append(Segment(text, False, segment.is_answer, segment.joins))
        # White space alone is swallowed whole, and the text after it goes on being after the token.
        swallows = swallows and not text
    return segments


def _without_control(
    tokenizer: ChatTokenizer, text: str, ids: list[int], special: Mapping[str, int], *, is_bare: bool
) -> list[int]:
    """`ids` of a plain text, cut anew where a control token's name in it became the control token.

    InternLM's are ordinary pieces of its vocabulary: typed by a person, they would end the turn.
    """
    names = [name for name, id_ in special.items() if name in text and id_ in ids]
    if not names:
        return ids
    parts = [text]
    for name in names:
        parts = [piece for part in parts for piece in _split_within(part, name)]
    first, *rest = parts
    return [
        id_
        for piece in (
            *tokenizer.encode_batch([first], is_bare=is_bare),
            *tokenizer.encode_batch(rest, is_bare=tokenizer.prefix_space != "never"),
        )
        for id_ in piece
    ]


def _split_within(text: str, name: str) -> list[str]:
    """`text` in pieces, none of which holds `name`."""
    first, *rest = text.split(name)
    pieces = [first]
    for part in rest:
        pieces[-1] += name[0]
        pieces.append(name[1:] + part)
    return pieces
