"""The merge job as a real child process: files, manifest, refusals, disk, stop, kill."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from legal_eagle.engine.adapter_output import base_fingerprint
from legal_eagle.engine.devices import DeviceChoice
from legal_eagle.jobs.errors import EXIT_DATA, EXIT_DISK_FULL, EXIT_SPEC, JobError
from legal_eagle.models.config import read_config
from legal_eagle.models.tokenizer import ChatTokenizer
from legal_eagle.release.staged_folder import StagedFolder
from legal_eagle.serve.chat_session import ChatSession
from legal_eagle.serve.load_chat_model import load_chat_model
from merge_fixtures import write_adapter, write_base
from service_job import ENVIRONMENT, RUN_PY, command, events, only, run_job, write_job

CPU = DeviceChoice(torch.device("cpu"), "cpu", "fp32", torch.float32, 1, 2048, ())
GREEDY: Any = {
    "temperature": 0.0,
    "topP": 1.0,
    "repetitionPenalty": 1.0,
    "maxNewTokens": 40,
    "seed": 1,
    "stop": [],
}


def merge_params(folder: Path, **changes: Any) -> dict[str, Any]:
    return {
        "basePath": str(folder / "base"),
        "adapterPath": str(folder / "adapter"),
        "outPath": str(folder / "models" / "merged"),
        "dtype": "base",
        "maxShardBytes": 60_000,
        "parityPrompts": ["你好请问什么是合同？"],
        **changes,
    }


def record_of(folder: Path, **changes: Any) -> None:
    record = {
        "version": 1,
        "kind": "adapter",
        "runId": "run-1",
        "step": 50,
        "base": {
            "path": str(folder / "base"),
            "fingerprint": base_fingerprint(folder / "base"),
        },
        "tokenizerHash": ChatTokenizer.load(folder / "base").content_hash,
        "template": "internlm2",
        "systemPrompt": "你是律师。",
        "recipe": {"evaluation": {"samplePrompts": ["律师是什么？"]}},
        **changes,
    }
    (folder / "adapter" / "legal_eagle.json").write_text(json.dumps(record), encoding="utf-8")


@pytest.mark.parametrize(("dtype", "output"), [("float32", "fp32"), ("bfloat16", "base")])
def test_a_merge_passes_its_own_check_and_says_what_it_wrote(tmp_path: Path, dtype: str, output: str) -> None:
    """Would catch a job whose numbers, hashes or published files are not those of the merge."""
    config = write_base(tmp_path / "base", dtype=dtype, files=2)
    write_adapter(tmp_path / "adapter", config)
    record_of(tmp_path)
    job = write_job(tmp_path / "job", "merge", merge_params(tmp_path, dtype=output))
    assert run_job(job) == 0, (job / "log.txt").read_text(encoding="utf-8")
    result = only(job, "result")
    out = Path(result["path"])
    assert result["parity"]["passed"] is True
    # One of the job, one of the run's recipe, the others the studio's.
    assert result["parity"]["prompts"] == 20
    assert 0 < result["maxAbsLogitDiff"] < (1e-4 if output == "fp32" else result["parity"]["limit"])
    manifest = json.loads((out / "legal_eagle.json").read_text(encoding="utf-8"))
    for shard in manifest["shards"]:
        assert hashlib.sha256((out / shard["file"]).read_bytes()).hexdigest() == shard["sha256"]
    assert manifest["systemPrompt"] == "你是律师。"
    assert manifest["adapter"]["runId"] == "run-1"
    assert len(result["shards"]) > 1
    assert events(job, "progress")[-1]["data"]["done"] == events(job, "progress")[-1]["data"]["total"]
    assert sorted(path.name for path in out.parent.iterdir()) == ["merged"]


@pytest.mark.parametrize("quantization", [None, "none", "nf4"])
def test_a_base_that_was_quantised_in_training_is_said(tmp_path: Path, quantization: str | None) -> None:
    # Bug caught: the merged model differs from what the run's samples showed, and nobody says why.
    config = write_base(tmp_path / "base")
    write_adapter(tmp_path / "adapter", config)
    record_of(tmp_path, **({} if quantization is None else {"quantization": quantization}))
    job = write_job(tmp_path / "job", "merge", merge_params(tmp_path))
    assert run_job(job) == 0, (job / "log.txt").read_text(encoding="utf-8")
    said = [one["data"]["params"] for one in events(job, "warning")]
    assert said == ([{"quantization": "nf4"}] if quantization == "nf4" else [])


def test_code_goes_along_with_the_layout_that_is_read_through_it(
    tmp_path: Path,
) -> None:
    """InternLM's own layout without its code is a folder that its users cannot load. It is never run here."""
    config = write_base(tmp_path / "base")
    write_adapter(tmp_path / "adapter", config)
    job = write_job(tmp_path / "job", "merge", merge_params(tmp_path))
    assert run_job(job) == 0, (job / "log.txt").read_text(encoding="utf-8")
    out = tmp_path / "models" / "merged"
    code = "modeling_internlm2.py"
    assert (out / code).read_bytes() == (tmp_path / "base" / code).read_bytes()
    assert "auto_map" in json.loads((out / "config.json").read_text(encoding="utf-8"))


def test_nothing_that_could_run_is_carried_over(tmp_path: Path) -> None:
    """Would catch auto_map or a .py file in a published model, and a stop list without the chat's stop."""
    config = write_base(tmp_path / "base", layout="llama", dtype="float16")
    write_adapter(tmp_path / "adapter", config)
    job = write_job(tmp_path / "job", "merge", merge_params(tmp_path, dtype="fp32"))
    assert run_job(job) == 0, (job / "log.txt").read_text(encoding="utf-8")
    out = tmp_path / "models" / "merged"
    assert not list(out.glob("*.py"))
    for path in out.glob("*.json"):
        assert "auto_map" not in path.read_text(encoding="utf-8")
    values = json.loads((out / "config.json").read_text(encoding="utf-8"))
    assert values["torch_dtype"] == values["dtype"] == "float32"
    tokenizer = ChatTokenizer.load(out)
    generation = json.loads((out / "generation_config.json").read_text(encoding="utf-8"))
    assert generation["eos_token_id"] == [2, tokenizer.special_id("<|im_end|>")]
    assert generation["top_p"] == 0.8
    assert (out / "LICENSE").read_text(encoding="utf-8") == "licence of the base\n"


def test_an_existing_folder_is_never_touched(tmp_path: Path) -> None:
    """Would catch a merge that overwrites a finished model."""
    config = write_base(tmp_path / "base")
    write_adapter(tmp_path / "adapter", config)
    kept = tmp_path / "models" / "merged" / "config.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine", encoding="utf-8")
    job = write_job(tmp_path / "job", "merge", merge_params(tmp_path))
    assert run_job(job) == EXIT_SPEC
    assert only(job, "error")["code"] == "merge.output_exists"
    assert kept.read_text(encoding="utf-8") == "mine"
    assert list(kept.parent.iterdir()) == [kept]


@pytest.mark.parametrize("what", ["fingerprint", "tokenizer"])
def test_an_adapter_of_another_base_is_refused(tmp_path: Path, what: str) -> None:
    """Would catch a merge into a base of the same shape with other weights."""
    config = write_base(tmp_path / "base")
    write_adapter(tmp_path / "adapter", config)
    record_of(
        tmp_path,
        **({"base": {"fingerprint": "0" * 64}} if what == "fingerprint" else {"tokenizerHash": "0"}),
    )
    job = write_job(tmp_path / "job", "merge", merge_params(tmp_path))
    assert run_job(job) == EXIT_DATA
    assert only(job, "error")["code"] == "merge.base_mismatch"
    assert not (tmp_path / "models").exists()


def test_too_little_disk_is_said_with_numbers_before_writing(tmp_path: Path) -> None:
    """Would catch a merge that finds out about a full disk after an hour."""
    final = tmp_path / "models" / "merged"
    with (
        pytest.raises(JobError) as caught,
        StagedFolder(final, 10**9, free_bytes=lambda _: 10**6),
    ):
        pass
    assert caught.value.code == "merge.disk_full"
    assert caught.value.exit_code == EXIT_DISK_FULL
    assert caught.value.params["freeBytes"] == 10**6
    assert isinstance(caught.value.params["neededBytes"], int)
    assert caught.value.params["neededBytes"] > 10**9
    assert list(final.parent.iterdir()) == []


def test_a_second_merge_into_the_same_folder_waits_for_nobody(tmp_path: Path) -> None:
    """Would catch two merges deleting each other's unfinished files."""
    final = tmp_path / "merged"
    with StagedFolder(final, 0) as first:
        (first.path / "part").write_text("written", encoding="utf-8")
        with pytest.raises(JobError) as caught, StagedFolder(final, 0):
            pass
        assert caught.value.code == "merge.output_busy"
        assert (first.path / "part").exists()
        first.publish()
    assert [path.name for path in tmp_path.iterdir()] == ["merged"]


class _WindowsLocks:
    """The C runtime's byte locks: a second descriptor is refused, a closed one is free again."""

    LK_NBLCK = 2

    def __init__(self) -> None:
        self.held: dict[str, int] = {}

    def locking(self, descriptor: int, mode: int, count: int) -> None:
        assert (mode, count) == (self.LK_NBLCK, 1)
        name = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        if self.held.get(name, descriptor) != descriptor:
            raise PermissionError(13, "Permission denied")
        self.held[name] = descriptor


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="names descriptors through /proc")
def test_on_windows_the_lock_file_is_closed_before_it_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a merge that works on POSIX only: fcntl imported, or an open file removed."""
    locks = _WindowsLocks()
    monkeypatch.setitem(sys.modules, "msvcrt", locks)
    monkeypatch.setitem(sys.modules, "fcntl", None)
    unlink = Path.unlink

    def unlink_closed(path: Path, missing_ok: bool = False) -> None:
        open_files = {os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()}
        if str(path.resolve()) in open_files:
            raise PermissionError(13, "in use")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink_closed)
    final = tmp_path / "merged"
    with StagedFolder(final, 0, platform="win32") as first:
        with (
            pytest.raises(JobError) as caught,
            StagedFolder(final, 0, platform="win32"),
        ):
            pass
        assert caught.value.code == "merge.output_busy"
        first.publish()
    assert [path.name for path in tmp_path.iterdir()] == ["merged"]


def _large_job(tmp_path: Path) -> Path:
    # Enough blocks that the process is surely still writing when it is interrupted.
    config = write_base(tmp_path / "base", num_hidden_layers=16, hidden_size=192, intermediate_size=768)
    # Weak, since random layers amplify the order of fp32 sums as no trained model does.
    write_adapter(tmp_path / "adapter", config, strength=0.05)
    return write_job(tmp_path / "job", "merge", merge_params(tmp_path, maxShardBytes=20_000))


def _started_writing(job: Path, staging: Path) -> subprocess.Popen[bytes]:
    with (job / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command(job), stdin=subprocess.PIPE, stdout=log, stderr=log, env=ENVIRONMENT
        )
    assert process.stdin is not None
    process.stdin.write(b"{}\n")
    process.stdin.flush()
    deadline = time.monotonic() + 120
    while not (staging.is_dir() and any(staging.iterdir())):
        assert process.poll() is None, (job / "log.txt").read_text(encoding="utf-8")
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return process


def test_a_killed_merge_leaves_nothing_under_the_name_and_the_next_one_goes_on(
    tmp_path: Path,
) -> None:
    """Would catch half a model under its final name, and leftovers that fill the disk for ever."""
    job = _large_job(tmp_path)
    staging = tmp_path / "models" / ".merged.merging"
    process = _started_writing(job, staging)
    process.kill()
    process.wait(timeout=60)
    assert staging.is_dir()
    assert not (tmp_path / "models" / "merged").exists()
    again = write_job(tmp_path / "again", "merge", merge_params(tmp_path))
    assert run_job(again) == 0, (again / "log.txt").read_text(encoding="utf-8")
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["merged"]


def test_the_end_of_stdin_stops_a_merge_that_can_go_on(tmp_path: Path) -> None:
    """Would catch a service job that writes on, or gives a half model its name, when the core is gone."""
    job = _large_job(tmp_path)
    process = _started_writing(job, tmp_path / "models" / ".merged.merging")
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=120) != 0
    assert events(job, "ended")[-1]["data"]["status"] == "stopped"
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".merged.merging"]


def test_merged_weights_are_those_of_the_arithmetic_test(tmp_path: Path) -> None:
    """Would catch a job that passes other options to the merge than it was given."""
    config = write_base(tmp_path / "base", dtype="bfloat16")
    write_adapter(tmp_path / "adapter", config)
    job = write_job(
        tmp_path / "job",
        "merge",
        merge_params(tmp_path, dtype="fp32", maxShardBytes=10**9),
    )
    assert run_job(job) == 0, (job / "log.txt").read_text(encoding="utf-8")
    merged = load_file(tmp_path / "models" / "merged" / "model.safetensors")
    base = load_file(tmp_path / "base" / "model.safetensors")
    adapter = load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    module = "model.layers.2.attention.wo"
    delta = (
        adapter[f"base_model.model.{module}.lora_B.weight"]
        @ adapter[f"base_model.model.{module}.lora_A.weight"]
    )
    wanted = base[f"{module}.weight"].float() + 2.0 * delta
    torch.testing.assert_close(merged[f"{module}.weight"], wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("output", ["base", "fp32"])
def test_the_embedded_model_merges_and_the_result_answers(tmp_path: Path, output: str) -> None:
    """Would catch an embedded model that the merge, its check or the chat after it cannot use."""
    base = RUN_PY.parents[1] / "resources" / "tiny-model"
    config = read_config(base)
    write_adapter(tmp_path / "adapter", config, rank=8, strength=0.02)
    job = write_job(
        tmp_path / "job",
        "merge",
        merge_params(tmp_path, basePath=str(base), dtype=output),
    )
    assert run_job(job) == 0, (job / "log.txt").read_text(encoding="utf-8")
    result = only(job, "result")
    if output == "fp32":
        assert result["maxAbsLogitDiff"] < 1e-4
    merged = load_chat_model(Path(result["path"]), None, "auto", CPU)
    together = load_chat_model(base, tmp_path / "adapter", "auto", CPU)
    answers = [
        ChatSession(model).answer(
            [{"role": "user", "content": "公司拖欠工资怎么办？"}],
            "adapter",
            GREEDY,
            on_text=lambda _: None,
            should_stop=lambda: False,
        )
        for model in (merged, together)
    ]
    assert answers[0].finish == answers[1].finish
    # In fp32 both are the same model; rounded to 16 bits they may part at a close choice.
    assert answers[0] == answers[1] or output == "base"
