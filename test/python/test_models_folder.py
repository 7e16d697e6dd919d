"""Model folders: what is read, what is refused, and that nothing in one is executed."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from builders.checkpoints import random_tensors, tiny_config, tiny_folder, tiny_values
from builders.shared_data import shared_folder
from legal_eagle.engine.model import build_model
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.config import config_from_values, read_config
from legal_eagle.models.layouts import linear_names, pack_wqkv, unpack_wqkv
from legal_eagle.models.rope_scaling import RopeScaling
from legal_eagle.models.weights import SafetensorsFolder

FUSED = {"model.layers.0.attention.wqkv.weight"}
SPLIT = {"model.layers.0.self_attn.q_proj.weight"}


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(JobError) as caught:
        action()
    return caught.value.code


def rewrite(path: Path, change: Callable[[Any], None]) -> None:
    values = json.loads(path.read_text(encoding="utf-8"))
    change(values)
    path.write_text(json.dumps(values), encoding="utf-8")


def sharded(folder: Path, shards: int = 3) -> dict[str, str]:
    """A tiny model in several shards; returns its weight map."""
    values = tiny_values()
    tensors = random_tensors(tiny_config(values))
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    weight_map = {}
    for index in range(shards):
        file = f"model-{index + 1:05}-of-{shards:05}.safetensors"
        part = dict(list(tensors.items())[index::shards])
        save_file(part, folder / file)
        weight_map |= dict.fromkeys(part, file)
    write_index(folder, weight_map)
    return weight_map


def write_index(folder: Path, weight_map: object) -> None:
    text = json.dumps({"metadata": {}, "weight_map": weight_map})
    (folder / "model.safetensors.index.json").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("kv_heads", [2, 4, 8])
@pytest.mark.parametrize("group", [2, 4, 6])
def test_wqkv_packs_and_unpacks_bit_equal(kv_heads: int, group: int) -> None:
    """Contiguous instead of grouped blocks. A weight, a bias, and an adapter's B."""
    heads, width = kv_heads * group, 4
    for rest in ((5,), (), (3,)):
        fused = torch.randn((heads + 2 * kv_heads) * width, *rest)
        q, k, v = unpack_wqkv(fused, heads, kv_heads, width)
        assert q.shape[0] == heads * width
        assert k.shape[0] == v.shape[0] == kv_heads * width
        assert torch.equal(pack_wqkv(q, k, v, heads, kv_heads, width), fused)
        blocks = fused.reshape(kv_heads, group + 2, width, *rest)
        head = group + 1
        assert torch.equal(q[head * width : (head + 1) * width], blocks[1, 1])
        assert torch.equal(k[width : 2 * width], blocks[1, group])
        assert torch.equal(v[width : 2 * width], blocks[1, group + 1])


def test_hub_configurations_are_read() -> None:
    """Today's file, and the first release's, which says model_type internlm and scales by 1.0."""
    metadata = shared_folder() / "assets" / "tokenizers" / "hub-metadata"
    for name in ("internlm2-chat-7b", "internlm2-chat-7b-2024-01-10"):
        values = json.loads((metadata / name / "config.json").read_text(encoding="utf-8"))
        config = config_from_values(values, FUSED)
        assert config.family == config.layout == "internlm2"
        assert (config.hidden_size, config.layers, config.heads, config.kv_heads) == (4096, 32, 32, 8)
        assert (config.head_dim, config.vocab_size, config.rope_theta) == (128, 92544, 1e6)
        assert config.dtype == "bfloat16"
        assert config.eos_ids == (2,)
        assert len(linear_names(config)) == 32 * 5
    assert config.rope_scaling == RopeScaling("dynamic", 1.0, 32768)


@pytest.mark.parametrize(
    ("spelling", "theta", "kind"),
    [
        ({"rope_theta": 5e5, "rope_scaling": None}, 5e5, None),
        ({"rope_parameters": {"rope_type": "linear", "factor": 2, "rope_theta": 5e5}}, 5e5, "linear"),
        ({"rotary": {"base": 1000000, "type": "dynamic"}}, 1e6, "dynamic"),
        ({"rotary": {"base": 1000000}}, 1e6, None),
        ({"rope_theta": 5e5, "rope_scaling": {"type": "dynamic", "factor": 3}}, 5e5, "dynamic"),
        ({}, 1e4, None),
    ],
)
def test_every_spelling_of_the_rotary_base_is_read(
    spelling: dict[str, Any], theta: float, kind: str | None
) -> None:
    """A theta that is not found silently becomes 10000 and breaks the model."""
    values = tiny_values()
    del values["rope_theta"], values["rope_scaling"]
    config = config_from_values(values | spelling, FUSED)
    assert config.rope_theta == theta
    assert (config.rope_scaling.kind if config.rope_scaling else None) == kind


@pytest.mark.parametrize(
    ("changes", "names", "code"),
    [
        ({"model_type": "gpt2"}, {"wte.weight"}, "model.unsupported_architecture"),
        ({"model_type": "internlm3"}, FUSED, "model.unsupported_architecture"),
        ({"model_type": "llama"}, FUSED | SPLIT, "model.unsupported_architecture"),
        ({"model_type": "qwen2_moe"}, SPLIT, "model.unsupported_architecture"),
        ({"hidden_act": "gelu"}, FUSED, "model.unsupported_option"),
        ({"quantization_config": {"bits": 4}}, FUSED, "model.unsupported_option"),
        ({"model_type": "mistral", "sliding_window": 0}, SPLIT, "model.config_invalid"),
        (
            {
                "model_type": "qwen3",
                "use_sliding_window": True,
                "sliding_window": 8,
                "layer_types": ["full_attention", "linear_attention", "full_attention"],
            },
            SPLIT,
            "model.unsupported_option",
        ),
        ({"rope_scaling": {"rope_type": "longrope", "factor": 4.0}}, FUSED, "model.rope_unsupported"),
        ({"rope_scaling": {"type": "dynamic", "factor": -1}}, FUSED, "model.config_invalid"),
        ({"hidden_size": "4096"}, FUSED, "model.config_invalid"),
        ({"num_hidden_layers": 0}, FUSED, "model.config_invalid"),
        ({"num_key_value_heads": 3}, FUSED, "model.config_invalid"),
        ({"num_attention_heads": True}, FUSED, "model.config_invalid"),
        ({"head_dim": 7}, FUSED, "model.config_invalid"),
    ],
)
def test_what_would_be_computed_wrongly_is_refused(
    changes: dict[str, Any], names: set[str], code: str
) -> None:
    assert code_of(lambda: config_from_values(tiny_values(**changes), names)) == code


def test_folders_without_a_model_are_named(tmp_path: Path) -> None:
    assert code_of(lambda: read_config(tmp_path / "absent")) == "model.folder_missing"
    assert code_of(lambda: read_config(tmp_path)) == "model.config_missing"
    (tmp_path / "adapter_config.json").write_text("{}", encoding="utf-8")
    assert code_of(lambda: read_config(tmp_path)) == "model.adapter_not_base"
    for text in ("{", "[]", '"x"'):
        (tmp_path / "config.json").write_text(text, encoding="utf-8")
        assert code_of(lambda: read_config(tmp_path)) == "model.config_broken"
    (tmp_path / "config.json").write_text(json.dumps(tiny_values()), encoding="utf-8")
    assert code_of(lambda: read_config(tmp_path)) == "model.no_weights"


class _Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def test_pickle_and_code_in_the_folder_are_never_run(tmp_path: Path) -> None:
    """A download that carries code: refused where it is the only weights, ignored beside good ones."""
    folder, trace = tmp_path / "model", tmp_path / "executed"
    folder.mkdir()
    values = tiny_values(auto_map={"AutoModelForCausalLM": "modeling_internlm2.Model"})
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    (folder / "modeling_internlm2.py").write_text(f"open({str(trace)!r}, 'w')", encoding="utf-8")
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(_Bomb(trace)))
    assert code_of(lambda: build_model(folder)) == "model.pickle_only"
    build_model(tiny_folder(folder, auto_map=values["auto_map"]))
    assert not trace.exists()


def test_shards_are_read_through_the_index(tmp_path: Path) -> None:
    weight_map = sharded(tmp_path / "model")
    weights = SafetensorsFolder(tmp_path / "model")
    tensors = random_tensors(tiny_config(tiny_values()))
    assert set(weights.names()) == set(tensors)
    assert all(weights.shard_of(name) == file for name, file in weight_map.items())
    assert all(torch.equal(weights.load(name), tensor) for name, tensor in tensors.items())
    build_model(tmp_path / "model")


@pytest.mark.parametrize(
    "file",
    [
        "../secret.safetensors",
        "/etc/x.safetensors",
        "sub/x.safetensors",
        "..\\x.safetensors",
        "C:x.safetensors",
        "x.bin",
        "",
    ],
)
def test_an_index_cannot_reach_outside_the_folder(file: str, tmp_path: Path) -> None:
    """On every system: a Windows path in an index is refused on Linux too."""
    folder = tmp_path / "model"
    weight_map = sharded(folder)
    (tmp_path / "secret.safetensors").write_bytes((folder / next(iter(weight_map.values()))).read_bytes())
    weight_map["model.norm.weight"] = file
    write_index(folder, weight_map)
    assert code_of(lambda: read_config(folder)) == "model.index_path"


def test_a_broken_index_or_shard_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    weight_map = sharded(folder)
    for broken in (None, [1], "x"):
        write_index(folder, broken)
        assert code_of(lambda: read_config(folder)) == "model.index_broken"
    write_index(folder, weight_map | {"model.extra.weight": "model-00001-of-00003.safetensors"})
    assert code_of(lambda: read_config(folder)) == "model.missing_tensors"
    write_index(folder, weight_map)
    shard = folder / "model-00002-of-00003.safetensors"
    whole = shard.read_bytes()
    for cut in (0, 4, 20, len(whole) // 2, len(whole) - 1):
        shard.write_bytes(whole[:cut])
        assert code_of(lambda: read_config(folder)) == "model.shard_broken"
    shard.write_bytes(b"\xff" * 8 + whole[8:])
    assert code_of(lambda: read_config(folder)) == "model.shard_broken"
    shard.unlink()
    assert code_of(lambda: read_config(folder)) == "model.shard_missing"


def test_missing_extra_and_misshapen_tensors_are_named(tmp_path: Path) -> None:
    values = tiny_values()
    tensors = random_tensors(tiny_config(values))
    folder = tiny_folder(tmp_path)

    def refused(changed: dict[str, torch.Tensor]) -> JobError:
        save_file(changed, folder / "model.safetensors")
        with pytest.raises(JobError) as caught:
            build_model(folder)
        return caught.value

    norm = "model.layers.1.ffn_norm.weight"
    error = refused({name: tensor for name, tensor in tensors.items() if name != norm})
    assert (error.code, error.params["first"]) == ("model.missing_tensors", norm)
    error = refused(tensors | {"model.layers.3.ffn_norm.weight": torch.ones(64)})
    assert (error.code, error.params["first"]) == ("model.extra_tensors", "model.layers.3.ffn_norm.weight")
    error = refused(tensors | {norm: torch.zeros(63)})
    assert (error.code, error.params["expected"]) == ("model.tensor_shape", "64")
    error = refused(tensors | {norm: torch.zeros(64, dtype=torch.int8)})
    assert error.code == "model.tensor_dtype"
    stored_frequencies = {"model.layers.0.attention.rotary_emb.inv_freq": torch.ones(4)}
    save_file(tensors | stored_frequencies, folder / "model.safetensors")
    build_model(folder)


def test_a_tied_head_may_be_stored_or_not(tmp_path: Path) -> None:
    folder = tiny_folder(tmp_path, tie_word_embeddings=True)
    first = build_model(folder)
    assert first.head is first.embedding
    tensors = random_tensors(tiny_config(tiny_values()))
    save_file(tensors, folder / "model.safetensors")
    again = build_model(folder)
    assert again.head is again.embedding


def test_stop_ids_come_from_both_configurations(tmp_path: Path) -> None:
    """A hub config states only id 2; the stop list stands in generation_config.json."""
    folder = tiny_folder(tmp_path)
    (folder / "generation_config.json").write_text('{"eos_token_id": [2, 92]}', encoding="utf-8")
    assert read_config(folder).eos_ids == (2, 92)
    rewrite(folder / "config.json", lambda values: values.update(eos_token_id=[2, 5]))
    assert read_config(folder).eos_ids == (2, 5, 92)
