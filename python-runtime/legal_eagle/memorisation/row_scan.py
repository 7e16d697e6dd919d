"""One pass over the training rows: what of persons is in them, and which of them are asked for."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from legal_eagle.data.dataset_store import StoredRow
from legal_eagle.data.personal_data import RULES, Finding, PersonalDataKind, find_personal_data

# Rows that are kept for each one wanted: many rows have too short an answer to tell anything.
_SPARE_ROWS = 8


@dataclass
class RowScan:
    """`drawn`: rows in the order in which they are asked for, more than are wanted."""

    rows: int = 0
    # With any kind that is more than a hint.
    found_rows: int = 0
    drawn: list[StoredRow] = field(default_factory=list)
    rows_with: Counter[PersonalDataKind] = field(default_factory=Counter)
    # Digests, not values: three hundred thousand rows hold many.
    values: dict[PersonalDataKind, set[bytes]] = field(
        default_factory=lambda: {rule.kind: set() for rule in RULES}
    )

    def holds(self, finding: Finding) -> bool:
        """Whether any training row has this value."""
        return _digest(finding) in self.values[finding.kind]


def scan_rows(
    rows: Iterable[StoredRow],
    *,
    wanted_rows: int,
    seed: int,
    should_stop: Callable[[], bool],
    on_row: Callable[[int], None],
) -> RowScan | None:
    """None where `should_stop` turned true first. Seed and ids alone decide which rows are drawn."""
    scan = RowScan()
    # The rows of the smallest places so far, the largest of them on top.
    kept: list[tuple[int, int, StoredRow]] = []
    for row in rows:
        if should_stop():
            return None
        scan.rows += 1
        kinds: set[PersonalDataKind] = set()
        is_found = False
        for message in row.messages:
            for finding in find_personal_data(message["content"]):
                kinds.add(finding.kind)
                is_found = is_found or not finding.is_hint
                scan.values[finding.kind].add(_digest(finding))
        scan.rows_with.update(kinds)
        scan.found_rows += is_found
        if wanted_rows > 0:
            entry = (-_place(seed, row.id), row.id, row)
            if len(kept) < wanted_rows * _SPARE_ROWS:
                heapq.heappush(kept, entry)
            else:
                heapq.heappushpop(kept, entry)
        on_row(scan.rows)
    scan.drawn = [row for _, _, row in sorted(kept, key=lambda one: (-one[0], one[1]))]
    return scan


def _place(seed: int, row_id: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{row_id}".encode()).digest()[:8])


def _digest(finding: Finding) -> bytes:
    return hashlib.sha256(finding.value.encode()).digest()[:12]
