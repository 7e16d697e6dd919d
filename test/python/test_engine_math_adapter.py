"""Adapters leave and enter as PEFT's; a fused one splits exactly."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from builders.checkpoints import (
    random_documents,
    random_tensors,
    tiny_config,
    tiny_folder,
    tiny_values,
)
from builders.internlm2_reference import InternLM2Reference
from builders.invariants import split_error
from builders.peft_oracle import assert_peft_reads_back, llama_reference, logits_of
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.model import Decoder, build_model
from legal_eagle.engine.peft_format import (
    adapter_tensors,
    load_adapter,
    save_adapter,
)
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.adapter_layouts import fuse_adapter, split_adapter

LORA = LoraConfig(4, 8, dropout=0.1)


def trained(folder: Path, lora: LoraConfig = LORA) -> Decoder:
    """A decoder whose adapter changes its logits."""
    decoder = build_model(folder)
    generator = torch.Generator().manual_seed(5)
    decoder.add_lora(lora, generator)
    with torch.no_grad():
        for name, parameter in decoder.lora_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(parameter * (1.0 + 0.2 * noise) if "magnitude" in name else noise * 0.1)
    return decoder


def saved(decoder: Decoder, folder: Path) -> Path:
    folder.mkdir()
    save_adapter(decoder, folder, "base")
    return folder


IDS = random_documents([50], 256)[0][0]


@torch.no_grad()
def test_a_llama_adapter_loads_in_peft_and_gives_the_same_logits(tmp_path: Path) -> None:
    """A key, scale or shape that PEFT reads differently."""
    base = tiny_folder(tmp_path / "base", "llama")
    decoder = trained(base)
    assert_peft_reads_back(decoder, base, llama_reference(tiny_values("llama")), tmp_path / "adapter")
    with decoder.adapter_disabled():
        without = logits_of(decoder, IDS)
    assert (logits_of(decoder, IDS) - without).abs().max() > 1e-2


def test_an_internlm2_adapter_loads_in_peft_and_gives_the_same_logits(tmp_path: Path) -> None:
    base = tiny_folder(tmp_path / "base")
    config = tiny_config(tiny_values())
    reference = InternLM2Reference(config, random_tensors(config))
    assert_peft_reads_back(trained(base), base, reference, tmp_path / "adapter")


@pytest.mark.parametrize("layout", ["internlm2", "llama"])
def test_an_adapter_comes_back_bit_equal(layout: str, tmp_path: Path) -> None:
    base = tiny_folder(tmp_path / "base", layout)
    decoder = trained(base, LoraConfig(3, 6, targets="attention", rs_lora=True))
    folder = saved(decoder, tmp_path / "adapter")
    again = build_model(base)
    load_adapter(again, folder)
    assert again.lora is not None
    assert decoder.lora is not None
    assert again.lora.config.scale == decoder.lora.config.scale
    for (name, mine), (_, theirs) in zip(decoder.lora_parameters(), again.lora_parameters(), strict=True):
        assert torch.equal(mine, theirs), name


@pytest.mark.parametrize("dora", [False, True])
def test_a_fused_adapter_splits_and_fuses_exactly(dora: bool, tmp_path: Path) -> None:
    """wqkv → q, k, v gives the converted Llama the same logits; the way back has rank 3r."""
    lora = LoraConfig(4, 8, dora=dora)
    assert split_error(tmp_path, lora) < 1e-5

    decoder = trained(tiny_folder(tmp_path / "base"), lora)
    config = decoder.config
    fused = fuse_adapter(config, split_adapter(config, adapter_tensors(decoder)))
    prefix = "base_model.model.model.layers.0.attention.wqkv"
    a, b = fused[f"{prefix}.lora_A.weight"], fused[f"{prefix}.lora_B.weight"]
    assert a.shape == (3 * LORA.rank, 64)
    original = adapter_tensors(decoder)
    product = original[f"{prefix}.lora_B.weight"] @ original[f"{prefix}.lora_A.weight"]
    assert torch.allclose(b @ a, product, atol=1e-6)
    if dora:
        lengths = f"{prefix}.lora_magnitude_vector"
        assert torch.equal(fused[lengths], original[lengths])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"peft_type": "IA3"}, "model.adapter_unsupported"),
        ({"use_dora": True}, "model.adapter_mismatch"),
        ({"modules_to_save": ["lm_head"]}, "model.lora_whole"),
        ({"modules_to_save": ["output"]}, "model.adapter_mismatch"),
        ({"rank_pattern": {"wo": 2}}, "model.adapter_unsupported"),
        ({"bias": "all"}, "model.adapter_unsupported"),
        ({"target_modules": ["wqkv"]}, "model.adapter_mismatch"),
        ({"r": 5}, "model.adapter_mismatch"),
        ({"r": "four"}, "model.adapter_broken"),
    ],
)
def test_an_adapter_that_would_be_computed_wrongly_is_refused(
    change: dict[str, Any], code: str, tmp_path: Path
) -> None:
    base = tiny_folder(tmp_path / "base")
    folder = saved(trained(base), tmp_path / "adapter")
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(JobError) as caught:
        load_adapter(build_model(base), folder)
    assert caught.value.code == code


def test_an_absent_or_cut_adapter_is_named(tmp_path: Path) -> None:
    base = tiny_folder(tmp_path / "base")
    with pytest.raises(JobError) as caught:
        load_adapter(build_model(base), tmp_path)
    assert caught.value.code == "model.adapter_missing"
    weights = saved(trained(base), tmp_path / "adapter") / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(JobError) as caught:
        load_adapter(build_model(base), tmp_path / "adapter")
    assert caught.value.code == "model.adapter_broken"
