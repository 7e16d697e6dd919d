"""Writes a new dataset file under a temporary name and puts it in place whole."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from legal_eagle.data.cjk_text import spaced_text
from legal_eagle.data.problem import Problem
from legal_eagle.data.row_mapper import MappedRow

_BATCH_ROWS = 500
_INSERT_ROW = (
    "INSERT INTO rows (id, source_id, record, line, layout, split, excluded_reason, messages, extra, raw,"
    " content_hash, prompt_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_PROBLEM = (
    "INSERT INTO problems (source_id, row_id, record, line, code, level, key, detail)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_DETAIL_CHARS = 500
# Of a record that cannot be used; enough to see and mend it.
_RAW_CHARS = 1 << 20


def schema_sql() -> str:
    """resources/protocol/dataset.sql, as it is packaged."""
    return resources.files("legal_eagle.data").joinpath("dataset.sql").read_text(encoding="utf-8")


class DatasetWriter:
    """One new file. `finish` makes it appear under its name; without it `close` leaves nothing behind."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
        self._db = sqlite3.connect(self._temporary)
        # A crash loses the temporary file only, so no journal is needed while it is written.
        self._db.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
            "PRAGMA cache_size = -32768;"
        )
        self._db.executescript(schema_sql())
        self._db.execute("BEGIN")
        self._rows: list[tuple[object, ...]] = []
        self._texts: list[tuple[int, str]] = []
        self._problems: list[tuple[object, ...]] = []
        self._content = hashlib.sha256()
        self.counts = {"train": 0, "eval": 0, "excluded": 0}
        self._next_id = 1

    def add_source(self, id_: int, **columns: object) -> None:
        """A line of `sources`; may be written before or after its rows."""
        names = ", ".join(["id", *columns])
        marks = ", ".join("?" * (len(columns) + 1))
        self._db.execute(f"INSERT INTO sources ({names}) VALUES ({marks})", (id_, *columns.values()))  # noqa: S608 - fixed names

    def add_mapping(self, layout: str, records: int, mapping: Mapping[str, object]) -> None:
        self._db.execute("INSERT INTO mapping VALUES (?, ?, ?)", (layout, records, _json(mapping)))

    def add_row(self, source_id: int, row: MappedRow, split: str, key: int) -> None:
        """`split` is train or eval for a usable row and ignored for an excluded one."""
        id_ = self._next_id
        self._next_id += 1
        split = "excluded" if row.excluded_reason else split
        self.counts[split] += 1
        messages = canonical_messages(row.messages)
        raw = None
        content_hash = ""
        if row.excluded_reason:
            raw = _json(row.record.value)[:_RAW_CHARS]
            self._texts.append((id_, spaced_text(raw)))
        else:
            content_hash = hashlib.sha256(messages.encode("utf-8")).hexdigest()
            self._content.update(f"{split}:{content_hash}\n".encode("ascii"))
            self._texts.append((id_, spaced_text("\n".join(turn["content"] for turn in row.messages))))
        # The raw text of an excluded row holds every field already.
        extra = "{}" if row.excluded_reason else _json(row.extra)
        record = row.record
        self._rows.append(
            (
                id_,
                source_id,
                record.index,
                record.line,
                row.layout,
                split,
                row.excluded_reason,
                messages,
                extra,
                raw,
                content_hash,
                0 if row.excluded_reason else key,
            )
        )
        for problem in row.problems:
            self.add_problem(source_id, problem, id_)
        if len(self._rows) >= _BATCH_ROWS:
            self._flush()

    def add_problem(self, source_id: int, problem: Problem, row_id: int | None = None) -> None:
        detail = problem.detail[:_DETAIL_CHARS] if problem.detail is not None else None
        place = (source_id, row_id, problem.record, problem.line)
        self._problems.append((*place, problem.code, problem.level, _clean(problem.key), _clean(detail)))
        if len(self._problems) >= _BATCH_ROWS * 4:
            self._flush()

    def finish(self, meta: Mapping[str, object]) -> str:
        """Complete, sync and rename; the content hash. Raises OSError, and sqlite3.Error on a full disk."""
        self._flush()
        content_hash = self._content.hexdigest()
        rows = sum(self.counts.values())
        values = {**meta, "rows": rows, **self.counts, "contentHash": content_hash}
        self._db.executemany(
            "INSERT INTO meta VALUES (?, ?)", [(key, str(value)) for key, value in values.items()]
        )
        self._db.execute("COMMIT")
        self._db.execute("ANALYZE")
        self._db.close()
        with self._temporary.open("rb+") as file:
            os.fsync(file.fileno())
        self._temporary.replace(self.path)
        if os.name == "posix":
            # Windows has no directory handle to sync; NTFS journals the rename itself.
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return content_hash

    def close(self) -> None:
        """Give up what was not finished. Safe to call twice and after finish."""
        self._db.close()
        self._temporary.unlink(missing_ok=True)

    def _flush(self) -> None:
        self._db.executemany(_INSERT_ROW, self._rows)
        self._db.executemany("INSERT INTO rows_fts (rowid, text) VALUES (?, ?)", self._texts)
        self._db.executemany(_INSERT_PROBLEM, self._problems)
        self._rows.clear()
        self._texts.clear()
        self._problems.clear()


def canonical_messages(messages: Sequence[Mapping[str, str]]) -> str:
    """The one JSON text of a row's messages, over which its hash is taken."""
    turns = [{"role": turn["role"], "content": turn["content"]} for turn in messages]
    return json.dumps(turns, ensure_ascii=False, separators=(",", ":"))


def _json(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Half a surrogate pair has no UTF-8 form; its escape has.
        text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    except RecursionError:
        text = json.dumps("(nested too deeply to be kept)")
    return text


def _clean(text: str | None) -> str | None:
    return None if text is None else text.encode("utf-8", "replace").decode("utf-8")
