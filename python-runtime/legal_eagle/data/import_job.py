"""The dataset-import job: check every row, then, if that is allowed, write the dataset file.

Result event: rows, usable, excluded, unreadable, errors, warnings, problems (the first 50), problemCounts,
layouts, mappings, columns, sources, imported; and train, eval, contentHash, outPath when imported. An import
that only inspects tells train, eval and samples (the first usable rows) as they would be, and writes nothing.
"""

from __future__ import annotations

import errno
import json
import sqlite3
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from legal_eagle import __version__
from legal_eagle.data.byte_meter import ByteMeter
from legal_eagle.data.dataset_writer import DatasetWriter
from legal_eagle.data.import_report import ImportReport
from legal_eagle.data.mapping_options import MappingOptions
from legal_eagle.data.problem import Problem
from legal_eagle.data.row_mapper import MappedRow
from legal_eagle.data.source_files import SourceFile, find_source_files, unreadable
from legal_eagle.data.source_rows import SourceRows
from legal_eagle.data.split import choose_eval_keys, prompt_key
from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.jobs.errors import EXIT_DATA, EXIT_DISK_FULL, JobError

# Shares of the time of the three passes over the bytes, measured on 30,000 real rows.
_PASSES = {"inspect": 0.02, "check": 0.28, "write": 0.7}
_ROWS_BETWEEN_POLLS = 200
# Stands where a line number would, for what concerns a file as a whole.
_WHOLE_FILE_LINE = "–"


class _StoppedError(Exception):
    """The person stopped the import; nothing was written."""


def run(context: JobContext) -> Outcome:
    """Raises JobError data.* when nothing can be or may be imported; the result event still tells why."""
    try:
        _Import(context).run()
    except _StoppedError:
        return "stopped"
    return "done"


class _Import:
    def __init__(self, context: JobContext) -> None:
        params = context.params
        self._context = context
        self._options = MappingOptions.from_wire(params.get("mapping"))
        self._out_path = Path(params["outPath"])
        self._fraction = float(params.get("evalFraction", 0.05))
        self._seed = int(params.get("seed", 42))
        self._accept_usable = params.get("accept", "none") == "usable"
        self._inspect_only = params.get("accept", "none") == "inspect"
        self._files = find_source_files(params["sources"])
        self._meter = ByteMeter(context.reporter, sum(file.bytes for file in self._files))
        self._sources: list[SourceRows] = []
        self._stamps: list[tuple[int, int]] = []
        self._since_poll = 0

    def run(self) -> None:
        self._inspect()
        report, keys = self._check()
        result = report.as_result(self._sources, self._options)
        if self._inspect_only:
            chosen = choose_eval_keys(keys, self._fraction, self._seed)
            evaluation = sum(key in chosen for key in keys)
            split = {"train": report.usable - evaluation, "eval": evaluation}
            self._context.reporter.emit(
                "result", {**result, **split, "samples": report.samples, "imported": False}
            )
            return
        refusal = self._refusal(report)
        if refusal is not None:
            self._context.reporter.emit("result", {**result, "imported": False})
            raise refusal
        eval_keys = choose_eval_keys(keys, self._fraction, self._seed)
        written = self._write(report, eval_keys)
        self._context.reporter.emit("result", {**result, "imported": True, **written})

    def _inspect(self) -> None:
        self._meter.begin_pass("inspect", _PASSES["inspect"])
        for file in self._files:
            try:
                status = file.path.stat()
                self._stamps.append((status.st_size, status.st_mtime_ns))
                self._sources.append(SourceRows(file.path, self._options, self._at))
            except OSError as error:
                raise unreadable(file.path, error) from error
            self._meter.file_done(file.bytes)

    def _check(self) -> tuple[ImportReport, array[int]]:
        self._meter.begin_pass("check", _PASSES["check"])
        report = ImportReport()
        keys = array("q")
        for file, rows in zip(self._files, self._sources, strict=True):
            report.begin(file)
            for item in self._rows(file, rows):
                report.add(item)
                if isinstance(item, MappedRow) and item.excluded_reason is None:
                    keys.append(prompt_key(item.question, item.messages))
            report.end(rows)
            self._meter.file_done(file.bytes)
        return report, keys

    def _rows(self, file: SourceFile, rows: SourceRows) -> Iterator[MappedRow | Problem]:
        try:
            for item in rows.rows(self._at):
                self._since_poll += 1
                if self._since_poll >= _ROWS_BETWEEN_POLLS:
                    self._since_poll = 0
                    self._stop_if_asked()
                yield item
        except OSError as error:
            raise unreadable(file.path, error) from error

    def _at(self, offset: int) -> None:
        self._stop_if_asked()
        self._meter.at(offset)

    def _stop_if_asked(self) -> None:
        if self._context.stop_requested():
            raise _StoppedError

    def _refusal(self, report: ImportReport) -> JobError | None:
        counts: dict[str, object] = {
            "rows": report.rows,
            "usable": report.usable,
            "excluded": report.rows - report.usable,
            "unreadable": report.unreadable,
            "errors": report.errors,
        }
        first = next((example for example in report.examples if example["level"] == "error"), None)
        if first is not None:
            place = {
                "file": first["file"],
                "line": first["line"] or _WHOLE_FILE_LINE,
                "reason": first["code"],
            }
        else:
            place = {"file": self._files[0].name, "line": _WHOLE_FILE_LINE, "reason": "data.empty_file"}
        if report.usable == 0:
            # One cause for the whole file says more than "no usable rows".
            lone = {code for code in report.problem_counts if code.startswith("data.")}
            code = first["code"] if first is not None and first["code"] in _WHOLE_FILE & lone else None
            if code is None or len(self._files) > 1:
                code = "data.no_usable_rows"
            detail = first["detail"] if first is not None else None
            return _data_error(code, {**counts, **place, "detail": detail or ""})
        if report.errors and not self._accept_usable:
            return _data_error("data.import_needs_consent", {**counts, **place})
        return None

    def _write(self, report: ImportReport, eval_keys: frozenset[int]) -> dict[str, Any]:
        self._meter.begin_pass("write", _PASSES["write"])
        writer: DatasetWriter | None = None
        try:
            writer = DatasetWriter(self._out_path)
            for number, (file, rows) in enumerate(zip(self._files, self._sources, strict=True), start=1):
                self._write_source(writer, number, file, rows, report)
                for item in self._rows(file, rows):
                    if isinstance(item, Problem):
                        writer.add_problem(number, item)
                        continue
                    key = prompt_key(item.question, item.messages) if item.messages else 0
                    writer.add_row(number, item, "eval" if key in eval_keys else "train", key)
                self._meter.file_done(file.bytes)
            self._check_unchanged()
            for layout, mapping in report.mappings(self._options).items():
                writer.add_mapping(layout, report.layouts[layout], mapping)
            counts = dict(writer.counts)
            content_hash = writer.finish(
                {
                    "createdAtMs": time.time_ns() // 1_000_000,
                    "importer": __version__,
                    "unreadable": report.unreadable,
                    "evalFraction": self._fraction,
                    "seed": self._seed,
                }
            )
        except (sqlite3.Error, OSError) as error:
            # Reading raises JobError by itself, so this is the new file's disk.
            raise _storage_error(error, self._out_path) from error
        finally:
            if writer is not None:
                writer.close()
        return {
            "train": counts["train"],
            "eval": counts["eval"],
            "contentHash": content_hash,
            "outPath": str(self._out_path),
            "bytes": self._out_path.stat().st_size,
        }

    def _write_source(
        self, writer: DatasetWriter, number: int, file: SourceFile, rows: SourceRows, report: ImportReport
    ) -> None:
        source = report.sources[number - 1]
        facts = rows.reader.facts
        writer.add_source(
            number,
            file=file.name,
            path=str(file.path.absolute()),
            bytes=facts.bytes_on_disk,
            sha256=facts.sha256,
            container=rows.reader.container,
            encoding=facts.encoding,
            layouts=json.dumps(source.layouts, ensure_ascii=False),
            records=source.records,
        )

    def _check_unchanged(self) -> None:
        for file, stamp in zip(self._files, self._stamps, strict=True):
            status = file.path.stat()
            if (status.st_size, status.st_mtime_ns) != stamp:
                raise _data_error("data.source_changed", {"file": str(file.path)})


# Causes that concern a whole file and are told as the error itself when the import is of that file alone.
_WHOLE_FILE = frozenset({"data.empty_file", "data.container_unsupported", "data.not_json", "data.no_mapping"})


def _data_error(code: str, params: dict[str, object]) -> JobError:
    told = ", ".join(f"{key}={value}" for key, value in params.items() if value not in ("", None))
    return JobError(
        code, f"{code.split('.')[1].replace('_', ' ')}: {told}", exit_code=EXIT_DATA, params=params
    )


def _storage_error(error: sqlite3.Error | OSError, path: Path) -> JobError:
    full = (
        error.errno == errno.ENOSPC
        if isinstance(error, OSError)
        else getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    )
    return JobError(
        "data.disk_full" if full else "data.write_failed",
        f"{path} cannot be written: {error}",
        exit_code=EXIT_DISK_FULL if full else EXIT_DATA,
        params={"file": str(path), "reason": str(error)},
    )
