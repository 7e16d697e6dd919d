"""Gemma's and Phi-3's chat templates: what is rendered, what is learned, what other programs read."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import AddedToken, Tokenizer, models

from legal_eagle.models.chat_template import to_jinja
from legal_eagle.models.templates import TEMPLATES, Message, detect_template, encode_chat
from legal_eagle.models.tokenizer import ChatTokenizer

GEMMA = ("<bos>", "<start_of_turn>", "<end_of_turn>")
PHI3 = ("<|user|>", "<|assistant|>", "<|system|>", "<|end|>")
CHAT: list[Message] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Why?"},
    {"role": "assistant", "content": "Because."},
    {"role": "user", "content": "So?"},
    {"role": "assistant", "content": "Yes."},
]


def tokenizer_folder(folder: Path, control: tuple[str, ...], *, swallows: bool = False) -> Path:
    """A byte-level tokenizer of single characters with these control tokens."""
    folder.mkdir()
    characters = sorted(set("".join(one["content"] for one in CHAT) + "usermodl\n <|>_ft"))
    vocab = {piece: index for index, piece in enumerate(["<unk>", *characters])}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[], unk_token="<unk>"))
    tokenizer.add_special_tokens([AddedToken(one, rstrip=swallows, special=True) for one in control])
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.mark.parametrize(
    ("name", "control", "text"),
    [
        (
            "gemma",
            GEMMA,
            "<bos><start_of_turn>user\nBe brief.\n\nWhy?<end_of_turn>\n"
            "<start_of_turn>model\nBecause.<end_of_turn>\n"
            "<start_of_turn>user\nSo?<end_of_turn>\n<start_of_turn>model\nYes.<end_of_turn>\n",
        ),
        (
            "phi3",
            PHI3,
            "<|system|>\nBe brief.<|end|>\n<|user|>\nWhy?<|end|>\n<|assistant|>\nBecause.<|end|>\n"
            "<|user|>\nSo?<|end|>\n<|assistant|>\nYes.<|end|>\n",
        ),
    ],
)
def test_a_chat_is_rendered_as_the_family_does(
    name: str, control: tuple[str, ...], text: str, tmp_path: Path
) -> None:
    """A system prompt lost or told twice; an end of turn that is not learned; a Jinja text that differs."""
    folder = tokenizer_folder(tmp_path / "base", control)
    template, tokenizer = detect_template(folder), ChatTokenizer.load(folder)
    assert template is TEMPLATES[name]
    assert "".join(segment.text for segment in template.render(CHAT)) == text
    ids, mask = encode_chat(tokenizer, template, CHAT)
    learned = [id_ for id_, is_answer in zip(ids, mask, strict=True) if is_answer]
    end = tokenizer.special_id(template.stop[0])
    assert learned == [*tokenizer.encode("Because."), end, *tokenizer.encode("Yes."), end]
    environment = ImmutableSandboxedEnvironment()
    compiled = environment.from_string(to_jinja(template))
    assert compiled.render(messages=CHAT, add_generation_prompt=False) == text
    asked = template.render(CHAT[:2], add_generation_prompt=True)
    prompt = compiled.render(messages=CHAT[:2], add_generation_prompt=True)
    assert prompt == "".join(segment.text for segment in asked)


def test_space_that_a_control_token_swallows_is_not_learned(tmp_path: Path) -> None:
    """Ids that the family's own tokenizer never makes, in every message of a training set."""
    folder = tokenizer_folder(tmp_path / "base", PHI3, swallows=True)
    tokenizer, template = ChatTokenizer.load(folder), TEMPLATES["phi3"]
    ids, mask = encode_chat(tokenizer, template, CHAT)
    whole = Tokenizer.from_file(str(folder / "tokenizer.json"))
    text = "".join(segment.text for segment in template.render(CHAT))
    assert ids == whole.encode(text, add_special_tokens=False).ids
    assert sum(mask) == len("Because.") + len("Yes.") + 2
