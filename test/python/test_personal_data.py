"""The rules that find personal data: what each has to find, and what of a legal text it must leave alone.

Every number here is made up: the check sums hold, nobody has them.
"""

from __future__ import annotations

import itertools
import random

import pytest

from legal_eagle.data.personal_data import (
    find_personal_data,
    has_luhn_sum,
    is_id_number,
    mask_personal_data,
)


def kinds(text: str) -> list[tuple[str, str]]:
    return [(one.kind, one.value) for one in find_personal_data(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("身份证号码11010519491231002X，住", [("id-number", "11010519491231002X")]),
        ("身份证号 440308 19990110 4510。", [("id-number", "440308199901104510")]),
        ("公民身份号码：１１０１０５１９４９１２３１００２Ｘ", [("id-number", "11010519491231002X")]),
        ("联系电话13812345678", [("mobile", "13812345678")]),
        ("电话：+86 138-1234-5678，", [("mobile", "13812345678")]),
        ("微信同号(19912345678)", [("mobile", "19912345678")]),
        ("转入6222 0200 0012 3456 782账户", [("bank-card", "6222020000123456782")]),
        ("卡号4012888888881881", [("bank-card", "4012888888881881")]),
        ("邮箱 Zhang.San+law@mail.example.com.cn。", [("email", "zhang.san+law@mail.example.com.cn")]),
        ("驾驶粤B·12345小型轿车", [("licence-plate", "粤B12345")]),
        (
            "新能源车京AD12345与川A1234学相撞",
            [("licence-plate", "京AD12345"), ("licence-plate", "川A1234学")],
        ),
        ("住北京市朝阳区建国路88号3号楼2单元501室", [("address", "市朝阳区建国路88号3号楼2单元501室")]),
        ("原告：张三丰，男，汉族", [("name", "张三丰")]),
        ("审判员 李四", [("name", "李四")]),
    ],
)
def test_what_tells_of_a_person_is_found(text: str, found: list[tuple[str, str]]) -> None:
    """Would catch a rule that misses the usual spellings: spaces, hyphens, full width, a country code."""
    assert kinds(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "《民法典》第一千零七十九条、第1165条第2款规定",
        "（2021）京0105民初12345号民事判决书",
        "(2019)最高法民终1234号，2021年3月15日作出",
        "于2020-01-05至20210105期间",
        "货款13812345678元、人民币13812345678，合计¥13912345678.50",
        "注册资本18600000000股",
        "统一社会信用代码91110105MA01234567",
        "身份证号110105194912310021",  # check character
        "编号110105199913310024",  # month 13
        "编号990105194912310028",  # no such province
        "卡号4012888888881882",  # sum
        "卡号6200000000000000000",
        "订单号1234567890123456",
        "张某某诉李某、王××民间借贷纠纷一案，原告张某，男",
        "原告认为，被告应当，第三人述称",
        "被告北京某某公司，上诉人高院",
        "证人证言、被害人陈述、被告人供述；委托诉讼代理人经审判长许可，可以发问",
        "金额12.13812345678",
        "苏A股票与京B股、京0105",
        "@全体成员 a@b",
        "第12号街道办通知，路面3处，2路公交车",
        "ISBN 9787503612345",
    ],
)
def test_a_legal_text_without_persons_stays_alone(text: str) -> None:
    """Would catch rules that cry wolf on articles, case numbers, dates, amounts and anonymised names."""
    assert kinds(text) == []


def test_every_wrong_check_character_is_refused() -> None:
    """Would catch a check sum that is computed and not compared."""
    body = "11010519491231002"
    assert [last for last in "0123456789X" if is_id_number(body + last)] == ["X"]


def test_luhn_catches_every_single_digit() -> None:
    """Would catch a doubling that starts at the wrong end, which some lengths hide."""
    chance = random.Random(3)
    for length in (16, 17, 18, 19):
        body = "".join(chance.choice("0123456789") for _ in range(length - 1))
        (check,) = [digit for digit in "0123456789" if has_luhn_sum(body + digit)]
        good = body + check
        for place in range(length):
            for digit in set("0123456789") - {good[place]}:
                assert not has_luhn_sum(good[:place] + digit + good[place + 1 :])


def test_findings_never_overlap_and_masking_keeps_length() -> None:
    """Would catch a number that counts twice (of 18 digits, as a card too), and shifted offsets."""
    text = "原告：张三丰，身份证１１０１０５１９４９１２３１００２Ｘ，电话13812345678，邮箱a@b.cn。"
    found = find_personal_data(text)
    assert [one.kind for one in found] == ["name", "id-number", "mobile", "email"]
    assert all(left.end <= right.start for left, right in itertools.pairwise(found))
    masked = mask_personal_data(text)
    assert len(masked) == len(text)
    assert find_personal_data(masked) == []
    assert masked.startswith("原告：███，身份证██████████████████，")


def test_long_lines_take_time_in_proportion() -> None:
    """Would catch a pattern that backtracks: a row without spaces must not hold up a scan of 300,000 rows.

    Without a clock: a pattern whose work grows with the square of the text would not come back at all.
    """
    for piece in ("1", "a.", "中", "省市区", "张路1", "京A", "a@a.", "6222 "):
        assert isinstance(find_personal_data(piece * 40_000), list)
