"""Layouts through real files: there and back bit by bit, and the same logits as models written out here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, LlamaForCausalLM

from builders.checkpoints import (
    random_tensors,
    tiny_config,
    tiny_values,
    to_llama_tensors,
)
from builders.internlm2_reference import InternLM2Reference
from builders.internlm_reference import internlm_logits
from builders.shared_data import shared_folder
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.config import read_config
from legal_eagle.models.templates import TEMPLATES
from legal_eagle.models.weights import SafetensorsFolder
from legal_eagle.release.layout_folder import restore_layout, write_llama_layout
from merge_fixtures import write_shards, write_tokenizer

LIMIT = 1e-5
SHARD_BYTES = 40_000
DYNAMIC = {"type": "dynamic", "factor": 2.0}


def base_folder(
    folder: Path,
    values: dict[str, Any],
    *,
    files: int = 3,
    vocabulary: int | None = None,
    **flags: bool,
) -> dict[str, torch.Tensor]:
    """A whole folder of a random checkpoint: shards, index, tokenizer, code that must not run."""
    folder.mkdir(parents=True)
    size = write_tokenizer(folder)
    values["vocab_size"] = vocabulary or size
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    (folder / "generation_config.json").write_text('{"eos_token_id": 2}', encoding="utf-8")
    (folder / "modeling_internlm2.py").write_text("raise SystemExit('executed')\n", encoding="utf-8")
    tensors = random_tensors(tiny_config(values, **flags))
    write_shards(folder, tensors, files)
    return tensors


def in_llama_layout(source: Path, out: Path) -> Path:
    out.mkdir()
    write_llama_layout(source, out, template=TEMPLATES["internlm2"], max_shard_bytes=SHARD_BYTES)
    return out


def stored(folder: Path) -> dict[str, torch.Tensor]:
    weights = SafetensorsFolder(folder)
    return {name: weights.load(name) for name in weights.names()}


@torch.no_grad()
def transformers_logits(folder: Path, ids: list[int]) -> torch.Tensor:
    model, info = LlamaForCausalLM.from_pretrained(
        folder, attn_implementation="eager", output_loading_info=True
    )
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    return model.eval()(torch.tensor([ids])).logits[0]


def ids_of(tokens: int, vocabulary: int) -> list[int]:
    return torch.randint(3, vocabulary, (tokens,), generator=torch.Generator().manual_seed(7)).tolist()


def assert_equal_logits(got: torch.Tensor, wanted: torch.Tensor) -> None:
    assert wanted.abs().max() > 0.5, "a comparison of zeros proves nothing"
    assert float((got - wanted).abs().max()) < LIMIT


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("group", [2, 4, 6])
@pytest.mark.parametrize("kv_heads", [2, 4, 8])
def test_internlm2_there_and_back_is_every_byte_of_every_file(
    tmp_path: Path, kv_heads: int, group: int, bias: bool
) -> None:
    """Would catch contiguous instead of grouped rows, a bias left behind, or another order of files."""
    values = tiny_values(
        num_key_value_heads=kv_heads,
        num_attention_heads=kv_heads * group,
        hidden_size=kv_heads * group * 4,
        intermediate_size=20,
        num_hidden_layers=2,
        bias=bias,
        auto_map={"AutoModelForCausalLM": "modeling_internlm2.InternLM2ForCausalLM"},
    )
    source, out, again = (tmp_path / name for name in ("源 base", "llama", "again"))
    tensors = base_folder(source, values, qkv_bias=bias, o_bias=bias)
    in_llama_layout(source, out)
    assert len(list(out.glob("*.safetensors"))) > 1
    split = stored(out)
    expected = to_llama_tensors(read_config(source), tensors)
    assert split.keys() == expected.keys()
    assert all(torch.equal(split[name], tensor) for name, tensor in expected.items())
    again.mkdir()
    report = restore_layout(out, again, code_from=source, max_shard_bytes=SHARD_BYTES)
    assert report.restored
    assert report.compared_bytes == sum(tensor.nbytes for tensor in tensors.values())
    names = {path.name for path in source.iterdir()} - {"model.safetensors.index.json"}
    for name in names:
        assert (again / name).read_bytes() == (source / name).read_bytes(), name


@pytest.mark.parametrize(("kv_heads", "group"), [(2, 2), (2, 4), (4, 2), (2, 6)])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("scaling", [None, DYNAMIC])
def test_internlm2_in_llama_layout_computes_the_written_out_model(
    tmp_path: Path,
    kv_heads: int,
    group: int,
    bias: bool,
    scaling: dict[str, Any] | None,
) -> None:
    """Beyond the trained length too: the base of the rotation must grow as the model's own does."""
    values = tiny_values(
        num_key_value_heads=kv_heads,
        num_attention_heads=kv_heads * group,
        hidden_size=kv_heads * group * 8,
        max_position_embeddings=32,
        rope_theta=1e6,
        rope_scaling=scaling,
        bias=bias,
    )
    source = tmp_path / "base"
    tensors = base_folder(source, values, qkv_bias=bias, o_bias=bias)
    out = in_llama_layout(source, tmp_path / "llama")
    reference = InternLM2Reference(read_config(source), tensors)
    for tokens in (32, 99) if scaling else (32,):
        ids = ids_of(tokens, values["vocab_size"])
        with torch.no_grad():
            wanted = reference(torch.tensor(ids))
        assert_equal_logits(transformers_logits(out, ids), wanted)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    "spelling",
    [
        {"rotary": {"base": 10000, "type": "dynamic"}},
        {},
        {"rope_theta": 5e5, "rope_scaling": DYNAMIC},
    ],
)
def test_internlm1_in_llama_layout_computes_the_written_out_model(
    tmp_path: Path, bias: bool, spelling: dict[str, Any]
) -> None:
    """Would catch a lost bias of o, a lost base, and an old folder whose silence means dynamic scaling."""
    values = tiny_values("llama", model_type="internlm", max_position_embeddings=32, bias=bias)
    del values["num_key_value_heads"], values["rope_theta"], values["rope_scaling"]
    values |= {"architectures": ["InternLMForCausalLM"], **spelling}
    source = tmp_path / "base"
    tensors = base_folder(source, values, qkv_bias=bias, o_bias=bias)
    out = in_llama_layout(source, tmp_path / "llama")
    config = read_config(source)
    for tokens in (32, 90):
        ids = ids_of(tokens, values["vocab_size"])
        factor = 2.0 if "rope_scaling" in spelling else 1.0
        wanted = internlm_logits(tensors, ids, config, ntk_factor=factor)
        assert_equal_logits(transformers_logits(out, ids), wanted)
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in stored(out).items())


@pytest.mark.parametrize("model_type", ["internlm3", "llama"])
def test_split_layouts_keep_their_tensors(tmp_path: Path, model_type: str) -> None:
    values = tiny_values(
        "llama",
        model_type=model_type,
        rope_theta=5e7,
        rope_scaling={**DYNAMIC, "factor": 6},
    )
    source = tmp_path / "base"
    tensors = base_folder(source, values)
    out = in_llama_layout(source, tmp_path / "llama")
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in stored(out).items())
    ids = ids_of(60, values["vocab_size"])
    wanted = internlm_logits(tensors, ids, read_config(source), ntk_factor=6.0)
    assert_equal_logits(transformers_logits(out, ids), wanted)


@pytest.mark.parametrize(
    ("values", "flags"),
    [
        (tiny_values("llama", model_type="internlm3"), {"qkv_bias": True}),
        (tiny_values("llama", model_type="qwen2"), {"qkv_bias": True}),
        (tiny_values("llama", model_type="qwen3"), {"qk_norm": True}),
        (tiny_values("llama", model_type="mistral", sliding_window=16), {}),
    ],
    ids=["internlm3 with half its biases", "qwen2", "qwen3", "mistral"],
)
def test_what_llama_does_not_compute_is_not_called_llama(
    tmp_path: Path, values: dict[str, Any], flags: dict[str, bool]
) -> None:
    base_folder(tmp_path / "base", values, **flags)
    with pytest.raises(JobError) as caught:
        in_llama_layout(tmp_path / "base", tmp_path / "llama")
    assert caught.value.code == "model.layout_unsupported"
    assert list((tmp_path / "llama").iterdir()) == []


@pytest.mark.parametrize("tied", [False, True])
def test_an_early_internlm2_folder_is_read_as_what_its_tensors_are(tmp_path: Path, tied: bool) -> None:
    """model_type internlm, the base inside `rotary`, stored frequencies, a stored copy of a tied head."""
    values = tiny_values(model_type="internlm", rotary={"base": 1000000}, tie_word_embeddings=tied)
    del values["rope_theta"], values["rope_scaling"]
    source = tmp_path / "base"
    tensors = base_folder(source, values, files=1)
    extra = {"model.layers.0.attention.rotary_emb.inv_freq": torch.ones(4)}
    if tied:
        extra["output.weight"] = tensors["model.tok_embeddings.weight"].clone()
    save_file(tensors | extra, source / "model.safetensors")
    out = in_llama_layout(source, tmp_path / "llama")
    written = json.loads((out / "config.json").read_text(encoding="utf-8"))
    assert written["rope_theta"] == written["rope_parameters"]["rope_theta"] == 1e6
    assert not any("inv_freq" in name for name in stored(out))
    if not tied:
        ids = ids_of(40, values["vocab_size"])
        with torch.no_grad():
            wanted = InternLM2Reference(read_config(source), tensors)(torch.tensor(ids))
        assert_equal_logits(transformers_logits(out, ids), wanted)
    again = tmp_path / "again"
    again.mkdir()
    report = restore_layout(out, again, code_from=None, max_shard_bytes=10**9)
    # The frequencies are computed, never read, and are not written again: not the same file, the same model.
    assert report.restored is False
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in stored(again).items())
    assert not (again / "modeling_internlm2.py").exists()


def test_both_rotary_spellings_say_the_same_to_every_reader(tmp_path: Path) -> None:
    """With one of them lost some reader takes 10000 and the model is silently another one."""
    source = tmp_path / "base"
    base_folder(
        source,
        tiny_values(rope_theta=1e6, rope_scaling={"type": "dynamic", "factor": 3}),
    )
    out = in_llama_layout(source, tmp_path / "llama")
    written = json.loads((out / "config.json").read_text(encoding="utf-8"))
    assert written["rope_theta"] == 1e6
    assert written["rope_scaling"] == {
        "type": "dynamic",
        "rope_type": "dynamic",
        "factor": 3.0,
    }
    assert written["rope_parameters"] == {**written["rope_scaling"], "rope_theta": 1e6}
    assert "auto_map" not in written
    config = transformers.AutoConfig.from_pretrained(out, trust_remote_code=False)
    assert config.rope_parameters["rope_theta"] == 1e6
    assert config.rope_parameters["factor"] == 3
    assert (read_config(out).rope_theta, read_config(out).rope_scaling) == (
        read_config(source).rope_theta,
        read_config(source).rope_scaling,
    )


def test_a_record_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    """The record of a folder from elsewhere is as untrusted as its index."""
    source = tmp_path / "base"
    base_folder(source, tiny_values())
    out = in_llama_layout(source, tmp_path / "llama")
    path = out / "legal_eagle.json"
    whole = json.loads(path.read_text(encoding="utf-8"))
    for place in ("../evil.txt", "/evil.txt", "..", "a\\b"):
        changed = json.loads(json.dumps(whole))
        changed["conversion"]["texts"][place] = "evil"
        path.write_text(json.dumps(changed), encoding="utf-8")
        again = tmp_path / "again"
        again.mkdir()
        with pytest.raises(JobError) as caught:
            restore_layout(out, again, code_from=None, max_shard_bytes=10**9)
        assert caught.value.code == "model.layout_no_record"
        assert list(again.iterdir()) == []
        shutil.rmtree(again)


def test_a_wrong_byte_in_the_written_files_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of the way back must see one flipped bit of one tensor."""
    from legal_eagle.release import layout_folder

    real = layout_folder.write_relayout

    def damaged(plan: Any, folder: Path, **options: Any) -> Any:
        written = real(plan, folder, **options)
        path = folder / written[-1].file_name
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        return written

    monkeypatch.setattr(layout_folder, "write_relayout", damaged)
    base_folder(tmp_path / "base", tiny_values())
    with pytest.raises(JobError) as caught:
        in_llama_layout(tmp_path / "base", tmp_path / "llama")
    assert caught.value.code == "merge.layout_differs"


@pytest.mark.parametrize(("name", "vocabulary"), [("internlm", 103168), ("internlm2", 92544)])
def test_the_real_vocabulary_travels_as_tokenizer_json(tmp_path: Path, name: str, vocabulary: int) -> None:
    """A folder of the hub has only a sentencepiece file, which other programs read wrongly or not at all."""
    source = tmp_path / "base"
    values = tiny_values(hidden_size=16, num_hidden_layers=1, intermediate_size=8)
    base_folder(source, values, files=1, vocabulary=vocabulary)
    (source / "tokenizer.json").unlink()
    assets = shared_folder() / "assets" / "tokenizers" / ("internlm1" if name == "internlm" else name)
    shutil.copyfile(next(assets.glob("*.model")), source / "tokenizer.model")
    template = TEMPLATES[name]
    out = tmp_path / "llama"
    out.mkdir()
    write_llama_layout(source, out, template=template, max_shard_bytes=10**9)
    theirs = AutoTokenizer.from_pretrained(out, trust_remote_code=False)
    ids = theirs("请问 what is 合同？").input_ids
    assert ids[0] == theirs.bos_token_id == 1
    text = theirs.apply_chat_template(
        [{"role": "user", "content": "离婚需要什么材料？"}],
        tokenize=False,
        add_generation_prompt=True,
    )
    assert template.stop[0] in theirs.get_vocab()
    assert "离婚需要什么材料？" in text
    assert theirs.decode(ids[1:]) == "请问 what is 合同？"
    generation = json.loads((out / "generation_config.json").read_text(encoding="utf-8"))
    stop = theirs.convert_tokens_to_ids(template.stop[0])
    assert stop in generation["eos_token_id"]
    assert generation["eos_token_id"][0] == 2
    # Llama's own file stays beside it for the GGUF writer.
    assert (out / "tokenizer.model").read_bytes() == (source / "tokenizer.model").read_bytes()
    assert load_file(out / "model.safetensors")
