"""Which fields of a record are question, answer, reference, history and system prompt."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# In order of preference: a record with both an instruction and a question is an Alpaca row.
PROMPT_FIELDS: tuple[tuple[str, ...], ...] = (
    ("instruction", "input"),
    ("instruction_zh", "input_zh"),
    ("question",),
    ("query",),
    ("input",),
    ("prompt",),
    ("problem",),
    ("指令", "输入"),
    ("问题",),
    ("提问",),
    ("咨询",),
    ("咨询内容",),
    ("toy_input",),
)
ANSWER_FIELDS = (
    "output",
    "output_zh",
    "answer",
    "response",
    "gold_answer",
    "answers",
    "completion",
    "target",
    "targets",
    "solution",
    "回答",
    "答案",
    "答复",
    "输出",
    "律师回答",
    "toy_output",
)
REFERENCE_FIELDS = ("reference", "references", "laws", "law", "法条", "法律依据", "参考法条", "依据")
HISTORY_FIELDS = ("history", "历史")
SYSTEM_FIELDS = ("system", "system_prompt", "meta_instruction", "toy_system", "系统提示")
CONVERSATION_FIELDS = (
    "messages",
    "conversations",
    "conversation",
    "dialogue",
    "dialog",
    "chat",
    "对话",
)
MEDIA_FIELDS = ("images", "image", "audios", "audio", "videos", "video")


@dataclass(frozen=True, slots=True)
class RowFields:
    """The fields of one record. `prompt` is empty and `answer` None where nothing fits."""

    prompt: tuple[str, ...] = ()
    answer: str | None = None
    reference: str | None = None
    history: str | None = None
    system: str | None = None
    conversation: str | None = None

    @property
    def complete(self) -> bool:
        return self.conversation is not None or (bool(self.prompt) and self.answer is not None)

    @property
    def layout(self) -> str:
        """The name of the layout (electron/shared/protocol/mapping.ts) that these fields make."""
        if self.conversation is not None:
            return "messages"
        first = self.prompt[0] if self.prompt else ""
        if first in ("query", "问题", "question") and self.reference == "laws":
            return "lawyer-llama"
        if self.answer is None:
            return "lawyer-llama" if self.history is not None else "custom"
        if first in ("instruction", "instruction_zh", "指令"):
            return "alpaca"
        if first == "input" and self.answer == "output":
            return "disc-pair" if self.reference is None else "disc-triplet"
        if first in ("question", "问题", "提问", "咨询") and self.answer in (
            "answer",
            "answers",
            "回答",
            "答案",
            "答复",
            "gold_answer",
        ):
            return "question-answer"
        if first == "query" and self.answer == "response":
            return "query-response"
        return "custom"


def _first(names: Iterable[str], present: Mapping[str, Any]) -> str | None:
    return next((name for name in names if name in present), None)


def detect_fields(row: Mapping[str, Any]) -> RowFields:
    """The fields of a record by their names alone."""
    conversation = _first(CONVERSATION_FIELDS, row)
    system = _first(SYSTEM_FIELDS, row)
    if conversation is not None:
        return RowFields(conversation=conversation, system=system, reference=_first(REFERENCE_FIELDS, row))
    prompt: tuple[str, ...] = ()
    for names in PROMPT_FIELDS:
        if names[0] in row:
            prompt = tuple(name for name in names if name in row)
            break
    return RowFields(
        prompt=prompt,
        answer=_first((name for name in ANSWER_FIELDS if name not in prompt), row),
        reference=_first(REFERENCE_FIELDS, row),
        history=_first(HISTORY_FIELDS, row),
        system=system,
    )


def plain_key(key: str) -> str:
    """A key without what people and spreadsheets add to it: blanks, case, width, a byte order mark."""
    return unicodedata.normalize("NFKC", key).replace("\ufeff", "").strip().casefold()


@dataclass
class SourceProfile:
    """What most records of one source look like. Built from its first records, used for those that differ."""

    records: int = 0
    fields: Counter[RowFields] = field(default_factory=Counter)
    columns: Counter[str] = field(default_factory=Counter)
    answer_types: Counter[str] = field(default_factory=Counter)
    list_columns: Counter[str] = field(default_factory=Counter)

    def add(self, row: Any, answer_field: str | None = None) -> None:
        """Count one record."""
        self.records += 1
        if not isinstance(row, dict):
            return
        self.columns.update(row.keys())
        self.list_columns.update(key for key, value in row.items() if isinstance(value, list))
        found = detect_fields(row)
        self.fields[found] += 1
        answer = answer_field or found.answer
        if answer is not None and answer in row:
            self.answer_types[type(row[answer]).__name__] += 1

    @property
    def typical(self) -> RowFields | None:
        """The most frequent complete set of fields, or None when no record is complete."""
        complete = [
            (count, fields)
            for fields, count in self.fields.items()
            if fields.complete or fields.layout == "lawyer-llama"
        ]
        return max(complete, key=lambda item: item[0])[1] if complete else None

    @property
    def answers_are_lists(self) -> bool:
        """Whether the answer is a list of alternatives in most records (CrimeKgAssitant), not by mistake."""
        return self.answer_types["list"] * 2 > self.answer_types.total()

    def reference_lists(self, key: str) -> bool:
        """Whether a column holds lists in most of the records that have it."""
        return self.list_columns[key] * 2 > self.columns[key]
