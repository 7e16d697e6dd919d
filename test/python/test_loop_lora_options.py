"""What the recipe's LoRA settings do in a real run: the same losses after a resume, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from loop_fixtures import Run, recipe, write_dataset, write_model
from safetensors.torch import load_file

import merge_fixtures
from legal_eagle.engine.recipe import check_recipe
from legal_eagle.engine.resume import deciding_recipe
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.config import read_config

pytestmark = pytest.mark.usefixtures("one_thread")

UPPER_LAYERS = r"model\.layers\.[12]\..*(wqkv|w2)"


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("material")
    return write_model(folder / "model"), write_dataset(folder / "data")


def new_run(folder: Path, material: tuple[Path, Path], **lora: Any) -> Run:
    values = recipe(
        maxSteps=6, lora=lora, evaluation={"everySteps": 0, "sampleEverySteps": 0, "samplePrompts": []}
    )
    return Run(folder, *material, values)


@pytest.mark.parametrize(
    "lora",
    [
        {"dora": True},
        {"targetPattern": UPPER_LAYERS},
        {"whole": "both"},
        {"dora": True, "rsLora": True, "targetPattern": UPPER_LAYERS},
    ],
)
def test_a_resumed_run_is_bit_equal_with_every_option(
    lora: dict[str, Any], tmp_path: Path, material: tuple[Path, Path]
) -> None:
    """Magnitudes or some layers' matrices that are not saved, or come back in another order."""
    straight = new_run(tmp_path / "straight", material, **lora)
    assert straight.here().failure is None
    resumed = new_run(tmp_path / "resumed", material, **lora)
    assert resumed.here(straight.checkpoints / "step-00000003").failure is None
    assert list(resumed.losses()) == [4, 5, 6]
    assert resumed.losses().items() <= straight.losses().items()
    ours, theirs = (
        load_file(one.root / "adapter" / "adapter_model.safetensors") for one in (resumed, straight)
    )
    assert ours.keys() == theirs.keys()
    assert all(ours[name].equal(theirs[name]) for name in theirs)


def test_the_options_change_what_is_trained(tmp_path: Path, material: tuple[Path, Path]) -> None:
    """A setting of the recipe that never reaches the engine."""
    plain, dora = new_run(tmp_path / "plain", material), new_run(tmp_path / "dora", material, dora=True)
    assert plain.here().failure is None
    assert dora.here().failure is None
    assert plain.losses()[1] == pytest.approx(dora.losses()[1], abs=1e-5)
    assert abs(plain.losses()[6] - dora.losses()[6]) > 1e-5


def test_a_checkpoint_from_before_an_option_was_there_goes_on() -> None:
    """An update of the studio that makes every unfinished run another run."""
    old = recipe()
    for name in ("targetPattern", "dora", "bias", "continueFrom", "whole"):
        del old["lora"][name]
    assert deciding_recipe(recipe()) == deciding_recipe(old)  # type: ignore[arg-type]
    assert deciding_recipe(recipe(lora={"dora": True})) != deciding_recipe(old)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lora", "field", "allowed"),
    [
        ({"bias": "all"}, "lora.bias", '"none"'),
        ({"targetPattern": "(a+)+"}, "lora.targetPattern", "quantifiers"),
        ({"targetPattern": ""}, "lora.targetPattern", "at least 1"),
    ],
)
def test_a_setting_that_cannot_be_used_names_field_and_allowed(
    lora: dict[str, Any], field: str, allowed: str
) -> None:
    with pytest.raises(JobError) as caught:
        check_recipe({"model": "m", "dataset": "d", "lora": lora})
    (issue,) = caught.value.params["issues"]  # type: ignore[misc]
    assert caught.value.code == "recipe.invalid"
    assert issue["field"] == field
    assert allowed in issue["allowed"]


def test_an_expression_without_a_match_ends_before_the_first_step(
    tmp_path: Path, material: tuple[Path, Path]
) -> None:
    run = new_run(tmp_path / "run", material, targetPattern="q_proj")
    failure = run.here().failure
    assert failure is not None
    assert (failure.code, failure.exit_code) == ("model.lora_pattern_unmatched", 20)


def test_a_run_starts_from_an_adapter_with_a_new_schedule(
    tmp_path: Path, material: tuple[Path, Path]
) -> None:
    """Weights that are not taken over, and Adam or the step count that are: that would be a resume."""
    first = new_run(tmp_path / "first", material)
    assert first.here().failure is None
    second = new_run(tmp_path / "second", material)
    attempt = second.here(initialAdapter=str(first.root / "adapter"))
    assert attempt.failure is None
    assert attempt.data("plan")[0]["startStep"] == 0
    assert list(second.losses()) == [1, 2, 3, 4, 5, 6]
    # The same rows in the same order: only the weights can make the first loss another one.
    assert second.losses()[1] != first.losses()[1]
    rate = [data["learningRate"] for data in attempt.data("step")]
    assert rate == [data["learningRate"] for data in first.attempts[0].data("step")]

    # A resume of the second run takes its own checkpoint and not the first run's adapter again.
    resumed = new_run(tmp_path / "resumed", material)
    checkpoint = second.checkpoints / "step-00000003"
    assert resumed.here(checkpoint, initialAdapter=str(first.root / "adapter")).failure is None
    assert resumed.losses().items() <= second.losses().items()


def test_the_first_loss_is_that_of_the_adapter(tmp_path: Path, material: tuple[Path, Path]) -> None:
    """An adapter scaled or placed otherwise than where it was trained."""
    first = new_run(tmp_path / "first", material, dropout=0.0)
    first.recipe["evaluation"]["everySteps"] = 6
    assert first.here().failure is None
    second = new_run(tmp_path / "second", material, dropout=0.0)
    second.recipe["evaluation"]["everySteps"] = 6
    assert second.here(initialAdapter=str(first.root / "adapter")).failure is None
    assert second.eval_losses()[0] == first.eval_losses()[6]


@pytest.mark.parametrize(
    ("changes", "field", "adapter"),
    [
        ({"rank": 8}, "lora.rank", "4"),
        ({"alpha": 16}, "lora.alpha", "8"),
        ({"rsLora": True}, "lora.rsLora", "false"),
        ({"dora": True}, "lora.dora", "false"),
        ({"whole": "head"}, "lora.whole", "[]"),
        ({"targets": ["wqkv"]}, "lora.targets", '["w1", "w2", "w3", "wo", "wqkv"]'),
    ],
)
def test_an_adapter_of_another_shape_or_scale_names_the_setting(
    changes: dict[str, Any], field: str, adapter: str, tmp_path: Path, material: tuple[Path, Path]
) -> None:
    merge_fixtures.write_adapter(tmp_path / "adapter", read_config(material[0]))
    run = new_run(tmp_path / "run", material, **changes)
    failure = run.here(initialAdapter=str(tmp_path / "adapter")).failure
    assert failure is not None
    assert failure.code == "train.adapter_differs"
    assert (failure.params["field"], failure.params["adapter"]) == (field, adapter)


def test_an_adapter_of_another_base_is_refused(tmp_path: Path, material: tuple[Path, Path]) -> None:
    """Weights that fit by shape only would train, from a loss that says nothing of why."""
    other = Run(tmp_path / "other", write_model(tmp_path / "model", seed=9), material[1], recipe(maxSteps=1))
    assert other.here().failure is None
    run = new_run(tmp_path / "run", material)
    failure = run.here(initialAdapter=str(other.root / "adapter")).failure
    assert failure is not None
    assert failure.code == "train.adapter_other_base"
