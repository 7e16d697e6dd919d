"""`python -m legal_eagle chat`: in the terminal. Imports a bare Python only, so that --help works."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from legal_eagle.jobs.errors import EXIT_DONE, JobError

if TYPE_CHECKING:
    from legal_eagle.protocol.chat_types import ChatRequestGenerateSampling as Sampling
    from legal_eagle.serve.chat_session import Answer, ChatSession


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, help="folder of a base or merged model")
    parser.add_argument("--adapter", type=Path, help="adapter folder of a run, or one of its checkpoints")
    parser.add_argument("--prompt", help="ask this and end; without it, questions are read line by line")
    parser.add_argument("--system", help="system prompt (default: the run's)")
    parser.add_argument("--temperature", type=float, default=0.8, help="0 answers greedily (default: 0.8)")
    parser.add_argument("--top-p", type=float, default=0.8, help="default: 0.8")
    parser.add_argument("--max-new-tokens", type=int, default=1024, help="default: 1024")
    parser.add_argument("--seed", type=int, help="the same seed repeats the same answer")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--json", action="store_true", help="one JSON object an answer, nothing else")


def run(chosen: argparse.Namespace) -> int:
    """Answer until the input ends. Ctrl-C stops the answer being written. Raises JobError."""
    from legal_eagle.engine.devices import choose_device, hardware_with
    from legal_eagle.models.template_families import AUTO
    from legal_eagle.serve.chat_session import ChatSession
    from legal_eagle.serve.load_chat_model import load_chat_model

    sampling = _sampling(chosen)
    choice = choose_device(hardware_with({"device": chosen.device}))
    session = ChatSession(load_chat_model(chosen.model, chosen.adapter, AUTO, choice))
    conversation: list[dict[str, str]] = []
    if chosen.system is not None:
        conversation.append({"role": "system", "content": chosen.system})
    with _stop_on_interrupt() as stop:
        for question in _questions(chosen):
            stop.clear()
            conversation.append({"role": "user", "content": question})
            answer = _answer(session, conversation, sampling, stop.is_set, as_json=chosen.json)
            conversation.append({"role": "assistant", "content": answer.text})
    return EXIT_DONE


def _sampling(chosen: argparse.Namespace) -> Sampling:
    from legal_eagle.protocol import parse

    request, issues = parse(
        {
            "id": "terminal",
            "op": "generate",
            "messages": [{"role": "user", "content": ""}],
            "sampling": {
                "temperature": chosen.temperature,
                "topP": chosen.top_p,
                "maxNewTokens": chosen.max_new_tokens,
                "seed": chosen.seed,
            },
        },
        "ChatRequest",
    )
    if issues:
        reason = str(issues[0])
        raise JobError("chat.request_invalid", reason, params={"field": issues[0].path, "reason": reason})
    sampling: Sampling = request["sampling"]
    return sampling


def _questions(chosen: argparse.Namespace) -> Iterator[str]:
    if chosen.prompt is not None:
        yield chosen.prompt
        return
    interactive = sys.stdin.isatty() and not chosen.json
    while True:
        if interactive:
            _write("> ")
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            yield line.rstrip("\r\n")


def _answer(
    session: ChatSession,
    conversation: list[dict[str, str]],
    sampling: Sampling,
    should_stop: Callable[[], bool],
    *,
    as_json: bool,
) -> Answer:
    answer = session.answer(
        conversation,
        "adapter",
        sampling,
        on_text=(lambda _: None) if as_json else _write,
        should_stop=should_stop,
    )
    if as_json:
        body = {
            "text": answer.text,
            "finish": answer.finish,
            "promptTokens": answer.prompt_tokens,
            "answerTokens": answer.answer_tokens,
        }
        _write(json.dumps(body, ensure_ascii=False) + "\n")
    else:
        _write("\n" if answer.finish == "stop" else f" [{answer.finish}]\n")
    return answer


@contextmanager
def _stop_on_interrupt() -> Iterator[threading.Event]:
    stop = threading.Event()

    def interrupt(*_: object) -> None:
        # A second one, or one while nothing is being answered, ends the program.
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
