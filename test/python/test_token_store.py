"""The token store with a byte-level encoder: real files, no tokenizer needed."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legal_eagle.data import token_store
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


def many_rows(count: int) -> list[Row]:
    """Of lengths that end at every place inside a byte of the mask."""
    return [row(number, "q" * (1 + number % 7), "a" * (2 + number % 11)) for number in range(count)]


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_store, "_BATCH_ROWS", 3)
    monkeypatch.setattr(token_store, "_MARK_ROWS", 6)


def crash_after(rows: list[Row], count: int) -> Callable[[], Iterable[Row]]:
    def torn() -> Iterable[Row]:
        yield from rows[:count]
        raise KeyboardInterrupt

    return torn


def files(store: TokenStore) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in store.folder.iterdir()}


@pytest.mark.parametrize("count", [0, 5, 6, 13, 39])
def test_a_build_goes_on_from_the_last_mark_of_a_crash(
    tmp_path: Path, small_batches: None, count: int
) -> None:
    # Bug caught: starting from zero, or a document doubled or lost where the two builds meet.
    rows = many_rows(40)
    straight = build(rows, tmp_path / "straight")
    with pytest.raises(KeyboardInterrupt):
        build_or_open(crash_after(rows, count), encode, KEY, tmp_path / "torn")  # type: ignore[arg-type]
    assert not (tmp_path / "torn" / KEY.digest()).exists()
    encoded: list[int] = []

    def counted(batch: Sequence[object]) -> Iterable[tuple[list[int], list[bool]]]:
        encoded.extend(one.id for one in batch)  # type: ignore[attr-defined]
        return encode(batch)

    again = build_or_open(lambda: rows, counted, KEY, tmp_path / "torn")  # type: ignore[arg-type,return-value]
    assert encoded == list(range(count // 6 * 6, 40))
    assert files(again) == files(straight)
    assert [path.name for path in (tmp_path / "torn").iterdir()] == [KEY.digest()]


@pytest.mark.parametrize("name", ["ids.u32", "mask.bits", "offsets.u64", "progress.json"])
def test_what_was_marked_and_is_damaged_is_not_built_upon(
    tmp_path: Path, small_batches: None, name: str
) -> None:
    # Bug caught: pages that a power failure lost, trained on as zeros.
    rows = many_rows(20)
    with pytest.raises(KeyboardInterrupt):
        build_or_open(crash_after(rows, 13), encode, KEY, tmp_path / "torn")  # type: ignore[arg-type]
    path = tmp_path / "torn" / f"{KEY.digest()}.partial" / name
    content = bytearray(path.read_bytes())
    content[1] ^= 0xFF
    path.write_bytes(content)
    assert files(build(rows, tmp_path / "torn")) == files(build(rows, tmp_path / "straight"))


def test_a_kill_between_the_last_file_and_the_name_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(token_store, "_replace_folder", killed)
        patched.setattr(token_store.shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(KeyboardInterrupt):
            build(many_rows(9), tmp_path)

    def fail() -> list[Row]:
        raise AssertionError("rows were read again")

    assert len(build_or_open(fail, encode, KEY, tmp_path)) == 9  # type: ignore[arg-type]


_KILLED_BUILD = """
import pathlib, sys, threading
sys.path[:0] = sys.argv[2:4]
import test_token_store as tests
from legal_eagle.data import token_store
token_store._BATCH_ROWS, token_store._MARK_ROWS = 3, 6
def encode(batch):
    if batch[0].id >= 21:
        print("here", flush=True)
        threading.Event().wait(120)
    return tests.encode(batch)
token_store.build_or_open(lambda: tests.many_rows(40), encode, tests.KEY, pathlib.Path(sys.argv[1]))
"""


def test_a_killed_process_costs_what_came_after_its_last_mark(tmp_path: Path, small_batches: None) -> None:
    # The real thing: no handler of Python runs in the process that dies.
    here = Path(__file__).resolve()
    paths = [str(here.parent), str(here.parents[2] / "python-runtime")]
    child = subprocess.Popen(
        [sys.executable, "-c", _KILLED_BUILD, str(tmp_path), *paths], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == b"here"
    child.kill()
    child.wait(timeout=60)
    child.stdout.close()
    first: list[int] = []

    def counted(batch: Sequence[object]) -> Iterable[tuple[list[int], list[bool]]]:
        first.append(batch[0].id)  # type: ignore[attr-defined]
        return encode(batch)

    rows = many_rows(40)
    store = build_or_open(lambda: rows, counted, KEY, tmp_path)  # type: ignore[arg-type,return-value]
    assert first[0] == 18
    assert files(store) == files(build(rows, tmp_path / "straight"))


def test_two_builders_of_one_store_tokenise_it_once(tmp_path: Path) -> None:
    # Bug caught: every rank of a run tokenising the same rows, or one reading the other's half.
    rows, entered, told = many_rows(9), threading.Event(), threading.Event()
    batches: list[int] = []

    def slow(batch: Sequence[object]) -> Iterable[tuple[list[int], list[bool]]]:
        batches.append(len(batch))
        entered.set()
        assert told.wait(60), "the second builder was never told of progress"
        return encode(batch)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(build_or_open, lambda: rows, slow, KEY, tmp_path)  # type: ignore[arg-type,return-value]
        assert entered.wait(60)
        second = pool.submit(build_or_open, lambda: rows, slow, KEY, tmp_path, lambda _done: told.set())  # type: ignore[arg-type,return-value]
        stores = [one.result(timeout=60) for one in (first, second)]
    assert batches == [9]
    assert [len(store) for store in stores] == [9, 9]


def test_a_builder_that_does_not_get_on_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Bug caught: a run that waits for ever where another process hangs, or the file system knows no locks.
    monkeypatch.setattr(token_store, "_STALLED_SECONDS", 0.0)
    monkeypatch.setattr(token_store, "try_lock", lambda _descriptor: False)
    store = build(many_rows(9), tmp_path)
    assert len(store) == 9
    assert not [path for path in tmp_path.iterdir() if ".tmp-" in path.name]


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
