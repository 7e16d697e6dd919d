"""Real files with random damage: whatever happens, rows are conserved and nothing crashes."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest
from data_fixtures import Events, run_import, shared_data

from legal_eagle.jobs.errors import JobError

_TOKENS = [b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\n", b"\r", b"\x00", b"\xff", b"\xfe", b"null"]
_TOKENS += [
    b"NaN",
    b"1e999",
    b"\\ud800",
    b"[[",
    b'"messages":',
    b'"role"',
    b";",
    b"\t",
    b"\xef\xbb\xbf",
    b"{}",
]
_MAX_BYTES = 40_000


def _sources() -> list[Path]:
    folders = [shared_data("defects"), shared_data("formats") / "axolotl", shared_data("formats") / "xtuner"]
    files = [path for folder in folders for path in sorted(folder.iterdir())]
    files = [
        path for path in files if path.suffix in (".json", ".jsonl", ".csv") and path.name != "expected.json"
    ]
    return [*files, shared_data("containers") / "pair.jsonl.gz"]


def _damaged(data: bytearray, order: random.Random) -> bytearray:
    for _ in range(order.choice([1, 1, 2, 3, 8, 30])):
        at = order.randrange(len(data) + 1)
        kind = order.randrange(5)
        if kind == 0:
            data[at:at] = order.choice(_TOKENS)
        elif kind == 1:
            del data[at : at + order.choice([1, 2, 10, 200, 2000])]
        elif kind == 2:
            data[at : at + 1] = bytes([order.randrange(256)])
        elif kind == 3:
            data[at:at] = data[at : at + order.choice([5, 100, 1000])]
        else:
            data[at : at + 1] = order.choice(_TOKENS)
    return data


@pytest.mark.parametrize(
    "count", [pytest.param(150, id="150"), pytest.param(5000, id="5000", marks=pytest.mark.long)]
)
def test_random_damage_is_reported_never_fatal(tmp_path: Path, count: int) -> None:
    """A crash on a broken file, a row in no split or in two, a finding that is counted but not stored."""
    order = random.Random(20_240_501)
    files = _sources()
    imported = 0
    for _ in range(count):
        source = order.choice(files)
        path = tmp_path / source.name
        path.write_bytes(_damaged(bytearray(source.read_bytes()[:_MAX_BYTES]), order))
        events = Events()
        placement = order.choice(["ignore", "before", "after"])
        refusal: JobError | None = None
        try:
            _, dataset = run_import(
                events, tmp_path / "out", [path], accept="usable", mapping={"referencePlacement": placement}
            )
        except JobError as error:
            refusal = error
        if refusal is None:
            imported += 1
            _check(dataset, events)
        else:
            assert refusal.code.startswith("data."), refusal
            assert (events.result["imported"], events.result["usable"]) == (False, 0)
        path.unlink()
    assert imported > count // 3


def _check(dataset: Path, events: Events) -> None:
    result = events.result
    database = sqlite3.connect(dataset)
    try:
        splits = dict(database.execute("SELECT split, count(*) FROM rows GROUP BY split").fetchall())
        assert result["rows"] == result["train"] + result["eval"] + result["excluded"] == sum(splits.values())
        assert splits.get("excluded", 0) == result["excluded"]
        empty = "SELECT count(*) FROM rows WHERE (split = 'excluded') <> (messages = '[]')"
        assert database.execute(empty).fetchone() == (0,)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        stored = database.execute("SELECT count(*) FROM problems").fetchone()
        assert stored == (sum(result["problemCounts"].values()),)
    finally:
        database.close()
