"""The families' chat templates. Each docstring names where the format is published."""

from __future__ import annotations

from collections.abc import Mapping

from legal_eagle.models.template import ROLES, Mark, SystemPlace, Template, Turn
from legal_eagle.models.thinking import ThoughtMarks

_LINE_END = Mark("\n", False)
_BLANK_LINE = Mark("\n\n", False)
_ALL_ROLES = frozenset(ROLES)


def _chatml(
    name: str,
    bos: str | None = None,
    *,
    default_system: str | None = None,
    thought: ThoughtMarks | None = None,
) -> Template:
    """`<|im_start|>{role}\\n{content}<|im_end|>\\n` a message: InternLM2, 2.5 and 3 (with `<s>`), Yi, Qwen.

    Qwen2 and 2.5 put a system prompt of their own where there is none; Qwen3 has thoughts instead and leaves
    them out before the last question (their tokenizer_config.json).
    """
    begin, end = "<|im_start|>", "<|im_end|>"
    turns = {
        role: Turn((Mark(begin, True), Mark(f"{role}\n", False)), (Mark(end, True), _LINE_END))
        for role in ROLES
    }
    identity: tuple[object, ...] = (name, bos, begin, end, (end,))
    if default_system is not None or thought is not None:
        identity = (*identity, default_system, thought)
    return Template(name, bos, turns, (end,), identity, default_system=default_system, thought=thought)


def _internlm(name: str, *, ends_question: bool) -> Template:
    """InternLM (1): `<|User|>:{q}<eoh>\\n<|Bot|>:{a}<eoa>\\n`, `<|System|>:{system}\\n`.

    The names of the roles are plain text, `<eoh>` and `<eoa>` control tokens. The model files of 2024-01
    leave `<eoh>` out (InternLM/InternEvo 84499882, transformers/internlm_model).
    """
    asked = (Mark("<eoh>", True), _LINE_END) if ends_question else (_LINE_END,)
    turns = {
        "system": Turn((Mark("<|System|>:", False),), (_LINE_END,)),
        "user": Turn((Mark("<|User|>:", False),), asked),
        "assistant": Turn((Mark("<|Bot|>:", False),), (Mark("<eoa>", True), _LINE_END)),
    }
    # A model that begins another question by itself is at its end too.
    return Template(name, "<s>", turns, ("<eoa>", "<eoh>"), (name, ends_question))


def _yi_1_5() -> Template:
    """Yi 1.5: ChatML, and a system prompt as bare text before the first question."""
    chatml = _chatml("")
    turns = {**chatml.turns, "system": Turn((), ())}
    return Template("yi-1.5", None, turns, chatml.stop)


def _llama3(name: str, told: str | None = None) -> Template:
    """Llama 3: `<|start_header_id|>{role}<|end_header_id|>\\n\\n{content}<|eot_id|>` a message, white space
    at both ends of a content taken off (Meta's model cards and prompt formats). From 3.1 on there always is a
    system message, which begins with `told`; the date in it is the template's own where none is given."""
    end = Mark("<|eot_id|>", True)

    def opening(role: str, begins: str = "") -> tuple[Mark, ...]:
        return (
            Mark("<|start_header_id|>", True),
            Mark(role, False),
            Mark("<|end_header_id|>", True),
            Mark("\n\n" + begins, False),
        )

    turns = {role: Turn(opening(role, (told or "") if role == "system" else ""), (end,)) for role in ROLES}
    return Template(
        name,
        "<|begin_of_text|>",
        turns,
        (end.text,),
        default_system=None if told is None else "",
        trims=_ALL_ROLES,
    )


def _mistral(name: str, *, brackets_are_tokens: bool, place: SystemPlace) -> Template:
    """Mistral Instruct: `<s>[INST] {q} [/INST] {a}</s>`; a system prompt stands in a question, before a blank
    line. v0.1 and v0.2 write the brackets as text and put it into the first question, v0.3 has tokens for
    them, no space before the closing one, and puts it into the last (mistral-common, instruct tokenizers 1
    to 3)."""
    opening = (Mark("[INST]", True), Mark(" ", False)) if brackets_are_tokens else (Mark("[INST] ", False),)
    closing = Mark("[/INST]", True) if brackets_are_tokens else Mark(" [/INST]", False)
    turns = {"user": Turn(opening, (closing,)), "assistant": Turn((), (Mark("</s>", True),))}
    return Template(
        name,
        "<s>",
        turns,
        ("</s>",),
        system_joint="\n\n",
        system_place=place,
        trims=frozenset({"assistant"}),
        answer_lead=" ",
    )


def _gemma(name: str) -> Template:
    """Gemma 1 to 3: `<start_of_turn>{user|model}\\n{content}<end_of_turn>\\n` a message, contents trimmed;
    no system turn: its text goes before the first question, as Gemma 3's own template has it."""
    begin, end = Mark("<start_of_turn>", True), Mark("<end_of_turn>", True)
    turns = {
        role: Turn((begin, Mark(f"{named}\n", False)), (end, _LINE_END))
        for role, named in (("user", "user"), ("assistant", "model"))
    }
    trims = frozenset({"user", "assistant"})
    return Template(name, "<bos>", turns, (end.text,), system_joint="\n\n", trims=trims)


def _phi3(name: str) -> Template:
    """Phi-3 and 3.5: `<|{role}|>\\n{content}<|end|>\\n` a message. Its tokenizers swallow line ends
    after control tokens, which `encode_segments` does as they say."""
    end = Mark("<|end|>", True)
    turns = {role: Turn((Mark(f"<|{role}|>", True), _LINE_END), (end, _LINE_END)) for role in ROLES}
    return Template(name, None, turns, (end.text,), (name, end.text))


def _phi4(name: str) -> Template:
    """Phi-4: `<|im_start|>{role}<|im_sep|>{content}<|im_end|>` a message (its tokenizer_config.json)."""
    end = Mark("<|im_end|>", True)
    turns = {
        role: Turn((Mark("<|im_start|>", True), Mark(role, False), Mark("<|im_sep|>", True)), (end,))
        for role in ROLES
    }
    return Template(name, None, turns, (end.text,))


def _phi4_mini(name: str) -> Template:
    """Phi-4-mini: `<|{role}|>{content}<|end|>` a message, without line ends (its model card)."""
    end = Mark("<|end|>", True)
    turns = {role: Turn((Mark(f"<|{role}|>", True),), (end,)) for role in ROLES}
    return Template(name, None, turns, (end.text,))


AUTO = "auto"
"""Stands for the model folder's own template where that is a family's, else for what its tokenizer says."""
REPOSITORY = "repository"
"""The name of a template that is a model folder's own and no family's."""

TEMPLATES: Mapping[str, Template] = {
    template.name: template
    for template in (
        _chatml("internlm2", "<s>"),
        _chatml("llama-chatml"),
        _chatml("qwen2", default_system="You are a helpful assistant."),
        _chatml(
            "qwen2.5", default_system="You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
        ),
        _chatml("qwen3", thought=ThoughtMarks("<think>\n", "\n</think>\n\n", drops_past=True)),
        _yi_1_5(),
        _internlm("internlm", ends_question=True),
        _internlm("internlm-2024", ends_question=False),
        _llama3("llama3"),
        _llama3("llama3.1", "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"),
        _mistral("mistral", brackets_are_tokens=False, place="first"),
        _mistral("mistral-v3", brackets_are_tokens=True, place="last"),
        _gemma("gemma"),
        _phi3("phi3"),
        _phi4("phi4"),
        _phi4_mini("phi4-mini"),
    )
}

# What other tools call the same formats (LLaMA-Factory's `template`, XTuner's `PROMPT_TEMPLATE`), and
# families that share one.
ALIASES: Mapping[str, str] = {
    "chatml": "llama-chatml",
    "yi": "llama-chatml",
    "internlm2.5": "internlm2",
    "internlm3": "internlm2",
    "intern": "internlm",
    "intern2": "internlm2",
    "internlm_chat": "internlm",
    "internlm2_chat": "internlm2",
    "qwen": "qwen2.5",
    "qwen3_nothink": "llama-chatml",
    "llama3_chat": "llama3",
    "llama3.2": "llama3.1",
    "llama3.3": "llama3.1",
    "gemma2": "gemma",
    "gemma3": "gemma",
    "phi": "phi3",
}


def is_known_template(name: str) -> bool:
    """Whether a recipe may name it."""
    return name in (AUTO, REPOSITORY) or ALIASES.get(name, name) in TEMPLATES
