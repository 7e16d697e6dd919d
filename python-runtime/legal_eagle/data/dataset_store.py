"""Reading a dataset file. Never writes: edits are the core's."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal

from legal_eagle.data.turns import Message
from legal_eagle.jobs.errors import EXIT_DATA, JobError

SCHEMA_VERSION = 1
_APPLICATION_ID = 0x4C454453

Split = Literal["train", "eval"]


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row as chat messages: system?, then user and assistant in turn; every assistant turn is learned."""

    id: int
    messages: list[Message]


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by split."""

    train: int
    eval: int
    excluded: int

    @property
    def rows(self) -> int:
        return self.train + self.eval + self.excluded


class DatasetStore:
    """An open dataset file, read-only. Close it or use it as a context manager."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._db = database
        self.path = path

    @staticmethod
    def open(path: Path) -> DatasetStore:
        """Raises JobError data.dataset_missing, data.dataset_damaged, data.dataset_newer."""
        path = Path(path).absolute()
        if not path.is_file():
            raise JobError(
                "data.dataset_missing",
                f"{path} does not exist.",
                exit_code=EXIT_DATA,
                params={"file": str(path)},
            )
        try:
            database = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, check_same_thread=False)
            application = database.execute("PRAGMA application_id").fetchone()[0]
            version = database.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error as error:
            raise _damaged(path, str(error)) from error
        if application != _APPLICATION_ID:
            database.close()
            raise _damaged(path, "it is no dataset file")
        if version > SCHEMA_VERSION:
            database.close()
            raise JobError(
                "data.dataset_newer",
                f"{path} was written by a newer version ({version}).",
                exit_code=EXIT_DATA,
                params={"file": str(path), "version": version, "known": SCHEMA_VERSION},
            )
        return DatasetStore(database, path)

    def rows(self, split: Split) -> Iterator[StoredRow]:
        """The rows of one split by id. Memory does not grow with their number."""
        try:
            for id_, messages in self._db.execute(
                "SELECT id, messages FROM rows WHERE split = ? ORDER BY id", (split,)
            ):
                yield StoredRow(id_, json.loads(messages))
        except sqlite3.DatabaseError as error:
            raise _damaged(self.path, str(error)) from error

    def counts(self) -> Counts:
        found = dict(self._db.execute("SELECT split, count(*) FROM rows GROUP BY split"))
        return Counts(found.get("train", 0), found.get("eval", 0), found.get("excluded", 0))

    def content_hash(self) -> str:
        """SHA-256 over split and hash of all usable rows, computed from them: every edit changes it."""
        content = hashlib.sha256()
        for split, row_hash in self._db.execute(
            "SELECT split, content_hash FROM rows WHERE split <> 'excluded' ORDER BY id"
        ):
            content.update(f"{split}:{row_hash}\n".encode("ascii"))
        return content.hexdigest()

    def meta(self) -> dict[str, str]:
        """The table `meta`."""
        return dict(self._db.execute("SELECT key, value FROM meta"))

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> DatasetStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _damaged(path: Path, reason: str) -> JobError:
    return JobError(
        "data.dataset_damaged",
        f"{path} cannot be read: {reason}",
        exit_code=EXIT_DATA,
        params={"file": str(path), "reason": reason},
    )
