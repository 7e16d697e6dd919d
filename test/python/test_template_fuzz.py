"""Mutated chat templates, rendered as a run does it: text or a coded refusal, and nothing else happens."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import legal_eagle
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.template_sandbox import ProbeChat, TemplateSource, render_in_sandbox

CHATS = (
    ProbeChat((("system", "律师"), ("user", "借条怎么写？"), ("assistant", "写明金额。"))),
    ProbeChat((("user", "<|im_end|>{{ 7 * 7 }}"),), add_generation_prompt=True),
)
WHOLE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set told = messages[0]['content'] %}"
    "{% set messages = messages[1:] %}{% endif %}{% for m in messages %}{% if (m['role'] == 'user') != "
    "(loop.index0 % 2 == 0) %}{{ raise_exception('order') }}{% endif %}"
    "{% if m['role'] == 'user' %}[INST] {{ (told if loop.first and told else '') + m['content'] | trim }}"
    " [/INST]"
    "{% else %}{{ m['content'] + eos_token }}{% endif %}{% endfor %}",
    "{%- macro part(m) -%}<{{ m.role }}>{{ m.content | tojson }}</{{ m.role }}>{%- endmacro -%}"
    "{%- set ns = namespace(n=0) -%}{%- for m in messages -%}{%- set ns.n = ns.n + 1 -%}{{ part(m) }}"
    "{%- endfor -%}"
    "{{ ns.n }} {{ strftime_now('%Y-%m-%d') }}",
)
LIMIT_CHARACTERS = 2_000_000


def hostile(canary: Path) -> tuple[str, ...]:
    """Expressions that would leave the template: to Python, to the disk, or nowhere at all."""
    shell = f"touch {canary}"
    return (
        f"cycler.__init__.__globals__.os.system('{shell}')",
        f"lipsum.__globals__['os'].popen('{shell}').read()",
        f"joiner.__init__.__globals__.os.system('{shell}')",
        f"self._TemplateReference__context.cycler.__init__.__globals__.os.system('{shell}')",
        f"(''|attr('__class__')).__mro__[1].__subclasses__()|list|string + '{shell}'",
        f"''.__class__.__base__.__subclasses__()[100].__init__.__globals__['__builtins__']['open']('{canary}','w')",
        f"raise_exception.__globals__['__builtins__']['__import__']('os').system('{shell}')",
        f"strftime_now.__func__.__globals__['__builtins__'].open('{canary}', 'w')",
        "'{0.__class__.__init__.__globals__}'.format(messages)",
        "messages.append(messages) or messages",
        "messages[0].update({'content': messages}) or messages[0]",
        "'x' * 10 ** 9",
        "range(10 ** 12)|list",
        "10 ** 10 ** 10",
        "'%999999999d' % 1",
        "'x'.center(10 ** 9)",
        "messages|tojson(indent=10 ** 8)",
        "strftime_now('%Y' * 10 ** 7)",
        "dict(messages|groupby('role'))|string * 9999",
    )


STATEMENTS = (
    "{% include '/etc/passwd' %}", "{% import 'os' as os %}", "{% from 'x' import y %}",
    "{% extends '../x' %}",
    "{% for i in range(10 ** 9) %}{{ i }}{% endfor %}", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% for a in messages %}{% for b in messages recursive %}{{ loop([b]) }}{% endfor %}{% endfor %}",
    "{% set messages = messages + messages %}" * 40, "{{" * 400, "{% if 1 %}" * 600, "(" * 3000, "{% raw %}",
    "{%- set x = 'y' * 99999 -%}" + "{%- set x = x + x -%}" * 30 + "{{ x }}", "\x00\ud7ff", "{# " * 50,
    "{% break %}", "{% generation %}", "{% call x() %}{% endcall %}", "{% filter upper %}",
    "{% do messages.pop() %}",
)  # fmt: skip


def mutated(dice: random.Random, canary: Path) -> str:
    text = dice.choice(WHOLE)
    for _ in range(dice.choice([1, 1, 2, 3])):
        at, end = sorted(dice.randrange(len(text) + 1) for _ in range(2))
        kind = dice.randrange(6)
        if kind == 0:
            text = text[:at] + "{{ " + dice.choice(hostile(canary)) + " }}" + text[at:]
        elif kind == 1:
            # Where a name stood: the rest of the template stays a template.
            text = text.replace(
                dice.choice(["m.content", "m['content']", "m.role"]), dice.choice(hostile(canary)), 1
            )
        elif kind == 2:
            text = text[:at] + dice.choice(STATEMENTS) + text[at:]
        elif kind == 3:
            text = text[:at] + text[min(end, at + 12) :]
        elif kind == 4:
            text = text[:at] + text[at:end] * dice.choice([2, 50]) + text[end:]
        else:
            text = text[:at] + chr(dice.choice([0, 34, 39, 123, 125, 0x202E, 0x1F600])) + text[at + 1 :]
    return text


def below(folders: Sequence[Path]) -> set[Path]:
    return {path for folder in folders for path in folder.rglob("*") if "__pycache__" not in path.parts}


def outcome(text: str, folder: Path) -> str:
    try:
        rendered = render_in_sandbox(
            TemplateSource(text, "chat_template.jinja", "<s>", "</s>"), CHATS, folder
        )
    except JobError as refusal:
        return refusal.code
    assert len(rendered) == len(CHATS)
    assert sum(len(one) for one in rendered if one is not None) < LIMIT_CHARACTERS
    return "text"


@pytest.mark.parametrize("count", [60, pytest.param(5000, marks=pytest.mark.long)])
def test_mutated_templates_are_rendered_or_refused_by_name(tmp_path: Path, count: int) -> None:
    """A template of a stranger's folder that runs a program, opens a file or never ends."""
    canary = tmp_path / "CANARY"
    # The child's own folder, and where its parent works.
    watched = [tmp_path, Path(legal_eagle.__file__).parent]
    before = below(watched)
    texts = [mutated(random.Random(20_261_000_003 + number), canary) for number in range(count)]
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        outcomes = Counter(pool.map(lambda text: outcome(text, tmp_path), texts))
    print(dict(outcomes))
    assert below(watched) == before
    assert set(outcomes) <= {
        "text", "model.template_limits", "model.template_forbidden", "model.template_fails",
    }  # fmt: skip
    # A fuzzer whose templates all end alike proves little.
    assert min(outcomes[code] for code in ("text", "model.template_forbidden", "model.template_fails")) > 0


def test_the_canary_is_no_dummy(tmp_path: Path) -> None:
    """Payloads that could not bite outside the sandbox would pass every sandbox."""
    bitten = 0
    for number, payload in enumerate(hostile(tmp_path / "CANARY")[:4]):
        canary = tmp_path / f"CANARY-{number}"
        script = "import sys, jinja2; jinja2.Environment(autoescape=True).from_string(sys.argv[1]).render()"
        text = "{{ " + payload.replace(str(tmp_path / "CANARY"), str(canary)) + " }}"
        subprocess.run([sys.executable, "-c", script, text], check=False, capture_output=True)
        bitten += canary.exists()
    assert bitten >= 2
