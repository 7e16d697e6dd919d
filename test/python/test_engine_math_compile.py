"""The compiled elementwise parts: the eager numbers, one form for all packs, eager where they fail."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch._dynamo.utils
import torch._inductor.config
from loop_fixtures import Run, recipe, write_dataset, write_model

from builders.checkpoints import random_documents, tiny_folder
from builders.peft_oracle import answers_of, backward, gradients, with_random_adapter
from legal_eagle.engine.compiled_elementwise import CompiledElementwise, _rotate, use_compile_cache
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.elementwise import EAGER
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.mechanisms import EngineOptions, choose_mechanisms
from legal_eagle.engine.model import build_model

LORA = LoraConfig(4, 8, dropout=0.1)
PACKS = ((33, 5, 18), (60,), (7, 9, 11, 13, 30), (64, 2))


def decoder_of(folder: Path) -> Decoder:
    return with_random_adapter(build_model(folder), LORA)


def compiled_graphs() -> int:
    return int(torch._dynamo.utils.counters["stats"]["unique_graphs"])


@pytest.mark.parametrize(
    "backend", ["aot_eager", pytest.param("inductor", marks=pytest.mark.long, id="inductor")]
)
def test_compiled_parts_give_the_eager_gradients_and_are_made_once(backend: str, tmp_path: Path) -> None:
    # Bug caught: a derivative written wrongly for the compiler; rows that are no dynamic dimension, so
    # that each pack length is compiled anew.
    folder = tiny_folder(tmp_path, "llama", qk_norm=True, model_type="qwen3", head_dim=16)
    eager, fused = decoder_of(folder), decoder_of(folder)
    failures: list[str] = []
    compiled = CompiledElementwise(failures.append, backend=backend)
    compiled.warm_up(fused.config, fused.device, fused.dtype)
    fused.compute_with(compiled.functions)
    made = compiled_graphs()
    for lengths in PACKS:
        documents = random_documents(lengths, 256)
        expected = backward(eager, [documents], answers_of(documents))
        assert backward(fused, [documents], answers_of(documents)) == pytest.approx(expected, rel=1e-5)
    for name, gradient in gradients(eager).items():
        difference = (gradients(fused)[name] - gradient).norm() / gradient.norm()
        assert difference < 1e-5, name
    assert failures == []
    assert made > 0
    assert compiled_graphs() == made


def test_the_rotation_for_the_compiler_is_the_complex_one() -> None:
    # Bug caught: a sign of the rotation without complex numbers, which a CPU run never uses.
    angles = torch.randn(9, 1, 8)
    turns = torch.polar(torch.ones_like(angles), angles)
    for inverse in (False, True):
        expected = torch.randn(9, 6, 16)
        actual = expected.clone()
        EAGER.rotate(expected, turns, inverse)
        _rotate(actual, torch.view_as_real(turns), inverse)
        torch.testing.assert_close(actual, expected)


def test_a_compiler_that_fails_leaves_the_eager_run(tmp_path: Path) -> None:
    # Bug caught: a failure of the compiler that ends the run, or one that is tried again in each layer.
    calls = []

    def broken(graph: Any, inputs: Any) -> Callable[..., Any]:
        calls.append(graph)
        raise RuntimeError("no compiler here")

    folder = tiny_folder(tmp_path)
    eager, fused = decoder_of(folder), decoder_of(folder)
    failures: list[str] = []
    compiled = CompiledElementwise(failures.append, backend=broken)
    compiled.warm_up(fused.config, fused.device, fused.dtype)
    fused.compute_with(compiled.functions)
    documents = random_documents(PACKS[0], 256)
    assert backward(fused, [documents], 3) == backward(eager, [documents], 3)
    assert all(gradients(fused)[name].equal(one) for name, one in gradients(eager).items())
    assert len(calls) == len(failures) == 1
    assert "no compiler here" in failures[0]
    assert compiled.failure == failures[0]


def test_a_run_without_a_compiler_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Bug caught: a missing C++ compiler on a person's machine that ends the run, or that nobody hears of.
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(torch._inductor.config.cpp, "cxx", (str(tmp_path / "no-such-compiler"),))
    material = write_model(tmp_path / "model"), write_dataset(tmp_path / "data", rows=16)
    settings = recipe(maxSteps=2, hardware={"compile": "on"})
    attempt = Run(tmp_path / "run", *material, settings).here()
    assert attempt.failure is None
    assert len(attempt.data("step")) == 2
    (warning,) = attempt.data("warning")
    assert warning["code"] == "train.compile_failed"
    assert warning["params"]["reason"]


def test_the_choice_is_made_by_device_and_kept_on_resume(tmp_path: Path) -> None:
    # Bug caught: a resumed run that rounds differently because the choice was made anew.
    from legal_eagle.models.config import read_config

    model, cpu = read_config(tiny_folder(tmp_path)), torch.device("cpu")

    def chosen(wanted: Any, recorded: dict[str, object]) -> bool:
        return choose_mechanisms(EngineOptions(compile=wanted), cpu, torch.float32, model, recorded).compile

    assert not chosen("auto", {})
    assert chosen("on", {"compile": False})
    assert chosen("auto", {"compile": True})
    assert not chosen("off", {"compile": True})


def test_the_cache_keeps_a_short_path_on_windows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Bug caught: a deep data folder under which the compiler's files cannot be opened on Windows.
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")
    deep = tmp_path / ("x" * 80)
    assert use_compile_cache(deep, platform="win32") != deep
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")
    assert use_compile_cache(deep, platform="linux") == deep
    assert use_compile_cache(tmp_path, platform="linux") == deep
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == str(deep)


@pytest.mark.long
def test_a_compiled_run_resumes_bit_equal(tmp_path: Path) -> None:
    # Bug caught: code that the compiler makes differently in another process.
    material = write_model(tmp_path / "model"), write_dataset(tmp_path / "data")
    settings = recipe(hardware={"compile": "on"})
    straight = Run(tmp_path / "straight", *material, settings)
    assert straight.start().wait() == 0
    assert straight.attempts[0].data("warning") == []
    run = Run(tmp_path / "killed", *material, settings)
    first = run.start()
    first.wait_until(lambda: len(first.data("step")) >= 7)
    assert first.process is not None
    first.process.kill()
    first.process.wait()
    assert run.start(run.newest_checkpoint()).wait() == 0
    assert run.losses() == straight.losses()
