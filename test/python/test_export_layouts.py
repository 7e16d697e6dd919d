"""The layout formats of the export job, as real jobs; what is given away loads elsewhere, without paths."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from builders.internlm2_reference import InternLM2Reference
from legal_eagle.models.config import read_config
from legal_eagle.models.weights import SafetensorsFolder
from merge_fixtures import write_adapter, write_base
from service_job import events, run_job, write_job

pytestmark = pytest.mark.usefixtures("one_thread")
IDS = torch.tensor([[1, 20, 30, 200, 270, 290, 40, 50, 60]])


def export(folder: Path, format_name: str, out: Path, model: Path, adapter: Path | None = None) -> Path:
    params = {
        "format": format_name,
        "modelPath": str(model),
        "adapterPath": None if adapter is None else str(adapter),
        "outPath": str(out),
        "name": "model",
        "template": "auto",
        "ollamaName": None,
    }
    job = write_job(folder / f"job-{out.name}", "export", params)
    assert run_job(job) == 0, (job / "log.txt").read_text(encoding="utf-8")
    assert events(job, "result")[-1]["data"]["path"] == str(out)
    for path in out.rglob("*.json"):
        assert str(folder) not in path.read_text(encoding="utf-8"), f"{path.name} tells where it was made"
    return out


def fused_logits(base: Path, adapter: Path | None = None) -> torch.Tensor:
    weights = SafetensorsFolder(base)
    tensors = {name: weights.load(name).float() for name in weights.names()}
    model: Any = InternLM2Reference(read_config(base), tensors)
    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter)).eval()
    with torch.no_grad():
        return model(IDS[0])


def test_a_merged_model_leaves_in_llama_layout_and_comes_back(tmp_path: Path) -> None:
    base, adapter, merged = tmp_path / "base", tmp_path / "adapter", tmp_path / "models" / "merged"
    write_adapter(adapter, write_base(base, files=2), strength=0.1)
    merge = {"basePath": str(base), "adapterPath": str(adapter), "outPath": str(merged)}
    job = write_job(tmp_path / "merge", "merge", merge | {"maxShardBytes": 50_000})
    assert run_job(job) == 0, (job / "log.txt").read_text(encoding="utf-8")

    out = export(tmp_path, "llama", tmp_path / "llama", merged)
    model = AutoModelForCausalLM.from_pretrained(out, trust_remote_code=False, attn_implementation="eager")
    with torch.no_grad():
        got = model.eval()(IDS).logits[0]
    wanted = fused_logits(merged)
    assert wanted.abs().max() > 0.5
    assert float((got - wanted).abs().max()) < 1e-5
    assert float((fused_logits(base) - wanted).abs().max()) > 0.02
    assert not list(out.glob("*.py"))
    tokenizer = AutoTokenizer.from_pretrained(out, trust_remote_code=False)
    stop = tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert model.generation_config.eos_token_id == [2, stop]
    assert "<|im_start|>user" in tokenizer.apply_chat_template(
        [{"role": "user", "content": "?"}], tokenize=False
    )

    back = export(tmp_path, "internlm2", tmp_path / "back", out)
    assert json.loads((back / "export.json").read_text(encoding="utf-8"))["restored"] is True
    for path in merged.glob("*.safetensors"):
        assert (back / path.name).read_bytes() == path.read_bytes()
    assert (back / "config.json").read_bytes() == (merged / "config.json").read_bytes()


def test_an_adapter_leaves_in_both_layouts(tmp_path: Path) -> None:
    base, adapter = tmp_path / "base", tmp_path / "adapter"
    write_adapter(adapter, write_base(base), strength=0.1)
    llama = export(tmp_path, "llama", tmp_path / "llama", base)
    split = export(tmp_path, "adapter-llama", tmp_path / "split", base, adapter)
    fused = export(tmp_path, "adapter-internlm2", tmp_path / "fused", base, adapter)
    model = AutoModelForCausalLM.from_pretrained(llama, attn_implementation="eager")
    with torch.no_grad():
        got = PeftModel.from_pretrained(model, str(split)).eval()(IDS).logits[0]
    wanted = fused_logits(base, adapter)
    assert float((got - wanted).abs().max()) < 1e-5
    assert float((fused_logits(base, fused) - wanted).abs().max()) < 1e-5
    settings = json.loads((split / "adapter_config.json").read_text(encoding="utf-8"))
    assert settings["base_model_name_or_path"] == "base"
