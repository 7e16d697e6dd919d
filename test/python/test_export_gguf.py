"""GGUF files: types of tensors, memory, what is refused, and what a killed export leaves."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from export_fixtures import params_of, run_export
from safetensors.torch import load_file, save_file

from legal_eagle.jobs.errors import JobError
from legal_eagle.release.staged_folder import StagedFolder
from merge_fixtures import write_adapter, write_base
from service_job import ENVIRONMENT, command, only, run_job, write_job

RUNTIME = Path(__file__).resolve().parents[2] / "python-runtime"
# Rows of 64 and 96 numbers: multiples of a quantised block. 80 is none.
EVEN = {"hidden_size": 64, "num_attention_heads": 8, "num_key_value_heads": 2, "intermediate_size": 96}


def tensors_of(path: Path) -> dict[str, gguf.ReaderTensor]:
    return {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}


@pytest.mark.parametrize(("format_", "width", "step"), [("gguf-q8_0", "Q8_0", 127), ("gguf-q4_0", "Q4_0", 8)])
def test_quantised_tensors_are_the_weights_to_half_a_step(
    tmp_path: Path, format_: str, width: str, step: int
) -> None:
    """Would catch a block on the wrong row, a norm that llama.cpp does not load, a narrow head."""
    write_base(tmp_path / "base", layout="llama", dtype="bfloat16", files=2, **EVEN)
    run_export(tmp_path / "base", format_, tmp_path / "out")
    tensors = tensors_of(tmp_path / "out" / f"model-{width}.gguf")
    source = {
        name: tensor
        for shard in (tmp_path / "base").glob("*.safetensors")
        for name, tensor in load_file(shard).items()
    }
    types = {name: tensor.tensor_type.name for name, tensor in tensors.items()}
    assert {types[name] for name in types if "norm" in name} == {"F32"}
    assert types["output.weight"] == "Q8_0"
    assert types["token_embd.weight"] == types["blk.0.ffn_up.weight"] == width
    for name, original in {
        "blk.1.attn_v.weight": "model.layers.1.self_attn.v_proj.weight",
        "blk.2.ffn_down.weight": "model.layers.2.mlp.down_proj.weight",
        "token_embd.weight": "model.embed_tokens.weight",
    }.items():
        found = gguf.quants.dequantize(tensors[name].data, tensors[name].tensor_type)
        wanted = source[original].float().numpy()
        blocks = np.abs(wanted - found).reshape(-1, 32).max(axis=1)
        allowed = np.abs(wanted).reshape(-1, 32).max(axis=1) / step
        assert (blocks <= allowed + 1e-3).all(), name


def test_rows_that_are_no_multiple_of_a_block_stay_wider_and_it_is_said(tmp_path: Path) -> None:
    """Would catch a file that llama.cpp cannot load, or that is silently larger."""
    write_base(tmp_path / "base", layout="internlm2", **{**EVEN, "intermediate_size": 80})
    watched = run_export(tmp_path / "base", "gguf-q4_0", tmp_path / "out")
    types = {name: one.tensor_type.name for name, one in tensors_of(tmp_path / "out/model-Q4_0.gguf").items()}
    assert {types[f"blk.{index}.ffn_down.weight"] for index in range(3)} == {"F16"}
    assert types["blk.0.ffn_up.weight"] == "Q4_0"
    assert "export.wider_tensors" in watched.codes()


def test_a_value_that_16_bits_cannot_hold_is_refused_by_name(tmp_path: Path) -> None:
    """Would catch an infinity written into a file that answers nonsense; fp32 holds it."""
    write_base(tmp_path / "base", layout="llama", dtype="bfloat16", **EVEN)
    tensors = load_file(tmp_path / "base" / "model.safetensors")
    tensors["model.layers.1.mlp.up_proj.weight"][3, 4] = 1e5
    save_file(tensors, tmp_path / "base" / "model.safetensors")
    for format_ in ("gguf-f16", "gguf-q8_0"):
        with pytest.raises(JobError) as refused:
            run_export(tmp_path / "base", format_, tmp_path / "out")
        assert refused.value.code == "export.not_finite"
        assert refused.value.params["tensor"] == "blk.1.ffn_up.weight"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["base"]
    run_export(tmp_path / "base", "gguf-f32", tmp_path / "out")
    tensors["model.layers.1.mlp.up_proj.weight"][3, 4] = float("nan")
    save_file(tensors, tmp_path / "base" / "model.safetensors")
    with pytest.raises(JobError, match=r"export\.not_finite"):
        run_export(tmp_path / "base", "gguf-f32", tmp_path / "out2")


def test_what_llama_cpp_computes_otherwise_is_refused_or_said(tmp_path: Path) -> None:
    """Would catch a model that is silently wrong beyond its trained length, or everywhere."""
    write_base(tmp_path / "dynamic", layout="llama", rope_scaling={"type": "dynamic", "factor": 2.0}, **EVEN)
    watched = run_export(tmp_path / "dynamic", "gguf-f16", tmp_path / "dynamic-out")
    assert "export.beyond_context" in watched.codes()
    keys = gguf.GGUFReader(tmp_path / "dynamic-out/model-F16.gguf").fields
    assert keys["llama.context_length"].contents() == 256
    assert not any("rope.scaling" in key for key in keys)
    yarn = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}
    write_base(tmp_path / "yarn", layout="llama", rope_scaling={**yarn, "attention_factor": 1.0}, **EVEN)
    with pytest.raises(JobError, match=r"export\.unsupported"):
        run_export(tmp_path / "yarn", "gguf-f16", tmp_path / "yarn-out")
    write_base(tmp_path / "usual", layout="llama", rope_scaling=yarn, **EVEN)
    run_export(tmp_path / "usual", "gguf-f16", tmp_path / "usual-out")
    keys = gguf.GGUFReader(tmp_path / "usual-out/model-F16.gguf").fields
    assert keys["llama.rope.scaling.type"].contents() == "yarn"
    assert keys["llama.rope.scaling.original_context_length"].contents() == 64


def test_a_tokenizer_that_llama_cpp_would_cut_otherwise_is_refused(tmp_path: Path) -> None:
    """Would catch an export whose tokens are others than in training: it loads, and answers worse."""
    write_base(tmp_path / "base", layout="llama", **EVEN)
    path = tmp_path / "base" / "tokenizer.json"
    good = json.loads(path.read_text(encoding="utf-8"))
    changes = {
        "split": {"pre_tokenizer": {"type": "Whitespace"}},
        "changed": {"normalizer": {"type": "Lowercase"}},
    }
    for name, change in changes.items():
        path.write_text(json.dumps({**good, **change}), encoding="utf-8")
        with pytest.raises(JobError, match=r"export\.tokenizer_unsupported"):
            run_export(tmp_path / "base", "gguf-f16", tmp_path / name)


def test_merges_that_no_scores_express_are_found_out_on_texts(tmp_path: Path) -> None:
    """Would catch "con" of "contract" as one piece where the merge list never makes it from "c" and "on"."""
    write_base(tmp_path / "base", layout="llama", **EVEN)
    path = tmp_path / "base" / "tokenizer.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    for old, new in (("律", "on"), ("师", "co"), ("合", "con")):
        stored["model"]["vocab"][new] = stored["model"]["vocab"].pop(old)
    stored["model"]["merges"] = [["o", "n"], ["c", "o"], ["co", "n"]]
    path.write_text(json.dumps(stored), encoding="utf-8")
    with pytest.raises(JobError) as refused:
        run_export(tmp_path / "base", "gguf-f16", tmp_path / "out")
    assert refused.value.code == "export.tokenizer_unsupported"
    # Without the third piece both are the same, which needs no text to show.
    stored["model"]["vocab"]["合"] = stored["model"]["vocab"].pop("con")
    stored["model"]["merges"].pop()
    path.write_text(json.dumps(stored), encoding="utf-8")
    assert "export.tokens_probed" not in run_export(tmp_path / "base", "gguf-f16", tmp_path / "out").codes()


@pytest.mark.parametrize(
    ("settings", "feature"),
    [({"use_dora": True}, "DoRA"), ({"modules_to_save": ["output"]}, "modules_to_save")],
)
def test_adapters_beyond_low_rank_factors_are_refused_by_name(
    tmp_path: Path, settings: dict[str, object], feature: str
) -> None:
    """Would catch a LoRA GGUF that is silently half of its adapter."""
    config = write_base(tmp_path / "base", **EVEN)
    write_adapter(tmp_path / "adapter", config, **settings)
    with pytest.raises(JobError) as refused:
        run_export(tmp_path / "base", "gguf-lora", tmp_path / "out", tmp_path / "adapter")
    assert refused.value.code == "export.adapter_unsupported"
    assert feature in str(refused.value.params["feature"])
    assert not (tmp_path / "out").exists()


def test_a_stop_leaves_nothing(tmp_path: Path) -> None:
    write_base(tmp_path / "base", **EVEN)
    run_export(tmp_path / "base", "gguf-f16", tmp_path / "out", stop=lambda: True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base"]


def test_a_killed_export_leaves_nothing_under_the_name_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    """Would catch a half-written file that looks whole."""
    write_base(tmp_path / "base", layout="llama", **{**EVEN, "num_hidden_layers": 6, "hidden_size": 768})
    params = params_of(tmp_path / "base", "gguf-q4_0", tmp_path / "给" / "out")
    job = write_job(tmp_path / "job", "export", params)
    staged = tmp_path / "给" / ".out.exporting"
    process = subprocess.Popen(
        command(job),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    assert process.stdin is not None
    process.stdin.write(b"{}\n")
    process.stdin.flush()
    deadline = time.monotonic() + 120
    while not any(path.stat().st_size > 0 for path in staged.glob("*.gguf")):
        assert process.poll() is None, "ended before it could be killed"
        assert time.monotonic() < deadline, f"nothing in {staged}"
    process.kill()
    process.wait(timeout=60)
    process.stdin.close()
    assert not (tmp_path / "给" / "out").exists()
    again = write_job(tmp_path / "again", "export", params)
    assert run_job(again) == 0
    assert [path.name for path in (tmp_path / "给").iterdir()] == ["out"]
    result = only(again, "result")
    assert {path.name for path in (tmp_path / "给" / "out").iterdir()} == {
        "SHA256SUMS",
        "export.json",
        *(file["file"] for file in result["files"]),
    }


def test_a_full_disk_is_said_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_base(tmp_path / "base", **EVEN)
    free = 64 << 20
    defaults = StagedFolder.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "free_bytes", lambda _: free)
    with pytest.raises(JobError) as refused:
        run_export(tmp_path / "base", "gguf-f16", tmp_path / "out")
    assert refused.value.code == "export.disk_full"
    assert refused.value.params["freeBytes"] == free


PEAK = """
import sys
from pathlib import Path
from export_fixtures import run_export, params_of
from legal_eagle.export.gguf_exporters import model_exporter
from legal_eagle.export.sources import read_sources

def peak_bytes():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024

small, large = Path(sys.argv[1]), Path(sys.argv[2])
run_export(small, "gguf-q4_0", small.parent / "small-out")  # code that every export needs once
params = params_of(large, "gguf-q4_0", large)
announced = model_exporter(read_sources(params), params).peak_bytes
Path("/proc/self/clear_refs").write_text("5")
before = peak_bytes()
run_export(large, "gguf-q4_0", large.parent / "large-out")
print(peak_bytes() - before, announced)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's resettable peak")
def test_peak_memory_is_a_few_pieces_and_below_what_was_announced(tmp_path: Path) -> None:
    """Would catch a tensor held whole: the large model's matrices are 67 MB each in fp32."""
    write_base(tmp_path / "small", **EVEN)
    wide = {
        "hidden_size": 2048,
        "num_attention_heads": 16,
        "intermediate_size": 8192,
        "num_hidden_layers": 1,
    }
    write_base(tmp_path / "large", dtype="bfloat16", **{**EVEN, **wide})
    result = subprocess.run(
        [sys.executable, "-c", PEAK, str(tmp_path / "small"), str(tmp_path / "large")],
        env={"PYTHONPATH": f"{RUNTIME}:{Path(__file__).parent}", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    growth, announced = (int(word) for word in result.stdout.split())
    assert growth <= announced
    assert announced < 4 * 2048 * 8192


def test_the_file_is_the_same_from_fused_and_from_split_layout(tmp_path: Path) -> None:
    """Would catch groups of wqkv mixed up, with K, g and g ≠ K all above one."""
    from builders.checkpoints import random_tensors as builder_tensors
    from builders.checkpoints import tiny_config, tiny_values, to_llama_tensors, write_folder
    from merge_fixtures import write_tokenizer

    files = []
    for layout in ("internlm2", "llama"):
        folder = tmp_path / layout
        folder.mkdir()
        size = write_tokenizer(folder)
        fused = tiny_config(tiny_values("internlm2", vocab_size=size), qkv_bias=True, o_bias=True)
        tensors = builder_tensors(fused, seed=4)
        values = tiny_values(layout, vocab_size=size)
        write_folder(folder, values, tensors if layout == "internlm2" else to_llama_tensors(fused, tensors))
        run_export(folder, "gguf-f32", tmp_path / f"{layout}-out")
        files.append(tensors_of(tmp_path / f"{layout}-out" / "model-F32.gguf"))
    assert files[0].keys() == files[1].keys()
    for name, tensor in files[0].items():
        assert torch.equal(
            torch.from_numpy(tensor.data.copy()), torch.from_numpy(files[1][name].data.copy())
        ), name
    assert "blk.0.attn_output.bias" in files[0]
