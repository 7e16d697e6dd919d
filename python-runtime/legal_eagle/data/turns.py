"""Turns of a conversation in any known dialect, brought to system / user / assistant messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from legal_eagle.data.problem import Problem, json_type

Message = dict[str, str]

_ROLES = {
    "user": ("user", "human", "用户", "客户", "咨询者", "提问者", "问", "客人"),
    "assistant": ("assistant", "gpt", "bot", "chatgpt", "model", "ai", "助手", "律师", "答"),
    "system": ("system", "系统"),
    "tool": (
        "tool",
        "function",
        "function_call",
        "function-call",
        "function_response",
        "tool_call",
        "tool_calls",
        "tool_response",
        "observation",
        "ipython",
    ),
}
ROLE_OF = {word: role for role, words in _ROLES.items() for word in words}
_TAG = re.compile(r"^\s*[\[【]\s*([^\]】]{1,12}?)\s*[\]】][:：]?\s*")


@dataclass
class Turns:
    """Messages found so far, what was wrong, and which dialects were met ("sharegpt human/gpt")."""

    messages: list[Message] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    layout: str = "messages"
    role_words: dict[str, str] = field(default_factory=dict)

    @property
    def dialect(self) -> str | None:
        """The layout with its words for user and assistant; None if the row does not show both."""
        if self.layout not in ("messages", "sharegpt"):
            return self.layout
        if "user" not in self.role_words or "assistant" not in self.role_words:
            return None
        return f"{self.layout} {self.role_words['user']}/{self.role_words['assistant']}"


def read_turns(items: Sequence[Any], key: str) -> Turns:
    """Messages of a list of turns: {role, content}, {from, value}, {human, assistant}, {input, output}."""
    turns = Turns()
    for item in items:
        if not isinstance(item, dict):
            turns.problems.append(Problem("row.wrong_type", key=key, detail=json_type(item)))
        elif "role" in item or "from" in item:
            _single(item, turns)
        elif "human" in item or "assistant" in item:
            turns.layout = "human-assistant"
            _pair(item, ("system", "human", "assistant"), turns)
        elif "input" in item or "output" in item:
            turns.layout = "xtuner"
            _pair(item, ("system", "input", "output"), turns)
        else:
            turns.problems.append(Problem("row.unknown_turn", key=key, detail=", ".join(list(item)[:6])))
    return turns


def _single(item: dict[str, Any], turns: Turns) -> None:
    role_key, content_key = ("role", "content") if "role" in item else ("from", "value")
    if content_key not in item:
        # ms-swift mixes the two pairs of names.
        content_key = next((name for name in ("content", "value") if name in item), content_key)
    turns.layout = "messages" if role_key == "role" else "sharegpt"
    word = item[role_key]
    role = ROLE_OF.get(word.strip().lower()) if isinstance(word, str) else None
    if role is None:
        turns.problems.append(Problem("row.unknown_role", key=role_key, detail=str(word)[:40]))
        return
    if role == "tool" or item.get("tool_calls"):
        turns.problems.append(Problem("row.tool_messages", key=role_key, detail=str(word)[:40]))
        return
    turns.role_words.setdefault(role, str(word).strip().lower())
    if content_key not in item:
        turns.problems.append(Problem("row.missing_content", key=content_key, detail=role))
        return
    text = _content(item[content_key], content_key, turns)
    if text is None:
        return
    if not text.strip():
        turns.problems.append(Problem("row.empty_content", key=content_key, detail=role))
        return
    turns.messages.append({"role": role, "content": text})


def _content(value: Any, key: str, turns: Turns) -> str | None:
    if isinstance(value, str):
        return value
    if value is None:
        turns.problems.append(Problem("row.null_value", key=key))
        return None
    if isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
        texts = [part.get("text", part.get("value")) for part in value if part.get("type") == "text"]
        whole = len(texts) == len(value) and all(isinstance(text, str) for text in texts)
        kinds = ", ".join(sorted({str(part.get("type")) for part in value}))
        turns.problems.append(Problem("row.content_parts", key=key, detail=kinds, fatal=not whole))
        return "\n".join(str(text) for text in texts) if whole else None
    turns.problems.append(Problem("row.wrong_type", key=key, detail=json_type(value)))
    return None


def _pair(item: dict[str, Any], names: tuple[str, str, str], turns: Turns) -> None:
    for name, role in zip(names, ("system", "user", "assistant"), strict=True):
        if name not in item:
            if role != "system":
                turns.problems.append(Problem("row.missing_content", key=name, detail=role))
            continue
        text = _content(item[name], name, turns)
        if text is None:
            continue
        if not text.strip():
            if role != "system":
                turns.problems.append(Problem("row.empty_content", key=name, detail=role))
            continue
        turns.messages.append({"role": role, "content": text})


def read_history(value: Any, key: str) -> Turns:
    """Earlier turns: [[question, answer]], tagged texts like "[客户] …", or turns of any dialect."""
    turns = Turns()
    if not isinstance(value, list):
        turns.problems.append(Problem("row.wrong_type", key=key, detail=json_type(value)))
    elif value and all(isinstance(item, str) for item in value):
        turns.layout = "lawyer-llama"
        for item in value:
            _tagged(item, key, turns)
    elif all(isinstance(item, list) for item in value):
        for item in value:
            if len(item) == 2 and all(isinstance(text, str) and text.strip() for text in item):
                turns.messages.append({"role": "user", "content": item[0]})
                turns.messages.append({"role": "assistant", "content": item[1]})
            else:
                turns.problems.append(Problem("row.history_shape", key=key, detail=f"{len(item)} texts"))
    else:
        return read_turns(value, key)
    return turns


def _tagged(item: str, key: str, turns: Turns) -> None:
    match = _TAG.match(item)
    role = ROLE_OF.get(match.group(1).lower()) if match else None
    if match is None or role not in ("user", "assistant"):
        word = match.group(1) if match else item[:20]
        turns.problems.append(Problem("row.unknown_role", key=key, detail=word))
    elif not item[match.end() :].strip():
        turns.problems.append(Problem("row.empty_content", key=key, detail=role))
    else:
        turns.messages.append({"role": role, "content": item[match.end() :]})


def settle(messages: list[Message]) -> tuple[list[Message], list[Problem]]:
    """Bring messages into the order that a template can render: system?, then user and assistant in turn.

    Repairs (warnings): a leading assistant turn and a trailing user turn are dropped, repeated turns of one
    role are joined by a line feed (people and lawyers send an afterthought). Errors: a system turn that is
    not the first, no question and answer at all.
    """
    turns = [message for message in messages if message["role"] != "system"]
    systems = [index for index, message in enumerate(messages) if message["role"] == "system"]
    if not messages:
        return [], [Problem("row.no_messages")]
    if not turns:
        return [], [Problem("row.system_only")]
    if systems and systems != [0]:
        return [], [Problem("row.system_not_first", detail=f"message {systems[-1] + 1}")]
    problems = _order_problems([turn["role"] for turn in turns])
    joined: list[Message] = []
    for turn in turns:
        if joined and joined[-1]["role"] == turn["role"]:
            joined[-1] = {"role": turn["role"], "content": joined[-1]["content"] + "\n" + turn["content"]}
        else:
            joined.append(turn)
    if joined[0]["role"] == "assistant":
        joined = joined[1:]
    if joined and joined[-1]["role"] == "user":
        joined = joined[:-1]
    if not joined:
        # The last repair left nothing to learn: it is the reason why the row is out.
        return [], [*problems[:-1], replace(problems[-1], fatal=True)]
    return ([messages[0]] if systems else []) + joined, problems


def _order_problems(roles: list[str]) -> list[Problem]:
    problems: list[Problem] = []
    twice = [(turn, role) for turn, role in enumerate(roles[1:], start=2) if role == roles[turn - 2]]
    if twice:
        problems.append(Problem("row.same_role_twice", detail=f"{twice[0][1]}, turn {twice[0][0]}"))
    if roles[0] == "assistant":
        problems.append(Problem("row.starts_with_assistant"))
    if roles[-1] == "user":
        problems.append(Problem("row.ends_with_user"))
    return problems
