"""The token store with a byte-level encoder: real files, no tokenizer needed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legal_eagle.data.token_store import StoreKey, TokenStore, build_or_open, cut_to

KEY = StoreKey("rows", "train", "tokenizer", "template", None, "none", 64)


@dataclass(frozen=True)
class Row:
    id: int
    messages: Sequence[Mapping[str, str]]


def row(number: int, question: str, answer: str) -> Row:
    return Row(number, [{"role": "user", "content": question}, {"role": "assistant", "content": answer}])


def encode(rows: Sequence[object]) -> Iterable[tuple[list[int], list[bool]]]:
    for item in rows:
        question, answer = (message["content"].encode() for message in item.messages)  # type: ignore[attr-defined]
        yield [*question, *answer], [False] * len(question) + [True] * len(answer)


def build(rows: list[Row], folder: Path, key: StoreKey = KEY) -> TokenStore:
    return build_or_open(lambda: rows, encode, key, folder)  # type: ignore[arg-type,return-value]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=20)), max_size=40))
def test_documents_come_back_as_they_went_in(
    tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str]]
) -> None:
    # Bug caught: offsets or mask bits shifted at a byte boundary.
    rows = [row(index + 100, question, answer) for index, (question, answer) in enumerate(texts)]
    store = build(rows, tmp_path_factory.mktemp("store"), dataclasses.replace(KEY, cutoff_tokens=10_000))
    assert store.counts.documents == len(rows) == len(store)
    for index, (ids, mask) in enumerate(encode(rows)):
        got_ids, got_mask = store.document(index)
        assert got_ids.tolist() == ids
        assert got_mask.tolist() == mask
        assert store.answer_counts[index] == sum(mask)
        assert store.row_ids[index] == index + 100


def test_rows_without_answer_tokens_are_dropped_and_counted(tmp_path: Path) -> None:
    # Bug caught: a row cut to its question, trained as zero answer tokens without a word.
    rows = [row(1, "q" * 10, "a" * 10), row(2, "q" * 60, "a" * 10), row(3, "q" * 64, "a"), row(4, "q", "")]
    store = build(rows, tmp_path)
    counts = store.counts
    assert (counts.rows, counts.documents, counts.truncated_rows, counts.dropped_rows) == (4, 2, 1, 2)
    assert store.row_ids.tolist() == [1, 2]
    assert store.lengths.tolist() == [20, 64]
    assert store.answer_counts.tolist() == [10, 4]


def test_the_first_token_is_never_supervised() -> None:
    # Bug caught: counting an answer token that nothing predicts, so the loss is divided by too much.
    kept, _ = cut_to([5, 6], [True, True], 8)
    assert kept is not None
    assert list(kept[1]) == [False, True]
    assert cut_to([5], [True], 8) == (None, False)


def test_a_second_open_does_not_build_again(tmp_path: Path) -> None:
    rows = [row(1, "q", "answer")]
    build(rows, tmp_path)

    def fail() -> list[Row]:
        raise AssertionError("rows were read again")

    store = build_or_open(fail, encode, KEY, tmp_path)  # type: ignore[arg-type]
    assert len(store) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"rows_hash": "other"},
        {"split": "eval"},
        {"tokenizer_hash": "other"},
        {"template_hash": "other"},
        {"system_prompt": "你是律师"},
        {"cutoff_tokens": 65},
        {"mask_rule": "all"},
        {"thinking": "strip"},
        {"max_rows": 3},
    ],
)
def test_every_part_of_the_key_gives_another_store(changes: dict[str, object]) -> None:
    # Bug caught: stale tokens after a changed setting.
    assert dataclasses.replace(KEY, **changes).digest() != KEY.digest()  # type: ignore[arg-type]


def test_a_crash_while_building_leaves_nothing_that_opens(tmp_path: Path) -> None:
    def torn() -> Iterable[Row]:
        yield row(1, "q", "answer")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_or_open(torn, encode, KEY, tmp_path)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
    assert len(build([row(1, "q", "answer")], tmp_path)) == 1


@pytest.mark.parametrize("name", ["ids.u32", "mask.bits", "offsets.u64", "store.json"])
def test_a_damaged_store_is_built_again(tmp_path: Path, name: str) -> None:
    # Bug caught: a half-copied cache folder read as tokens.
    rows = [row(index, "question", "the answer") for index in range(5)]
    store = build(rows, tmp_path)
    path = store.folder / name
    content = path.read_bytes()
    del store
    path.write_bytes(content[:-1])
    again = build(rows, tmp_path)
    assert again.document(4)[0].tolist() == list(b"questionthe answer")
    assert path.read_bytes() == content
    assert [item.name for item in tmp_path.iterdir()] == [KEY.digest()]


def test_an_empty_split_is_a_store_of_no_documents(tmp_path: Path) -> None:
    store = build([], tmp_path)
    assert len(store) == 0
    assert store.lengths.dtype == np.int64
    assert len(build([], tmp_path)) == 0


def test_max_rows_limits_the_rows_that_are_read(tmp_path: Path) -> None:
    rows = [row(index, "q", "a") for index in range(10)]
    assert len(build(rows, tmp_path, dataclasses.replace(KEY, max_rows=4))) == 4
