"""The import job: consent, the dataset file, the split, stopping, and the real folders."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from data_fixtures import REPOSITORY, Events, run_import, shared_data, write_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from legal_eagle.data import import_job
from legal_eagle.data.cjk_text import spaced_text
from legal_eagle.data.dataset_store import DatasetStore
from legal_eagle.data.dataset_writer import DatasetWriter, schema_sql
from legal_eagle.data.split import choose_eval_keys, prompt_key
from legal_eagle.jobs.errors import EXIT_DATA, EXIT_DISK_FULL, JobError


def _rows(count: int, **extra: Any) -> list[dict[str, Any]]:
    return [
        {"id": n, "input": f"第{n}个问题怎么办？", "output": f"第{n}个回答。", **extra} for n in range(count)
    ]


def _query(path: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(path)
    try:
        return database.execute(sql, values).fetchall()
    finally:
        database.close()


def test_the_packaged_schema_is_the_repositorys() -> None:
    """The importer writes another schema than the core expects."""
    schema = REPOSITORY / "resources" / "protocol" / "dataset.sql"
    assert schema_sql() == schema.read_text(encoding="utf-8")


def test_a_good_file_is_imported_whole(tmp_path: Path) -> None:
    """A row that is lost between reading and the dataset file, or a hash that does not cover it."""
    rows = _rows(50, category="婚姻")
    events = Events()
    outcome, path = run_import(
        events, tmp_path, [write_lines(tmp_path / "rows.jsonl", rows)], evalFraction=0.1
    )
    assert outcome == "done"
    result = events.result
    counted = {key: result[key] for key in ("imported", "rows", "train", "eval", "excluded", "unreadable")}
    assert counted == {"imported": True, "rows": 50, "train": 45, "eval": 5, "excluded": 0, "unreadable": 0}
    with DatasetStore.open(path) as store:
        stored = sorted([*store.rows("train"), *store.rows("eval")], key=lambda row: row.id)
        assert [row.messages for row in stored] == [
            [{"role": "user", "content": row["input"]}, {"role": "assistant", "content": row["output"]}]
            for row in rows
        ]
        assert store.counts().rows == 50
        assert store.content_hash() == result["contentHash"] == store.meta()["contentHash"]
    assert _query(path, "SELECT extra FROM rows WHERE id = 3") == [('{"id":2,"category":"婚姻"}',)]
    assert _query(path, "SELECT line FROM rows ORDER BY id")[-1] == (50,)
    digest = hashlib.sha256((tmp_path / "rows.jsonl").read_bytes()).hexdigest()
    assert _query(path, "SELECT sha256, records FROM sources") == [(digest, 50)]
    assert [name.name for name in tmp_path.iterdir() if name.suffix == ".part"] == []
    assert _query(path, "PRAGMA integrity_check") == [("ok",)]
    assert _query(path, "PRAGMA foreign_key_check") == []


def test_an_inspection_shows_rows_and_writes_nothing(tmp_path: Path) -> None:
    """A preview that imports, that refuses broken rows, or that shows other rows than will be stored."""
    rows = [{**row, "reference": ["《民法典》第一条"]} for row in _rows(5)]
    source = write_lines(tmp_path / "rows.jsonl", [*rows, {"id": 9, "input": "问"}])
    events = Events()
    mapping = {"reference": "reference", "referencePlacement": "before", "referenceHeading": "依据："}
    outcome, path = run_import(events, tmp_path, [source], accept="inspect", mapping=mapping)
    assert outcome == "done"
    assert not path.exists()
    result = events.result
    assert (result["imported"], result["rows"], result["usable"], result["errors"]) == (False, 6, 5, 1)
    assert result["train"] + result["eval"] == 5
    assert result["eval"] == 1
    assert result["problemCounts"] == {"row.missing_key": 1}
    assert result["excludedReasons"] == [{"code": "row.missing_key", "count": 1}]
    assert [sample["line"] for sample in result["samples"]] == [1, 2, 3]
    assert result["samples"][0]["messages"] == [
        {"role": "user", "content": "依据：\n《民法典》第一条\n\n第0个问题怎么办？"},
        {"role": "assistant", "content": "第0个回答。"},
    ]


def test_nothing_is_imported_without_consent(tmp_path: Path) -> None:
    """A half-valid file that is imported without a question, or refused without figures."""
    source = write_lines(tmp_path / "rows.jsonl", [*_rows(5), {"id": 9, "input": "问"}])
    with source.open("a", encoding="utf-8") as file:
        file.write('{"input": "断\n')
    events = Events()
    with pytest.raises(JobError) as caught:
        run_import(events, tmp_path, [source])
    error = caught.value
    assert (error.code, error.exit_code) == ("data.import_needs_consent", EXIT_DATA)
    assert {key: error.params[key] for key in ("rows", "usable", "excluded", "unreadable")} == {
        "rows": 6,
        "usable": 5,
        "excluded": 1,
        "unreadable": 1,
    }
    assert (error.params["file"], error.params["line"], error.params["reason"]) == (
        "rows.jsonl",
        6,
        "row.missing_key",
    )
    assert events.result["imported"] is False
    assert [(p["code"], p["line"]) for p in events.result["problems"]] == [
        ("row.missing_key", 6),
        ("row.json_truncated", 7),
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.jsonl"]


def test_with_consent_every_row_is_in_exactly_one_split(tmp_path: Path) -> None:
    """A row that is counted twice or nowhere; an excluded row whose text is gone."""
    source = write_lines(tmp_path / "rows.jsonl", [*_rows(8), {"id": 9, "input": "特别的问题"}, [1]])
    events = Events()
    _, path = run_import(events, tmp_path, [source], accept="usable", evalFraction=0.25)
    result = events.result
    assert result["rows"] == 10 == result["train"] + result["eval"] + result["excluded"]
    assert _query(path, "SELECT record, excluded_reason, raw FROM rows WHERE split = 'excluded'") == [
        (8, "row.missing_key", '{"id":9,"input":"特别的问题"}'),
        (9, "row.not_an_object", "[1]"),
    ]
    assert _query(path, "SELECT line, code, level, key FROM problems ORDER BY id") == [
        (9, "row.missing_key", "error", "output"),
        (10, "row.not_an_object", "error", None),
    ]
    assert _query(path, "SELECT count(*) FROM problems p JOIN rows r ON r.id = p.row_id") == [(2,)]


def test_full_text_finds_two_characters(tmp_path: Path) -> None:
    """Chinese words of two characters that a trigram or whole-run index cannot find."""
    rows = [{"input": "请问离婚需要什么", "output": "协议"}, {"input": "婚后离家", "output": "不是"}]
    _, path = run_import(Events(), tmp_path, [write_lines(tmp_path / "r.jsonl", rows)], evalFraction=0)
    sql = "SELECT rowid FROM rows_fts WHERE rows_fts MATCH ?"
    assert _query(path, sql, f'"{spaced_text("离婚")}"') == [(1,)]
    assert _query(path, sql, f'"{spaced_text("离家")}"') == [(2,)]
    assert _query(path, sql, f'"{spaced_text("协议")}"') == [(1,)]


@settings(max_examples=200, deadline=None)
@given(
    keys=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=60),
    copies=st.lists(st.integers(0, 59), max_size=60),
    fraction=st.sampled_from([0.0, 0.01, 0.1, 0.5, 0.9]),
    seed=st.integers(0, 2**40),
)
def test_the_split_is_exact_stable_and_whole(
    keys: list[int], copies: list[int], fraction: float, seed: int
) -> None:
    """An empty eval split, one that takes everything, or one that depends on the order of rows."""
    rows = keys + [keys[index % len(keys)] for index in copies if keys]
    chosen = choose_eval_keys(rows, fraction, seed)
    assert chosen == choose_eval_keys(reversed(rows), fraction, seed)
    assert chosen <= set(rows)
    taken = sum(key in chosen for key in rows)
    if fraction == 0 or len(set(rows)) < 2:
        assert chosen == frozenset()
    else:
        assert 1 <= taken < len(rows)
        if len(set(rows)) == len(rows):
            assert taken == min(max(1, round(len(rows) * fraction)), len(rows) - 1)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("离婚怎么办？", " 离婚，怎么办"),
        ("ＡＢＣ公司欠钱", "abc公司欠钱。"),
        ("定金\n与订金有何区别", "定金与订金有何区别?"),
    ],
)
def test_near_equal_questions_share_a_key(first: str, second: str) -> None:
    """The same question in train and in eval because of a full stop."""
    assert prompt_key(first, []) == prompt_key(second, [])
    assert prompt_key(first, []) != prompt_key(first + "吗那么", [])


def test_equal_questions_never_straddle_the_split(tmp_path: Path) -> None:
    """A leak: one question learned and evaluated, also with another reference or punctuation."""
    rows = []
    for n in range(60):
        for variant in range(3):
            rows.append(
                {
                    "input": f"第{n}号案件如何处理" + "？。 "[variant],
                    "output": f"回答{variant}",
                    "reference": [f"法条{n + variant}"],
                }
            )
    mapping = {"referencePlacement": "before"}
    _, path = run_import(
        Events(), tmp_path, [write_lines(tmp_path / "r.jsonl", rows)], evalFraction=0.2, mapping=mapping
    )
    sides: dict[str, set[str]] = {}
    for split, messages in _query(path, "SELECT split, messages FROM rows"):
        question = json.loads(messages)[0]["content"].split("\n\n")[1][:10].rstrip("？。 ")
        sides.setdefault(question, set()).add(split)
    assert len(sides) == 60
    assert all(len(splits) == 1 for splits in sides.values())
    assert {"eval"} in sides.values()


def test_the_same_import_gives_the_same_content(tmp_path: Path) -> None:
    """A content hash that changes by itself, so that caches and runs never match."""
    source = write_lines(tmp_path / "r.jsonl", _rows(40))
    hashes = set()
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        events = Events()
        (tmp_path / name).mkdir()
        run_import(events, tmp_path / name, [source], seed=seed, evalFraction=0.2)
        hashes.add(events.result["contentHash"])
    assert len(hashes) == 2


@pytest.mark.parametrize("polls", [0, 3, 6])
def test_a_stopped_import_leaves_nothing(tmp_path: Path, polls: int) -> None:
    """A half-written dataset under its final name, or a temporary file that stays."""
    source = write_lines(tmp_path / "rows.jsonl", _rows(900))
    events = Events()
    outcome, path = run_import(events, tmp_path, [source], stop_after=polls)
    assert outcome == "stopped"
    assert not path.exists()
    assert [entry.name for entry in tmp_path.iterdir()] == ["rows.jsonl"]
    assert events.of("result") == []


def test_a_source_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that another program still writes: the check and the import would see different rows."""
    source = write_lines(tmp_path / "rows.jsonl", _rows(20))
    choose = import_job.choose_eval_keys

    def grow(*args: Any) -> frozenset[int]:
        with source.open("a", encoding="utf-8") as file:
            file.write(json.dumps(_rows(1)[0]) + "\n")
        return choose(*args)

    monkeypatch.setattr(import_job, "choose_eval_keys", grow)
    with pytest.raises(JobError) as caught:
        run_import(Events(), tmp_path, [source])
    assert caught.value.code == "data.source_changed"
    assert [entry.name for entry in tmp_path.iterdir()] == ["rows.jsonl"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.jsonl", b"", "data.empty_file"),
        ("empty.json", b"[]", "data.empty_file"),
        ("blank.csv", b"\n \n", "data.empty_file"),
        ("header.csv", "问题,回答\n".encode(), "data.empty_file"),
        ("text.json", "第一条 为了".encode(), "data.not_json"),
        ("rows.xlsx", b"PK\x03\x04rest", "data.container_unsupported"),
        ("rows.json", b"PAR1rest", "data.container_unsupported"),
        ("other.jsonl", b'{"a": "1", "b": "2"}\n', "data.no_mapping"),
        ("numbers.jsonl", b"[1]\n[2]\n", "data.no_usable_rows"),
    ],
)
@pytest.mark.parametrize("accept", ["none", "usable"])
def test_a_file_without_a_usable_row_is_refused_for_its_reason(
    tmp_path: Path, name: str, content: bytes, code: str, accept: str
) -> None:
    """An empty dataset, or a refusal that does not say why."""
    (tmp_path / name).write_bytes(content)
    events = Events()
    with pytest.raises(JobError) as caught:
        run_import(events, tmp_path, [tmp_path / name], accept=accept)
    assert caught.value.code == code
    assert events.result["imported"] is False


def test_a_full_disk_leaves_nothing_and_has_its_own_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk that is told as a crash, or that leaves a part of a file on the full disk."""

    class SmallDisk(DatasetWriter):
        def __init__(self, path: Path) -> None:
            super().__init__(path)
            # SQLite answers with the same error as on a full disk.
            self._db.execute("PRAGMA max_page_count = 40")

    monkeypatch.setattr(import_job, "DatasetWriter", SmallDisk)
    source = write_lines(tmp_path / "rows.jsonl", _rows(3000))
    with pytest.raises(JobError) as caught:
        run_import(Events(), tmp_path, [source])
    assert (caught.value.code, caught.value.exit_code) == ("data.disk_full", EXIT_DISK_FULL)
    assert [entry.name for entry in tmp_path.iterdir()] == ["rows.jsonl"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A traceback where the data folder is read-only or its path is a file."""
    source = write_lines(tmp_path / "rows.jsonl", _rows(3))
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(JobError) as caught:
        run_import(Events(), tmp_path / "file", [source])
    assert caught.value.code == "data.write_failed"


def test_thousands_of_broken_lines_are_stored_each(tmp_path: Path) -> None:
    """Findings that are kept in memory to the end, or cut off at some number."""
    source = write_lines(tmp_path / "rows.jsonl", _rows(3))
    with source.open("a", encoding="utf-8") as file:
        file.write('{"input": \n' * 5000)
    events = Events()
    _, path = run_import(events, tmp_path, [source], accept="usable")
    assert (events.result["unreadable"], len(events.result["problems"])) == (5000, 5)
    assert _query(path, "SELECT count(*), max(line) FROM problems") == [(5000, 5003)]


def test_missing_sources_are_named(tmp_path: Path) -> None:
    """A traceback instead of the name of the file that is not there."""
    with pytest.raises(JobError) as caught:
        run_import(Events(), tmp_path, [tmp_path / "gone.jsonl"])
    assert (caught.value.code, caught.value.params["file"]) == (
        "data.source_not_found",
        str(tmp_path / "gone.jsonl"),
    )
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "README.md").write_text("x", encoding="utf-8")
    with pytest.raises(JobError) as caught:
        run_import(Events(), tmp_path, [tmp_path / "folder"])
    assert caught.value.code == "data.no_data_files"


def test_what_is_no_dataset_is_refused(tmp_path: Path) -> None:
    """A damaged, foreign or newer file that is read as a dataset."""
    for name, content in (("a.db", b"no database at all, but long enough" * 40), ("b.db", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(JobError) as caught:
            DatasetStore.open(tmp_path / name)
        assert caught.value.code == "data.dataset_damaged"
    with pytest.raises(JobError) as caught:
        DatasetStore.open(tmp_path / "none.db")
    assert caught.value.code == "data.dataset_missing"
    database = sqlite3.connect(tmp_path / "newer.db")
    database.executescript(schema_sql())
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(JobError) as caught:
        DatasetStore.open(tmp_path / "newer.db")
    assert caught.value.code == "data.dataset_newer"


def test_a_dataset_in_a_folder_with_odd_characters_opens(tmp_path: Path) -> None:
    """A path with #, ?, % or Chinese characters, which means something in a database URI."""
    folder = tmp_path / "数据 #1 100%"
    folder.mkdir()
    _, path = run_import(Events(), folder, [write_lines(tmp_path / "r.jsonl", _rows(4))])
    with DatasetStore.open(path) as store:
        assert store.counts().rows == 4


def test_the_real_disc_folder(tmp_path: Path) -> None:
    """Pair and Triplet in one folder, the trap of the official data set, beside a table that is no data."""
    events = Events()
    mapping = {"referencePlacement": "before"}
    folder = shared_data("disc-law-sft")
    with pytest.raises(JobError) as caught:
        run_import(events, tmp_path, [folder], mapping=mapping)
    assert caught.value.code == "data.import_needs_consent"
    place = [caught.value.params[key] for key in ("file", "line", "reason", "unreadable")]
    assert place == ["disc-law-sft/lora_eval_review.bom.csv", 2, "data.no_mapping", 0]
    _, path = run_import(events, tmp_path, [folder], mapping=mapping, accept="usable")
    result = events.result
    assert result["layouts"] == {"disc-pair": 1292, "": 40, "question-answer": 40, "disc-triplet": 40}
    assert (result["rows"], result["usable"], result["excluded"]) == (1412, 1372, 40)
    assert result["train"] + result["eval"] == 1372
    first = _query(path, "SELECT messages FROM rows WHERE layout = 'disc-triplet' ORDER BY id LIMIT 1")[0][0]
    assert json.loads(first)[0]["content"].startswith("参考资料：\n《刑法》第二百六十七条")
    # The two Pair files hold the same questions: each pair of rows is on one side.
    assert _query(
        path,
        "SELECT count(*) FROM (SELECT prompt_hash FROM rows WHERE split <> 'excluded'"
        " GROUP BY prompt_hash HAVING count(DISTINCT split) > 1)",
    ) == [(0,)]


def test_the_real_law_gpt_folder(tmp_path: Path) -> None:
    """Chinese keys, references with trailing commas, and a file of statutes that is no data set."""
    events = Events()
    run_import(
        events, tmp_path, [shared_data("law-gpt")], mapping={"referencePlacement": "before"}, accept="usable"
    )
    by_file = {source["file"]: (source["records"], source["usable"]) for source in events.result["sources"]}
    assert by_file == {
        "law-gpt/qa_reference.reconstructed.json": (440, 440),
        "law-gpt/readme_example.json": (1, 1),
        "law-gpt/test_result.json": (24, 0),
        "law-gpt/test_result_with_retriver.json": (24, 24),
        "law-gpt/最核心法条_9k.json": (9671, 0),
    }


def test_the_real_volume_set(tmp_path: Path) -> None:
    """lawyer-llama: five layouts in one import, no row lost."""
    events = Events()
    run_import(events, tmp_path, [shared_data("lawyer-llama")], mapping={"referencePlacement": "before"})
    result = events.result
    assert (result["rows"], result["usable"], result["errors"]) == (7775, 7775, 0)
    assert result["layouts"] == {"alpaca": 4762, "lawyer-llama": 2137, "disc-pair": 876}
    assert result["eval"] == round(7775 * 0.05)
    with DatasetStore.open(tmp_path / "dataset.db") as store:
        assert sum(1 for _ in store.rows("train")) == result["train"]
