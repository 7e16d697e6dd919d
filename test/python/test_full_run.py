"""Whole runs of full fine-tuning: what they write, resume, ranks, talking to what they made."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from loop_fixtures import Run, recipe, write_dataset, write_model
from safetensors.torch import load_file

from legal_eagle.data.token_store import TokenStore
from legal_eagle.engine.adapter_output import base_fingerprint
from legal_eagle.engine.batch import PackedBatch, pack_documents
from legal_eagle.engine.checkpoint import list_checkpoints, verify_checkpoint
from legal_eagle.engine.devices import choose_device, hardware_with
from legal_eagle.engine.stages import STAGES, Stage
from legal_eagle.engine.trainable import Trainable
from legal_eagle.models.config import read_config
from legal_eagle.protocol import validate
from legal_eagle.serve.chat_job import identity_of
from legal_eagle.serve.load_chat_model import load_chat_model

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("material")
    return write_model(folder / "model", dtype="bfloat16", files=2), write_dataset(folder / "data")


def new_run(folder: Path, material: tuple[Path, Path], **changes: Any) -> Run:
    values = {
        "method": "full",
        "maxSteps": 6,
        "evaluation": {"everySteps": 4, "sampleEverySteps": 5},
        "optimizer": {"learningRate": 1e-3},
        **changes,
    }
    return Run(folder, *material, recipe(**values))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, material: tuple[Path, Path]) -> Run:
    run = new_run(tmp_path_factory.mktemp("run") / "run", material)
    attempt = run.here()
    assert attempt.failure is None
    for event in attempt.events():
        assert validate({key: one for key, one in event.items() if key != "crc"}, "JobEvent") == []
    return run


def test_a_run_ends_with_a_whole_model_in_the_layout_of_its_base(
    finished: Run, material: tuple[Path, Path]
) -> None:
    """Weights under transformers' names or in fp32; code of the base carried along; no record."""
    base, model = material[0], finished.root / "model"
    (attempt,) = finished.attempts
    (result,) = attempt.data("result")
    assert result["modelPath"] == str(model)
    assert result["adapterPath"] is None
    assert not (finished.root / "adapter").exists()
    before = {
        name: one for part in sorted(base.glob("*.safetensors")) for name, one in load_file(part).items()
    }
    after = load_file(model / "model.safetensors")
    assert {name: (one.shape, one.dtype) for name, one in after.items()} == {
        name: (one.shape, one.dtype) for name, one in before.items()
    }
    assert not torch.equal(after["output.weight"], before["output.weight"])
    # Chat also ends an answer where the template does.
    assert replace(read_config(model), eos_ids=(2,)) == read_config(base)
    names = {path.name for path in model.iterdir()}
    assert {"LICENSE", "tokenizer.json", "config.json", "legal_eagle.json"} <= names
    assert not [name for name in names if name.endswith(".py")]
    record = json.loads((model / "legal_eagle.json").read_text(encoding="utf-8"))
    assert record["kind"] == "fine-tuned"
    assert record["step"] == 6
    assert record["base"]["fingerprint"] == base_fingerprint(base)
    assert attempt.data("plan")[-1]["loraParameters"] == sum(one.numel() for one in after.values())
    reasons = attempt.data("device")[-1]["reasons"]
    assert "engine compat: full fine-tuning needs the gradient of every parameter" in reasons


def test_losses_fall_and_the_answer_board_is_filled(finished: Run) -> None:
    """A step that updates nothing; samples of the base all along."""
    losses = finished.losses()
    assert losses[6] < losses[1]
    steps = {data["step"] for data in finished.attempts[0].data("sample")}
    assert {0, 5, 6} <= steps


def test_what_a_run_made_can_be_talked_to(finished: Run) -> None:
    """A folder that the chat reads with another template, or takes for a base without history."""
    choice = choose_device(hardware_with({"device": "cpu", "cpuThreads": 1}))
    for folder in (finished.root / "model", list_checkpoints(finished.checkpoints)[-1].path):
        model = load_chat_model(folder, None, "auto", choice)
        identity = identity_of(model, choice)
        assert identity["fineTuned"] is not None
        assert identity["merged"] is None
        assert (identity["runId"], identity["step"]) == ("run-1", 6)
        assert model.template.name == "internlm2"


def test_checkpoints_are_whole_fp32_models_of_a_limited_number(finished: Run) -> None:
    """Masters rounded in a checkpoint; checkpoints of a model's size that pile up."""
    found = list_checkpoints(finished.checkpoints)
    assert len(found) <= 4
    for info in found:
        verify_checkpoint(info.path)
        tensors = load_file(info.path / "model.safetensors")
        assert {one.dtype for one in tensors.values()} == {torch.float32}
        weights = sum(one.numel() * 4 for one in tensors.values())
        assert 3 * weights < info.bytes < 3 * weights + (1 << 20)


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_losses_are_bit_equal_after_a_kill(
    tmp_path: Path, material: tuple[Path, Path], finished: Run
) -> None:
    """Masters, moments or generators that a checkpoint forgets or rounds."""
    killed = new_run(tmp_path / "killed", material)
    process = killed.start()
    process.wait_until(lambda: killed.newest_checkpoint() is not None)
    assert process.process is not None
    process.process.kill()
    process.wait()
    assert killed.here(killed.newest_checkpoint()).failure is None
    assert killed.losses() == finished.losses()
    assert killed.eval_losses().items() <= finished.eval_losses().items()
    ours, theirs = (load_file(one.root / "model" / "model.safetensors") for one in (killed, finished))
    assert all(torch.equal(one, theirs[name]) for name, one in ours.items())


def test_another_method_is_another_run(tmp_path: Path, material: tuple[Path, Path], finished: Run) -> None:
    """An adapter put on from a checkpoint of whole weights, or the other way round."""
    other = new_run(tmp_path / "lora", material, method="lora")
    failure = other.here(finished.newest_checkpoint()).failure
    assert failure is not None
    assert failure.code == "train.resume_mismatch"
    assert "method" in failure.params["changed"]


def test_what_only_an_adapter_has_does_not_keep_a_run_from_going_on(
    tmp_path: Path, material: tuple[Path, Path], finished: Run
) -> None:
    """A rank that nobody uses and that is compared all the same."""
    other = new_run(tmp_path / "other", material, lora={"rank": 16})
    assert other.here(list_checkpoints(finished.checkpoints)[0].path).failure is None


def test_another_stage_needs_no_second_loop(
    tmp_path: Path, material: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop, a plan or an evaluation that knows by itself which tokens are learned, and how."""
    asked: list[int] = []

    def every_token(store: TokenStore, documents: Sequence[int], device: torch.device) -> PackedBatch:
        parts = [store.document(one)[0].tolist() for one in documents]
        return pack_documents([(ids, [True] * len(ids)) for ids in parts]).to(device)

    def halved(model: Trainable, batch: PackedBatch, count_in_step: int) -> torch.Tensor:
        asked.append(count_in_step)
        return 0.5 * model.loss(batch, count_in_step)

    sft = new_run(tmp_path / "sft", material)
    pretraining = new_run(tmp_path / "pretraining", material)
    stage = Stage(lambda store: store.lengths - 1, every_token, halved)
    monkeypatch.setitem(STAGES, "sft-of-every-token", stage)
    pretraining.recipe["stage"] = "sft-of-every-token"
    assert sft.here().failure is None
    assert pretraining.here().failure is None
    (plan,), (answers,) = (one.attempts[0].data("plan") for one in (pretraining, sft))
    # Every token but each document's first, of the same documents in the same order.
    assert plan["answerTokens"] > answers["answerTokens"]
    steps = pretraining.attempts[0].data("step")
    assert {data["answerTokens"] for data in steps} <= set(asked)
    # A random model knows nothing: half of ln V a token, whichever tokens are counted.
    first, half = pretraining.losses()[1], 0.5 * sft.losses()[1]
    assert first == pytest.approx(half, rel=0.1)
    assert pretraining.eval_losses()[4] < pretraining.eval_losses()[0]


@pytest.mark.long
def test_two_processes_give_the_losses_of_one(tmp_path: Path, material: tuple[Path, Path]) -> None:
    """Gradients of tied or fused parameters that one of the ranks does not add."""
    changes: dict[str, Any] = {"maxSteps": 3, "evaluation": {"everySteps": 0, "sampleEverySteps": 0}}
    alone = new_run(
        tmp_path / "alone", material, batch={"microBatch": 2, "gradientAccumulation": 2}, **changes
    )
    assert alone.here().failure is None
    both = new_run(
        tmp_path / "both",
        material,
        batch={"microBatch": 2, "gradientAccumulation": 1},
        hardware={"processes": 2},
        **changes,
    )
    attempt = both.start()
    assert attempt.wait() == 0, attempt.log()
    for step, loss in alone.losses().items():
        assert both.losses()[step] == pytest.approx(loss, rel=1e-5)
