"""A model folder's own chat template: read, and rendered nowhere but in a sandboxed process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from legal_eagle.jobs.errors import JobError

MAX_TEMPLATE_CHARACTERS = 100_000
# Behind the child's own limits; a loaded machine may need seconds to start Python.
_WALL_SECONDS = 60.0
_MAX_FILE_BYTES = 64 << 20
# `strftime_now` of every template: a run must not change with the day it is started on.
FIXED_NOW_MS = 1_721_952_000_000
"""2024-07-26, the date that Llama 3's templates fall back on."""
_CHILD = Path(__file__).with_name("template_child.py")
# Reason → code; what stands in none of them has no mask that could be derived.
_CODES = {
    "limits": "model.template_limits",
    "files": "model.template_forbidden",
    "names": "model.template_forbidden",
    "syntax": "model.template_fails",
    "fails": "model.template_fails",
    "roles": "model.template_roles",
}
_CONFIG, _FILE, _PROCESSOR = "tokenizer_config.json", "chat_template.jinja", "chat_template.json"


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """The Jinja text of a folder and the file it stands in; `others` are named templates beside it."""

    text: str
    file: str
    bos_token: str | None
    eos_token: str | None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProbeChat:
    """`roles` and contents of a chat that a template is asked to render."""

    messages: tuple[tuple[str, str], ...]
    add_generation_prompt: bool = False

    def as_messages(self) -> list[dict[str, str]]:
        return [{"role": role, "content": content} for role, content in self.messages]


def read_template_source(folder: Path) -> TemplateSource | None:
    """The folder's chat template as transformers would take it: a file of its own before the one in
    tokenizer_config.json. None where there is none. Raises JobError `model.template_limits`."""
    settings = _json(folder / _CONFIG)
    found = _text_file(folder / _FILE)
    file = _FILE
    others: tuple[str, ...] = ()
    if found is None:
        processor = _json(folder / _PROCESSOR).get("chat_template")
        found, file = (processor, _PROCESSOR) if isinstance(processor, str) else (None, file)
    if found is None:
        stored, file = settings.get("chat_template"), _CONFIG
        named = _named(stored)
        others = tuple(sorted(named.keys() - {"default"}))
        found = stored if isinstance(stored, str) else named.get("default")
    if found is None:
        return None
    if len(found) > MAX_TEMPLATE_CHARACTERS:
        raise refused(folder, "limits", f"{len(found)} characters")
    return TemplateSource(found, file, _token(settings, "bos_token"), _token(settings, "eos_token"), others)


def render_in_sandbox(
    source: TemplateSource, chats: Sequence[ProbeChat], folder: Path
) -> tuple[str | None, ...]:
    """Each chat as the template renders it, None where the template itself refuses the chat (a role that it
    does not know). Raises JobError `model.template_limits`, `_forbidden` or `_fails`."""
    answer = _answer(source, tuple(chats))
    if "reason" in answer:
        raise refused(folder, str(answer["reason"]), str(answer.get("detail", "")))
    return tuple(chat.get("text") for chat in answer["chats"])


@lru_cache(maxsize=8)
def _answer(source: TemplateSource, chats: tuple[ProbeChat, ...]) -> Mapping[str, Any]:
    request = {
        "template": source.text,
        "nowMs": FIXED_NOW_MS,
        "chats": [
            {
                "messages": chat.as_messages(),
                "add_generation_prompt": chat.add_generation_prompt,
                "bos_token": source.bos_token or "",
                "eos_token": source.eos_token or "",
                "tools": None,
                "documents": None,
            }
            for chat in chats
        ],
    }
    # Of the environment only what Windows needs to start a process at all.
    environment = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    try:
        ended = subprocess.run(  # noqa: S603 (this Python, this file)
            [sys.executable, "-I", "-X", "utf8", str(_CHILD)],
            input=json.dumps(request).encode("utf-8"),
            capture_output=True,
            timeout=_WALL_SECONDS,
            env=environment,
            cwd=_CHILD.parent,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"reason": "limits", "detail": f"{_WALL_SECONDS:.0f} s"}
    try:
        answer = json.loads(ended.stdout)
        if isinstance(answer, dict) and ("reason" in answer or len(answer["chats"]) == len(chats)):
            return answer
    except (ValueError, KeyError, TypeError):
        pass
    # Ended by the system for its time or memory, or by a fault of the interpreter.
    detail = f"ended with {ended.returncode}: " + ended.stderr.decode("utf-8", "replace")[-300:]
    return {"reason": "limits", "detail": detail}


def refused(folder: Path, reason: str, detail: str) -> JobError:
    """`reason`: limits, files, names, syntax and fails are the sandbox's; the others are a lifting's."""
    return JobError(
        _CODES.get(reason, "model.template_mask"),
        f"the chat template of {folder} is not used: {reason} ({detail})",
        params={"folder": str(folder), "reason": reason, "found": detail},
        detail=f"{reason}: {detail}",
    )


def _named(stored: object) -> dict[str, str]:
    if not isinstance(stored, list):
        return {}
    return {
        str(one["name"]): one["template"]
        for one in stored
        if isinstance(one, dict) and isinstance(one.get("template"), str) and "name" in one
    }


def _token(settings: Mapping[str, Any], name: str) -> str | None:
    value = settings.get(name)
    content = value.get("content") if isinstance(value, dict) else value
    return content if isinstance(content, str) else None


def _text_file(path: Path) -> str | None:
    try:
        if not path.is_file() or path.stat().st_size > _MAX_FILE_BYTES:
            return None
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None


def _json(path: Path) -> Mapping[str, Any]:
    text = _text_file(path)
    try:
        value = json.loads(text) if text is not None else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
