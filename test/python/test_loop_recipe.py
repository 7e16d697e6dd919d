"""Recipe files and device choices: what a person gets for a mistake."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from loop_fixtures import recipe

from legal_eagle.engine import devices
from legal_eagle.engine.devices import choose_device
from legal_eagle.engine.process_memory import peak_bytes
from legal_eagle.engine.recipe import check_recipe, read_recipe
from legal_eagle.jobs.errors import EXIT_ENVIRONMENT, EXIT_SPEC, JobError

MINIMAL = "model: base\ndataset: rows.db\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def issues_of(path: Path, *overrides: str) -> dict[str, tuple[str, str]]:
    with pytest.raises(JobError) as caught:
        read_recipe(path, overrides)
    error = caught.value
    assert (error.code, error.exit_code) == ("recipe.invalid", EXIT_SPEC)
    found: Any = error.params["issues"]
    assert all(issue["field"] in str(error.params["summary"]) for issue in found)
    return {issue["field"]: (issue["reason"], issue["allowed"]) for issue in found}


def test_scientific_numbers_without_a_point_are_numbers(tmp_path: Path) -> None:
    # Bug caught: YAML 1.1 reads 1e-4 as text, and `learningRate: 1e-4` is what everybody writes.
    read = read_recipe(write(tmp_path, MINIMAL + "optimizer: {learningRate: 2e-5, weightDecay: 1E-2}\n"))
    assert read["optimizer"]["learningRate"] == 2e-5
    assert read["optimizer"]["weightDecay"] == 0.01
    assert read["lora"]["rank"] == 8


def test_json_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text('\ufeff{"model": "base", "dataset": "rows.db", "epochs": 3}', encoding="utf-8")
    assert read_recipe(path)["epochs"] == 3


def test_every_mistake_names_field_reason_and_range(tmp_path: Path) -> None:
    found = issues_of(
        write(
            tmp_path,
            MINIMAL
            + "lora: {rnk: 8, dropout: 1.5}\nepochs: many\nbatch: {microBatch: 0}\n"
            + "schedule: {kind: step}\nsurprise: 1\n",
        )
    )
    assert set(found) == {
        "lora.rnk",
        "lora.dropout",
        "epochs",
        "batch.microBatch",
        "schedule.kind",
        "surprise",
    }
    assert "unknown key" in found["lora.rnk"][0]
    assert "rank" in found["lora.rnk"][1]
    assert "out of range" in found["lora.dropout"][0]
    assert "< 1" in found["lora.dropout"][1]
    assert "wrong type" in found["epochs"][0]
    assert "≥ 1" in found["batch.microBatch"][1]
    assert "cosine" in found["schedule.kind"][1]


@pytest.mark.parametrize("text", ["- a\n- b\n", "", "model: base\n", MINIMAL + "epochs: .nan\n", "a: [1\n"])
def test_what_is_no_recipe_is_refused(tmp_path: Path, text: str) -> None:
    issues_of(write(tmp_path, text))


def test_a_missing_or_wrongly_encoded_file_is_refused(tmp_path: Path) -> None:
    issues_of(tmp_path / "nowhere.yaml")
    path = tmp_path / "recipe.yaml"
    path.write_bytes("model: 模型\n".encode("gb18030"))
    issues_of(path)


def test_every_thinking_mode_is_a_recipe(tmp_path: Path) -> None:
    """A mode that the form offers and the engine refuses."""
    for mode in ("none", "keep", "strip", "empty"):
        assert read_recipe(write(tmp_path, MINIMAL), [f"thinking={mode}"])["thinking"] == mode


def test_overrides_are_yaml_and_nested(tmp_path: Path) -> None:
    read = read_recipe(
        write(tmp_path, MINIMAL),
        [
            "optimizer.learningRate=5e-4",
            "evaluation.samplePrompts=[你好, a=b]",
            "systemPrompt=null",
            "lora.targets=[wqkv]",
        ],
    )
    assert read["optimizer"]["learningRate"] == 5e-4
    assert read["evaluation"]["samplePrompts"] == ["你好", "a=b"]
    assert read["systemPrompt"] is None
    assert read["lora"]["targets"] == ["wqkv"]


@pytest.mark.parametrize("override", ["epochs", "=3", "lora..rank=1", "model.name=x", "epochs=[1"])
def test_a_broken_override_is_named(tmp_path: Path, override: str) -> None:
    assert any(override in field for field in issues_of(write(tmp_path, MINIMAL), override))


def hardware(**changes: Any) -> Any:
    return recipe(hardware=changes)["hardware"]


def test_every_automatic_decision_has_a_reason() -> None:
    chosen = choose_device(
        hardware(device="auto", precision="auto", cpuThreads=0, maxTokensPerMicroBatch=0), {}
    )
    assert len(chosen.reasons) == 4
    assert chosen.cpu_threads >= 1
    assert chosen.max_tokens_per_micro_batch >= 1024
    explicit = choose_device(hardware(device="cpu", precision="fp32", cpuThreads=3), {})
    assert explicit.reasons == ()
    assert (explicit.device, explicit.dtype, explicit.cpu_threads) == (torch.device("cpu"), torch.float32, 3)


@pytest.mark.parametrize(
    ("has_bf16", "capability", "expected"),
    [(True, (9, 0), "bf16"), (False, (7, 5), "fp16"), (False, (7, 0), "fp16"), (False, (6, 1), "fp32")],
)
def test_a_card_computes_in_the_shortest_type_it_is_made_for(
    has_bf16: bool, capability: tuple[int, int], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Bug caught: a Turing card that trains in fp32, at a fraction of its speed, or in emulated bf16.
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: has_bf16)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    reasons: list[str] = []
    assert devices._precision("auto", torch.device("cuda", 0), reasons) == expected
    assert len(reasons) == 1
    if has_bf16:
        return
    with pytest.raises(JobError) as caught:
        devices._precision("bf16", torch.device("cuda", 0), reasons)
    assert caught.value.code == "train.precision_unsupported"


def test_what_the_machine_cannot_do_is_refused() -> None:
    cases: list[tuple[dict[str, Any], dict[str, str], str]] = []
    if not torch.cuda.is_available():
        cases.append(({"device": "cuda"}, {}, "train.no_cuda"))
        # Bug caught: a run whose card is gone goes on silently, and a hundred times slower, on the CPU.
        cases.append(({"device": "auto", "gpu": "GPU-0a"}, {}, "train.no_cuda"))
    for changes, environment, code in cases:
        with pytest.raises(JobError) as caught:
            choose_device(hardware(**changes), environment)
        assert caught.value.code == code
        assert caught.value.exit_code in (EXIT_SPEC, EXIT_ENVIRONMENT)


@pytest.mark.parametrize(
    ("changes", "before", "after"),
    [
        ({"device": "auto", "gpu": "GPU-0a"}, {}, {"CUDA_VISIBLE_DEVICES": "GPU-0a"}),
        # A scheduler or the studio has decided already.
        (
            {"device": "auto", "gpu": "GPU-0a"},
            {"CUDA_VISIBLE_DEVICES": "3"},
            {"CUDA_VISIBLE_DEVICES": "3"},
        ),
        ({"device": "auto", "gpu": "auto"}, {}, {}),
        ({"device": "cpu", "gpu": "GPU-0a"}, {}, {}),
    ],
)
def test_a_named_card_is_the_only_visible_one(
    changes: dict[str, Any], before: dict[str, str], after: dict[str, str]
) -> None:
    environment = dict(before)
    with contextlib.suppress(JobError):
        choose_device(hardware(**changes), environment)
    assert environment == after


def test_peak_memory_is_in_bytes() -> None:
    # Bug caught: kilobytes reported as bytes, a thousandfold too little.
    before = peak_bytes(torch.device("cpu"))
    block = torch.ones(40_000_000)
    grown = peak_bytes(torch.device("cpu")) - before
    assert block.sum() > 0
    assert before > 20_000_000
    assert 0 <= grown < 1_000_000_000


_REFUSED = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "recipes" / "refused.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", _REFUSED, ids=lambda case: json.dumps(case["changes"]))
def test_the_engine_refuses_what_the_studio_refuses(case: dict[str, Any]) -> None:
    """A recipe that goes to a cluster node without the studio, and computes something else there."""
    with pytest.raises(JobError) as caught:
        check_recipe({"model": "m", "dataset": "d", **case["changes"]})
    (issue,) = caught.value.params["issues"]  # type: ignore[misc]
    assert caught.value.code == "recipe.invalid"
    assert issue["field"] == case["field"]
    assert issue["allowed"].split(", ") == [
        "null" if value is None else str(value) for value in case["nearest"]
    ]
