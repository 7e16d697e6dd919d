"""The pack plan decides the gradient; each test names the mistake it would catch."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legal_eagle.bench.length_mix import LEGAL, draw
from legal_eagle.data.pack_plan import BatchShape, Plan, best_fit_decreasing, plan, shuffled, with_limit

LENGTHS = st.lists(st.integers(2, 300), min_size=1, max_size=120)


def make(lengths: list[int], **changes: object) -> Plan:
    options: dict[str, object] = {
        "epochs": 1.0,
        "seed": 7,
        "max_tokens_per_micro_batch": 512,
        "batch": BatchShape("samples", 4, 2),
    }
    options.update(changes)
    batch = options.pop("batch")
    array = np.asarray(lengths, dtype=np.int64)
    return plan(array, np.maximum(1, array // 3), batch, **options)  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(LENGTHS, st.sampled_from(["samples", "packs"]), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_every_document_is_seen_exactly_once_an_epoch(
    lengths: list[int], unit: str, epochs: int, seed: int
) -> None:
    # Bug caught: a last, smaller batch that is dropped or filled up with repeats.
    batch = BatchShape(unit, 3, 2, pack_tokens=400)  # type: ignore[arg-type]
    made = make(lengths, epochs=float(epochs), seed=seed, batch=batch)
    for epoch in range(max(step.epoch for step in made.steps)):
        seen = [document for step in made.steps if step.epoch == epoch for document in step.documents]
        assert sorted(seen) == list(range(len(lengths)))
    if unit == "samples":
        assert len(made.steps) == epochs * made.steps_per_epoch


@settings(max_examples=60, deadline=None)
@given(LENGTHS, st.integers(1, 900))
def test_micro_batches_hold_the_global_batch_and_respect_the_limit(lengths: list[int], limit: int) -> None:
    # Bug caught: a document lost or doubled while packing, a pack over the limit, a wrong known answer count.
    made = make(lengths, max_tokens_per_micro_batch=limit)
    answers = np.maximum(1, np.asarray(lengths) // 3)
    for step in made.steps:
        packed = [document for members in step.micro_batches for document in members]
        assert sorted(packed) == sorted(step.documents)
        assert len(step.documents) <= 8
        assert step.tokens == sum(lengths[document] for document in packed)
        assert step.answer_tokens == int(answers[list(step.documents)].sum())
        for members in step.micro_batches:
            assert sum(lengths[document] for document in members) <= max(limit, max(lengths))


@settings(max_examples=40, deadline=None)
@given(LENGTHS)
def test_packs_are_units_no_longer_than_the_cutoff(lengths: list[int]) -> None:
    # Bug caught: `packs` counting samples, which would make 64 times too many optimizer steps.
    made = make(lengths, batch=BatchShape("packs", 2, 1, pack_tokens=300), max_tokens_per_micro_batch=100_000)
    assert made.units_per_epoch <= len(lengths)
    assert made.steps_per_epoch == -(-made.units_per_epoch // 2)
    assert all(step.tokens <= 600 for step in made.steps)


@pytest.mark.parametrize("tokens", [2048, 4096, 8192])
def test_packs_fill_at_least_ninety_five_percent_on_legal_lengths(tokens: int) -> None:
    # Bug caught: a packer that leaves room; the length mix is the one of the benchmark protocol.
    lengths = draw(LEGAL, 6000, seed=0)[0].tolist()
    batch = BatchShape("packs", 1, 1, pack_tokens=tokens)
    assert make(lengths, batch=batch, max_tokens_per_micro_batch=tokens).fill >= 0.95


def reference_best_fit(lengths: list[int], limit: int) -> list[list[int]]:
    """Best fit decreasing by its definition: every open bin is looked at."""
    bins: list[list[int]] = []
    rooms: list[int] = []
    for document in sorted(range(len(lengths)), key=lambda place: (-lengths[place], place)):
        fitting = [(room, index) for index, room in enumerate(rooms) if room >= lengths[document]]
        index = min(fitting)[1] if fitting else len(bins)
        if not fitting:
            bins.append([])
            rooms.append(limit)
        bins[index].append(document)
        rooms[index] -= lengths[document]
    return bins


@settings(max_examples=60, deadline=None)
@given(LENGTHS, st.integers(300, 900))
def test_packing_is_best_fit_decreasing(lengths: list[int], limit: int) -> None:
    # Bug caught: another bin of the same room. The hash of a plan in packs covers which documents share one.
    found = best_fit_decreasing(range(len(lengths)), np.asarray(lengths), limit)
    assert found == reference_best_fit(lengths, limit)


@pytest.mark.parametrize(
    "batch",
    [
        BatchShape("samples", 4, 16),
        BatchShape("samples", 1000, 1000),
        BatchShape("packs", 4, 16, pack_tokens=8192),
    ],
)
def test_the_work_of_a_plan_grows_with_its_documents(batch: BatchShape) -> None:
    # Bug caught: a search through all bins for every document, which a million documents would not end.
    # Lines that are run are counted, not seconds; each round of a loop is one.
    small, large = (lines_of_a_plan(count, batch) for count in (1_000, 8_000))
    assert large <= 8 * small * 1.2


def lines_of_a_plan(count: int, batch: BatchShape) -> int:
    lengths, answers = draw(LEGAL, count, seed=2)
    lines = 0

    def watch(_frame: object, _event: str, _argument: object) -> object:
        nonlocal lines
        lines += 1
        return watch

    before = sys.gettrace()
    sys.settrace(watch)  # type: ignore[arg-type]
    try:
        plan(lengths, answers, batch, epochs=1.0, seed=1, max_tokens_per_micro_batch=8192)
    finally:
        sys.settrace(before)
    return lines


def test_packing_never_changes_the_hash_or_the_batches() -> None:
    # Bug caught: a checkpoint refused after the memory limit was lowered, or a batch changed by it.
    lengths = list(range(5, 205))
    wide, narrow = (
        make(lengths, max_tokens_per_micro_batch=4096),
        make(lengths, max_tokens_per_micro_batch=256),
    )
    lowered = with_limit(wide, np.asarray(lengths), 256, from_step=3)
    assert wide.hash == narrow.hash == lowered.hash
    assert [step.documents for step in wide.steps] == [step.documents for step in lowered.steps]
    assert [step.micro_batches for step in lowered.steps[3:]] == [
        step.micro_batches for step in narrow.steps[3:]
    ]
    assert lowered.steps[:3] == wide.steps[:3]


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 8},
        {"batch": BatchShape("samples", 4, 4)},
        {"batch": BatchShape("samples", 4, 2, world_size=2)},
        {"epochs": 2.0},
    ],
)
def test_the_hash_sees_every_change_of_the_batches(changes: dict[str, object]) -> None:
    # Bug caught: resuming into another order of rows.
    lengths = list(range(5, 105))
    assert make(lengths).hash != make(lengths, **changes).hash
    longer = [*lengths[:-1], lengths[-1] + 1]
    assert make(lengths).hash != make(longer).hash


def test_epochs_differ_and_repeat_only_with_the_seed() -> None:
    # Bug caught: the same order in every epoch.
    first, second = make(list(range(5, 105)), epochs=2.0), make(list(range(5, 105)), epochs=2.0)
    assert first == second
    half = len(first.steps) // 2
    assert [step.documents for step in first.steps[:half]] != [step.documents for step in first.steps[half:]]


def test_fractional_epochs_and_max_steps() -> None:
    lengths = [10] * 100  # 13 steps an epoch at 8 samples
    assert make(lengths).steps_per_epoch == 13
    assert len(make(lengths, epochs=0.5).steps) == 7
    assert len(make(lengths, epochs=1.5).steps) == 20
    assert len(make(lengths, epochs=3.0, max_steps=20).steps) == 20
    assert len(make(lengths, epochs=1.0, max_steps=40).steps) == 13
    assert len(make(lengths, epochs=0.001).steps) == 1


def test_the_shuffle_is_the_same_on_every_machine() -> None:
    # Bug caught: a shuffle that follows the numpy version or the platform and refuses every old checkpoint.
    assert shuffled(12, 42, 0).tolist() == [5, 10, 4, 11, 8, 2, 9, 7, 6, 0, 1, 3]
