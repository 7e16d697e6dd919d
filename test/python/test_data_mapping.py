"""From fields to messages: layouts, mappings, references, histories, dialects."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from data_fixtures import read_all, shared_data, write_lines

from legal_eagle.data.mapping_options import MappingOptions


def _only(tmp_path: Path, row: dict[str, Any], **mapping: Any) -> Any:
    rows, _ = read_all(write_lines(tmp_path / "row.jsonl", [row]), MappingOptions.from_wire(mapping))
    return rows[0]


def _chat(*texts: str) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": text} for n, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("row", "layout", "messages"),
    [
        ({"id": 1, "input": "问", "output": "答"}, "disc-pair", _chat("问", "答")),
        ({"id": 1, "reference": ["法"], "input": "问", "output": "答"}, "disc-triplet", _chat("问", "答")),
        ({"question": "问", "answer": "答", "reference": ["法"]}, "question-answer", _chat("问", "答")),
        ({"问题": "问", "回答": "答"}, "question-answer", _chat("问", "答")),
        ({"instruction": "问", "input": "料", "output": "答"}, "alpaca", _chat("问\n料", "答")),
        ({"instruction": "问", "input": "", "output": "答"}, "alpaca", _chat("问", "答")),
        ({"instruction": "问", "input": None, "output": "答"}, "alpaca", _chat("问", "答")),
        (
            {"instruction": "问", "output": "答", "history": [["甲", "乙"]], "system": "令"},
            "alpaca",
            [{"role": "system", "content": "令"}, *_chat("甲", "乙", "问", "答")],
        ),
        ({"query": "问", "response": "答"}, "query-response", _chat("问", "答")),
        (
            {"query": "问", "response": "答", "history": '[["甲","乙"]]'},
            "query-response",
            _chat("甲", "乙", "问", "答"),
        ),
        ({"query": "问", "laws": ["法"], "response": "答"}, "lawyer-llama", _chat("问", "答")),
        (
            {
                "query": "问",
                "laws": ["法"],
                "history": ["[客户] 问", "[律师] 答", "[客户] 再问", "[律师] 再答"],
            },
            "lawyer-llama",
            _chat("问", "答", "再问", "再答"),
        ),
        (
            {"messages": [{"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}]},
            "messages",
            _chat("问", "答"),
        ),
        (
            {
                "conversations": [{"from": "human", "value": "问"}, {"from": "gpt", "value": "答"}],
                "system": "令",
            },
            "sharegpt",
            [{"role": "system", "content": "令"}, *_chat("问", "答")],
        ),
        ({"conversation": [{"human": "问", "assistant": "答"}]}, "human-assistant", _chat("问", "答")),
        (
            {"conversation": [{"system": "令", "input": "问", "output": "答"}]},
            "xtuner",
            [{"role": "system", "content": "令"}, *_chat("问", "答")],
        ),
    ],
)
def test_each_layout(
    tmp_path: Path, row: dict[str, Any], layout: str, messages: list[dict[str, str]]
) -> None:
    """A layout that is taken for another one, or whose parts change place."""
    mapped = _only(tmp_path, row)
    assert (mapped.layout, mapped.messages, mapped.problems) == (layout, messages, ())


def test_the_reference_goes_where_it_was_asked_for(tmp_path: Path) -> None:
    """Statutes that are dropped silently (as other tools do), or put into the prompt unasked."""
    row = {"reference": ["《民法典》第一条,\n", " ", "《民法典》第二条"], "input": "问", "output": "答"}
    asked: dict[str, Any] = {"referencePlacement": "before", "referenceHeading": "依据："}
    assert _only(tmp_path, row).messages == _chat("问", "答")
    assert _only(tmp_path, row).extra["reference"] == row["reference"]
    before = _only(tmp_path, row, **asked)
    assert before.messages == _chat("依据：\n《民法典》第一条\n《民法典》第二条\n\n问", "答")
    assert "reference" not in before.extra
    assert before.question == "问"
    after = _only(tmp_path, row, referencePlacement="after", referenceHeading="")
    assert after.messages == _chat("问\n\n《民法典》第一条\n《民法典》第二条", "答")


def test_the_reference_of_a_conversation_goes_to_its_first_question(tmp_path: Path) -> None:
    """References in front of the system prompt, or repeated at every turn."""
    row = {
        "reference": "法",
        "messages": [{"role": "system", "content": "令"}, *_chat("一", "二", "三", "四")],
    }
    mapped = _only(tmp_path, row, referencePlacement="before", referenceHeading="")
    assert [turn["content"] for turn in mapped.messages] == ["令", "法\n\n一", "二", "三", "四"]


def test_named_columns_win_and_others_stay_visible(tmp_path: Path) -> None:
    """A mapping that is ignored, and columns that vanish."""
    row = {"id": "7", "title": "问", "body": "详情", "reply": "答", "output": "旧", "law": ["法"]}
    mapping = {
        "prompt": ["title", "body"],
        "answer": "reply",
        "reference": "law",
        "referencePlacement": "after",
    }
    mapped = _only(tmp_path, row, **mapping, referenceHeading="依据")
    assert mapped.messages == _chat("问\n详情\n\n依据\n法", "答")
    assert mapped.extra == {"id": "7", "output": "旧"}


@pytest.mark.parametrize(
    ("layout", "row", "reason"),
    [
        ("disc-pair", {"input": "问", "output": "答", "reference": ["法"]}, None),
        ("alpaca", {"instruction": "问", "output": "答"}, None),
        ("alpaca", {"question": "问", "answer": "答"}, "row.missing_key"),
        ("question-answer", {"问题": "问", "回答": "答"}, None),
        (
            "sharegpt",
            {"conversations": [{"from": "human", "value": "问"}, {"from": "gpt", "value": "答"}]},
            None,
        ),
        ("sharegpt", {"input": "问", "output": "答"}, "row.missing_key"),
    ],
)
def test_a_forced_layout(tmp_path: Path, layout: str, row: dict[str, Any], reason: str | None) -> None:
    """A layout that the person forced and that detection overrules, or that takes other fields."""
    mapped = _only(tmp_path, row, layout=layout)
    assert (mapped.layout, mapped.excluded_reason) == (layout, reason)
    assert mapped.messages == ([] if reason else _chat("问", "答"))


def test_named_columns_win_over_a_conversation(tmp_path: Path) -> None:
    """The conversation column of the row taken although the person chose question and answer."""
    row = {"messages": [{"role": "user", "content": "甲"}], "question": "问", "reply": "答"}
    assert _only(tmp_path, row, answer="reply").messages == _chat("问", "答")


def test_a_named_column_that_a_row_lacks_is_a_problem(tmp_path: Path) -> None:
    """A row that is silently trained without the column that the person chose."""
    full = {"ask": "问", "reply": "答", "law": ["法"]}
    path = write_lines(
        tmp_path / "rows.jsonl", [full, {"ask": "问", "law": []}, {"ask": "问", "reply": "答"}]
    )
    mapping = {"prompt": ["ask"], "answer": "reply", "reference": "law"}
    rows, problems = read_all(path, MappingOptions.from_wire(mapping))
    assert [(problem.code, problem.line, problem.key) for problem in problems] == [
        ("row.missing_key", 2, "reply"),
        ("row.optional_key_missing", 3, "law"),
    ]
    assert [row.excluded_reason for row in rows] == [None, "row.missing_key", None]


def test_the_answer_can_be_chosen_where_names_are_foreign() -> None:
    """Real rows with 问题 and two models' answers, of which neither has an answer's name."""
    path = shared_data("law-gpt") / "test_result.json"
    rows, problems = read_all(path)
    assert {row.excluded_reason for row in rows} == {"row.no_layout"}
    assert problems[0].code == "data.no_mapping"
    assert "LawGPT_zh" in (problems[0].detail or "")
    rows, problems = read_all(path, MappingOptions.from_wire({"answer": "LawGPT_zh"}))
    assert problems == []
    assert [row.messages[1]["content"] for row in rows] == [row.record.value["LawGPT_zh"] for row in rows]  # type: ignore[index]


def test_list_answers_are_a_layout_or_a_mistake_by_their_number(tmp_path: Path) -> None:
    """The first of several answers taken where one row alone has a list by mistake, or the reverse."""
    rows, problems = read_all(shared_data("crime-kg") / "readme_qa.jsonl")
    assert len(rows) == 17
    assert {problem.code for problem in problems} == {"data.answer_lists"}
    assert rows[0].messages[1]["content"] == "欠款金额是多少 "
    good = {"input": "问", "output": "答"}
    rows, problems = read_all(
        write_lines(tmp_path / "r.jsonl", [good, good, {"input": "问", "output": ["答"]}])
    )
    assert [(problem.code, problem.line) for problem in problems] == [("row.wrong_type", 3)]


@pytest.mark.parametrize(
    ("name", "code", "rows"),
    [
        ("llama-factory/dpo_zh_demo.json", "row.preference", 60),
        ("llama-factory/kto_en_demo.json", "row.preference", 60),
        ("medicalgpt/dpo_zh.jsonl", "row.preference", 60),
        ("llama-factory/c4_demo.jsonl", "row.pretraining", 60),
        ("llama-factory/mllm_demo.json", "row.media", 6),
    ],
)
def test_data_for_other_kinds_of_training_is_recognised(name: str, code: str, rows: int) -> None:
    """Rejected answers, plain text or picture captions learned as answers."""
    found, _ = read_all(shared_data("formats") / name)
    assert Counter(row.excluded_reason for row in found) == {code: rows}


@pytest.mark.parametrize(
    ("name", "usable", "layout"),
    [
        ("llama-factory/alpaca_zh_demo.json", 1000, "alpaca"),
        ("llama-factory/alpaca_en_demo.json", 300, "alpaca"),
        ("llama-factory/identity.json", 91, "alpaca"),
        ("llama-factory/v1_sft_demo.jsonl", 100, "messages"),
        ("llama-factory/glaive_toolcall_zh_demo.json", 45, "sharegpt"),
        ("medicalgpt/sharegpt_zh_format.jsonl", 199, "sharegpt"),
        ("medicalgpt/medical_sft_format.jsonl", 200, "sharegpt"),
        ("axolotl/alpaca.json", 2, "alpaca"),
        ("axolotl/conversation.json", 1, "sharegpt"),
        ("xtuner/multi_turn_2.data.json", 2, "messages"),
    ],
)
def test_samples_of_other_tools(name: str, usable: int, layout: str) -> None:
    """A format of another tool that is no longer recognised."""
    rows, _ = read_all(shared_data("formats") / name)
    good = [row for row in rows if row.messages]
    assert len(good) == usable
    assert {row.layout for row in good} == {layout}


def test_lawyer_llama_whole_with_laws_and_histories() -> None:
    """The volume set: a file of its five layouts that loses rows, laws or turns."""
    folder = shared_data("lawyer-llama")
    options = MappingOptions.from_wire({"referencePlacement": "before"})
    expected = {
        "fakao_gpt4.json": (876, "disc-pair"),
        "judical_examination.json": (400, "alpaca"),
        "legal_advice.json": (4362, "alpaca"),
        "legal_counsel_multi_turn_with_article_v2.json": (423, "lawyer-llama"),
        "legal_counsel_with_article_v2.json": (869, "lawyer-llama"),
        "zixun_gpt4.json": (845, "lawyer-llama"),
    }
    for name, (count, layout) in expected.items():
        rows, problems = read_all(folder / name, options)
        assert (len(rows), {row.layout for row in rows}) == (count, {layout}), name
        assert [problem for problem in problems if problem.level == "error"] == [], name
        assert all(row.messages for row in rows), name
        for row in rows:
            value = row.record.value
            assert isinstance(value, dict)
            if value.get("laws"):
                first = row.messages[0]["content"]
                assert first.startswith("参考资料：\n" + value["laws"][0].strip()), name
                assert first.endswith("\n\n" + value["query"]), name
            if "history" in value:
                assert row.messages[-1]["role"] == "assistant"
                answers = [turn["content"] for turn in row.messages if turn["role"] == "assistant"]
                lawyer = [
                    entry.split("]", 1)[1].strip() for entry in value["history"] if entry.startswith("[律师]")
                ]
                assert "\n".join(answers).split() == "\n".join(lawyer).split()


def test_system_prompts_and_empty_turns(tmp_path: Path) -> None:
    """A system column that is doubled, or a null content that becomes the text None."""
    both = {"system": "外", "messages": [{"role": "system", "content": "内"}, *_chat("问", "答")]}
    assert [turn["content"] for turn in _only(tmp_path, both).messages] == ["内", "问", "答"]
    null = {"messages": [{"role": "user", "content": "问"}, {"role": "assistant", "content": None}]}
    assert _only(tmp_path, null).excluded_reason == "row.null_value"
    tagged = {"query": "问", "history": ["[客户] 问", "[法官] 答"]}
    assert _only(tmp_path, tagged).excluded_reason == "row.unknown_role"


def test_texts_are_not_touched(tmp_path: Path) -> None:
    """Outer blanks, full-width forms or line ends that change on the way."""
    text = " 　《民法典》第１条\r\n\u200b😀 \n"
    mapped = _only(tmp_path, {"input": text, "output": text})
    assert json.dumps(mapped.messages) == json.dumps(_chat(text, text))
