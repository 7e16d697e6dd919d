"""A template as data, read off what a Jinja text writes for the probe chats.

What stands before, between and after the contents are the marks of the roles; the mask follows from them: an
answer is what comes after the text that the template writes when asked for a generation prompt, and ends with
the first control token. A text for which this does not hold has no mask, and is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from legal_eagle.models.template import Mark, SystemPlace, Template, Turn
from legal_eagle.models.template_child import GENERATION_BEGIN, GENERATION_END
from legal_eagle.models.template_families import REPOSITORY
from legal_eagle.models.template_probes import ANSWER, FIRST, LAST, SECOND, SYSTEM
from legal_eagle.models.thinking import COMMON_THOUGHT, ThoughtMarks

Atoms = tuple[Mark, ...]
"""Control tokens and single characters, so that no beginning of a token's name counts as common."""


class NotLiftedError(Exception):
    """No sequence of messages between marks; it holds a reason of `template_sandbox.refused`."""


def lift(
    texts: Mapping[str, str | None], bos_token: str | None, cut: Callable[[str], list[Mark]]
) -> Template:
    """`texts`: what the Jinja text writes for `template_probes.CHATS`, by name. `cut` cuts a text at the
    names of control tokens. The caller still compares the whole. Raises NotLiftedError."""
    read = _Reader({name: _unmarked(text) for name, text in texts.items()}, cut)
    head, first_gap, between, second_gap, rest = read.around("whole", (FIRST, ANSWER, SECOND, LAST))
    if first_gap != second_gap:
        raise NotLiftedError("history")
    answer_close = _common_start(rest, between)
    ending, user_open = rest[len(answer_close) :], between[len(answer_close) :]
    if not _ends_with(head, user_open):
        raise NotLiftedError("roles")
    start = head[: len(head) - len(user_open)]
    asked = read.around("talk", (FIRST, ANSWER, SECOND))[-1]
    open_end = read.around("talk-open", (FIRST, ANSWER, SECOND))[-1]
    user_close = _common_start(open_end, first_gap)
    if not _starts_with(asked, user_close) or not _starts_with(first_gap, asked):
        raise NotLiftedError("prompt")
    answer_open, lead = asked[len(user_close) :], first_gap[len(asked) :]
    if any(atom.is_special or not atom.text.isspace() for atom in lead):
        raise NotLiftedError("prompt")
    stop = next((atom.text for atom in answer_close if atom.is_special), None)
    if stop is None:
        raise NotLiftedError("stop")
    has_bos = bos_token is not None and bool(start) and start[0] == Mark(bos_token, True)
    bos, default = (bos_token, start[1:]) if has_bos else (None, start)
    template = Template(
        name=REPOSITORY,
        bos=bos,
        turns={
            "user": Turn(_marks(user_open), _marks(user_close)),
            "assistant": Turn(_marks(answer_open), _marks(answer_close)),
        },
        stop=(stop,),
        answer_lead=_text(lead),
        ending=_marks(ending),
        trims=read.trimmed(),
    )
    if template.turns["user"] == template.turns["assistant"]:
        # Whoever speaks is written alike: what is learned could not be told from what is asked.
        raise NotLiftedError("roles")
    lead_in = start[: len(start) - len(default)]
    return _with_system(template, read, lead_in, default, user_open)


def thought_variants(template: Template) -> Sequence[Template]:
    """The template for chats with thoughts: as written, or as families that think write them."""
    dropping: ThoughtMarks = replace(COMMON_THOUGHT, drops_past=True)
    return (
        template,
        replace(template, thought=COMMON_THOUGHT, thinking="keep"),
        replace(template, thought=dropping, thinking="keep"),
    )


def check_generation(text: str | None) -> None:
    """`{% generation %}` of a template made for training must say what our mask says: an answer with the
    control token that ends it. Raises NotLiftedError."""
    if text is None or GENERATION_BEGIN not in text:
        return
    for answer in (ANSWER, LAST):
        before, found, after = text.partition(answer)
        if not found:
            continue
        opened = before.rfind(GENERATION_BEGIN) > before.rfind(GENERATION_END)
        inside, closed, _ = after.partition(GENERATION_END)
        if not opened or not closed or inside.strip() == "":
            raise NotLiftedError("mask")


def _with_system(
    template: Template, read: _Reader, lead_in: Atoms, default: Atoms, user_open: Atoms
) -> Template:
    """Adds where a system prompt goes: a turn of its own, or the head of a question."""
    text = read.texts["told-whole"]
    if text is None:
        # Refused by the template itself: there is no system turn.
        if default:
            raise NotLiftedError("system")
        return template
    if SYSTEM not in text:
        raise NotLiftedError("system")
    place: SystemPlace = "first" if text.index(SYSTEM) < text.index(FIRST) else "last"
    words = (
        (SYSTEM, FIRST, ANSWER, SECOND, LAST) if place == "first" else (FIRST, ANSWER, SYSTEM, SECOND, LAST)
    )
    gaps = read.around("told-whole", words)
    at = 0 if place == "first" else 2
    before, after = gaps[at], gaps[at + 1]
    if place == "first" and _starts_with(before, lead_in) and _ends_with(after, user_open):
        opening, closing = before[len(lead_in) :], after[: len(after) - len(user_open)]
        if not default or (_starts_with(default, opening) and _ends_with(default, closing)):
            told = default[len(opening) : len(default) - len(closing)] if default else None
            if any(atom.is_special for atom in told or ()):
                raise NotLiftedError("system")
            turns = {"system": Turn(_marks(opening), _marks(closing)), **template.turns}
            return replace(template, turns=turns, default_system=None if told is None else _text(told))
    if default:
        raise NotLiftedError("system")
    usual = (
        (*lead_in, *user_open) if place == "first" else read.around("whole", (FIRST, ANSWER, SECOND, LAST))[2]
    )
    if not _starts_with(before, usual):
        raise NotLiftedError("system")
    inside = before[len(usual) :]
    if any(atom.is_special for atom in (*inside, *after)):
        raise NotLiftedError("system")
    return replace(template, system_joint=_text(after), system_lead=_text(inside), system_place=place)


class _Reader:
    def __init__(self, texts: Mapping[str, str | None], cut: Callable[[str], list[Mark]]) -> None:
        self.texts = texts
        self._cut = cut

    def around(self, name: str, words: Sequence[str]) -> list[Atoms]:
        """What stands before, between and after the contents. Raises NotLiftedError where one of them is not
        there exactly once, in this order: a template that leaves out or repeats what was said."""
        rest = self.texts[name]
        if rest is None:
            raise NotLiftedError("roles")
        gaps: list[Atoms] = []
        if any(rest.count(word) != 1 for word in words):
            raise NotLiftedError("roles")
        for word in words:
            gap, found, rest = rest.partition(word)
            if not found:
                raise NotLiftedError("roles")
            gaps.append(self._atoms(gap))
        return [*gaps, self._atoms(rest)]

    def trimmed(self) -> frozenset[str]:
        """The roles whose content loses the white space around it."""
        roles = {
            "user": ("padded", FIRST),
            "assistant": ("padded", ANSWER),
            "system": ("padded-told", SYSTEM),
        }
        return frozenset(role for role, (name, word) in roles.items() if self._is_trimmed(name, word))

    def _is_trimmed(self, name: str, word: str) -> bool:
        text = self.texts[name]
        return text is not None and f"\n  {word}\n  " not in text

    def _atoms(self, text: str) -> Atoms:
        return tuple(
            atom
            for mark in self._cut(text)
            for atom in ((mark,) if mark.is_special else (Mark(one, False) for one in mark.text))
        )


def _unmarked(text: str | None) -> str | None:
    return None if text is None else text.replace(GENERATION_BEGIN, "").replace(GENERATION_END, "")


def _common_start(left: Atoms, right: Atoms) -> Atoms:
    count = 0
    while count < min(len(left), len(right)) and left[count] == right[count]:
        count += 1
    return left[:count]


def _starts_with(atoms: Atoms, start: Atoms) -> bool:
    return atoms[: len(start)] == start


def _ends_with(atoms: Atoms, end: Atoms) -> bool:
    return not end or atoms[-len(end) :] == end


def _marks(atoms: Atoms) -> tuple[Mark, ...]:
    marks: list[Mark] = []
    for atom in atoms:
        if atom.is_special or not marks or marks[-1].is_special:
            marks.append(atom)
        else:
            marks[-1] = Mark(marks[-1].text + atom.text, False)
    return tuple(marks)


def _text(atoms: Atoms) -> str:
    return "".join(atom.text for atom in atoms)
