"""All rows of one source: read, profiled, mapped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from legal_eagle.data.fields import SourceProfile
from legal_eagle.data.mapping_options import MappingOptions
from legal_eagle.data.problem import Problem, Record
from legal_eagle.data.row_mapper import MappedRow, RowMapper
from legal_eagle.data.source_reader import SourceReader

# Enough to see what most rows look like; every row is still judged by its own keys.
_PROFILE_RECORDS = 2000


class SourceRows:
    """Reads one file any number of times with one mapping. Raises OSError from the constructor on."""

    def __init__(
        self, path: Path, options: MappingOptions, on_bytes: Callable[[int], None] = lambda _: None
    ) -> None:
        self.reader = SourceReader(path, on_bytes)
        self._options = options
        self.profile = SourceProfile()
        found = (item for item in self.reader.records() if isinstance(item, Record))
        for record in islice(found, _PROFILE_RECORDS):
            self.profile.add(record.value, options.answer)

    def rows(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[MappedRow | Problem]:
        """Rows in order, with the findings that belong to no row between them."""
        mapper = RowMapper(self.profile, self._options)
        unmapped = False
        lists = False
        for item in self.reader.records(on_bytes):
            if isinstance(item, Problem):
                yield item
                continue
            row = mapper.map(item)
            if row.excluded_reason == "row.no_layout" and not unmapped:
                unmapped = True
                columns = ", ".join(name for name, _ in self.profile.columns.most_common(12))
                place = (item.line, item.index)
                yield Problem("data.no_mapping", *place, detail=columns)
            lists = lists or (self.profile.answers_are_lists and not row.excluded_reason)
            yield row
        if lists:
            yield Problem("data.answer_lists")
