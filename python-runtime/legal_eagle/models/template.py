"""A chat template as data, and the one renderer that training, chat, evaluation and export share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.thinking import ThinkingMode, ThoughtMarks, answer_text, empty_thought
from legal_eagle.models.tokenizer import ChatTokenizer

Message = Mapping[str, str]
Supervise = Literal["all", "last", "none"]
SystemPlace = Literal["first", "last"]

ROLES = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the rendered chat: one control token by name, or plain text.

    `joins`: in the template this text goes straight on from the text before; it is cut apart only because
    in chat the one is encoded before the other exists.
    """

    text: str
    is_special: bool
    is_answer: bool
    joins: bool = False


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
    an answer. `identity` is what makes two templates the same to a run that goes on; None takes all
    of the content.
    """

    name: str
    bos: str | None
    turns: Mapping[str, Turn]
    stop: tuple[str, ...]
    identity: tuple[object, ...] | None = None
    # Between a system prompt and the question it is put into, where the template has no turn for the former.
    system_joint: str | None = None
    # What stands before a system prompt inside a question.
    system_lead: str = ""
    # Which question takes the system prompt.
    system_place: SystemPlace = "first"
    # Rendered where neither the chat nor the run brings a system prompt.
    default_system: str | None = None
    # Roles whose content loses white space at both ends.
    trims: frozenset[str] = frozenset()
    # White space that an answer begins with: the model writes it, so it is learned.
    answer_lead: str = ""
    # After the last answer of a whole chat.
    ending: tuple[Mark, ...] = ()
    thought: ThoughtMarks | None = None
    # Of the run, not of the family: no part of the identity.
    thinking: ThinkingMode = "none"

    def content_hash(self) -> str:
        """Changes with the template's content, not only with its name."""
        identity = repr(self.identity) if self.identity is not None else self._content()
        return hashlib.sha256(identity.encode("utf-8")).hexdigest()

    def with_thinking(self, mode: ThinkingMode) -> Template:
        """The variant for a thinking mode."""
        return replace(self, thinking=mode)

    @property
    def own_thinking(self) -> ThinkingMode:
        """The mode of a model of this family that nobody has tuned."""
        return "none" if self.thought is None else "keep"

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
        chat = self._prepared(messages, system)
        last_answer = max((i for i, turn in enumerate(chat) if turn["role"] == "assistant"), default=-1)
        last_question = max((i for i, turn in enumerate(chat) if turn["role"] == "user"), default=-1)
        segments = [] if self.bos is None else [Segment(self.bos, True, False)]
        for index, message in enumerate(chat):
            role, content = message["role"], message["content"]
            for mark in self.turns[role].opening:
                _append(segments, mark)
            if role == "assistant":
                is_answer = supervise == "all" or (supervise == "last" and index == last_answer)
                self._add_answer(segments, content, is_answer, is_past=index < last_question)
            else:
                for mark in (Mark(content, False), *self.turns[role].closing):
                    _append(segments, mark)
        if add_generation_prompt:
            for mark in self.turns["assistant"].opening:
                _append(segments, mark)
            if self.thinking == "empty":
                _append(segments, Mark(empty_thought(self.thought), False))
        elif chat and chat[-1]["role"] == "assistant":
            for mark in self.ending:
                _append(segments, mark)
        return segments

    def stop_ids(self, tokenizer: ChatTokenizer, eos_ids: Sequence[int] = ()) -> tuple[int, ...]:
        """Ids that end an answer: the template's own and the model's `eos_ids`."""
        own = (tokenizer.special_id(token) for token in self.stop)
        return tuple(dict.fromkeys((*own, *eos_ids)))

    def control_tokens(self) -> frozenset[str]:
        """Every control token that a chat can hold, by name."""
        marks = [mark for turn in self.turns.values() for mark in (*turn.opening, *turn.closing)]
        names = {mark.text for mark in (*marks, *self.ending) if mark.is_special}
        return frozenset(names | set(self.stop) | ({self.bos} if self.bos is not None else set()))

    def _prepared(self, messages: Sequence[Message], system: str | None) -> list[Message]:
        """The chat with its system prompt where the template has it, white space taken off."""
        chat = list(messages)
        wanted = system if system is not None else self.default_system
        if wanted is not None and not (chat and chat[0]["role"] == "system"):
            chat.insert(0, {"role": "system", "content": wanted})
        known = {*self.turns, *(() if self.system_joint is None else ("system",))}
        for message in chat:
            if message["role"] not in known:
                role = message["role"]
                raise JobError(
                    "model.template_role", f"Role {role!r} is not rendered.", params={"role": role}
                )
        if self.trims:
            chat = [
                {**turn, "content": turn["content"].strip()} if turn["role"] in self.trims else turn
                for turn in chat
            ]
        return chat if self.system_joint is None else self._system_into_question(chat, self.system_joint)

    def _system_into_question(self, chat: list[Message], joint: str) -> list[Message]:
        """The system prompt at the head of a question; without a question it stays alone."""
        if not chat or chat[0]["role"] != "system":
            return chat
        system, rest = self.system_lead + chat[0]["content"], chat[1:]
        questions = [index for index, turn in enumerate(rest) if turn["role"] == "user"]
        if not questions or (self.system_place == "first" and questions[0] != 0):
            return [{"role": "user", "content": system}, *rest]
        at = questions[0] if self.system_place == "first" else questions[-1]
        rest[at] = {**rest[at], "content": f"{system}{joint}{rest[at]['content']}"}
        return rest

    def _add_answer(self, segments: list[Segment], content: str, is_answer: bool, *, is_past: bool) -> None:
        text = answer_text(content, self.thinking, self.thought, is_past=is_past)
        # Its own segment: in chat the header is encoded before the answer exists.
        if text.unlearned:
            segments.append(Segment(text.unlearned, False, False, _follows_text(segments)))
        # A past answer whose thought is left out ends unlearned, as it stands unlearned.
        is_answer = is_answer and not (text.unlearned and not text.learned)
        closing = list(self.turns["assistant"].closing)
        learned = self.answer_lead + text.learned
        while closing and not closing[0].is_special:
            # Text before the control token is written by the model too.
            learned += closing.pop(0).text
        segments.append(Segment(learned, False, is_answer, _follows_text(segments)))
        for index, mark in enumerate(closing):
            if index == 0:
                segments.append(Segment(mark.text, True, is_answer))
            else:
                _append(segments, mark)

    def _content(self) -> str:
        content = asdict(self)
        del content["identity"], content["thinking"]
        content["trims"] = sorted(self.trims)
        return json.dumps(content, ensure_ascii=False, sort_keys=True)


def _follows_text(segments: Sequence[Segment]) -> bool:
    return bool(segments) and not segments[-1].is_special


def _append(segments: list[Segment], mark: Mark) -> None:
    """Adds a mark; plain text goes on the plain text before it, as one text that is cut as a whole."""
    previous = segments[-1] if segments else None
    if mark.is_special or previous is None or previous.is_special:
        segments.append(Segment(mark.text, mark.is_special, False))
    else:
        segments[-1] = Segment(previous.text + mark.text, False, False, previous.joins)
