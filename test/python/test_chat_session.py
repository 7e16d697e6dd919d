"""Answers of one loaded model: targets, cache reuse, seeds, ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from legal_eagle.engine.devices import DeviceChoice
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.tokenizer import ChatTokenizer
from legal_eagle.serve.chat_session import Answer, AnswerStream, ChatModel, ChatSession, Target
from legal_eagle.serve.load_chat_model import load_chat_model
from merge_fixtures import write_adapter, write_base

pytestmark = pytest.mark.usefixtures("one_thread")

CPU = DeviceChoice(torch.device("cpu"), "cpu", "fp32", torch.float32, 1, 2048, ())
GREEDY = {
    "temperature": 0.0,
    "topP": 1.0,
    "repetitionPenalty": 1.0,
    "maxNewTokens": 24,
    "seed": 7,
    "stop": [],
}
QUESTION = [{"role": "user", "content": "请问什么是合同？"}]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    config = write_base(tmp_path / "base")
    write_adapter(tmp_path / "adapter", config)
    return tmp_path


def model_of(folders: Path, *, adapter: bool = True, template: str = "auto") -> ChatModel:
    return load_chat_model(folders / "base", folders / "adapter" if adapter else None, template, CPU)


def ask(
    session: ChatSession,
    messages: list[dict[str, str]] = QUESTION,
    target: Target = "adapter",
    should_stop: Callable[[], bool] = lambda: False,
    shown: list[str] | None = None,
    **sampling: Any,
) -> Answer:
    on_text = (shown if shown is not None else []).append
    settings: Any = {**GREEDY, **sampling}
    return session.answer(messages, target, settings, on_text=on_text, should_stop=should_stop)


def test_both_targets_answer_from_one_loaded_model(folders: Path) -> None:
    """Would catch a base that answers with the adapter on, or keys of one target read by the other."""
    session = ChatSession(model_of(folders))
    answers = {
        target: ask(ChatSession(model_of(folders)), target=target).text for target in ("base", "adapter")
    }
    assert answers["base"] != answers["adapter"]
    for target in ("adapter", "base", "adapter", "base"):
        assert ask(session, target=target).text == answers[target]  # type: ignore[arg-type]
    assert ask(ChatSession(model_of(folders, adapter=False))).text == answers["base"]


def test_a_longer_conversation_on_the_cache_is_answered_as_from_nothing(folders: Path) -> None:
    """Would catch a cache that keeps tokens of an edited or shortened conversation."""
    session = ChatSession(model_of(folders))
    first = ask(session)
    turns = [
        [*QUESTION, {"role": "assistant", "content": first.text}, {"role": "user", "content": "谢谢"}],
        [{"role": "user", "content": "请问什么是民事？"}],
        [{"role": "system", "content": "律师"}, *QUESTION],
        QUESTION,
    ]
    for messages in turns:
        assert ask(session, messages).text == ask(ChatSession(model_of(folders)), messages).text


def test_the_same_seed_repeats_and_another_one_regenerates(folders: Path) -> None:
    """Would catch an answer that nobody can reproduce, and a regenerate button that repeats itself."""
    session = ChatSession(model_of(folders))
    settings: dict[str, Any] = {"temperature": 1.5, "topP": 1.0}
    fresh = ask(session, **settings, seed=1)
    assert ask(session, **settings, seed=1) == fresh
    assert ask(session, **settings, seed=2).text != fresh.text
    assert ask(session, **settings, seed=None).text != ask(session, **settings, seed=None).text


def test_a_stop_is_obeyed_before_the_next_token(folders: Path) -> None:
    """Would catch a stop that is seen only at the end of the answer."""
    session = ChatSession(model_of(folders))
    asked = 0

    def after_five_tokens() -> bool:
        nonlocal asked
        asked += 1
        return asked > 6

    answer = ask(session, should_stop=after_five_tokens, maxNewTokens=200)
    assert answer.finish == "cancelled"
    assert answer.answer_tokens == 5
    assert ask(session).text == ask(ChatSession(model_of(folders))).text


def test_length_and_room_end_an_answer_and_a_full_context_is_refused(folders: Path) -> None:
    """Would catch an answer past the model's positions, or a question that is cut without a word."""
    session = ChatSession(model_of(folders))
    assert ask(session, maxNewTokens=3).answer_tokens == 3
    almost = [{"role": "user", "content": "好" * 230}]
    answer = ask(session, almost, maxNewTokens=1000)
    assert answer.finish == "length"
    assert answer.prompt_tokens + answer.answer_tokens == 256
    with pytest.raises(JobError) as caught:
        ask(session, [{"role": "user", "content": "好" * 300}])
    assert caught.value.code == "chat.context_too_long"
    assert caught.value.params["maxPositions"] == 256


def test_stop_texts_end_the_answer_and_are_not_shown(folders: Path) -> None:
    """Would catch a stop text that reaches the screen."""
    session = ChatSession(model_of(folders))
    free = ask(session).text
    stop = free[len(free) // 2 : len(free) // 2 + 2]
    shown: list[str] = []
    answer = ask(session, stop=[stop], shown=shown)
    assert answer.finish == "stop"
    assert answer.text == "".join(shown) == free[: free.find(stop)]


def test_the_answer_ends_at_the_stop_token_and_characters_come_whole(folders: Path) -> None:
    """Would catch half a Chinese character on the screen, and a stop token shown as text."""
    model = model_of(folders)
    tokenizer = model.tokenizer
    shown: list[str] = []
    stream = AnswerStream(model, [], shown.append)
    text = "合同𠀋ok"
    for token in [*tokenizer.encode(text), tokenizer.special_id("<|im_end|>")]:
        assert not stream.ended
        stream.push(token)
    stream.finish()
    assert stream.ended
    assert stream.text == "".join(shown) == text
    assert "\ufffd" not in stream.text


def test_a_repetition_penalty_changes_the_answer(folders: Path) -> None:
    """Would catch a setting that is accepted and ignored."""
    session = ChatSession(model_of(folders))
    answer = ask(session, maxNewTokens=60).text
    assert ask(session, maxNewTokens=60, repetitionPenalty=3.0).text != answer


def test_a_full_gpu_refuses_one_conversation_only(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a loaded model lost to one long conversation."""
    session = ChatSession(model_of(folders))
    wanted = ask(session)

    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with monkeypatch.context() as patch:
        patch.setattr("legal_eagle.serve.conversation_cache.ConversationCache.read_token", full)
        with pytest.raises(JobError) as caught:
            ask(session)
    assert caught.value.code == "chat.out_of_memory"
    assert ask(session) == wanted


def test_a_full_machine_is_told_apart_from_a_full_card(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a chat that dies of a failed allocation, or that hides another fault as one."""
    session = ChatSession(model_of(folders))
    wanted = ask(session)

    def failing(message: str) -> None:
        def fail(*_: object) -> None:
            raise RuntimeError(message)

        monkeypatch.setattr("legal_eagle.serve.conversation_cache.ConversationCache.read_token", fail)

    with monkeypatch.context():
        failing("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")
        with pytest.raises(JobError) as caught:
            ask(session)
        assert caught.value.code == "chat.out_of_host_memory"
        failing("shapes do not fit")
        with pytest.raises(RuntimeError, match="shapes"):
            ask(session)
    monkeypatch.undo()
    assert ask(session) == wanted


def _record(folders: Path, **values: Any) -> None:
    (folders / "adapter" / "legal_eagle.json").write_text(json.dumps(values), encoding="utf-8")


def test_the_run_decides_template_and_system_prompt(folders: Path) -> None:
    """Would catch a chat that prompts the adapter otherwise than its training did."""
    _record(folders, template="llama-chatml", systemPrompt="你是律师。")
    model = model_of(folders)
    assert model.template.name == "llama-chatml"
    with_system = [{"role": "system", "content": "你是律师。"}, *QUESTION]
    assert ask(ChatSession(model)).prompt_tokens == ask(ChatSession(model), with_system).prompt_tokens
    with pytest.raises(JobError) as caught:
        model_of(folders, template="internlm2")
    assert caught.value.code == "chat.template_mismatch"


@pytest.mark.parametrize(
    "record", [{"tokenizerHash": "0" * 64}, {"base": {"fingerprint": "0" * 64}}, {"base": {"fingerprint": 3}}]
)
def test_an_adapter_of_another_base_is_refused(folders: Path, record: dict[str, Any]) -> None:
    """Would catch fluent nonsense from an adapter on a base of the same shape."""
    _record(folders, **record)
    if record == {"base": {"fingerprint": 3}}:
        model_of(folders)  # not a fingerprint: the record says nothing
        return
    with pytest.raises(JobError) as caught:
        model_of(folders)
    assert caught.value.code == "chat.base_mismatch"


def test_a_model_that_failed_its_parity_check_does_not_answer(folders: Path) -> None:
    """Would catch a marked folder that is used all the same."""
    mark = {"kind": "merged", "parity": {"passed": False}}
    (folders / "base" / "legal_eagle.json").write_text(json.dumps(mark), encoding="utf-8")
    with pytest.raises(JobError) as caught:
        model_of(folders, adapter=False)
    assert caught.value.code == "chat.model_failed_parity"


@pytest.mark.parametrize(
    ("model", "adapter", "template", "code"),
    [
        ("nowhere", "adapter", "auto", "model.folder_missing"),
        ("base", "nowhere", "auto", "merge.adapter_missing"),
        ("base", "base", "auto", "merge.adapter_missing"),
        ("adapter", None, "auto", "model.adapter_not_base"),
        ("base", "adapter", "no-such-template", "model.template_unknown"),
    ],
)
def test_what_cannot_be_loaded_is_named(
    folders: Path, model: str, adapter: str | None, template: str, code: str
) -> None:
    """Would catch a chat that is ready without the model it was asked for."""
    adapter_path = None if adapter is None else folders / adapter
    with pytest.raises(JobError) as caught:
        load_chat_model(folders / model, adapter_path, template, CPU)
    assert caught.value.code == code


def test_the_fixture_tokenizer_holds_every_byte(folders: Path) -> None:
    """Would catch a fixture whose Chinese text becomes unknown tokens, which tests nothing."""
    tokenizer = ChatTokenizer.load(folders / "base")
    assert tokenizer.decode(tokenizer.encode("鳄鱼皮包 ok")) == "鳄鱼皮包 ok"
