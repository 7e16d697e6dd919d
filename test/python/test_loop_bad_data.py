"""Data that a run cannot use as it is: each has its code, and nothing is lost."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from loop_fixtures import Run, recipe, write_dataset, write_model

from legal_eagle.engine import train_setup
from legal_eagle.engine.checkpoint import verify_checkpoint

_QUIET = {"samplePrompts": [], "sampleEverySteps": 0}


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("material")
    return write_model(folder / "model"), write_dataset(folder / "data")


def copied(source: Path, target: Path, statement: str) -> Path:
    """The dataset with one statement applied to its rows."""
    target.write_bytes(source.read_bytes())
    with sqlite3.connect(target) as database:
        database.execute(statement)
    database.close()
    return target


def too_large_above(limit: int, monkeypatch: pytest.MonkeyPatch, *, training: bool = True) -> None:
    """The allocator's own words for a pass, of training or of evaluation, of more than `limit` tokens."""
    right = train_setup.LossOfStore.__call__

    def refusing(self: Any, documents: Sequence[int], answer_tokens: int) -> torch.Tensor:
        tokens = int(self.store.lengths[list(documents)].sum())
        if tokens > limit and torch.is_grad_enabled() is training:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.")
        return right(self, documents, answer_tokens)

    monkeypatch.setattr(train_setup.LossOfStore, "__call__", refusing)


def test_a_dataset_without_evaluation_rows_is_trained_and_said(
    tmp_path: Path, material: tuple[Path, Path]
) -> None:
    # Bug caught: a run that dies at its first evaluation, or one that never says why it has no eval loss.
    model, dataset = material
    empty = copied(dataset, tmp_path / "no-eval.dataset", "UPDATE rows SET split = 'train'")
    run = Run(tmp_path / "run", model, empty, recipe(maxSteps=6, evaluation=_QUIET))
    attempt = run.here()
    assert attempt.failure is None
    assert [(one["code"], one["params"]) for one in attempt.data("warning")] == [
        ("train.no_eval_rows", {"rows": 0})
    ]
    (result,), (plan,) = attempt.data("result"), attempt.data("plan")
    assert attempt.data("eval") == []
    assert (result["evalLossLast"], result["bestStep"], plan["evalRows"]) == (None, None, 0)
    assert (result["steps"], plan["trainRows"]) == (6, 48)
    assert (run.root / "adapter" / "adapter_model.safetensors").is_file()


def test_evaluation_rows_that_are_all_cut_off_are_counted(
    tmp_path: Path, material: tuple[Path, Path]
) -> None:
    # Bug caught: an eval loss of nothing, which is no number.
    model, dataset = material
    question = json.dumps([{"role": "user", "content": "问" * 400}, {"role": "assistant", "content": "答。"}])
    statement = f"UPDATE rows SET messages = '{question}' WHERE split = 'eval'"
    cut = copied(dataset, tmp_path / "cut.dataset", statement)
    run = Run(tmp_path / "run", model, cut, recipe(maxSteps=2, evaluation=_QUIET))
    attempt = run.here()
    assert attempt.failure is None
    (warning,) = attempt.data("warning")
    assert (warning["code"], warning["params"]["rows"] > 0) == ("train.no_eval_rows", True)


def test_a_dataset_whose_every_answer_is_cut_off_is_refused_before_anything_is_written(
    tmp_path: Path, material: tuple[Path, Path]
) -> None:
    # Bug caught: hours of training on nothing; or a half-made run that blocks its name.
    run = Run(tmp_path / "run", *material, recipe(cutoffLength=16))
    attempt = run.start()
    assert attempt.wait() == 22, attempt.log()
    error = attempt.error()
    assert error["code"] == "train.no_rows"
    assert (error["params"]["cutoff"], error["params"]["rows"] > 0) == (16, True)
    assert not run.checkpoints.exists()
    assert not (run.root / "adapter").exists()


def test_a_pack_larger_than_memory_is_computed_in_smaller_ones(
    tmp_path: Path, material: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Bug caught: an optimizer step that loses the documents of the pass that did not fit.
    straight = Run(tmp_path / "straight", *material, recipe(maxSteps=6, evaluation=_QUIET))
    assert straight.here().failure is None
    too_large_above(250, monkeypatch)
    run = Run(tmp_path / "run", *material, recipe(maxSteps=6, evaluation=_QUIET))
    attempt = run.here()
    assert attempt.failure is None
    assert attempt.data("warning")[0]["code"] == "train.micro_batch_lowered"
    assert [step["tokens"] for step in attempt.data("step")] == [
        step["tokens"] for step in straight.attempts[0].data("step")
    ]
    assert len(attempt.data("result")) == 1


def test_an_evaluation_larger_than_memory_is_computed_in_smaller_passes(
    tmp_path: Path, material: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Bug caught: a run that trains for hours and dies at an evaluation.
    straight = Run(tmp_path / "straight", *material, recipe(maxSteps=2, evaluation=_QUIET))
    assert straight.here().failure is None
    too_large_above(200, monkeypatch, training=False)
    run = Run(tmp_path / "run", *material, recipe(maxSteps=2, evaluation=_QUIET))
    assert run.here().failure is None
    assert run.losses() == straight.losses()
    for step, loss in straight.eval_losses().items():
        assert run.eval_losses()[step] == pytest.approx(loss, rel=1e-6)


def test_a_row_larger_than_memory_ends_with_a_checkpoint_that_goes_on_elsewhere(
    tmp_path: Path, material: tuple[Path, Path]
) -> None:
    # Bug caught: the steps before the row that does not fit are lost with it.
    # Without dropout, whose masks follow the passes: the resumed run keeps the smaller ones.
    whole = recipe(maxSteps=6, evaluation=_QUIET, lora={"dropout": 0.0})
    straight = Run(tmp_path / "straight", *material, whole)
    assert straight.here().failure is None
    run = Run(tmp_path / "run", *material, whole)
    with pytest.MonkeyPatch.context() as patched:
        seen = [0]
        right = train_setup.LossOfStore.__call__

        def full_from_the_third_step(self: Any, documents: Sequence[int], answer_tokens: int) -> torch.Tensor:
            if torch.is_grad_enabled() and len(run.attempts[0].data("step")) >= 2:
                seen[0] += 1
                raise RuntimeError(
                    "DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes."
                )
            return right(self, documents, answer_tokens)

        patched.setattr(train_setup.LossOfStore, "__call__", full_from_the_third_step)
        attempt = run.here()
    assert seen[0] > 0
    assert attempt.failure is not None
    assert (attempt.failure.code, attempt.failure.exit_code) == ("train.out_of_memory", 21)
    checkpoint = run.newest_checkpoint()
    assert checkpoint is not None
    assert verify_checkpoint(checkpoint).step == 2
    assert run.here(checkpoint).failure is None
    assert list(run.losses()) == list(straight.losses())
    for step, loss in straight.losses().items():
        assert run.losses()[step] == pytest.approx(loss, rel=1e-4)
