"""Merging adapters of bases that only transformers computes: by PEFT's own merge, through the real job."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
import transformers
from loop_fixtures import Run, recipe, write_dataset
from safetensors.torch import load_file, save_file

import merge_fixtures
from builders.compat_bases import write_base
from builders.peft_oracle import randomise
from legal_eagle.compat.compat_engine import CompatEngine
from legal_eagle.engine.devices import DeviceChoice
from legal_eagle.jobs.errors import EXIT_DATA
from legal_eagle.release.lora_adapter import Adapter
from legal_eagle.release.named_updates import layers_of
from legal_eagle.serve.chat_session import ChatSession
from legal_eagle.serve.load_chat_model import load_chat_model
from service_job import only, run_job, write_job

pytestmark = pytest.mark.usefixtures("one_thread")

IDS = torch.tensor([[1, 20, 30, 200, 270, 290, 40, 50, 60, 7, 8, 9]])
CPU = DeviceChoice(torch.device("cpu"), "cpu", "fp32", torch.float32, 1, 2048, ())
GREEDY: Any = {
    "temperature": 0.0,
    "topP": 1.0,
    "repetitionPenalty": 1.0,
    "maxNewTokens": 10,
    "seed": 1,
    "stop": [],
}
PROJECTION = "model.layers.1.mlp.down_proj"


def base_of(folder: Path, kind: str, dtype: torch.dtype = torch.float32) -> Path:
    base = folder / "base"
    base.mkdir(parents=True)
    write_base(base, kind, merge_fixtures.write_tokenizer(base))
    if dtype is not torch.float32:
        tensors = {name: one.to(dtype) for name, one in load_file(base / "model.safetensors").items()}
        save_file(tensors, base / "model.safetensors", metadata={"format": "pt"})
        values = json.loads((base / "config.json").read_text(encoding="utf-8"))
        values["dtype"] = str(dtype).removeprefix("torch.")
        (base / "config.json").write_text(json.dumps(values), encoding="utf-8")
    return base


def adapter_of(folder: Path, base: Path, **settings: Any) -> Path:
    """Written by PEFT itself, with weights that change every answer."""
    model = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    config = peft.LoraConfig(
        **{"r": 4, "lora_alpha": 8, "target_modules": "all-linear", "task_type": "CAUSAL_LM", **settings}
    )
    wrapped: Any = peft.get_peft_model(model, config)
    trained = [(name, one) for name, one in wrapped.named_parameters() if one.requires_grad]
    randomise(trained, torch.Generator().manual_seed(7))
    wrapped.save_pretrained(folder / "adapter")
    return folder / "adapter"


def merge_params(folder: Path, **changes: Any) -> dict[str, Any]:
    return {
        "basePath": str(folder / "base"),
        "adapterPath": str(folder / "adapter"),
        "outPath": str(folder / "models" / "merged"),
        "dtype": "base",
        "maxShardBytes": 20_000,
        "parityPrompts": ["你好请问什么是合同？"],
        **changes,
    }


def merged_by_peft(folder: Path) -> Any:
    base = transformers.AutoModelForCausalLM.from_pretrained(folder / "base", dtype=torch.float32)
    wrapped: Any = peft.PeftModel.from_pretrained(base, folder / "adapter")
    return wrapped.merge_and_unload().eval()


@torch.no_grad()
def logits_of(model: Any) -> torch.Tensor:
    logits: torch.Tensor = model(IDS).logits[0]
    return logits


@pytest.mark.parametrize(
    ("kind", "dtype", "settings"),
    [
        ("gemma3", torch.float32, {}),
        ("gemma3", torch.bfloat16, {"use_dora": True, "use_rslora": True}),
        ("gemma2", torch.bfloat16, {"alpha_pattern": {"q_proj": 3.0, PROJECTION: 20.0}}),
        ("phi3", torch.float32, {"modules_to_save": ["embed_tokens", "lm_head"]}),
        (
            "phi3",
            torch.bfloat16,
            {
                "target_modules": ["qkv_proj", "gate_up_proj", "down_proj"],
                "rank_pattern": {PROJECTION: 2, r".*\.2\.self_attn\.qkv_proj": 6},
                "use_rslora": True,
            },
        ),
        ("qwen3_moe", torch.bfloat16, {"target_modules": ["q_proj", "k_proj", "v_proj", "o_proj"]}),
    ],
)
def test_the_job_writes_what_peft_would_have_merged(
    tmp_path: Path, kind: str, dtype: torch.dtype, settings: dict[str, Any]
) -> None:
    """Names, scales or patterns read otherwise than PEFT does; a tied head torn from its embedding; a check
    that compares with another model."""
    adapter_of(tmp_path, base_of(tmp_path, kind, dtype), **settings)
    job = write_job(tmp_path / "job", "merge", merge_params(tmp_path, dtype="fp32"))
    assert run_job(job) == 0, (job / "log.txt").read_text(encoding="utf-8")
    result = only(job, "result")
    assert result["parity"]["passed"] is True
    assert result["maxAbsLogitDiff"] < 1e-4
    assert len(result["shards"]) > 1
    ours = transformers.AutoModelForCausalLM.from_pretrained(result["path"])
    assert ours.dtype == torch.float32
    wanted = logits_of(merged_by_peft(tmp_path))
    plain = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "base", dtype=torch.float32)
    assert float((logits_of(ours) - wanted).abs().max()) < 1e-4
    assert float((logits_of(plain) - wanted).abs().max()) > 0.05


@pytest.mark.parametrize("kind", ["gemma3", "phi3"])
def test_rounded_files_pass_by_the_limit_of_one_rounding(tmp_path: Path, kind: str) -> None:
    """A limit measured on another rounding than the files'; a merge that is not refused when it is wrong."""
    adapter_of(tmp_path, base_of(tmp_path, kind, torch.bfloat16), use_dora=True)
    job = write_job(tmp_path / "job", "merge", merge_params(tmp_path))
    assert run_job(job) == 0, (job / "log.txt").read_text(encoding="utf-8")
    parity = only(job, "result")["parity"]
    assert parity["roundingError"] > 1e-4
    # The same numbers rounded by two programs: the files add nothing of their own.
    assert parity["maxAbsLogitDiff"] < 1.1 * parity["roundingError"]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_reference_is_the_model_in_fp32(tmp_path: Path, dtype: torch.dtype) -> None:
    """Weights, or a factor on the embeddings, that stay rounded while a layer is widened."""
    base = base_of(tmp_path, "gemma3", dtype)
    adapter = adapter_of(tmp_path, base)
    reference = CompatEngine().reference(base, adapter, layers_of(Adapter(adapter)))
    document = IDS[0].tolist()
    wanted = logits_of(merged_by_peft(tmp_path))
    assert float((reference.logits([document], "adapter") - wanted).abs().max()) < 1e-5
    plain = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    assert float((reference.logits([document], "plain") - logits_of(plain)).abs().max()) < 1e-5


def test_a_real_run_merges_and_the_merged_model_answers_as_its_adapter(tmp_path: Path) -> None:
    """An adapter as the engine writes it that the merge does not read; a folder that chat cannot open."""
    base = base_of(tmp_path, "phi3")
    dataset = write_dataset(tmp_path / "data")
    run = Run(tmp_path / "run", base, dataset, recipe(maxSteps=3, optimizer={"learningRate": 0.05}))
    assert run.here().failure is None
    adapter = run.root / "adapter"
    params = merge_params(tmp_path, adapterPath=str(adapter), dtype="fp32")
    job = write_job(tmp_path / "job", "merge", params)
    assert run_job(job) == 0, (job / "log.txt").read_text(encoding="utf-8")
    merged = load_chat_model(tmp_path / "models" / "merged", None, "auto", CPU)
    together = load_chat_model(base, adapter, "auto", CPU)
    texts = [
        ChatSession(model)
        .answer(
            [{"role": "user", "content": "请问合同是什么？"}],
            "adapter",
            GREEDY,
            on_text=lambda _: None,
            should_stop=lambda: False,
        )
        .text
        for model in (merged, together)
    ]
    assert texts[0] == texts[1]
    manifest = json.loads((tmp_path / "models" / "merged" / "legal_eagle.json").read_text("utf-8"))
    assert manifest["base"]["name"] == "base"
    assert "model.layers.0.self_attn.qkv_proj.weight" in manifest["adapter"]["changedTensors"]


def _rename(adapter: Path, old: str, new: str) -> None:
    path = adapter / "adapter_model.safetensors"
    save_file({name.replace(old, new): one for name, one in load_file(path).items()}, path)


def _widen(adapter: Path) -> None:
    path = adapter / "adapter_model.safetensors"
    tensors = load_file(path)
    name = next(one for one in tensors if one.endswith("lora_A.weight"))
    save_file({**tensors, name: torch.cat([tensors[name], tensors[name]], dim=1)}, path)


def _settings(adapter: Path, **changes: Any) -> None:
    path = adapter / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda adapter: _rename(adapter, "qkv_proj", "q_proj"), "merge.adapter_target_missing"),
        (_widen, "merge.adapter_shape"),
        (lambda adapter: _settings(adapter, target_parameters=["experts"]), "merge.adapter_unsupported"),
        (lambda adapter: _settings(adapter, modules_to_save=["lm_head"]), "merge.adapter_unsupported"),
        (lambda adapter: (adapter / "adapter_config.json").write_text("{"), "merge.adapter_broken"),
    ],
)
def test_bad_adapters_keep_their_codes(tmp_path: Path, spoil: Callable[[Path], Any], code: str) -> None:
    """A part of an adapter left out in silence, or a traceback where a person needs to know what is wrong."""
    spoil(adapter_of(tmp_path, base_of(tmp_path, "phi3")))
    job = write_job(tmp_path / "job", "merge", merge_params(tmp_path))
    assert run_job(job) == EXIT_DATA
    assert only(job, "error")["code"] == code
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda tensors: tensors.pop("model.norm.weight"), "model.missing_tensors"),
        (lambda tensors: tensors.update({"model.norms.weight": torch.zeros(2)}), "model.extra_tensors"),
        (lambda tensors: tensors.update({"model.norm.weight": torch.zeros(2)}), "model.tensor_shape"),
    ],
)
def test_a_broken_base_is_refused_before_anything_is_written(
    tmp_path: Path, change: Callable[[dict[str, torch.Tensor]], Any], code: str
) -> None:
    """Gigabytes written before the check opens them and finds that they are no model."""
    base = base_of(tmp_path, "phi3")
    adapter_of(tmp_path, base)
    tensors = load_file(base / "model.safetensors")
    change(tensors)
    save_file(tensors, base / "model.safetensors", metadata={"format": "pt"})
    job = write_job(tmp_path / "job", "merge", merge_params(tmp_path))
    run_job(job)
    assert only(job, "error")["code"] == code
    assert not (tmp_path / "models").exists()


def test_tied_and_foreign_heads_are_no_target(tmp_path: Path) -> None:
    """A head that reads its embedding's tensor: merged, it would change nothing or both."""
    base = base_of(tmp_path, "gemma3")
    tensors = CompatEngine().base_tensors(base)
    assert tensors.tied
    assert "lm_head.weight" not in tensors.stored
    adapter = adapter_of(tmp_path, base)
    _settings(adapter, modules_to_save=["embed_tokens"])
    stored = load_file(adapter / "adapter_model.safetensors")
    stored["base_model.model.model.embed_tokens.weight"] = torch.zeros(8, 8)
    save_file(stored, adapter / "adapter_model.safetensors")
    job = write_job(tmp_path / "job", "merge", merge_params(tmp_path))
    assert run_job(job) == EXIT_DATA
    assert "embeddings and head are one" in only(job, "error")["message"]
