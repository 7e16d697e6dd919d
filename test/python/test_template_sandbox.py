"""Chat templates of model folders: what is taken from them, and what is refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builders.template_folders import template_folder
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.choose_template import choose_template, inspect_template
from legal_eagle.models.template_record import recorded_template, template_record
from legal_eagle.models.template_sandbox import MAX_TEMPLATE_CHARACTERS, read_template_source
from legal_eagle.models.templates import Message, encode_chat
from legal_eagle.models.tokenizer import ChatTokenizer

CONTROL = ("<s>", "</s>", "<|im_start|>", "<|im_end|>")
CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
# Of no family of the studio's: names of its own, trimmed questions, a lead, a system prompt in the question.
OWN = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}"
    "{% set told = '<<' + messages[0].content + '>> ' %}"
    "{% set messages = messages[1:] %}{% endif %}{% for m in messages %}{% if m.role == 'user' %}"
    "Human: {{ (told if loop.first and told else '') + m.content | trim }}\nBot:{% elif m.role == 'assistant' %}"  # noqa: E501
    "{% generation %} {{ m.content }}{{ eos_token }}{% endgeneration %}\n"
    "{% else %}{{ raise_exception('no ' + m.role) }}{% endif %}{% endfor %}"
)
TALK: list[Message] = [
    {"role": "system", "content": "律师"},
    {"role": "user", "content": " 甲？\n"},
    {"role": "assistant", "content": "乙。"},
    {"role": "user", "content": "丙？"},
    {"role": "assistant", "content": "丁。"},
]


def folder_with(path: Path, jinja: str | None) -> Path:
    return template_folder(path / "base", CONTROL, jinja=jinja, bos="<s>", eos="</s>")


def test_a_folder_s_own_template_becomes_data_with_its_mask(tmp_path: Path) -> None:
    """A model trained in another family's format because its own is unknown; a space that it never writes."""
    folder = folder_with(tmp_path, OWN)
    found = inspect_template(folder)
    assert (found.verdict, found.error) == ("own", None)
    template = choose_template(folder, "repository", learns=True)
    text = "".join(segment.text for segment in template.render(TALK))
    assert text == "<s>Human: <<律师>> 甲？\nBot: 乙。</s>Human: 丙？\nBot: 丁。</s>"
    tokenizer = ChatTokenizer.load(folder)
    ids, mask = encode_chat(tokenizer, template, TALK)
    end = tokenizer.special_id("</s>")
    answers = [token for token, is_answer in zip(ids, mask, strict=True) if is_answer]
    assert answers == [*tokenizer.encode(" 乙。"), end, *tokenizer.encode(" 丁。"), end]
    assert template.stop_ids(tokenizer) == (end,)


def test_another_template_than_the_studio_s_is_a_person_s_choice(tmp_path: Path) -> None:
    """A run that silently learns a format that nobody has looked at; a chat that fails for it."""
    folder = folder_with(tmp_path, OWN)
    with pytest.raises(JobError) as caught:
        choose_template(folder, "auto", learns=True)
    assert caught.value.code == "model.template_differs"
    assert choose_template(folder, "auto", learns=False).name == "repository"
    assert choose_template(folder, "internlm2", learns=True).name == "internlm2"
    with pytest.raises(JobError) as caught:
        choose_template(folder_with(tmp_path / "bare", None), "repository", learns=True)
    assert caught.value.code == "model.template_absent"


def test_an_own_template_travels_without_its_folder_and_is_not_altered(tmp_path: Path) -> None:
    """A merged model asked in another format; a record that somebody has edited."""
    template = choose_template(folder_with(tmp_path, OWN), "repository", learns=True).with_thinking("strip")
    record = json.loads(json.dumps(template_record(template)))
    again = recorded_template(record)
    assert again is not None
    assert again.render(TALK) == template.render(TALK)
    assert (again.thinking, again.content_hash()) == ("strip", template.content_hash())
    for changed in (
        {**record, "templateContent": {**record["templateContent"], "answer_lead": ""}},
        {**record, "templateContent": {"bos": 1}},
        {**record, "templateContent": []},
    ):
        with pytest.raises(JobError) as caught:
            recorded_template(changed)
        assert caught.value.code == "model.template_changed"


LIMITS, FORBIDDEN, FAILS = "model.template_limits", "model.template_forbidden", "model.template_fails"
ROLES, MASK = "model.template_roles", "model.template_mask"
BAD = {
    "loops in loops": (
        LIMITS,
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    ),
    "calls itself": (LIMITS, "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}"),
    "doubles a text": (
        LIMITS,
        "{% set n = namespace(x='ab') %}{% for a in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    ),
    "repeats a text": (LIMITS, "{{ 'a' * 999999999 }}"),
    "writes without end": (LIMITS, "{% for a in range(90000) %}" + "x" * 40 + "{% endfor %}"),
    "makes a text wide": (LIMITS, "{{ messages[0].content.center(99999999) }}"),
    "formats it wide": (LIMITS, "{{ '%99999999d' % 1 }}"),
    "replaces without end": (LIMITS, "{{ ('a' * 9999) | replace('a', 'b' * 9999) }}"),
    "raises to a power": (LIMITS, "{{ 9 ** 99999999 }}"),
    "too long": (LIMITS, CHATML + " " * MAX_TEMPLATE_CHARACTERS),
    "includes a file": (FORBIDDEN, "{% include '/etc/passwd' %}"),
    "imports": (FORBIDDEN, "{% import 'os' as os %}"),
    "extends": (FORBIDDEN, "{% extends 'base' %}"),
    "reaches for Python": (FORBIDDEN, "{{ ''.__class__.__mro__ }}"),
    "reaches by subscript": (FORBIDDEN, "{{ messages['__class__'] }}"),
    "changes the messages": (FORBIDDEN, "{{ messages.append(messages[0]) }}"),
    "is no Jinja": (FAILS, "{% if %}"),
    "divides by zero": (FAILS, "{{ 1 / 0 }}"),
    "leaves answers out": (ROLES, CHATML.replace("{% for m in messages %}", "{% for m in messages[:1] %}")),
    "repeats the question": (ROLES, CHATML + "{{ messages[0].content }}"),
    "calls everybody user": (
        ROLES,
        CHATML.replace("{{ m.role }}", "user")
        + "{% if add_generation_prompt %}<|im_start|>user\n{% endif %}",
    ),
    "has no generation prompt": (MASK, CHATML.replace("im_start|>", "im_start|>#")),
    "ends answers with text": (MASK, "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"),
    "learns half an answer": (
        MASK,
        "{% for m in messages %}{% if m.role == 'assistant' %} {{ m.content }}{% generation %}</s>"
        "{% endgeneration %}{% else %}Q: {{ m.content }}\nA:{% endif %}{% endfor %}",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_template_is_refused_by_name(name: str, tmp_path: Path) -> None:
    """A studio that hangs, runs out of memory, reads the disk or learns the wrong half of a chat."""
    code, jinja = BAD[name]
    folder = folder_with(tmp_path, jinja)
    found = inspect_template(folder)
    assert found.verdict == "refused"
    assert found.error is not None
    assert found.error.code == code, found.error.detail
    with pytest.raises(JobError) as caught:
        choose_template(folder, "auto", learns=False)
    assert caught.value.code == code


def test_a_file_of_its_own_goes_before_the_settings(tmp_path: Path) -> None:
    """Another template than every other program reads from the same folder."""
    folder = folder_with(tmp_path, OWN)
    assert getattr(read_template_source(folder), "file", None) == "tokenizer_config.json"
    named = [{"name": "tool_use", "template": "x"}, {"name": "default", "template": CHATML}]
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": named}), encoding="utf-8")
    source = read_template_source(folder)
    assert source is not None
    assert (source.text, source.others) == (CHATML, ("tool_use",))
    (folder / "chat_template.jinja").write_text(OWN, encoding="utf-8")
    source = read_template_source(folder)
    assert source is not None
    assert (source.text, source.file) == (OWN, "chat_template.jinja")
