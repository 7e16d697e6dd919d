"""Chat templates as data, and the one renderer that training, chat and evaluation share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.tokenizer import ChatTokenizer

Message = Mapping[str, str]
Supervise = Literal["all", "last", "none"]

_ROLES = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the rendered chat: one control token by name, or plain text."""

    text: str
    is_special: bool
    is_answer: bool


@dataclass(frozen=True, slots=True)
class Template:
    """ChatML: `{bos}` then `{begin}{role}\\n{content}{end}\\n` a message.

    `bos` is None where a model is trained without a first token; `stop` are control tokens that end
    an answer.
    """

    name: str
    bos: str | None
    begin: str
    end: str
    stop: tuple[str, ...]

    def render(
        self,
        messages: Sequence[Message],
        *,
        system: str | None = None,
        add_generation_prompt: bool = False,
        supervise: Supervise = "all",
    ) -> list[Segment]:
        """The chat as segments. `system` is used where the messages bring none. An answer is an
        assistant's content and the token that ends it, not the line end after that."""
        turns = list(messages)
        if system is not None and not (turns and turns[0]["role"] == "system"):
            turns.insert(0, {"role": "system", "content": system})
        last_answer = max((i for i, turn in enumerate(turns) if turn["role"] == "assistant"), default=-1)
        segments = [] if self.bos is None else [Segment(self.bos, True, False)]
        for index, turn in enumerate(turns):
            role, content = turn["role"], turn["content"]
            if role not in _ROLES:
                raise JobError(
                    "model.template_role", f"Role {role!r} is not rendered.", params={"role": role}
                )
            is_answer = role == "assistant" and (
                supervise == "all" or (supervise == "last" and index == last_answer)
            )
            segments.append(Segment(self.begin, True, False))
            if role == "assistant":
                # Its own segment: in chat the header is encoded before the answer exists.
                segments.append(Segment(f"{role}\n", False, False))
                segments.append(Segment(content, False, is_answer))
            else:
                segments.append(Segment(f"{role}\n{content}", False, False))
            segments.append(Segment(self.end, True, is_answer))
            segments.append(Segment("\n", False, False))
        if add_generation_prompt:
            segments.append(Segment(self.begin, True, False))
            segments.append(Segment("assistant\n", False, False))
        return segments

    def stop_ids(self, tokenizer: ChatTokenizer, eos_ids: Sequence[int] = ()) -> tuple[int, ...]:
        """Ids that end an answer: the template's own and the model's `eos_ids`."""
        own = (tokenizer.special_id(token) for token in self.stop)
        return tuple(dict.fromkeys((*own, *eos_ids)))


_IM_START, _IM_END = "<|im_start|>", "<|im_end|>"
TEMPLATES: Mapping[str, Template] = {
    template.name: template
    for template in (
        Template("internlm2", bos="<s>", begin=_IM_START, end=_IM_END, stop=(_IM_END,)),
        Template("llama-chatml", bos=None, begin=_IM_START, end=_IM_END, stop=(_IM_END,)),
    )
}


def template_by_name(name: str) -> Template:
    """Raises JobError `model.template_unknown`."""
    template = TEMPLATES.get(name)
    if template is None:
        raise JobError("model.template_unknown", f"No template {name!r}.", params={"template": name})
    return template


def detect_template(folder: Path) -> Template:
    """The template of a model folder, from its tokenizer's control tokens. Raises JobError
    `model.template_undetected` where they are not ChatML's."""
    tokenizer = ChatTokenizer.load(folder)
    if not (tokenizer.has_token(_IM_START) and tokenizer.has_token(_IM_END)):
        raise JobError(
            "model.template_undetected",
            f"{folder} has no template that the studio knows.",
            params={"folder": str(folder)},
        )
    bos = TEMPLATES["internlm2"].bos
    starts_with_bos = (
        bos is not None and tokenizer.has_token(bos) and tokenizer.special_id(bos) == tokenizer.bos_id
    )
    return TEMPLATES["internlm2" if starts_with_bos else "llama-chatml"]


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
    """Encodes many rendered chats in one batch; each text is cut once however often it occurs."""
    texts = {segment.text: 0 for chat in chats for segment in chat if not segment.is_special}
    encoded = dict(zip(texts, tokenizer.encode_batch(list(texts)), strict=True))
    special = {
        token: tokenizer.special_id(token)
        for token in {segment.text for chat in chats for segment in chat if segment.is_special}
    }
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
