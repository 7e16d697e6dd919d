"""What an import found, counted and with examples, as its `result` event tells it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from legal_eagle.data.fields import RowFields
from legal_eagle.data.mapping_options import MappingOptions
from legal_eagle.data.problem import Problem
from legal_eagle.data.row_mapper import MappedRow
from legal_eagle.data.source_files import SourceFile
from legal_eagle.data.source_rows import SourceRows

_EXAMPLES = 50
# Of one code in one source, so that a thousand like problems do not hide the others.
_EXAMPLES_OF_ONE = 5
_SOURCES_TOLD = 200
_DETAIL_CHARS = 200
_COLUMNS_TOLD = 64
# Of one layout, so that a mixed source shows each of its kinds.
_SAMPLES_OF_ONE_LAYOUT = 3
_SAMPLES = 12
_SAMPLE_CHARS = 4000


@dataclass
class SourceReport:
    """Counts of one source."""

    file: SourceFile
    records: int = 0
    usable: int = 0
    unreadable: int = 0
    layouts: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)


@dataclass
class ImportReport:
    """Counts over all sources. `errors` are findings that lose something, `warnings` the others."""

    sources: list[SourceReport] = field(default_factory=list)
    problem_counts: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    warnings: int = 0
    layouts: Counter[str] = field(default_factory=Counter)
    columns: Counter[str] = field(default_factory=Counter)
    _fields: dict[str, Counter[RowFields]] = field(default_factory=lambda: defaultdict(Counter))
    excluded_reasons: Counter[str] = field(default_factory=Counter)
    samples: list[dict[str, Any]] = field(default_factory=list)
    _examples: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"error": [], "warning": []})

    def begin(self, file: SourceFile) -> None:
        self.sources.append(SourceReport(file))

    def add(self, item: MappedRow | Problem) -> None:
        """Count a row or a finding of the source that was begun last."""
        source = self.sources[-1]
        if isinstance(item, Problem):
            source.unreadable += item.level == "error" and item.line is not None and item.record is None
            self._problem(source, item)
            return
        source.records += 1
        source.usable += item.excluded_reason is None
        source.layouts[item.layout] += 1
        self.layouts[item.layout] += 1
        if item.excluded_reason is None and item.fields is not None:
            self._fields[item.layout][item.fields] += 1
        if item.excluded_reason is None:
            self._sample(source, item)
        else:
            self.excluded_reasons[item.excluded_reason] += 1
        for problem in item.problems:
            self._problem(source, problem)

    def end(self, rows: SourceRows) -> None:
        self.columns.update(rows.profile.columns)

    def _sample(self, source: SourceReport, row: MappedRow) -> None:
        """Keep the first usable rows of every layout, their texts cut to what a person reads."""
        alike = sum(sample["layout"] == row.layout for sample in self.samples)
        if alike >= _SAMPLES_OF_ONE_LAYOUT or len(self.samples) >= _SAMPLES:
            return
        self.samples.append(
            {
                "file": source.file.name,
                "line": row.record.line,
                "layout": row.layout,
                "messages": [
                    {"role": message["role"], "content": message["content"][:_SAMPLE_CHARS]}
                    for message in row.messages
                ],
                "extra": sorted(row.extra),
            }
        )

    def _problem(self, source: SourceReport, problem: Problem) -> None:
        source.problems[problem.code] += 1
        self.problem_counts[problem.code] += 1
        level = problem.level
        if level == "error":
            self.errors += 1
        else:
            self.warnings += 1
        examples = self._examples[level]
        if len(examples) < _EXAMPLES and source.problems[problem.code] <= _EXAMPLES_OF_ONE:
            examples.append(
                {
                    "file": source.file.name,
                    "line": problem.line,
                    "record": problem.record,
                    "code": problem.code,
                    "level": level,
                    "key": problem.key,
                    "detail": problem.detail[:_DETAIL_CHARS] if problem.detail is not None else None,
                }
            )

    def mappings(self, options: MappingOptions) -> dict[str, dict[str, Any]]:
        """What became of the columns, by layout: of its most frequent set of fields."""
        return {layout: options.wire_of(found.most_common(1)[0][0]) for layout, found in self._fields.items()}

    @property
    def rows(self) -> int:
        return sum(source.records for source in self.sources)

    @property
    def usable(self) -> int:
        return sum(source.usable for source in self.sources)

    @property
    def unreadable(self) -> int:
        return sum(source.unreadable for source in self.sources)

    @property
    def examples(self) -> list[dict[str, Any]]:
        """The first problems, errors before warnings."""
        return (self._examples["error"] + self._examples["warning"])[:_EXAMPLES]

    def as_result(self, readers: list[SourceRows], options: MappingOptions) -> dict[str, Any]:
        """The fields of the `result` event that do not depend on whether anything was written."""
        return {
            "rows": self.rows,
            "usable": self.usable,
            "excluded": self.rows - self.usable,
            "unreadable": self.unreadable,
            "errors": self.errors,
            "warnings": self.warnings,
            "problems": self.examples,
            "problemCounts": dict(self.problem_counts.most_common()),
            "excludedReasons": [
                {"code": code, "count": count} for code, count in self.excluded_reasons.most_common()
            ],
            "layouts": dict(self.layouts.most_common()),
            "mappings": self.mappings(options),
            "columns": dict(self.columns.most_common(_COLUMNS_TOLD)),
            "sourceCount": len(self.sources),
            "sources": [
                {
                    "file": source.file.name,
                    "path": str(source.file.path),
                    "bytes": rows.reader.facts.bytes_on_disk,
                    "container": rows.reader.container,
                    "encoding": rows.reader.facts.encoding,
                    "layouts": dict(source.layouts.most_common()),
                    "records": source.records,
                    "usable": source.usable,
                }
                for source, rows in list(zip(self.sources, readers, strict=True))[:_SOURCES_TOLD]
            ],
        }
