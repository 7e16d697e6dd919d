"""Stop texts, repetition penalty, request lines and the template in other programs' form."""

from __future__ import annotations

import io
import json
import os
import threading
import time
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from legal_eagle.models.chat_template import to_jinja
from legal_eagle.models.templates import TEMPLATES, Message
from legal_eagle.serve.answer_tokens import penalise_repetition
from legal_eagle.serve.request_inbox import MAX_LINE_BYTES, Incoming, Rejected, RequestInbox
from legal_eagle.serve.stop_text import StopText
from merge_fixtures import write_base

PIECES = st.lists(st.text(alphabet="ab<|User>", max_size=4), max_size=12)
STOPS = st.lists(st.text(alphabet="ab<|User>", min_size=1, max_size=5), max_size=3)


@given(PIECES, STOPS)
def test_the_shown_text_is_everything_before_the_first_stop(pieces: list[str], stops: list[str]) -> None:
    """Would catch a shown piece of a stop text, a swallowed tail, or a stop missed across pieces."""
    cutter = StopText(stops)
    shown = ""
    for piece in pieces:
        shown += cutter.push(piece)
        # What is out can never be taken back, so no stop may begin inside it.
        if cutter.found:
            break
    if not cutter.found:
        shown += cutter.finish()
    text = "".join(pieces)
    ends = [text.find(stop) for stop in stops if stop in text]
    assert cutter.found == bool(ends)
    if ends:
        # The earliest stop in the text that had come by then; a later piece cannot move it forward.
        assert text.startswith(shown)
        assert any(text[len(shown) :].startswith(stop) for stop in stops)
    else:
        assert shown == text


def test_penalty_lowers_seen_tokens_whatever_their_sign() -> None:
    """Would catch a division that makes a negative logit larger."""
    logits = torch.tensor([2.0, -2.0, 1.0, -1.0])
    got = penalise_repetition(logits, [0, 1, 1], 2.0)
    assert got.tolist() == [1.0, -4.0, 1.0, -1.0]
    assert logits.tolist() == [2.0, -2.0, 1.0, -1.0]


def _inbox(*lines: bytes) -> RequestInbox:
    inbox = RequestInbox(io.BytesIO(b"\n".join(lines) + b"\n"))  # type: ignore[arg-type]
    inbox.start()
    return inbox


def _next(inbox: RequestInbox) -> Incoming:
    incoming = inbox.next(10)
    assert incoming is not None
    return incoming


def _request(request_id: str, **changes: object) -> bytes:
    request = {
        "id": request_id,
        "op": "generate",
        "messages": [{"role": "user", "content": "你好"}],
        **changes,
    }
    return json.dumps(request).encode()


@pytest.mark.parametrize(
    ("line", "request_id"),
    [
        (b"not json", None),
        (b"\xff\xfe", None),
        (b"[" * 100_000, None),
        (b"42", None),
        (_request("a", messages=[]), "a"),
        (_request("a", messages=[{"role": "tool", "content": ""}]), "a"),
        (_request("a", target="merged"), "a"),
        (_request("a", sampling={"temperature": -1}), "a"),
        (_request("a", sampling={"topP": "0.5"}), "a"),
        (_request("a", surprise=1), "a"),
    ],
)
def test_a_bad_line_is_answered_and_the_next_one_still_read(line: bytes, request_id: str | None) -> None:
    """Would catch a reader thread that dies, after which the chat hangs without a word."""
    inbox = _inbox(line, _request("next"))
    rejected = _next(inbox)
    assert isinstance(rejected, Rejected)
    assert rejected.id == request_id
    assert rejected.error.code == "chat.request_invalid"
    following = _next(inbox)
    assert isinstance(following, dict)
    assert following["id"] == "next"


def test_defaults_are_filled_in() -> None:
    """Would catch a request without sampling that ends in a KeyError."""
    request = _next(_inbox(_request("a")))
    assert isinstance(request, dict)
    assert request["target"] == "adapter"
    assert request["sampling"]["temperature"] == 0.8
    assert request["sampling"]["maxNewTokens"] == 1024


def test_a_line_without_end_is_not_kept_in_memory() -> None:
    """Would catch a client that fills the memory with one endless line."""
    inbox = _inbox(b"x" * (MAX_LINE_BYTES + 10), _request("next"))
    assert isinstance(_next(inbox), Rejected)
    assert isinstance(_next(inbox), dict)


def test_an_id_in_use_is_refused_and_free_again_after_its_end() -> None:
    """Would catch two answers mixed under one id."""
    read, write = os.pipe()
    with os.fdopen(read, "rb") as source, os.fdopen(write, "wb", buffering=0) as target:
        inbox = RequestInbox(source)  # type: ignore[arg-type]
        inbox.start()
        target.write(_request("a") + b"\n" + _request("a") + b"\n")
        assert isinstance(_next(inbox), dict)
        assert isinstance(_next(inbox), Rejected)
        inbox.close("a")
        target.write(_request("a") + b"\n")
        assert isinstance(_next(inbox), dict)
        target.close()
        _wait_for(lambda: inbox.ended)


def test_a_stop_reaches_a_queued_request_at_once_and_an_unknown_one_is_nothing() -> None:
    """Would catch a stop that waits in line behind the answer it is to stop."""
    inbox = _inbox(_request("a"), _request("b"), b'{"id":"b","op":"stop"}', b'{"id":"x","op":"stop"}')
    _wait_for(lambda: inbox.ended)
    assert inbox.is_cancelled("b")
    assert not inbox.is_cancelled("a")
    inbox.close("b")
    assert not inbox.is_cancelled("b")


def _wait_for(condition: object) -> None:
    assert callable(condition)
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, threading.enumerate()
        time.sleep(0.005)


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_the_exported_template_renders_as_ours_does(tmp_path: Path, name: str) -> None:
    """Would catch a published model that other programs prompt with another template (a stray space, say)."""
    write_base(tmp_path / "base")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(tmp_path / "base" / "tokenizer.json"), bos_token="<s>", eos_token="</s>"
    )
    messages: list[Message] = [
        {"role": "system", "content": "你是律师。"},
        {"role": "user", "content": 'What is "a" {{ contract }}?\n'},
        {"role": "assistant", "content": " 合同是协议。"},
        {"role": "user", "content": "谢谢"},
    ]
    template = TEMPLATES[name]
    theirs = tokenizer.apply_chat_template(
        messages, chat_template=to_jinja(template), add_generation_prompt=True, tokenize=False
    )
    ours = "".join(segment.text for segment in template.render(messages, add_generation_prompt=True))
    assert theirs == ours
