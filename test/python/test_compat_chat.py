"""Chat with a base that only transformers computes, with and without its adapter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import merge_fixtures
from builders.compat_bases import write_base
from legal_eagle.compat.compat_engine import CompatEngine
from legal_eagle.engine.devices import DeviceChoice
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.models.templates import encode_chat
from legal_eagle.serve.chat_session import ChatSession
from legal_eagle.serve.load_chat_model import load_chat_model

CPU = DeviceChoice(torch.device("cpu"), "CPU", "fp32", torch.float32, 1, 2048, ())
SAMPLING: Any = {
    "maxNewTokens": 12,
    "temperature": 0.0,
    "topP": 1.0,
    "repetitionPenalty": 1.0,
    "stop": [],
    "seed": 1,
}
# Longer than the window of the base.
QUESTION = {"role": "user", "content": "请问合同是什么？请问民事是什么？"}


@pytest.fixture(scope="module", params=["gemma3", "mamba"])
def folders(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base and an adapter that changes its answers."""
    root = tmp_path_factory.mktemp("chat")
    (root / "base").mkdir()
    base = write_base(root / "base", request.param, merge_fixtures.write_tokenizer(root / "base"))
    engine, generator = CompatEngine(), torch.Generator().manual_seed(5)
    facts = engine.read_facts(base)
    assert facts is not None
    lora = LoraConfig(rank=4, alpha=64)
    model = engine.trainable(
        base, facts, lora, generator, dtype=torch.float32, device=CPU.device, on_reason=lambda _: None
    )
    with torch.no_grad():
        for name, parameter in model.trained_parameters():
            if "lora_B" in name:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2)
    (root / "adapter").mkdir()
    model.save_weights(root / "adapter", str(base))
    return root


def answer_of(session: ChatSession, messages: list[dict[str, str]], target: Any) -> str:
    return session.answer(messages, target, SAMPLING, on_text=lambda _: None, should_stop=lambda: False).text


def test_base_and_adapter_answer_as_the_trained_model_does(folders: Path) -> None:
    """An adapter that is not applied in chat, or also to the base's answers; a cache that both share."""
    chat = load_chat_model(folders / "base", folders / "adapter", "auto", CPU)
    engine = CompatEngine()
    facts = engine.read_facts(folders / "base")
    assert facts is not None
    trained = engine.trainable(
        folders / "base",
        facts,
        LoraConfig(rank=4, alpha=64),
        torch.Generator(),
        dtype=torch.float32,
        device=CPU.device,
        on_reason=lambda _: None,
    )
    trained.load_weights(folders / "adapter")
    ids, _ = encode_chat(chat.tokenizer, chat.template, [QUESTION], add_generation_prompt=True)
    for use_adapter in (True, False, True):
        conversation = chat.new_conversation(use_adapter)
        logits = conversation.read_prompt(ids, lambda: False)
        assert logits is not None
        produced = []
        for _ in range(12):
            produced.append(int(logits.argmax()))
            logits = conversation.read_token(produced[-1])
        if use_adapter:
            wanted = list(trained.generate(ids, max_new_tokens=12, stop_ids=()))
        else:
            with trained.adapter_disabled():
                wanted = list(trained.generate(ids, max_new_tokens=12, stop_ids=()))
        assert produced == wanted


def test_a_second_turn_is_that_of_a_fresh_session(folders: Path) -> None:
    """Keys of an answer that was edited away; a window's cache taken for the whole conversation."""
    chat = load_chat_model(folders / "base", folders / "adapter", "auto", CPU)
    session = ChatSession(chat)
    first = answer_of(session, [QUESTION], "adapter")
    turns = [QUESTION, {"role": "assistant", "content": first}, {"role": "user", "content": "是的？"}]
    edited = [QUESTION, {"role": "assistant", "content": "你好"}, {"role": "user", "content": "是的？"}]
    for messages in (turns, edited, [QUESTION]):
        assert answer_of(session, messages, "adapter") == answer_of(ChatSession(chat), messages, "adapter")
