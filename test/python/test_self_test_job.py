"""The self-test's rule for cards: a build that starts on a card but has no kernels for it fails mid-run."""

from __future__ import annotations

import pytest

from legal_eagle.doctor.self_test_job import covers

CU126 = ["sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90"]
CU130 = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120", "compute_120"]


@pytest.mark.parametrize(
    ("built_for", "capability", "expected"),
    [
        (CU126, (8, 9), True),  # Ada runs Ampere's binaries of the same major version
        (CU126, (6, 1), True),
        (CU126, (5, 2), True),
        (CU126, (3, 7), False),
        (CU126, (12, 0), False),  # no intermediate code: Blackwell has nothing to run
        (["sm_86"], (8, 0), False),  # a binary never runs on a lower minor version
        (CU130, (7, 0), False),
        (CU130, (10, 3), True),
        (CU130, (12, 1), True),
        (CU130, (13, 0), True),  # through the intermediate code
        (["sm_90a"], (9, 0), True),
        (["sm_90a"], (9, 1), False),
        ([], (8, 6), False),
    ],
)
def test_a_card_is_covered_only_by_code_that_runs_on_it(
    built_for: list[str], capability: tuple[int, int], expected: bool
) -> None:
    assert covers(built_for, capability) is expected
