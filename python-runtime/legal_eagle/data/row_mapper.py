"""One record becomes chat messages, or is excluded for a named reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from legal_eagle.data.fields import RowFields, SourceProfile, plain_key
from legal_eagle.data.mapping_options import MappingOptions
from legal_eagle.data.problem import Problem, Record, json_type
from legal_eagle.data.row_refusals import not_supervised, too_deep
from legal_eagle.data.turns import Message, read_history, read_turns, settle


@dataclass(frozen=True, slots=True)
class MappedRow:
    """A record after mapping. `messages` is empty exactly when `excluded_reason` is set."""

    record: Record
    layout: str
    messages: list[Message]
    question: str
    extra: dict[str, Any]
    problems: tuple[Problem, ...]
    excluded_reason: str | None
    fields: RowFields | None


@dataclass
class _Draft:
    row: Mapping[str, Any]
    fields: RowFields
    layout: str
    problems: list[Problem] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    dialect: str | None = None
    used: set[str] = field(default_factory=set)


class RowMapper:
    """Maps the records of one source, in order (it reports where the layout changes first)."""

    def __init__(self, profile: SourceProfile, options: MappingOptions) -> None:
        self._profile = profile
        self._options = options
        self._typical = profile.typical
        self._shapes: list[tuple[str, bool]] = []
        self._dialects: list[str] = []

    def map(self, record: Record) -> MappedRow:
        """Never raises for what a record contains."""
        row = record.value
        if not isinstance(row, dict):
            return self._excluded(record, [Problem("row.not_an_object", detail=json_type(row))])
        if refused := not_supervised(row) or too_deep(row):
            return self._excluded(record, [refused])
        fields = self._options.fields_of(row)
        draft = _Draft(row, fields, self._options.layout or fields.layout)
        spoken = fields.conversation is not None
        question = self._conversation(draft) if spoken else self._columns(draft)
        self._system(draft)
        if draft.layout == "" and draft.problems:
            return self._excluded(record, draft.problems)
        self._note_change(draft)
        return self._finish(record, draft, question)

    def _finish(self, record: Record, draft: _Draft, question: str) -> MappedRow:
        problems = [problem.at(record.line, record.index) for problem in draft.problems]
        found = [*record.problems, *problems]
        reason = next((problem.code for problem in found if problem.level == "error"), None)
        messages = [] if reason else draft.messages
        extra = {key: value for key, value in draft.row.items() if key not in draft.used}
        if not reason and not _encodable(messages):
            reason = "row.lone_surrogate"
            found.append(Problem(reason, record.line, record.index))
            messages = []
        return MappedRow(record, draft.layout, messages, question, extra, tuple(found), reason, draft.fields)

    def _excluded(self, record: Record, problems: list[Problem]) -> MappedRow:
        placed = [problem.at(record.line, record.index) for problem in problems]
        found = (*record.problems, *placed)
        reason = next(problem.code for problem in found if problem.level == "error")
        return MappedRow(record, "", [], "", {}, found, reason, None)

    def _conversation(self, draft: _Draft) -> str:
        key = draft.fields.conversation or ""
        value = draft.row.get(key)
        draft.used.add(key)
        if key not in draft.row:
            draft.problems.append(Problem("row.missing_key", key=key))
            return ""
        if isinstance(value, str):
            value = _parsed_list(value)
        if not isinstance(value, list):
            draft.problems.append(
                Problem("row.null_value", key=key)
                if value is None
                else Problem("row.wrong_type", key=key, detail=json_type(value))
            )
            return ""
        turns = read_turns(value, key)
        draft.layout = self._options.layout or turns.layout
        draft.dialect = turns.dialect
        draft.problems += turns.problems
        if any(problem.level == "error" for problem in turns.problems):
            return ""
        draft.messages, problems = settle(turns.messages)
        draft.problems += problems
        return self._with_reference(draft)

    def _columns(self, draft: _Draft) -> str:
        row, fields = draft.row, draft.fields
        spoken = (
            fields.answer is None and fields.history is not None and isinstance(row.get(fields.history), list)
        )
        if not (spoken or fields.complete):
            self._complete(draft)
            fields = draft.fields
        if not fields.prompt or not (fields.answer or spoken):
            draft.layout = ""
            draft.problems.append(Problem("row.no_layout", detail=", ".join(list(row)[:12])))
            return ""
        prompt = self._prompt(draft)
        history = self._history(draft)
        if spoken:
            # The history holds the whole conversation, its first turn is the question itself.
            if not history or history[0]["role"] != "user" or history[0]["content"].strip() != prompt.strip():
                history = [{"role": "user", "content": prompt}, *history] if prompt else history
            draft.layout = self._options.layout or "lawyer-llama"
            answer: str | None = None
        else:
            answer = self._text(draft, fields.answer or "", required=True)
        if any(problem.level == "error" for problem in draft.problems):
            return ""
        messages = history if spoken else [*history, {"role": "user", "content": prompt}]
        if answer is not None:
            messages = [*messages, {"role": "assistant", "content": answer}]
        draft.messages, problems = settle(messages)
        draft.problems += problems
        return self._with_reference(draft)

    def _complete(self, draft: _Draft) -> None:
        """Fill what a record lacks from what its source's records have: the lack is then named by its key."""
        typical = self._typical
        if typical is None or typical.conversation is not None:
            return
        fields = draft.fields
        draft.fields = replace(
            fields, prompt=fields.prompt or typical.prompt, answer=fields.answer or typical.answer
        )
        draft.layout = self._options.layout or draft.fields.layout

    def _prompt(self, draft: _Draft) -> str:
        parts: list[str] = []
        before = len(draft.problems)
        for number, key in enumerate(draft.fields.prompt):
            # The first field is the question; what stands beside it may be absent unless it was named.
            text = self._text(draft, key, required=number == 0 or key in self._options.prompt)
            if text is not None and text.strip():
                parts.append(text)
        if not parts and len(draft.problems) == before:
            draft.problems.append(Problem("row.empty_value", key=draft.fields.prompt[0]))
        return "\n".join(parts)

    def _text(self, draft: _Draft, key: str, *, required: bool) -> str | None:
        row = draft.row
        name = key if key in row else self._variant(draft, key)
        if name is None:
            if required:
                draft.problems.append(Problem("row.missing_key", key=key))
            return None
        draft.used.add(name)
        value = row[name]
        if isinstance(value, list) and key == draft.fields.answer and self._profile.answers_are_lists:
            value = next((item for item in value if isinstance(item, str) and item.strip()), "")
        if isinstance(value, str):
            # An optional part of a question may be blank; a named one and the answer may not.
            only_part = key == draft.fields.answer or len(draft.fields.prompt) == 1
            if not value.strip() and only_part:
                draft.problems.append(Problem("row.empty_value", key=key))
                return None
            return value
        if value is None and not required:
            return None
        draft.problems.append(
            Problem("row.null_value", key=key)
            if value is None
            else Problem("row.wrong_type", key=key, detail=json_type(value))
        )
        return None

    def _variant(self, draft: _Draft, key: str) -> str | None:
        """A key that differs only by blanks, case or width from the wanted one ("Output ")."""
        wanted = plain_key(key)
        name = next((name for name in draft.row if plain_key(name) == wanted), None)
        if name is not None:
            draft.problems.append(Problem("row.key_variant", key=key, detail=repr(name)))
        return name

    def _history(self, draft: _Draft) -> list[Message]:
        key = draft.fields.history
        if key is None or self._absent(draft, key, named=self._options.history):
            return []
        value = draft.row[key]
        if isinstance(value, str):
            value = _parsed_list(value)
        draft.used.add(key)
        turns = read_history(value, key)
        draft.problems += turns.problems
        return turns.messages

    def _system(self, draft: _Draft) -> None:
        key = draft.fields.system
        if key is None or self._absent(draft, key, named=self._options.system):
            return
        value = draft.row[key]
        draft.used.add(key)
        if not isinstance(value, str):
            draft.problems.append(Problem("row.wrong_type", key=key, detail=json_type(value)))
        elif draft.messages and draft.messages[0]["role"] != "system":
            draft.messages = [{"role": "system", "content": value}, *draft.messages]

    def _with_reference(self, draft: _Draft) -> str:
        """Put the references where they were asked for. Returns the bare question."""
        first = next((index for index, turn in enumerate(draft.messages) if turn["role"] == "user"), None)
        key = draft.fields.reference
        bare = draft.messages[first]["content"] if first is not None else ""
        if key is None or self._absent(draft, key, named=self._options.reference):
            return bare
        texts = self._reference_texts(draft, key)
        if not texts or first is None or self._options.placement == "ignore":
            return bare
        draft.used.add(key)
        heading = f"{self._options.heading}\n" if self._options.heading else ""
        block = heading + "\n".join(texts)
        before = self._options.placement == "before"
        content = f"{block}\n\n{bare}" if before else f"{bare}\n\n{block}"
        draft.messages = [*draft.messages]
        draft.messages[first] = {"role": "user", "content": content}
        return bare

    def _reference_texts(self, draft: _Draft, key: str) -> list[str]:
        value = draft.row[key]
        if isinstance(value, str):
            if self._profile.reference_lists(key):
                draft.problems.append(Problem("row.reference_text", key=key, detail="string"))
            value = [value]
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            inner = (
                next((json_type(item) for item in value if not isinstance(item, str)), "")
                if isinstance(value, list)
                else json_type(value)
            )
            draft.problems.append(Problem("row.wrong_type", key=key, detail=inner))
            return []
        # The LAW-GPT files end every reference with a comma and a line feed.
        return [text for item in value if (text := item.strip().rstrip(",").rstrip())]

    def _absent(self, draft: _Draft, key: str, *, named: str | None) -> bool:
        if key not in draft.row:
            if named == key:
                draft.problems.append(Problem("row.optional_key_missing", key=key))
            return True
        value = draft.row[key]
        return value is None or value == "" or value == []

    def _note_change(self, draft: _Draft) -> None:
        """Report the first record of every layout or dialect after the source's first one."""
        if draft.dialect is not None:
            if draft.dialect not in self._dialects:
                if self._dialects:
                    draft.problems.append(Problem("row.dialect", detail=draft.dialect))
                self._dialects.append(draft.dialect)
            return
        if draft.fields.conversation is not None or not draft.messages:
            return
        shape = (draft.layout, draft.fields.reference is not None)
        if shape not in self._shapes:
            if self._shapes:
                appears = shape[1] and not self._shapes[-1][1]
                key = draft.fields.reference if appears else None
                draft.problems.append(Problem("row.schema_change", key=key, detail=draft.layout))
            self._shapes.append(shape)


def _parsed_list(text: str) -> Any:
    # Spreadsheets and some tools carry the list as its JSON text.
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, list) else text


def _encodable(messages: list[Message]) -> bool:
    try:
        for message in messages:
            message["content"].encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
