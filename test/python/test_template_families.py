"""Every family's template against its own published Jinja: texts, masks, detection, and what is exported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from builders.published_templates import PUBLISHED, Published
from builders.template_folders import template_folder
from legal_eagle.models.chat_template import to_jinja
from legal_eagle.models.choose_template import choose_template, inspect_template
from legal_eagle.models.template_families import ALIASES, TEMPLATES
from legal_eagle.models.template_record import recorded_template, template_record
from legal_eagle.models.templates import Message, encode_chat, template_by_name
from legal_eagle.models.thinking import THINKING_MODES, ThinkingMode
from legal_eagle.models.tokenizer import ChatTokenizer

SYSTEM: Message = {"role": "system", "content": "律师 "}
TALK: list[Message] = [
    {"role": "user", "content": " 甲？"},
    {"role": "assistant", "content": "乙。"},
    {"role": "user", "content": "丙？"},
    {"role": "assistant", "content": "丁。"},
]
THOUGHTFUL: list[Message] = [
    {"role": "user", "content": "甲？"},
    {"role": "assistant", "content": "<think>\n丙\n</think>\n\n乙。"},
    {"role": "user", "content": "丙？"},
    {"role": "assistant", "content": "<think>甲\n乙</think>丁。"},
]
CHATS: dict[str, list[Message]] = {
    "single": TALK[:2],
    "multi": TALK,
    "single with system": [SYSTEM, *TALK[:2]],
    "multi with system": [SYSTEM, *TALK],
}


def rendered(jinja: str, chat: list[Message], published: Published | None = None, **more: object) -> str:
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(jinja).render(
        messages=chat,
        bos_token=(published.bos if published else None) or "",
        eos_token=(published.eos if published else None) or "",
        strftime_now=lambda _: "26 Jul 2024",
        **more,
    )


def ours(name: str, chat: list[Message], mode: ThinkingMode, *, prompt: bool = False) -> str:
    template = template_by_name(name).with_thinking(mode)
    return "".join(segment.text for segment in template.render(chat, add_generation_prompt=prompt))


@pytest.mark.parametrize("chat", CHATS)
@pytest.mark.parametrize("published", PUBLISHED, ids=lambda one: one.name)
def test_a_chat_is_written_as_the_family_publishes_it(published: Published, chat: str) -> None:
    """A mark, a line end, a default system prompt or a trimmed space that the model was not trained with."""
    mode = template_by_name(published.name).own_thinking
    jinja = published.jinja
    messages = CHATS[chat]
    assert ours(published.name, messages, mode) == rendered(jinja, messages, published)
    asked = [*messages, {"role": "user", "content": "甲"}]
    prompt = rendered(jinja, asked, published, add_generation_prompt=True)
    assert ours(published.name, asked, mode, prompt=True) == prompt


@pytest.mark.parametrize("chat", CHATS)
@pytest.mark.parametrize("published", PUBLISHED, ids=lambda one: one.name)
def test_answers_and_their_end_are_learned_and_nothing_else(
    published: Published, chat: str, tmp_path: Path
) -> None:
    """A question that is learned, an answer that is not, a model that never stops."""
    folder = template_folder(tmp_path / "base", published.control, plain=published.plain)
    tokenizer, template = ChatTokenizer.load(folder), template_by_name(published.name)
    ids, mask = encode_chat(tokenizer, template, CHATS[chat])
    answers = [turn["content"] for turn in CHATS[chat] if turn["role"] == "assistant"]
    end = tokenizer.special_id(published.stop)
    expected = [token for text in answers for token in (*tokenizer.encode(published.lead + text), end)]
    assert [token for token, is_answer in zip(ids, mask, strict=True) if is_answer] == expected
    prompt, _ = encode_chat(tokenizer, template, CHATS[chat][:-1], add_generation_prompt=True)
    assert ids[: len(prompt)] == prompt
    assert mask.index(True) <= len(prompt)
    assert all(mask[len(prompt) : ids.index(end, len(prompt)) + 1])


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda one: one.name)
def test_a_folder_with_the_published_template_is_its_family(published: Published, tmp_path: Path) -> None:
    """Qwen2.5 trained without the system prompt that it always had; Llama 3.1 taken for Llama 3."""
    folder = template_folder(
        tmp_path / "base",
        published.control,
        jinja=published.jinja,
        bos=published.bos,
        eos=published.eos,
        plain=published.plain,
    )
    found = inspect_template(folder)
    assert (found.verdict, found.error) == ("family", None)
    assert choose_template(folder, "auto", learns=True) is TEMPLATES[published.expected]


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("mode", THINKING_MODES)
def test_the_exported_jinja_writes_what_was_trained(name: str, mode: ThinkingMode) -> None:
    """A merged model that other programs ask in another format, or with other thoughts, than it learned."""
    template = TEMPLATES[name].with_thinking(mode)
    jinja = to_jinja(template)
    for chat in (*CHATS.values(), THOUGHTFUL, [SYSTEM, *THOUGHTFUL]):
        assert rendered(jinja, chat) == ours(name, chat, mode)
        asked = [*chat, {"role": "user", "content": "甲"}]
        prompt = rendered(jinja, asked, add_generation_prompt=True)
        assert prompt == ours(name, asked, mode, prompt=True)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_record_brings_back_the_template_and_its_mode(name: str) -> None:
    """An adapter that is asked in another format than it was trained in."""
    template = TEMPLATES[name].with_thinking("strip")
    assert recorded_template(template_record(template)) == template


def learned(name: str, mode: ThinkingMode, chat: list[Message]) -> list[str]:
    template = template_by_name(name).with_thinking(mode)
    return [one.text for one in template.render(chat) if one.is_answer and not one.is_special]


def test_thoughts_are_kept_stripped_or_empty_and_empty_ones_are_never_learned() -> None:
    """A model that learns to think nothing, to leave out what it should think, or to think aloud."""
    first, last = THOUGHTFUL[1]["content"], THOUGHTFUL[3]["content"]
    assert learned("internlm2", "keep", THOUGHTFUL) == [first, last]
    assert learned("internlm2", "none", THOUGHTFUL) == [first, last]
    assert learned("internlm2", "strip", THOUGHTFUL) == ["乙。", "丁。"]
    assert "think" not in ours("internlm2", THOUGHTFUL, "strip", prompt=True)
    assert learned("internlm2", "empty", THOUGHTFUL) == ["乙。", "丁。"]
    empty = "<|im_start|>assistant\n<think>\n\n</think>\n\n"
    assert ours("internlm2", THOUGHTFUL, "empty").count(empty) == 2
    assert ours("internlm2", THOUGHTFUL[:1], "empty", prompt=True).endswith(empty)
    blank: list[Message] = [TALK[0], {"role": "assistant", "content": "<think>\n\n</think>\n\n乙。"}]
    for mode in THINKING_MODES:
        assert learned("internlm2", mode, blank) == ["乙。"]


def test_qwen3_leaves_past_thoughts_out_and_learns_no_answer_without_its_thought() -> None:
    """A model that thinks, taught by its own history that it need not."""
    assert learned("qwen3", "keep", THOUGHTFUL) == ["<think>\n甲\n乙\n</think>\n\n丁。"]
    whole = ours("qwen3", THOUGHTFUL, "keep")
    assert whole.count("<think>") == 1
    assert "<|im_start|>assistant\n乙。<|im_end|>" in whole
    assert learned("qwen3", "keep", TALK) == ["丁。"]
    prompt = ours("qwen3", TALK[:1], "empty", prompt=True)
    qwen3 = next(one for one in PUBLISHED if one.name == "qwen3")
    thinking_off = {"add_generation_prompt": True, "enable_thinking": False}
    assert prompt == rendered(qwen3.jinja, TALK[:1], qwen3, **thinking_off)


def test_a_thought_that_was_cut_off_is_a_thought() -> None:
    """Half a thought that is learned as an answer, or sent back as one."""
    cut: list[Message] = [TALK[0], {"role": "assistant", "content": "<think>\n甲乙"}]
    assert learned("internlm2", "strip", cut) == [""]


def test_the_names_are_those_that_the_form_offers() -> None:
    """A form that offers a template which the engine does not have, or hides one that it has."""
    path = Path(__file__).parents[1] / "fixtures" / "templates" / "families.json"
    named = json.loads(path.read_text(encoding="utf-8"))
    assert named == {"families": list(TEMPLATES), "aliases": dict(ALIASES)}
    assert set(ALIASES.values()) <= TEMPLATES.keys()
