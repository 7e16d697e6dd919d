"""Two ranks compute what one process computes."""

from __future__ import annotations

from pathlib import Path

from loop_fixtures import Run, check_events, write_dataset, write_model
from rank_fixtures import assert_same_run, settings, start_ranks


def test_accumulation_and_two_ranks_are_one_process(tmp_path: Path) -> None:
    # Bug caught: gradients averaged over ranks, a loss divided by the tokens of one rank, a document that two
    # ranks or none compute, an eval loss of one rank's share.
    material = write_model(tmp_path / "model"), write_dataset(tmp_path / "data")
    one_by_eight = Run(tmp_path / "1x8", *material, settings(8, 1, 4096))
    eight_by_one = Run(tmp_path / "8x1", *material, settings(1, 8, 200))
    two_ranks = Run(tmp_path / "two", *material, settings(1, 4, 300))
    one_by_eight.here()
    eight_by_one.here()
    ranks = start_ranks(two_ranks, 2)
    assert ranks.wait() == [0, 0], ranks.logs()

    (plan,) = ranks.first.data("plan")
    assert plan["globalBatch"] == 8
    print("8×1 against 1×8:", assert_same_run(eight_by_one, one_by_eight, 1e-5))
    print("two ranks against 1×8:", assert_same_run(two_ranks, one_by_eight, 1e-5))
    check_events(ranks.first)
    (device,) = ranks.first.data("device")
    assert [one["rank"] for one in device["ranks"]] == [0, 1]
    skews = [step["skew"] for step in ranks.first.data("step") if "skew" in step]
    assert skews
    assert all(one["slowestMs"] >= one["fastestMs"] > 0 for one in skews)
    # Only rank 0 writes the run.
    assert {event["type"] for event in ranks.others[0].events()} == {"started", "ended"}
