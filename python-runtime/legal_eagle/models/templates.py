"""Chat templates as data, and the one renderer that training, chat and evaluation share."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.tokenizer import ChatTokenizer

Message = Mapping[str, str]
Supervise = Literal["all", "last", "none"]

ROLES = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the rendered chat: one control token by name, or plain text."""

    text: str
    is_special: bool
    is_answer: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """What a template writes around a message: a control token by name, or plain text."""

    text: str
    is_special: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """A message of one role: marks before its content and after it."""

    opening: tuple[Mark, ...]
    closing: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """`{bos}`, then each message between the marks of its role.

    `bos` is None where a model is trained without a first token; `stop` are control tokens that end
    an answer. `identity` is what makes two templates the same to a run that goes on.
    """

    name: str
    bos: str | None
    turns: Mapping[str, Turn]
    stop: tuple[str, ...]
    identity: tuple[object, ...]
    # Between a system prompt and the first question, where the template has no turn for the former.
    system_joint: str | None = None

    def content_hash(self) -> str:
        """Changes with the template's content, not only with its name."""
        return hashlib.sha256(repr(self.identity).encode("utf-8")).hexdigest()

    def render(
        self,
        messages: Sequence[Message],
        *,
        system: str | None = None,
        add_generation_prompt: bool = False,
        supervise: Supervise = "all",
    ) -> list[Segment]:
        """The chat as segments. `system` is used where the messages bring none. An answer is an
        assistant's content and the control token that ends it, not the line end after that."""
        chat = list(messages)
        if system is not None and not (chat and chat[0]["role"] == "system"):
            chat.insert(0, {"role": "system", "content": system})
        if self.system_joint is not None:
            chat = _system_into_question(chat, self.system_joint)
        last_answer = max((i for i, turn in enumerate(chat) if turn["role"] == "assistant"), default=-1)
        segments = [] if self.bos is None else [Segment(self.bos, True, False)]
        for index, message in enumerate(chat):
            role, content = message["role"], message["content"]
            if role not in self.turns:
                raise JobError(
                    "model.template_role", f"Role {role!r} is not rendered.", params={"role": role}
                )
            is_answer = role == "assistant" and (
                supervise == "all" or (supervise == "last" and index == last_answer)
            )
            for mark in self.turns[role].opening:
                _append(segments, mark)
            if role == "assistant":
                # Its own segment: in chat the header is encoded before the answer exists.
                segments.append(Segment(content, False, is_answer))
                _close_answer(segments, self.turns[role].closing, is_answer)
            else:
                for mark in (Mark(content, False), *self.turns[role].closing):
                    _append(segments, mark)
        if add_generation_prompt:
            for mark in self.turns["assistant"].opening:
                _append(segments, mark)
        return segments

    def stop_ids(self, tokenizer: ChatTokenizer, eos_ids: Sequence[int] = ()) -> tuple[int, ...]:
        """Ids that end an answer: the template's own and the model's `eos_ids`."""
        own = (tokenizer.special_id(token) for token in self.stop)
        return tuple(dict.fromkeys((*own, *eos_ids)))


def _system_into_question(chat: Sequence[Message], joint: str) -> list[Message]:
    """The chat with its system prompt at the head of the first question; without one it stays alone."""
    if not chat or chat[0]["role"] != "system":
        return list(chat)
    system, rest = chat[0]["content"], list(chat[1:])
    if not rest or rest[0]["role"] != "user":
        return [{"role": "user", "content": system}, *rest]
    return [{**rest[0], "content": f"{system}{joint}{rest[0]['content']}"}, *rest[1:]]


def _append(segments: list[Segment], mark: Mark) -> None:
    """Adds a mark; plain text goes on the plain text before it, as one text that is cut as a whole."""
    previous = segments[-1] if segments else None
    if mark.is_special or previous is None or previous.is_special:
        segments.append(Segment(mark.text, mark.is_special, False))
    else:
        segments[-1] = Segment(previous.text + mark.text, False, False)


def _close_answer(segments: list[Segment], closing: Sequence[Mark], is_answer: bool) -> None:
    """An answer ends with a control token in every template, so no text is appended to its content."""
    for mark in closing:
        if mark.is_special:
            segments.append(Segment(mark.text, True, is_answer))
        else:
            _append(segments, mark)


def _chatml(name: str, bos: str | None) -> Template:
    """`<|im_start|>{role}\\n{content}<|im_end|>\\n` a message."""
    begin, end = "<|im_start|>", "<|im_end|>"
    turns = {
        role: Turn((Mark(begin, True), Mark(f"{role}\n", False)), (Mark(end, True), Mark("\n", False)))
        for role in ROLES
    }
    return Template(name, bos, turns, (end,), (name, bos, begin, end, (end,)))


def _internlm(name: str, *, ends_question: bool) -> Template:
    """InternLM (1): `<|User|>:{q}<eoh>\\n<|Bot|>:{a}<eoa>\\n`, `<|System|>:{system}\\n`.

    The names of the roles are plain text, `<eoh>` and `<eoa>` control tokens. The model files of 2024-01
    leave `<eoh>` out (InternLM/InternEvo 84499882, transformers/internlm_model).
    """
    line_end = Mark("\n", False)
    asked = (Mark("<eoh>", True), line_end) if ends_question else (line_end,)
    turns = {
        "system": Turn((Mark("<|System|>:", False),), (line_end,)),
        "user": Turn((Mark("<|User|>:", False),), asked),
        "assistant": Turn((Mark("<|Bot|>:", False),), (Mark("<eoa>", True), line_end)),
    }
    # A model that begins another question by itself is at its end too.
    return Template(name, "<s>", turns, ("<eoa>", "<eoh>"), (name, ends_question))


def _gemma(name: str) -> Template:
    """Gemma 1 to 3: `<start_of_turn>{user|model}\\n{content}<end_of_turn>\\n` a message; no system turn: its
    text goes before the first question, as Gemma 3's own template has it (its model card)."""
    begin, end = Mark("<start_of_turn>", True), Mark("<end_of_turn>", True)
    line_end = Mark("\n", False)
    turns = {
        role: Turn((begin, Mark(f"{named}\n", False)), (end, line_end))
        for role, named in (("user", "user"), ("assistant", "model"))
    }
    return Template(name, "<bos>", turns, (end.text,), (name, begin.text, end.text), system_joint="\n\n")


def _phi3(name: str) -> Template:
    """Phi-3 and later: `<|{role}|>\\n{content}<|end|>\\n` a message. Its tokenizers swallow line ends
    after control tokens, which `encode_segments` does as they say."""
    end, line_end = Mark("<|end|>", True), Mark("\n", False)
    turns = {role: Turn((Mark(f"<|{role}|>", True), line_end), (end, line_end)) for role in ROLES}
    return Template(name, None, turns, (end.text,), (name, end.text))


TEMPLATES: Mapping[str, Template] = {
    template.name: template
    for template in (
        _chatml("internlm2", "<s>"),
        _chatml("llama-chatml", None),
        _internlm("internlm", ends_question=True),
        _internlm("internlm-2024", ends_question=False),
        _gemma("gemma"),
        _phi3("phi3"),
    )
}


def template_by_name(name: str) -> Template:
    """Raises JobError `model.template_unknown`."""
    template = TEMPLATES.get(name)
    if template is None:
        raise JobError("model.template_unknown", f"No template {name!r}.", params={"template": name})
    return template


def detect_template(folder: Path) -> Template:
    """The template of a model folder, from its tokenizer's control tokens: ChatML's, or InternLM's (the
    first form, as XTuner trains it; the other is chosen by name), Gemma's or Phi-3's. Raises JobError
    `model.template_undetected` where there are neither."""
    tokenizer = ChatTokenizer.load(folder)
    if _has_all(tokenizer, TEMPLATES["internlm2"].stop, "<|im_start|>"):
        bos = TEMPLATES["internlm2"].bos
        starts_with_bos = (
            bos is not None and tokenizer.has_token(bos) and tokenizer.special_id(bos) == tokenizer.bos_id
        )
        return TEMPLATES["internlm2" if starts_with_bos else "llama-chatml"]
    if _has_all(tokenizer, TEMPLATES["internlm"].stop):
        return TEMPLATES["internlm"]
    if _has_all(tokenizer, TEMPLATES["gemma"].stop, "<start_of_turn>"):
        return TEMPLATES["gemma"]
    if _has_all(tokenizer, TEMPLATES["phi3"].stop, "<|user|>", "<|assistant|>"):
        return TEMPLATES["phi3"]
    raise JobError(
        "model.template_undetected",
        f"{folder} has no template that the studio knows.",
        params={"folder": str(folder)},
    )


def _has_all(tokenizer: ChatTokenizer, tokens: Sequence[str], *more: str) -> bool:
    return all(tokenizer.has_token(token) for token in (*tokens, *more))


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
    after a control token is left out where the tokenizer says that the token swallows it."""
    special = {
        token: tokenizer.special_id(token)
        for token in {segment.text for chat in chats for segment in chat if segment.is_special}
    }
    swallowing = {token for token in special if tokenizer.swallows_space_after(token)}
    if swallowing:
        chats = [_without_swallowed(chat, swallowing) for chat in chats]
    texts = {segment.text: 0 for chat in chats for segment in chat if not segment.is_special}
    encoded = dict(zip(texts, tokenizer.encode_batch(list(texts)), strict=True))
    encoded = {text: _without_control(tokenizer, text, ids, special) for text, ids in encoded.items()}
    results: list[tuple[list[int], list[bool]]] = []
    for chat in chats:
        ids: list[int] = []
        mask: list[bool] = []
        for segment in chat:
            piece = [special[segment.text]] if segment.is_special else encoded[segment.text]
            ids += piece
            mask += [segment.is_answer] * len(piece)
        results.append((ids, mask))
    return results


def _without_swallowed(chat: Sequence[Segment], swallowing: set[str]) -> list[Segment]:
    segments: list[Segment] = []
    swallows = False
    for segment in chat:
        if segment.is_special:
            swallows = segment.text in swallowing
            segments.append(segment)
            continue
        text = segment.text.lstrip() if swallows else segment.text
        segments.append(Segment(text, False, segment.is_answer))
        # White space alone is swallowed whole, and the text after it goes on being after the token.
        swallows = swallows and not text
    return segments


def _without_control(
    tokenizer: ChatTokenizer, text: str, ids: list[int], special: Mapping[str, int]
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
    return [id_ for part in tokenizer.encode_batch(parts) for id_ in part]


def _split_within(text: str, name: str) -> list[str]:
    """`text` in pieces, none of which holds `name`."""
    first, *rest = text.split(name)
    pieces = [first]
    for part in rest:
        pieces[-1] += name[0]
        pieces.append(name[1:] + part)
    return pieces
