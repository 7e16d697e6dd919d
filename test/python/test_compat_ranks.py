"""The compat engine on two processes, and mixtures of experts on it: the run of one process, resumed too."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from loop_fixtures import Run, write_dataset
from rank_fixtures import assert_same_run, settings, start_ranks

import merge_fixtures
from builders.compat_bases import write_base
from legal_eagle.compat.compat_engine import CompatEngine
from legal_eagle.compat.compat_model import CompatModel
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.jobs.errors import JobError

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("kind", ["gemma3", "qwen3_moe"])
def test_two_ranks_are_one_process_and_resume_as_one(tmp_path: Path, kind: str) -> None:
    # Bug caught: gradients of a rank's own tokens, masters that start apart, a resume that one rank misses.
    (tmp_path / "model").mkdir()
    base = write_base(tmp_path / "model", kind, merge_fixtures.write_tokenizer(tmp_path / "model"))
    material = base, write_dataset(tmp_path / "data")
    alone = Run(tmp_path / "alone", *material, {**settings(4, 1, 4096), "maxSteps": 6})
    assert alone.here().failure is None
    together = Run(tmp_path / "together", *material, {**settings(1, 2, 300), "maxSteps": 6})
    ranks = start_ranks(together, 2)
    assert ranks.wait() == [0, 0], ranks.logs()
    assert any(
        reason.startswith("engine compat")
        for device in ranks.first.data("device")
        for reason in device["reasons"]
    )
    # Adam divides by the size of a gradient: where that is next to nothing, so is what it says.
    measured = assert_same_run(together, alone, 1e-4)
    assert max(measured["loss"], measured["evalLoss"]) < 1e-5
    print(f"{kind}, two ranks against one:", measured)

    resumed = Run(tmp_path / "resumed", *material, together.recipe)
    again = start_ranks(resumed, 2, together.checkpoints / "step-00000003")
    assert again.wait() == [0, 0], again.logs()
    after = {step: loss for step, loss in together.losses().items() if step > 3}
    assert resumed.losses() == after


def test_experts_get_no_adapter_and_the_run_says_so(tmp_path: Path) -> None:
    """A recipe for "all" layers that silently leaves nine tenths of the weights out; a target that trains
    nothing."""
    engine = CompatEngine()
    base = write_base(tmp_path, "mixtral")
    facts = engine.read_facts(base)
    assert facts is not None
    reasons: list[str] = []

    def opened(targets: str | tuple[str, ...]) -> CompatModel:
        return engine.trainable(
            base,
            facts,
            LoraConfig(rank=4, alpha=8, targets=targets),
            torch.Generator().manual_seed(1),
            dtype=torch.float32,
            device=torch.device("cpu"),
            on_reason=reasons.append,
        )

    trained = {name.split(".lora_")[0].rsplit(".", 1)[-1] for name, _ in opened("all").trained_parameters()}
    assert trained == {"q_proj", "k_proj", "v_proj", "o_proj"}
    assert any("experts" in one for one in reasons), reasons
    for targets in ("mlp", ("w1",)):
        with pytest.raises(JobError) as refused:
            opened(targets)
        assert refused.value.code == "model.lora_target"
        assert refused.value.params["available"] == "k_proj, o_proj, q_proj, v_proj"
