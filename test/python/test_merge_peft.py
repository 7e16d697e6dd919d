"""Merged files against PEFT and transformers, which share no code with this merge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoTokenizer, LlamaForCausalLM

from legal_eagle.models.config import read_config
from legal_eagle.models.sidecar_files import copy_sidecars
from legal_eagle.models.tokenizer import ChatTokenizer
from legal_eagle.models.weights import SafetensorsFolder
from legal_eagle.release.lora_adapter import Adapter
from legal_eagle.release.merge import plan_merge, write_merged
from merge_fixtures import write_adapter, write_base

pytestmark = pytest.mark.usefixtures("one_thread")

IDS = torch.tensor([[1, 20, 30, 200, 270, 290, 40, 50, 60]])
SECOND = "model.layers.1.mlp.down_proj"


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"use_rslora": True},
        {"use_dora": True},
        {"modules_to_save": ["embed_tokens", "lm_head"]},
        {"use_dora": True, "use_rslora": True, "alpha_pattern": {"q_proj": 3.0}},
        {"ranks": {SECOND: 2}, "rank_pattern": {"layers.1.mlp.down_proj": 2}},
        {"alpha_pattern": {"q_proj": 3.0, "model.layers.2.self_attn.v_proj": 20.0}},
        {"use_rslora": True, "ranks": {SECOND: 6}, "rank_pattern": {r".*\.1\.mlp\.down_proj": 6}},
    ],
)
def test_transformers_reads_what_peft_would_have_merged(tmp_path: Path, settings: dict[str, Any]) -> None:
    """Would catch another reading of scales and patterns than PEFT's, or a folder it cannot load."""
    base, adapter, out = (tmp_path / name for name in ("base", "adapter", "out"))
    config = write_base(base, layout="llama", dtype="bfloat16")
    write_adapter(adapter, config, strength=0.1, **settings)
    out.mkdir()
    weights = SafetensorsFolder(base)
    plan = plan_merge(
        weights, read_config(base), Adapter(adapter), output_type="fp32", max_shard_bytes=100_000
    )
    write_merged(plan, out)
    copy_sidecars(base, out, output_is_fp32=True, stop_ids=(2,), chat_template=None)

    with torch.no_grad():
        ours = LlamaForCausalLM.from_pretrained(out)
        assert ours.dtype == torch.float32
        reference = LlamaForCausalLM.from_pretrained(base, dtype=torch.float32)
        plain = reference(IDS).logits
        wanted = PeftModel.from_pretrained(reference, adapter)(IDS).logits
        difference = (ours(IDS).logits - wanted).abs().max()
    assert float(difference) < 1e-4
    assert float((plain - wanted).abs().max()) > 0.05


def test_transformers_cuts_text_as_the_merged_folder_does_here(tmp_path: Path) -> None:
    """Would catch a tokenizer that asks for remote code or gives other ids outside the studio."""
    base, adapter, out = (tmp_path / name for name in ("base", "adapter", "out"))
    config = write_base(base, layout="llama")
    write_adapter(adapter, config)
    out.mkdir()
    copy_sidecars(base, out, output_is_fp32=True, stop_ids=(2,), chat_template="{{ messages }}")
    theirs = AutoTokenizer.from_pretrained(out, trust_remote_code=False)
    ours = ChatTokenizer.load(out)
    text = "请问 what is 合同？\n鳄鱼"
    assert theirs.encode(text, add_special_tokens=False) == ours.encode(text)
    assert theirs.chat_template == "{{ messages }}"
