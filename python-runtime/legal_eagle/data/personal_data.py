"""What in a text tells of one person, by patterns and, where there is one, by the check sum of the number.

A finding is a reason to look, not a verdict: addresses are found by their form, and names only by the role
that stands before them, so both miss much and a name is no more than a hint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

PersonalDataKind = Literal["id-number", "bank-card", "mobile", "email", "licence-plate", "address", "name"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Characters `start` to `end` of the text. `value` is the same however the number is spaced."""

    kind: PersonalDataKind
    start: int
    end: int
    value: str
    is_hint: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """The pattern's group `value` is what is found; `accepts` is asked with what `normal` makes of it."""

    kind: PersonalDataKind
    pattern: re.Pattern[str]
    accepts: Callable[[str], bool] = lambda _: True
    normal: Callable[[str], str] = str.strip
    is_hint: bool = False


# Full-width letters, digits and signs, one character for one: offsets stay those of the text.
_HALF_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF5B)} | {0xFF20: "@", 0xFF0E: "."}
_MASK: Final = "█"

# GB/T 2260: the first two digits of every administrative division code.
_PROVINCES: Final = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
# GB 11643-1999, ISO 7064 MOD 11-2.
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS: Final = "10X98765432"


def is_id_number(digits: str) -> bool:
    """Whether 18 characters are a Chinese identity number: division, day of birth, check character."""
    if _PROVINCES.match(digits) is None:
        return False
    try:
        born = date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    if not 1900 <= born.year <= date.today().year:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, digits, strict=False))
    return digits[17] == _ID_CHECKS[total % 11]


def has_luhn_sum(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def is_bank_card(digits: str) -> bool:
    """UnionPay, Visa or Mastercard by the first digits, with a sum that holds."""
    known = digits[:2] in {"62", "51", "52", "53", "54", "55"} or (digits[0] == "4" and len(digits) == 16)
    return known and len(set(digits[6:])) > 1 and has_luhn_sum(digits)


def _digits(text: str) -> str:
    return re.sub(r"[\s\-]", "", text).upper()


def _mobile(text: str) -> str:
    return _digits(text)[-11:]


# Neither in a longer number nor in a decimal one.
_BEFORE: Final = r"(?<![0-9A-Za-z])(?<![0-9][.,])"
_AFTER: Final = r"(?![0-9A-Za-z])(?!\.[0-9])"
# Eleven digits before one of these are an amount.
_NO_AMOUNT: Final = r"(?!\s*(?:元|万|亿|股|吨|千克|公斤|平方|美元|港元|人民币|%))"
_NO_MONEY: Final = r"(?<![¥￥$])(?<!人民币)"

_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭萧蔡潘田董袁余叶蒋杜苏魏程吕丁沈姚卢姜崔钟谭"
    "陆汪范廖石贾韦夏付邹熊孟秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔汤"
)
# What a court document writes before a name.
_ROLES: Final = (
    "原告人?|被告人?|上诉人|被上诉人|申请人|被申请人|申请执行人|被执行人|第三人|法定代表人|法定代理人|委托代理人|"
    "委托诉讼代理人|诉讼代理人|辩护人|被害人|证人|审判长|审判员|代理审判员|人民陪审员|书记员"
)
# Anonymised as courts publish (张某, 王××), and what follows a role in statutes (被害人陈述).
_NO_NAME: Final = re.compile(r"某|[×xX*＊]|公司|法院|高院|高级|银行|中心|律师|陈述|许可|严格")

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "id-number",
        re.compile(rf"{_BEFORE}(?P<value>[1-9]\d{{5}}[ \-]?\d{{8}}[ \-]?\d{{3}}[0-9Xx]){_AFTER}"),
        is_id_number,
        _digits,
    ),
    Rule(
        "bank-card",
        re.compile(
            rf"{_BEFORE}(?P<value>\d{{16,19}}|\d{{4}}(?:[ \-]\d{{4}}){{3}}(?:[ \-]?\d{{1,3}})?){_AFTER}"
        ),
        is_bank_card,
        _digits,
    ),
    Rule(
        "mobile",
        re.compile(
            rf"{_BEFORE}{_NO_MONEY}(?P<value>(?:\+?86[ \-]?)?"
            rf"1(?:3\d|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])(?:\d{{8}}|[ \-]\d{{4}}[ \-]\d{{4}}))"
            rf"{_AFTER}{_NO_AMOUNT}"
        ),
        normal=_mobile,
    ),
    Rule(
        "email",
        re.compile(
            r"(?<![A-Za-z0-9._%+\-])(?P<value>[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){0,4}"
            r"\.[A-Za-z]{2,24})(?![A-Za-z0-9\-])"
        ),
        normal=str.lower,
    ),
    Rule(
        "licence-plate",
        re.compile(
            r"(?P<value>[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·•. ]?"
            r"(?=[A-HJ-NP-Z]{0,5}\d)(?:[A-HJ-NP-Z0-9]{5,6}|[A-HJ-NP-Z0-9]{4}[学警港澳挂]))(?![0-9A-Za-z])"
        ),
        normal=lambda text: re.sub(r"[·•. ]", "", text),
    ),
    Rule(
        "address",
        re.compile(
            # At most the six characters before the road: a longer beginning costs time on every character.
            r"(?P<value>[\u4e00-\u9fff]{2,6}(?:路|街|大道|巷|弄|胡同|小区|村|花园|公寓)(?:\d{1,4}弄)?\d{1,5}"
            r"(?:号(?:\d{1,4}(?:栋|幢|座|号楼))?|栋|幢|号楼)(?:\d{1,3}(?:单元|门))?(?:\d{1,5}(?:室|户|房))?)"
        ),
    ),
    Rule(
        "name",
        re.compile(
            rf"(?:{_ROLES})(?:（[^）]{{1,12}}）)?[：:\s]{{0,2}}(?P<value>[{_SURNAMES}][\u4e00-\u9fff·]{{1,2}})"
            rf"(?=[，,。、；;：:（(\s]|$)"
        ),
        lambda text: _NO_NAME.search(text) is None,
        is_hint=True,
    ),
)


def find_personal_data(text: str, rules: Iterable[Rule] = RULES) -> list[Finding]:
    """What the rules find, by its place. No two findings overlap: an earlier rule of the table goes first."""
    plain = text.translate(_HALF_WIDTH)
    found: list[Finding] = []
    for rule in rules:
        for match in rule.pattern.finditer(plain):
            start, end = match.span("value")
            if any(start < one.end and one.start < end for one in found):
                continue
            value = rule.normal(match["value"])
            if rule.accepts(value):
                found.append(Finding(rule.kind, start, end, value, rule.is_hint))
    return sorted(found, key=lambda one: one.start)


def mask_personal_data(text: str) -> str:
    """The text with a block for every character of a finding, hints among them."""
    masked = list(text)
    for one in find_personal_data(text):
        masked[one.start : one.end] = _MASK * (one.end - one.start)
    return "".join(masked)
