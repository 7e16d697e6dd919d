"""What the families' own Jinja templates write, stated anew for the tests: their formats, not their texts."""

from __future__ import annotations

from dataclasses import dataclass

_CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def _qwen(default: str) -> str:
    return (
        "{% if messages[0].role != 'system' %}<|im_start|>system\n" + default + "<|im_end|>\n{% endif %}"
    ) + _CHATML


# Thoughts stand in answers after the last question only, an empty one where there is none.
_QWEN3 = (
    "{% set ns = namespace(last=0) %}{% for m in messages %}{% if m.role == 'user' %}"
    "{% set ns.last = loop.index0 %}{% endif %}{% endfor %}"
    "{% for m in messages %}{% if m.role == 'assistant' %}{% set t = '' %}{% set c = m.content %}"
    "{% if '</think>' in c %}{% set t = c.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}"  # noqa: E501
    "{% set c = c.split('</think>')[-1].lstrip('\\n') %}{% endif %}<|im_start|>assistant\n"
    "{% if loop.index0 > ns.last %}{{ '<think>\\n' + t.strip('\\n') + '\\n</think>\\n\\n' }}{% endif %}{{ c }}"  # noqa: E501
    "{% else %}<|im_start|>{{ m.role }}\n{{ m.content }}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
_LLAMA3 = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n"
    "{{ m.content | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
)
_LLAMA31 = (
    "{% if messages[0].role == 'system' %}{% set told = messages[0].content | trim %}"
    "{% set messages = messages[1:] %}{% else %}{% set told = '' %}{% endif %}"
    "{{ bos_token + '<|start_header_id|>system<|end_header_id|>\\n\\nCutting Knowledge Date: December 2023\\n"
    "Today Date: ' + strftime_now('%d %b %Y') + '\\n\\n' + told }}<|eot_id|>"
) + _LLAMA3.replace("{{ bos_token }}", "")
_FIRST = (
    "{% set told = '' %}{% if messages[0].role == 'system' %}{% set told = messages[0].content + '\\n\\n' %}"
    "{% set messages = messages[1:] %}{% endif %}{{ bos_token }}"
)
_MISTRAL = _FIRST + (
    "{% for m in messages %}{% if m.role == 'user' %}[INST] {{ (told if loop.first else '') + m.content }} [/INST]"  # noqa: E501
    "{% else %}{{ ' ' + m.content | trim + eos_token }}{% endif %}{% endfor %}"
)
_MISTRAL3 = _FIRST + (
    "{% set ns = namespace(last=0) %}{% for m in messages %}{% if m.role == 'user' %}"
    "{% set ns.last = loop.index0 %}{% endif %}{% endfor %}"
    "{% for m in messages %}{% if m.role == 'user' %}"
    "[INST] {{ (told if loop.index0 == ns.last else '') + m.content }}[/INST]"
    "{% else %}{{ ' ' + m.content | trim + eos_token }}{% endif %}{% endfor %}"
)
_GEMMA3 = _FIRST + (
    "{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else 'user' }}\n"
    "{{ (told if loop.first else '') + m.content | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
_YI15 = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ m.content }}{% elif m.role == 'user' %}"
    "<|im_start|>user\n{{ m.content }}<|im_end|>\n<|im_start|>assistant\n{% else %}"
    "{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
)


@dataclass(frozen=True)
class Published:
    """A family's Jinja, its tokens, and the tokens (`<…>`) and text that two answers are learned as."""

    name: str
    jinja: str
    control: tuple[str, ...]
    bos: str | None = None
    eos: str | None = None
    stop: str = "<|im_end|>"
    lead: str = ""
    # A template that its model renders thoughts with.
    plain: tuple[str, ...] = ()
    # The same format under the name that the folder's template alone does not tell apart.
    found_as: str | None = None

    @property
    def expected(self) -> str:
        return self.found_as or self.name


_IM = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_HEADERS = ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
PUBLISHED = (
    Published("internlm2", "{{ bos_token }}" + _CHATML, ("<s>", "</s>", *_IM[1:]), "<s>", "</s>"),
    Published(
        "internlm3",
        "{{ bos_token }}" + _CHATML,
        ("<s>", "</s>", *_IM[1:]),
        "<s>",
        "</s>",
        found_as="internlm2",
    ),
    Published("yi", _CHATML, _IM, None, "<|im_end|>", found_as="llama-chatml"),
    Published("llama-chatml", _CHATML, _IM),
    Published("yi-1.5", _YI15, _IM),
    Published("qwen2", _qwen("You are a helpful assistant."), _IM),
    Published("qwen2.5", _qwen("You are Qwen, created by Alibaba Cloud. You are a helpful assistant."), _IM),
    Published("qwen3", _QWEN3, _IM, plain=("<think>", "</think>")),
    Published("llama3", _LLAMA3, _HEADERS, "<|begin_of_text|>", stop="<|eot_id|>"),
    Published("llama3.1", _LLAMA31, _HEADERS, "<|begin_of_text|>", stop="<|eot_id|>"),
    Published("mistral", _MISTRAL, ("<s>", "</s>"), "<s>", "</s>", stop="</s>", lead=" "),
    Published(
        "mistral-v3", _MISTRAL3, ("<s>", "</s>", "[INST]", "[/INST]"), "<s>", "</s>", stop="</s>", lead=" "
    ),
    Published("gemma", _GEMMA3, ("<bos>", "<start_of_turn>", "<end_of_turn>"), "<bos>", stop="<end_of_turn>"),
    Published(
        "phi3",
        "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}",
        ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>"),
        stop="<|end|>",
    ),
    Published(
        "phi4-mini",
        "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}",
        ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>"),
        stop="<|end|>",
    ),
    Published(
        "phi4",
        "{% for m in messages %}<|im_start|>{{ m.role }}<|im_sep|>{{ m.content }}<|im_end|>{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant<|im_sep|>{% endif %}",
        ("<|im_start|>", "<|im_sep|>", "<|im_end|>"),
    ),
)
