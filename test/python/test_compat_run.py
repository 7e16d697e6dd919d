"""Whole runs on the compat engine: kill and resume, what a run says, what an environment without it says."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from loop_fixtures import Run, recipe, write_dataset

import merge_fixtures
from builders.compat_bases import write_base
from legal_eagle.engine.engine_choice import choose_engine
from legal_eagle.jobs.errors import EXIT_ENVIRONMENT, JobError

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("material")
    model = folder / "model"
    model.mkdir()
    vocab_size = merge_fixtures.write_tokenizer(model)
    return write_base(model, "gemma3", vocab_size), write_dataset(folder / "data")


def new_run(folder: Path, material: tuple[Path, Path], **changes: Any) -> Run:
    return Run(
        folder, *material, recipe(maxSteps=6, evaluation={"everySteps": 4, "sampleEverySteps": 5}, **changes)
    )


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_losses_are_bit_equal_after_a_kill(tmp_path: Path, material: tuple[Path, Path]) -> None:
    """Dropout, Adam or an adapter that a checkpoint forgets; a sample that moves a generator."""
    straight = new_run(tmp_path / "straight", material)
    attempt = straight.here()
    assert attempt.failure is None
    reasons = attempt.data("device")[-1]["reasons"]
    assert "engine compat: the fast engine does not compute Gemma3ForCausalLM" in reasons
    assert "packing on: this model's packed documents come out as they do alone" in reasons
    assert all(data["padShare"] == 0 for data in attempt.data("step"))
    assert (straight.root / "adapter" / "adapter_model.safetensors").is_file()

    killed = new_run(tmp_path / "killed", material)
    process = killed.start()
    process.wait_until(lambda: killed.newest_checkpoint() is not None)
    assert process.process is not None
    process.process.kill()
    process.wait()
    assert killed.here(killed.newest_checkpoint()).failure is None
    assert killed.losses() == straight.losses()
    assert killed.eval_losses().items() <= straight.eval_losses().items()


def test_a_run_does_not_change_its_engine_on_the_way(tmp_path: Path, material: tuple[Path, Path]) -> None:
    """Moments of one engine's order of rows put on the other's masters."""
    folder = tmp_path / "model"
    folder.mkdir()
    base = write_base(folder, "llama", merge_fixtures.write_tokenizer(folder))
    fast = new_run(tmp_path / "run", (base, material[1]))
    assert fast.here().failure is None
    other = new_run(tmp_path / "other", (base, material[1]), hardware={"engine": "compat"})
    failure = other.here(fast.checkpoints / "step-00000003").failure
    assert failure is not None
    assert failure.code == "train.resume_mismatch"
    assert failure.params["changed"] == "engine"


def test_an_environment_without_transformers_says_so(
    material: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A traceback about an import where a person needs to know what to install."""
    for name in [one for one in sys.modules if one.startswith("legal_eagle.compat")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(JobError) as refused:
        choose_engine(material[0])
    assert refused.value.code == "model.compat_missing"
    assert refused.value.exit_code == EXIT_ENVIRONMENT
    assert refused.value.params == {"architecture": "Gemma3ForCausalLM", "package": "transformers"}


def test_a_quantised_checkpoint_is_refused_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries asked for that would not help."""
    values = json.loads((write_base(tmp_path, "llama") / "config.json").read_text(encoding="utf-8"))
    monkeypatch.setitem(sys.modules, "transformers", None)
    values["quantization_config"] = {"quant_method": "gptq"}
    (tmp_path / "config.json").write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(JobError) as refused:
        choose_engine(tmp_path)
    assert refused.value.code == "model.unsupported_option"
