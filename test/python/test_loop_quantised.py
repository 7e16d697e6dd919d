"""Runs on a base in 4 or 8 bits, and in fp16: the same losses after a resume, and a decision that is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from loop_fixtures import Run, recipe, write_dataset, write_model

from legal_eagle.engine import load_base, quality_check, quantisation
from legal_eagle.engine.mechanisms import EngineOptions, choose_mechanisms
from legal_eagle.engine.resume import deciding_recipe
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.config import read_config

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("material")
    return write_model(folder / "model"), write_dataset(folder / "data")


def new_run(folder: Path, material: tuple[Path, Path], **hardware: Any) -> Run:
    quiet = {"everySteps": 0, "sampleEverySteps": 0, "samplePrompts": []}
    return Run(folder, *material, recipe(maxSteps=6, hardware=hardware, evaluation=quiet))


@pytest.mark.parametrize(
    "hardware",
    [{"quantization": "nf4"}, {"quantization": "int8"}, {"quantization": "fp8"}, {"precision": "fp16"}],
)
def test_a_resumed_run_is_bit_equal(
    hardware: dict[str, Any], tmp_path: Path, material: tuple[Path, Path]
) -> None:
    # Bug caught: a base that is rounded otherwise on a resume, or a loss scale that begins again.
    straight = new_run(tmp_path / "straight", material, **hardware)
    assert straight.here().failure is None
    resumed = new_run(tmp_path / "resumed", material, **hardware)
    attempt = resumed.here(straight.checkpoints / "step-00000003")
    assert attempt.failure is None
    assert list(resumed.losses()) == [4, 5, 6]
    assert resumed.losses().items() <= straight.losses().items()
    reasons = attempt.data("device")[0]["reasons"]
    wanted = hardware.get("quantization")
    assert wanted is None or any(f"quantization {wanted}" in reason for reason in reasons)
    plain = new_run(tmp_path / "plain", material)
    assert plain.here().failure is None
    assert plain.losses() != straight.losses(), "nothing was rounded: no test"
    record = json.loads((straight.root / "adapter" / "legal_eagle.json").read_text(encoding="utf-8"))
    assert record["quantization"] == (wanted or "none")


def test_an_8_bit_base_that_costs_too_much_stays_off_also_after_a_resume(
    tmp_path: Path, material: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Bug caught: the run trains on the worse base all the same, or on it once it is resumed.
    plain = new_run(tmp_path / "plain", material)
    assert plain.here().failure is None
    run = new_run(tmp_path / "run", material, quantization="int8")
    with monkeypatch.context() as strict:
        strict.setattr(quality_check, "LARGEST_GAP_NAT", -1.0)
        attempt = run.here()
    assert attempt.failure is None
    (warning,) = [one for one in attempt.data("warning") if one["code"] == "train.eight_bit_off"]
    params = warning["params"]
    assert params["quantization"] == "int8"
    assert params["gap"] == pytest.approx(params["quantised"] - params["dense"], abs=1e-4)
    assert run.losses() == plain.losses()
    record = json.loads((run.root / "adapter" / "legal_eagle.json").read_text(encoding="utf-8"))
    assert record["quantization"] == "none"
    # Now 8 bits would pass; the run has decided.
    again = new_run(tmp_path / "again", material, quantization="int8")
    resumed = again.here(run.checkpoints / "step-00000003")
    assert resumed.failure is None
    assert again.losses().items() <= plain.losses().items()
    assert not any(one["name"] == "check-quantization" for one in resumed.data("phase"))
    assert any(reason.startswith("quantization none") for reason in resumed.data("device")[0]["reasons"])


@pytest.mark.parametrize(("eval_fraction", "rows"), [(0.25, 12), (0.0, 48)])
def test_the_check_runs_on_the_training_rows_where_nothing_is_kept_for_evaluation(
    eval_fraction: float,
    rows: int,
    tmp_path: Path,
    material: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Bug caught: a dataset without an evaluation split ends the check with a division by zero.
    seen: list[int] = []
    original = load_base._sample

    def counted(documents: Any, choice: Any) -> Any:
        seen.append(len(documents))
        return original(documents, choice)

    monkeypatch.setattr(load_base, "_sample", counted)
    dataset = write_dataset(tmp_path / "data", eval_fraction=eval_fraction)
    run = new_run(tmp_path / "run", (material[0], dataset), quantization="int8")
    assert run.here().failure is None
    assert seen == [rows]


def test_the_bits_of_the_base_decide_a_resume_and_older_checkpoints_go_on() -> None:
    # Bug caught: a run resumed on another base, or every checkpoint from before the setting refused.
    plain, packed = recipe(), recipe(hardware={"quantization": "nf4"})
    assert deciding_recipe(plain) != deciding_recipe(packed)  # type: ignore[arg-type]
    assert "quantization" not in deciding_recipe(plain)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "capability", "nearest"),
    [("int8", (7, 0), "nf4"), ("fp8", (8, 6), "int8"), ("fp8", (7, 0), "nf4")],
)
def test_a_card_without_the_units_is_refused_with_what_it_has(
    kind: Any,
    capability: tuple[int, int],
    nearest: str,
    monkeypatch: pytest.MonkeyPatch,
    material: tuple[Path, Path],
) -> None:
    # Bug caught: the run ends in the first product with a kernel's message, after the base was loaded.
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    with pytest.raises(JobError) as caught:
        quantisation.arithmetic_for(kind, torch.device("cuda", 0))
    assert caught.value.code == "train.quantization_unsupported"
    assert caught.value.params["nearest"] == nearest
    on_cpu = choose_mechanisms(
        EngineOptions(quantization=kind), torch.device("cpu"), torch.float32, read_config(material[0]), {}
    )
    assert (on_cpu.quantization, on_cpu.check_quality) == (kind, True)
