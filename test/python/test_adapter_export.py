"""Adapters in both layouts: PEFT on transformers' Llama and on a module with InternLM2's names agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file

from builders.checkpoints import (
    random_tensors,
    tiny_config,
    tiny_values,
    to_llama_tensors,
    write_folder,
)
from builders.internlm2_reference import InternLM2Reference
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.model import build_model
from legal_eagle.engine.peft_format import save_adapter
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.config import read_config
from legal_eagle.models.llama_config import llama_config_values
from legal_eagle.release.adapter_export import write_adapter_layout
from legal_eagle.release.lora_adapter import Adapter
from merge_fixtures import write_adapter

IDS = torch.randint(3, 256, (40,), generator=torch.Generator().manual_seed(3))
WQKV = "model.layers.1.attention.wqkv"


class Bases:
    """One random model in both layouts, as config and as the module that PEFT wraps."""

    def __init__(self, folder: Path) -> None:
        import transformers

        self.values = tiny_values()
        self.config = tiny_config(self.values)
        tensors = random_tensors(self.config)
        self.folder = write_folder(folder / "fused base", self.values, tensors)
        split = to_llama_tensors(self.config, tensors)
        llama_values = llama_config_values(self.config, self.values)
        llama = write_folder(folder / "split base", llama_values, split)
        self.llama_config = read_config(llama)
        self._llama = llama
        self._tensors = tensors
        self._class = transformers.LlamaForCausalLM

    @torch.no_grad()
    def split_logits(self, adapter: Path | None) -> torch.Tensor:
        model = self._class.from_pretrained(self._llama, attn_implementation="eager")
        wrapped = model if adapter is None else _loaded(model, adapter)
        return wrapped(IDS[None]).logits[0]

    @torch.no_grad()
    def fused_logits(self, adapter: Path) -> torch.Tensor:
        return _loaded(InternLM2Reference(self.config, self._tensors), adapter)(IDS)


def _loaded(model: Any, adapter: Path) -> Any:
    """With every factor of the file on the model, and none that the file does not have."""
    wrapped = PeftModel.from_pretrained(model, str(adapter)).eval()
    placed = {name.replace(".default", "") for name, _ in wrapped.named_parameters() if ".lora_" in name}
    stored = {
        name.removesuffix(".weight")
        for name in load_file(adapter / "adapter_model.safetensors")
        if ".lora_" in name
    }
    assert {name.removesuffix(".weight") for name in placed} == stored
    return wrapped


def exported(source: Path, bases: Bases, target: Any, folder: Path) -> Path:
    folder.mkdir()
    write_adapter_layout(Adapter(source), bases.config, target, folder, base_name="the base")
    return folder


def settings_of(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    return values


@pytest.mark.parametrize("rs_lora", [False, True])
@pytest.mark.parametrize("dora", [False, True])
def test_a_trained_adapter_gives_the_same_logits_in_both_layouts(
    tmp_path: Path, rs_lora: bool, dora: bool
) -> None:
    """As a run writes it: out to Llama's names, and from there back into `attention.wqkv` at rank 3r."""
    bases = Bases(tmp_path)
    decoder = build_model(bases.folder)
    generator = torch.Generator().manual_seed(5)
    decoder.add_lora(LoraConfig(4, 8, rs_lora=rs_lora, dora=dora), generator)
    with torch.no_grad():
        for name, parameter in decoder.lora_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(parameter * (1 + 0.1 * noise) if "magnitude" in name else noise * 0.1)
    run = tmp_path / "run"
    run.mkdir()
    save_adapter(decoder, run, "base")
    split = exported(run, bases, "llama", tmp_path / "split")
    back = exported(split, bases, "internlm2", tmp_path / "back")
    own = exported(run, bases, "internlm2", tmp_path / "own")

    wanted = bases.fused_logits(run)
    assert float((bases.split_logits(None) - wanted).abs().max()) > 0.05
    for got in (
        bases.split_logits(split),
        bases.fused_logits(back),
        bases.fused_logits(own),
    ):
        assert float((got - wanted).abs().max()) < 1e-5
    assert settings_of(split)["r"] == 4
    settings = settings_of(back)
    assert settings["rank_pattern"] == {"wqkv": 12}
    assert settings["alpha_pattern"] == {"wqkv": pytest.approx(8 * 3**0.5 if rs_lora else 24)}
    a = load_file(back / "adapter_model.safetensors")[f"base_model.model.{WQKV}.lora_A.weight"]
    assert a.shape == (12, 64)


Q, K, V, OUT = (f"model.layers.1.self_attn.{part}_proj" for part in "qkvo")
SPLIT_CASES: dict[str, dict[str, Any]] = {
    "all": {},
    "q and v": {
        "modules": [f"model.layers.{index}.self_attn.{part}_proj" for index in range(3) for part in "qv"]
    },
    "one layer": {"modules": [Q, K, V, OUT], "target_modules": [Q, K, V, OUT]},
    "scales of their own": {"alpha_pattern": {"q_proj": 3.0, "model.layers.2.self_attn.v_proj": 20.0}},
    "ranks of their own": {
        "ranks": {K: 2, OUT: 6},
        "rank_pattern": {
            "layers.1.self_attn.k_proj": 2,
            "layers.1.self_attn.o_proj": 6,
        },
    },
    "rank-stabilised": {
        "use_rslora": True,
        "ranks": {K: 2},
        "rank_pattern": {"layers.1.self_attn.k_proj": 2},
    },
    "whole modules": {"modules_to_save": ["embed_tokens", "lm_head"]},
}


@pytest.mark.parametrize("case", SPLIT_CASES)
def test_adapters_of_other_tools_reach_the_fused_layout(tmp_path: Path, case: str) -> None:
    """Would catch a pattern that PEFT matches elsewhere, a lost scale, or a part that nobody adapted."""
    bases = Bases(tmp_path)
    write_adapter(tmp_path / "split", bases.llama_config, strength=0.1, **SPLIT_CASES[case])
    fused = exported(tmp_path / "split", bases, "internlm2", tmp_path / "fused")
    wanted = bases.split_logits(tmp_path / "split")
    assert float((bases.split_logits(None) - wanted).abs().max()) > 0.02
    assert float((bases.fused_logits(fused) - wanted).abs().max()) < 1e-5
    again = exported(fused, bases, "llama", tmp_path / "again")
    assert float((bases.split_logits(again) - wanted).abs().max()) < 1e-5
    same = exported(tmp_path / "split", bases, "llama", tmp_path / "same")
    assert float((bases.split_logits(same) - wanted).abs().max()) < 1e-5


def test_dora_on_one_part_has_no_fused_form(tmp_path: Path) -> None:
    """Row lengths of q alone say nothing of k and v; PEFT would give those new lengths."""
    bases = Bases(tmp_path)
    write_adapter(tmp_path / "split", bases.llama_config, use_dora=True, modules=[Q, V])
    with pytest.raises(JobError) as caught:
        exported(tmp_path / "split", bases, "internlm2", tmp_path / "fused")
    assert caught.value.code == "merge.adapter_unsupported"
    assert list((tmp_path / "fused").iterdir()) == []


def test_a_module_without_a_counterpart_is_refused_by_name(tmp_path: Path) -> None:
    bases = Bases(tmp_path)
    write_adapter(
        tmp_path / "strange",
        bases.llama_config,
        shapes={"model.layers.0.mlp.experts": (8, 8)},
    )
    with pytest.raises(JobError) as caught:
        exported(tmp_path / "strange", bases, "internlm2", tmp_path / "fused")
    assert "mlp.experts" in str(caught.value.params["feature"])
