"""The train job in a real child process: a whole run, stop, control, refusals, a full disk."""

from __future__ import annotations

import os
import signal
import struct
from pathlib import Path
from typing import Any

import pytest
from loop_fixtures import Run, check_events, recipe, write_dataset, write_model
from safetensors.torch import load_file, save_file

from legal_eagle.engine.checkpoint import list_checkpoints, verify_checkpoint


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("material")
    return write_model(folder / "model"), write_dataset(folder / "data")


def new_run(tmp_path: Path, material: tuple[Path, Path], **changes: Any) -> Run:
    return Run(tmp_path / "run", *material, recipe(**changes))


def test_a_whole_run(tmp_path: Path, material: tuple[Path, Path]) -> None:
    run = new_run(tmp_path, material)
    attempt = run.start()
    assert attempt.wait() == 0, attempt.log()
    check_events(attempt)

    (plan,) = attempt.data("plan")
    steps = attempt.data("step")
    assert [step["step"] for step in steps] == list(range(1, plan["steps"] + 1))
    assert sum(step["tokens"] for step in steps) == plan["trainTokens"]
    assert sum(step["answerTokens"] for step in steps) == plan["answerTokens"]
    assert plan["trainRows"] + plan["evalRows"] == 48
    assert plan["globalBatch"] == 4
    assert steps[-1]["remainingTokens"] == 0
    assert steps[-1]["epoch"] == plan["epochs"] == 2
    assert all(step["padShare"] == 0 and step["peakBytes"] > 0 for step in steps)
    assert any(step["microBatches"] > 1 for step in steps)

    evals, (result,) = attempt.data("eval"), attempt.data("result")
    assert [one["step"] for one in evals] == [0, 5, 10, 15, plan["steps"]]
    assert result["evalLossFirst"] == evals[0]["loss"]
    assert result["evalLossLast"] == evals[-1]["loss"] < evals[0]["loss"]
    # The rows repeat a few sentences: a loop that trains the wrong tokens cannot get this far down.
    assert result["lossLast"] < 0.85 * result["lossFirst"]
    assert [one["step"] for one in attempt.data("sample")] == [0, 7, 14, plan["steps"]]

    for name in ("adapter_config.json", "adapter_model.safetensors", "legal_eagle.json"):
        assert (run.root / "adapter" / name).is_file()
    checkpoints = list_checkpoints(run.checkpoints)
    # Kept: the newest three, and the best where it is not one of them.
    assert [info.step for info in checkpoints][-1] == plan["steps"]
    assert len(checkpoints) in (3, 4)
    assert result["bestStep"] in {info.step for info in checkpoints}
    last = load_file(checkpoints[-1].path / "adapter_model.safetensors")
    final = load_file(run.root / "adapter" / "adapter_model.safetensors")
    assert all(last[name].equal(final[name]) for name in last)


def test_tensorboard_files_hold_the_same_numbers(tmp_path: Path, material: tuple[Path, Path]) -> None:
    # Bug caught: files that TensorBoard cannot read, or losses of another step.
    from tensorboard.compat.proto.event_pb2 import Event

    run = new_run(tmp_path, material, maxSteps=3)
    attempt = run.here()
    assert attempt.failure is None
    (path,) = (attempt.folder / "tensorboard").iterdir()
    content, found = path.read_bytes(), {}
    while content:
        # TFRecord: length, its checksum, the event, its checksum.
        (length,) = struct.unpack("<Q", content[:8])
        event = Event.FromString(content[12 : 12 + length])
        content = content[16 + length :]
        for value in event.summary.value:
            found[value.tag, event.step] = value.simple_value
    for step in attempt.data("step"):
        for tag, key in (("loss", "loss"), ("pad_share", "padShare"), ("peak_bytes", "peakBytes")):
            assert found[f"train/{tag}", step["step"]] == pytest.approx(step[key], rel=1e-6)
    assert ("eval/loss", 0) in found


def test_stop_saves_and_the_resumed_run_ends_bit_equal(tmp_path: Path, material: tuple[Path, Path]) -> None:
    # Bug caught: dropout, Adam, schedule or row order that starts anew after a resume.
    straight = Run(tmp_path / "straight", *material, recipe())
    assert straight.start().wait() == 0
    run = new_run(tmp_path, material)
    first = run.start()
    first.wait_until(lambda: len(first.data("step")) >= 4)
    first.control("stop")
    assert first.wait() == 10, first.log()
    check_events(first)
    saved = first.data("checkpoint")[-1]
    assert saved["reason"] in ("stop", "interval")
    assert saved["step"] == first.data("step")[-1]["step"]

    second = run.start(run.newest_checkpoint())
    assert second.wait() == 0, second.log()
    check_events(second)
    assert second.data("plan")[0]["startStep"] == saved["step"] == second.data("step")[0]["step"] - 1
    assert run.losses() == straight.losses()
    assert run.eval_losses() == straight.eval_losses()
    assert second.data("result")[0]["lossFirst"] == straight.attempts[0].data("result")[0]["lossFirst"]
    ours, theirs = (load_file(one.root / "adapter" / "adapter_model.safetensors") for one in (run, straight))
    assert all(ours[name].equal(theirs[name]) for name in theirs)


@pytest.mark.skipif(os.name == "nt", reason="SIGTERM is POSIX")
def test_a_termination_signal_saves_and_says_resumable(tmp_path: Path, material: tuple[Path, Path]) -> None:
    run = new_run(tmp_path, material, epochs=40)
    attempt = run.start()
    attempt.wait_until(lambda: len(attempt.data("step")) >= 1)
    attempt.process.send_signal(signal.SIGTERM)
    assert attempt.wait() == 75, attempt.log()
    newest = run.newest_checkpoint()
    assert newest is not None
    assert verify_checkpoint(newest).step == attempt.data("step")[-1]["step"]


def test_save_now_and_sample_now(tmp_path: Path, material: tuple[Path, Path]) -> None:
    run = new_run(
        tmp_path,
        material,
        epochs=60,
        checkpoints={"everySteps": 0, "keepBest": False},
        evaluation={"everySteps": 0, "sampleEverySteps": 0},
    )
    attempt = run.start()
    attempt.wait_until(lambda: len(attempt.data("step")) >= 1)
    attempt.control("save-now")
    attempt.control("sample-now")
    attempt.wait_until(lambda: len(attempt.data("sample")) == 1)
    attempt.control("stop")
    assert attempt.wait() == 10, attempt.log()
    reasons = [one["reason"] for one in attempt.data("checkpoint")]
    assert reasons[0] == "save-now"
    assert attempt.data("checkpoint")[0]["step"] == attempt.data("sample")[0]["step"] > 0
    acknowledged = {one["command"] for one in attempt.data("control-ack")}
    assert acknowledged == {"save-now", "sample-now", "stop"}
    # Told when the work is over: else a screen says "saved" before there is a file.
    done = {one["command"]: one["step"] for one in attempt.data("control-done")}
    assert done.keys() == {"save-now", "sample-now"}
    for made, command in (("checkpoint", "save-now"), ("sample", "sample-now")):
        (obeyed,) = (one for one in attempt.events("control-done") if one["data"]["command"] == command)
        assert attempt.events(made)[0]["seq"] < obeyed["seq"]


def test_a_changed_dataset_or_recipe_is_refused_by_name(tmp_path: Path, material: tuple[Path, Path]) -> None:
    # Bug caught: silently going on with other rows, another rank or another learning rate.
    run = new_run(tmp_path, material, maxSteps=3)
    assert run.here().failure is None
    checkpoint = run.newest_checkpoint()
    assert checkpoint is not None
    other_rows = write_dataset(tmp_path / "other", answer="另外的答案。")
    other_model = write_model(tmp_path / "other-model", seed=9)
    changed_recipe = recipe(maxSteps=3, optimizer={"learningRate": 1e-3}, lora={"rank": 8})
    cases: dict[str, dict[str, Any]] = {
        "dataset": {"datasetPath": str(other_rows)},
        "base_model": {"modelPath": str(other_model)},
        "template": {"recipe": recipe(maxSteps=3, systemPrompt="你是一名律师。")},
        "lora.rank, optimizer.learningRate": {"recipe": changed_recipe},
        "plan": {"recipe": recipe(maxSteps=4)},
    }
    for changed, params in cases.items():
        error = run.here(checkpoint, **params).failure
        assert error is not None
        assert (error.code, error.params["changed"]) == ("train.resume_mismatch", changed)
        assert error.exit_code == 20
    assert verify_checkpoint(checkpoint).step == 3


def test_a_damaged_checkpoint_is_refused(tmp_path: Path, material: tuple[Path, Path]) -> None:
    run = new_run(tmp_path, material, maxSteps=3)
    assert run.here().failure is None
    checkpoint = run.newest_checkpoint()
    assert checkpoint is not None
    path = checkpoint / "optimizer.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    error = run.here(checkpoint).failure
    assert error is not None
    assert (error.code, error.exit_code) == ("train.checkpoint_damaged", 22)
    assert "optimizer.safetensors" in str(error.params["reason"])


@pytest.mark.skipif(os.name == "nt", reason="RLIMIT_FSIZE is POSIX")
def test_a_full_disk_ends_with_its_own_code_and_keeps_the_last_checkpoint(
    tmp_path: Path, material: tuple[Path, Path]
) -> None:
    # A file-size limit ends writes as a full disk does (EFBIG for ENOSPC), without needing a disk to fill.
    import resource

    run = new_run(tmp_path, material, lora={"rank": 16})
    first = run.start()
    first.wait_until(lambda: len(first.data("checkpoint")) >= 1)
    first.control("stop")
    assert first.wait() == 10, first.log()
    before = run.newest_checkpoint()
    assert before is not None
    limit = (before / "adapter_model.safetensors").stat().st_size // 2

    attempt = run.start(before, before_exec=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert attempt.wait() == 24, attempt.log()
    assert attempt.error()["code"] == "train.disk_full"
    assert run.newest_checkpoint() == before
    verify_checkpoint(before)
    assert not [path for path in run.checkpoints.iterdir() if ".tmp-" in path.name]
    third = run.start(before)
    assert third.wait() == 0, third.log()


def test_a_diverged_run_stops_with_a_checkpoint(tmp_path: Path, material: tuple[Path, Path]) -> None:
    # A base with one NaN makes every loss NaN, as a diverged adapter does.
    model, dataset = write_model(tmp_path / "broken"), material[1]
    weights = load_file(model / "model.safetensors")
    weights["output.weight"][0, 0] = float("nan")
    save_file(weights, model / "model.safetensors", metadata={"format": "pt"})
    run = Run(tmp_path / "run", model, dataset, recipe(evaluation={"everySteps": 0}))
    attempt = run.here()
    assert attempt.failure is not None
    assert (attempt.failure.code, attempt.failure.exit_code) == ("train.non_finite", 20)
    steps = attempt.data("step")
    assert [(step["skipped"], step["loss"], step["nonFinite"]) for step in steps] == [
        (True, None, ["loss", "gradNorm"])
    ] * 3
    assert [one["reason"] for one in attempt.data("checkpoint")] == ["non-finite"]
    adapter = load_file(run.checkpoints / "step-00000003" / "adapter_model.safetensors")
    assert all(bool(tensor.isfinite().all()) for tensor in adapter.values())


def test_an_absurd_learning_rate_stops_and_keeps_what_was_saved(
    tmp_path: Path, material: tuple[Path, Path]
) -> None:
    # Bug caught: weights without a number overwrite the last good checkpoint, or the run goes on to its end.
    run = new_run(
        tmp_path,
        material,
        optimizer={"learningRate": 1.0, "maxGradNorm": 1000},
        schedule={"warmupRatio": 0.0, "kind": "constant"},
        lora={"alpha": 8000, "dropout": 0.0},
        hardware={"precision": "fp16"},
        evaluation={"everySteps": 0},
        checkpoints={"everySteps": 1, "keepLast": 3},
        epochs=20,
    )
    attempt = run.here()
    print([(d["step"], d["loss"]) for d in attempt.data("step")][:20])
    assert attempt.failure is not None
    assert (attempt.failure.code, attempt.failure.exit_code) == ("train.non_finite", 20)
    for info in list_checkpoints(run.checkpoints):
        verify_checkpoint(info.path)
        adapter = load_file(info.path / "adapter_model.safetensors")
        assert all(bool(tensor.isfinite().all()) for tensor in adapter.values())


def test_rows_without_answers_inside_the_cutoff_are_refused(
    tmp_path: Path, material: tuple[Path, Path]
) -> None:
    run = new_run(tmp_path, material, cutoffLength=16)
    error = run.here().failure
    assert error is not None
    assert (error.code, error.exit_code, error.params["cutoff"]) == ("train.no_rows", 22, 16)


def test_truncated_and_dropped_rows_are_reported(tmp_path: Path, material: tuple[Path, Path]) -> None:
    run = new_run(tmp_path, material, cutoffLength=64, maxSteps=1)
    attempt = run.here()
    assert attempt.failure is None
    (plan,) = attempt.data("plan")
    assert plan["truncatedRows"] > 0
    assert plan["trainRows"] + plan["droppedRows"] + plan["evalRows"] <= 48


def test_a_prompt_that_does_not_fit_costs_no_run(tmp_path: Path, material: tuple[Path, Path]) -> None:
    # Bug caught: an answer that cannot be given at step 0 ends the training.
    evaluation = {"samplePrompts": ["很长的问题" * 200, "你好？"], "sampleEverySteps": 0}
    run = new_run(tmp_path, material, maxSteps=1, evaluation=evaluation)
    attempt = run.here()
    assert attempt.failure is None
    assert [one["code"] for one in attempt.data("warning")] == ["model.beyond_positions"]
    assert [one["prompt"] for one in attempt.data("sample")] == ["你好？"]
    assert len(attempt.data("result")) == 1


def test_a_stop_before_the_first_step_can_be_resumed(tmp_path: Path, material: tuple[Path, Path]) -> None:
    # Bug caught: a checkpoint without optimizer state, which cannot be read back.
    straight = Run(tmp_path / "straight", *material, recipe(maxSteps=3))
    assert straight.here().failure is None
    run = Run(tmp_path / "run", *material, recipe(maxSteps=3))
    stopped = run.here(stop=True)
    assert stopped.failure is None
    assert stopped.data("step") == []
    assert run.here(run.newest_checkpoint()).failure is None
    assert run.losses() == straight.losses()


def test_rows_longer_than_the_context_are_pointed_out(tmp_path: Path, material: tuple[Path, Path]) -> None:
    short = write_model(tmp_path / "short", max_position_embeddings=100)
    run = Run(tmp_path / "run", short, material[1], recipe(maxSteps=1, evaluation={"samplePrompts": []}))
    attempt = run.here()
    assert attempt.failure is None
    (warning,) = attempt.data("warning")
    assert warning["code"] == "train.rows_beyond_positions"
    assert warning["params"]["positions"] == 100 < warning["params"]["longest"]


def test_packs_as_the_unit(tmp_path: Path, material: tuple[Path, Path]) -> None:
    run = new_run(
        tmp_path, material, epochs=1, batch={"unit": "packs", "microBatch": 1, "gradientAccumulation": 1}
    )
    attempt = run.here()
    assert attempt.failure is None
    (plan,) = attempt.data("plan")
    assert plan["batchUnit"] == "packs"
    assert all(step["tokens"] <= 200 for step in attempt.data("step"))
    assert sum(step["tokens"] for step in attempt.data("step")) == plan["trainTokens"]
