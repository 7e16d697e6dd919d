"""Merged tensors against W + s·B·A computed whole, for both layouts of base and adapter."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.config import ModelConfig, read_config
from legal_eagle.models.layouts import linear_shapes
from legal_eagle.models.weights import SafetensorsFolder
from legal_eagle.release.lora_adapter import Adapter
from legal_eagle.release.merge import MergeReport, OutputType, plan_merge, write_merged
from merge_fixtures import config_of, config_values, write_adapter, write_base

pytestmark = pytest.mark.usefixtures("one_thread")


def merge(
    base: Path,
    adapter: Path,
    out: Path,
    output_type: OutputType = "base",
    max_shard_bytes: int = 40_000,
) -> MergeReport:
    out.mkdir()
    folder = SafetensorsFolder(base)
    plan = plan_merge(
        folder,
        read_config(base),
        Adapter(adapter),
        output_type=output_type,
        max_shard_bytes=max_shard_bytes,
    )
    return write_merged(plan, out)


def load(folder: Path) -> dict[str, torch.Tensor]:
    return {
        name: value
        for path in sorted(folder.glob("*.safetensors"))
        for name, value in load_file(path).items()
    }


def factors(adapter: Path, module: str) -> tuple[torch.Tensor, torch.Tensor]:
    tensors = load_file(adapter / "adapter_model.safetensors")
    prefix = f"base_model.model.{module}"
    return tensors[f"{prefix}.lora_A.weight"], tensors[f"{prefix}.lora_B.weight"]


@pytest.mark.parametrize("layout", ["internlm2", "llama"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("output_type", ["base", "fp32"])
def test_every_tensor_is_the_update_rounded_once(
    tmp_path: Path, layout: str, dtype: str, output_type: OutputType
) -> None:
    """Would catch a wrong scale, a second rounding, a block with the wrong rows of B."""
    config = write_base(tmp_path / "base", layout=layout, dtype=dtype, files=2)
    write_adapter(tmp_path / "adapter", config, rank=4, alpha=8)
    merge(tmp_path / "base", tmp_path / "adapter", tmp_path / "out", output_type)
    base, merged = load(tmp_path / "base"), load(tmp_path / "out")
    assert merged.keys() == base.keys()
    adapted = 0
    for name, value in base.items():
        wanted_dtype = torch.float32 if output_type == "fp32" else value.dtype
        assert merged[name].dtype == wanted_dtype
        module = name.removesuffix(".weight")
        if module.split(".")[-1] in {path.split(".")[-1] for path in linear_shapes(config)}:
            a, b = factors(tmp_path / "adapter", module)
            wanted = (value.double() + 2.0 * (b.double() @ a.double())).to(wanted_dtype)
            tolerance = torch.finfo(wanted_dtype).eps
            torch.testing.assert_close(merged[name], wanted, rtol=tolerance, atol=1e-6)
            assert not torch.equal(merged[name], value.to(wanted_dtype))
            adapted += 1
        else:
            assert torch.equal(merged[name], value.to(wanted_dtype))
    assert adapted == config.layers * len(linear_shapes(config))


def _llama_twin(config: ModelConfig) -> ModelConfig:
    return config_of(config_values("llama", "float32", config.vocab_size))


def test_an_adapter_on_wqkv_merges_into_split_projections(tmp_path: Path) -> None:
    """Would catch [Q; K; V] blocks instead of per-group rows, the well-known wrong split."""
    twin = config_of(config_values("internlm2", "float32", 300))
    write_base(tmp_path / "base", layout="llama")
    write_adapter(tmp_path / "adapter", twin)
    merge(tmp_path / "base", tmp_path / "adapter", tmp_path / "out")
    base, merged = load(tmp_path / "base"), load(tmp_path / "out")
    a, b = factors(tmp_path / "adapter", "model.layers.1.attention.wqkv")
    delta = 2.0 * (b @ a)
    size, group = twin.head_dim, twin.heads // twin.kv_heads
    attention = "model.layers.1.self_attn"
    for head in range(twin.heads):
        first = (head // group * (group + 2) + head % group) * size
        rows = slice(head * size, (head + 1) * size)
        change = (merged[f"{attention}.q_proj.weight"] - base[f"{attention}.q_proj.weight"])[rows]
        torch.testing.assert_close(change, delta[first : first + size], rtol=1e-4, atol=1e-5)
    for kv_head in range(twin.kv_heads):
        for offset, name in ((group, "k_proj"), (group + 1, "v_proj")):
            first = (kv_head * (group + 2) + offset) * size
            rows = slice(kv_head * size, (kv_head + 1) * size)
            change = (merged[f"{attention}.{name}.weight"] - base[f"{attention}.{name}.weight"])[rows]
            torch.testing.assert_close(change, delta[first : first + size], rtol=1e-4, atol=1e-5)


def test_split_adapters_of_different_scales_merge_into_wqkv(tmp_path: Path) -> None:
    """Would catch one scale used for all three parts, a part left out, or a target that keeps no zeros."""
    config = write_base(tmp_path / "base", layout="internlm2")
    twin = _llama_twin(config)
    attention = "model.layers.0.self_attn"
    modules = [
        f"{attention}.q_proj",
        f"{attention}.v_proj",
        "model.layers.2.mlp.down_proj",
    ]
    write_adapter(
        tmp_path / "adapter",
        twin,
        modules=modules,
        ranks={f"{attention}.v_proj": 2},
        rank_pattern={"v_proj": 2},
        alpha_pattern={"v_proj": 10},
    )
    merge(tmp_path / "base", tmp_path / "adapter", tmp_path / "out")
    base, merged = load(tmp_path / "base"), load(tmp_path / "out")
    fused = "model.layers.0.attention.wqkv.weight"
    change = (merged[fused] - base[fused]).reshape(config.kv_heads, -1, config.head_dim, config.hidden_size)
    a_q, b_q = factors(tmp_path / "adapter", modules[0])
    a_v, b_v = factors(tmp_path / "adapter", modules[1])
    q = (8 / 4 * b_q @ a_q).reshape(config.kv_heads, -1, config.head_dim, config.hidden_size)
    v = (10 / 2 * b_v @ a_v).reshape(config.kv_heads, config.head_dim, config.hidden_size)
    torch.testing.assert_close(change[:, :-2], q, rtol=1e-4, atol=1e-5)
    assert torch.count_nonzero(change[:, -2]) == 0
    torch.testing.assert_close(change[:, -1], v, rtol=1e-4, atol=1e-5)
    a_d, b_d = factors(tmp_path / "adapter", modules[2])
    down = "model.layers.2.feed_forward.w2.weight"
    torch.testing.assert_close(merged[down] - base[down], 2.0 * b_d @ a_d, rtol=1e-4, atol=1e-5)
    untouched = "model.layers.1.attention.wqkv.weight"
    assert torch.equal(merged[untouched], base[untouched])


def test_rs_lora_scales_by_the_root_of_the_rank(tmp_path: Path) -> None:
    """Would catch alpha/r where the adapter was trained with alpha/√r."""
    config = write_base(tmp_path / "base")
    module = "model.layers.0.feed_forward.w1"
    write_adapter(tmp_path / "adapter", config, modules=[module], rank=4, alpha=6, use_rslora=True)
    merge(tmp_path / "base", tmp_path / "adapter", tmp_path / "out")
    a, b = factors(tmp_path / "adapter", module)
    change = load(tmp_path / "out")[f"{module}.weight"] - load(tmp_path / "base")[f"{module}.weight"]
    torch.testing.assert_close(change, 6 / math.sqrt(4) * b @ a, rtol=1e-4, atol=1e-5)


def test_source_hashes_are_those_of_the_base_files(tmp_path: Path) -> None:
    """Would catch a hash of the tensors that were used only, which no one could verify later."""
    config = write_base(tmp_path / "base", files=3)
    write_adapter(tmp_path / "adapter", config)
    report = merge(tmp_path / "base", tmp_path / "adapter", tmp_path / "out")
    for path in (tmp_path / "base").glob("*.safetensors"):
        assert report.source_sha256[path.name] == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"bias": "lora_only"}, "bias"),
        ({"init_lora_weights": "pissa_niter_4"}, "pissa"),
        ({"peft_type": "IA3"}, "IA3"),
        ({"rank_pattern": {"wqkv": 2}}, "rank"),
    ],
)
def test_what_is_not_plain_lora_is_refused_by_name(
    tmp_path: Path, settings: dict[str, object], word: str
) -> None:
    """Would catch a merge that silently drops a part of what was trained."""
    config = write_base(tmp_path / "base")
    write_adapter(tmp_path / "adapter", config, **settings)
    with pytest.raises(JobError) as caught:
        merge(tmp_path / "base", tmp_path / "adapter", tmp_path / "out")
    assert caught.value.code == "merge.adapter_unsupported"
    assert word in str(caught.value.params["feature"])


def test_a_tensor_that_is_no_lora_factor_is_refused(tmp_path: Path) -> None:
    """Would catch an adapter whose embedding or magnitude tensors are left out without a word."""
    config = write_base(tmp_path / "base")
    write_adapter(tmp_path / "adapter", config)
    path = tmp_path / "adapter" / "adapter_model.safetensors"
    extra = {"base_model.model.model.tok_embeddings.lora_embedding_A": torch.zeros(4, 300)}
    save_file({**load_file(path), **extra}, path)
    with pytest.raises(JobError) as caught:
        Adapter(tmp_path / "adapter")
    assert caught.value.code == "merge.adapter_unsupported"


@pytest.mark.parametrize(
    ("shapes", "code"),
    [
        ({"model.layers.7.attention.wo": (48, 48)}, "merge.adapter_target_missing"),
        ({"model.layers.0.attention.wo": (48, 64)}, "merge.adapter_shape"),
        ({"model.layers.0.self_attn.q_proj": (96, 48)}, "merge.adapter_shape"),
    ],
)
def test_an_adapter_of_another_base_is_refused(
    tmp_path: Path, shapes: dict[str, tuple[int, int]], code: str
) -> None:
    """Would catch an adapter of a deeper or wider model that is merged as far as it happens to fit."""
    config = write_base(tmp_path / "base")
    write_adapter(tmp_path / "adapter", config, shapes=shapes)
    with pytest.raises(JobError) as caught:
        merge(tmp_path / "base", tmp_path / "adapter", tmp_path / "out")
    assert caught.value.code == code


def test_an_update_beyond_fp16_is_refused_and_fits_fp32(tmp_path: Path) -> None:
    """Would catch infinities written into a model that then answers with nonsense."""
    config = write_base(tmp_path / "base", dtype="float16")
    write_adapter(tmp_path / "adapter", config, strength=1e6)
    with pytest.raises(JobError) as caught:
        merge(tmp_path / "base", tmp_path / "adapter", tmp_path / "out")
    assert caught.value.code == "merge.overflow"
    merge(tmp_path / "base", tmp_path / "adapter", tmp_path / "wide", "fp32")
