"""Full fine-tuning against plain transformers and torch's AdamW: gradients, ten steps, what is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from torch.nn.functional import cross_entropy

from builders.checkpoints import random_documents, tiny_folder, tiny_values, to_llama_tensors
from builders.compat_bases import write_base
from builders.internlm2_reference import InternLM2Reference
from legal_eagle.compat.compat_engine import CompatEngine
from legal_eagle.compat.full_model import FullModel
from legal_eagle.engine.batch import pack_documents
from legal_eagle.engine.model import build_model
from legal_eagle.engine.optimizer import AdapterOptimizer
from legal_eagle.models.config import read_config
from legal_eagle.models.sidecar_files import copy_sidecars

pytestmark = pytest.mark.usefixtures("one_thread")

LENGTHS = [17, 40, 5, 29]
STEPS = 10
_ADAM = {"beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8, "weight_decay": 0.01, "max_grad_norm": 0.5}
_RATE = 1e-3


def _internlm2(folder: Path) -> Path:
    return tiny_folder(folder, "internlm2", qkv_bias=True, o_bias=True)


def _internlm(folder: Path) -> Path:
    return tiny_folder(folder, "llama", qkv_bias=True, o_bias=True, model_type="internlm")


def _internlm3(folder: Path) -> Path:
    scaling = {"type": "dynamic", "factor": 2.0}
    return tiny_folder(folder, "llama", qkv_bias=True, model_type="internlm3", rope_scaling=scaling)


def _qwen3(folder: Path) -> Path:
    changes = {"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "head_dim": 16}
    return tiny_folder(folder, "llama", qk_norm=True, tie_word_embeddings=True, **changes)


def _gemma3(folder: Path) -> Path:
    folder.mkdir()
    return write_base(folder, "gemma3", 256)


BASES = {
    "InternLM2": _internlm2,
    "InternLM": _internlm,
    "InternLM3": _internlm3,
    "Qwen3 (tied)": _qwen3,
    "Gemma 3": _gemma3,
}


@pytest.fixture(params=BASES)
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return BASES[request.param](tmp_path / "base")


def full_model(folder: Path, dtype: torch.dtype = torch.float32) -> FullModel:
    engine = CompatEngine()
    facts = engine.full_facts(folder)
    assert facts is not None
    return engine.full(folder, facts, dtype=dtype, device=torch.device("cpu"), on_reason=lambda _: None)


def reference(folder: Path) -> Any:
    """transformers' own model of the same weights, made without the code under test."""
    values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kind = values["model_type"]
    if not kind.startswith("internlm"):
        return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    config = read_config(folder)
    settings = {k: v for k, v in values.items() if k not in ("architectures", "torch_dtype", "model_type")}
    stand_in = "qwen2" if kind == "internlm3" else "llama"
    if stand_in == "llama":
        settings["attention_bias"] = True
    model = transformers.AutoModelForCausalLM.from_config(
        transformers.AutoConfig.for_model(stand_in, **settings)
    ).float()
    tensors = load_file(folder / "model.safetensors")
    if config.layout == "internlm2":
        tensors = to_llama_tensors(config, tensors)
    assert model.load_state_dict(tensors).missing_keys == []
    return model.eval()


def reference_loss(model: Any, documents: list[tuple[list[int], list[bool]]]) -> torch.Tensor:
    """Each document alone, as nobody can get wrong."""
    total, count = torch.zeros(()), 0
    for ids, mask in documents:
        chosen = [place for place in range(1, len(ids)) if mask[place]]
        logits = model(torch.tensor([ids])).logits[0, [place - 1 for place in chosen]]
        total = total + cross_entropy(logits, torch.tensor([ids[place] for place in chosen]), reduction="sum")
        count += len(chosen)
    return total / count


def answers(documents: list[tuple[list[int], list[bool]]]) -> int:
    return sum(sum(mask[1:]) for _, mask in documents)


def gradients(model: Any) -> Mapping[str, torch.Tensor]:
    return {name: torch.as_tensor(one.grad) for name, one in model.named_parameters()}


def test_every_gradient_is_that_of_plain_transformers(base: Path) -> None:
    """A parameter that is left out (norms, biases, a tied head), or counted twice."""
    ours, theirs = full_model(base), reference(base)
    documents = random_documents(LENGTHS, 256)
    loss = ours.loss(pack_documents(documents), answers(documents))
    loss.backward()
    expected = reference_loss(theirs, documents)
    expected.backward()
    assert abs(loss.item() - expected.item()) < 1e-5 * expected.item()
    actual, wanted = gradients(ours.model), gradients(theirs)
    assert actual.keys() == wanted.keys()
    assert {name for name, _ in ours.trained_parameters()} == wanted.keys()
    for name, one in wanted.items():
        assert one.norm() > 0, name
        assert (actual[name] - one).norm() < 1e-4 * one.norm(), name


def test_ten_steps_give_the_losses_of_plain_adamw(base: Path) -> None:
    """Weight decay, clipping or Adam's moments applied to something else than every parameter."""
    ours, theirs = full_model(base), reference(base)
    optimizer = AdapterOptimizer(ours.trained_parameters(), **_ADAM)
    adam = torch.optim.AdamW(theirs.parameters(), lr=_RATE, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.01)
    for step in range(STEPS):
        documents = random_documents(LENGTHS, 256, seed=step)
        # Accumulated in two passes, as a run does.
        total = 0.0
        for part in (documents[:2], documents[2:]):
            loss = ours.loss(pack_documents(part), answers(documents))
            loss.backward()
            total += loss.item()
        optimizer.clip()
        optimizer.step(_RATE)
        optimizer.zero_grad()
        expected = reference_loss(theirs, documents)
        expected.backward()
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), 0.5)
        adam.step()
        adam.zero_grad()
        assert abs(total - expected.item()) < 1e-5 * expected.item(), step


def logits(model: FullModel, ids: torch.Tensor) -> torch.Tensor:
    # The attention keeps the pack of the last pass.
    with model._passes.unpacked():
        found: torch.Tensor = model.model(ids[None]).logits[0]
    return found


def _train_a_little(model: FullModel) -> None:
    documents = random_documents(LENGTHS, 256)
    model.loss(pack_documents(documents), answers(documents)).backward()
    optimizer = AdapterOptimizer(model.trained_parameters(), **_ADAM)
    optimizer.step(0.01)
    optimizer.zero_grad()


def _saved(model: FullModel, base: Path, folder: Path) -> Path:
    folder.mkdir()
    model.save_result(folder, str(base))
    copy_sidecars(base, folder, output_is_fp32=False, stop_ids=[2], chat_template=None)
    return folder


@torch.no_grad()
def test_the_written_model_is_the_trained_one(base: Path, tmp_path: Path) -> None:
    """Tensors under wrong names, rows of wqkv in another order, a tied head that is parted."""
    model = full_model(base)
    with torch.enable_grad():
        _train_a_little(model)
    folder = _saved(model, base, tmp_path / "out")
    before, after = load_file(base / "model.safetensors"), load_file(folder / "model.safetensors")
    assert {name: one.shape for name, one in before.items()} == {n: one.shape for n, one in after.items()}
    assert all(not torch.equal(one, after[name]) for name, one in before.items())
    ids = torch.tensor(random_documents([40], 256)[0][0])
    expected = logits(model, ids)
    # Bit-equal through the loader that wrote it and through transformers, within rounding by our decoder.
    assert torch.equal(logits(full_model(folder), ids), expected)
    values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if values["model_type"].startswith("internlm"):
        decoder = build_model(folder)
        ours = decoder.logits(ids, torch.arange(len(ids)), (0, len(ids)))
        assert (ours - expected).abs().max() < 1e-4
    else:
        theirs = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        assert torch.equal(theirs(ids[None]).logits[0], expected)


@torch.no_grad()
def test_internlm2_is_what_its_own_definition_computes(tmp_path: Path) -> None:
    """A stand-in whose rotations, groups or biases are another model's."""
    base = _internlm2(tmp_path / "base")
    config = read_config(base)
    own = InternLM2Reference(config, load_file(base / "model.safetensors"))
    ids = torch.tensor(random_documents([60], 256)[0][0])
    assert (logits(full_model(base), ids) - own(ids)).abs().max() < 1e-4


def test_masters_come_back_bit_equal_from_a_bf16_base(tmp_path: Path) -> None:
    """A checkpoint rounded to the base's type: the resumed run would go on from other weights."""
    base = tiny_folder(tmp_path / "base", "internlm2")
    tensors = {name: one.bfloat16() for name, one in load_file(base / "model.safetensors").items()}
    save_file(tensors, base / "model.safetensors")
    model = full_model(base)
    _train_a_little(model)
    (tmp_path / "checkpoint").mkdir()
    model.save_weights(tmp_path / "checkpoint", str(base))
    again = full_model(base)
    again.load_weights(tmp_path / "checkpoint")
    for (name, one), (_, other) in zip(model.trained_parameters(), again.trained_parameters(), strict=True):
        assert torch.equal(one, other), name
    result = load_file(_saved(model, base, tmp_path / "out") / "model.safetensors")
    assert {one.dtype for one in result.values()} == {torch.bfloat16}


def test_bf16_passes_train_fp32_masters(tmp_path: Path) -> None:
    """Masters, gradients or moments that are bf16 themselves: small updates would be lost."""
    model = full_model(tiny_folder(tmp_path / "base", "internlm2"), torch.bfloat16)
    documents = random_documents(LENGTHS, 256)
    in_bf16 = model.loss(pack_documents(documents), answers(documents))
    in_bf16.backward()
    assert {one.dtype for _, one in model.trained_parameters()} == {torch.float32}
    assert {one.grad.dtype for _, one in model.trained_parameters() if one.grad is not None} == {
        torch.float32
    }
    plain = full_model(tmp_path / "base").loss(pack_documents(documents), answers(documents))
    assert in_bf16.item() != plain.item()
    assert abs(in_bf16.item() - plain.item()) < 0.02 * plain.item()


def test_recomputed_layers_give_the_same_gradient(base: Path) -> None:
    """A layer that is not computed again, or with another mask than at first."""
    documents = random_documents(LENGTHS, 256)
    kept, again = full_model(base), full_model(base)
    assert again.recompute_all()
    assert not again.recompute_all()
    for model in (kept, again):
        model.loss(pack_documents(documents), answers(documents)).backward()
    wanted = gradients(kept.model)
    assert all(torch.equal(one, wanted[name]) for name, one in gradients(again.model).items())


def test_the_same_values_are_named_once(tmp_path: Path) -> None:
    """Tied embeddings that Adam would step twice."""
    names = [name for name, _ in full_model(_qwen3(tmp_path / "base")).trained_parameters()]
    assert "model.embed_tokens.weight" in names
    assert "lm_head.weight" not in names
    assert tiny_values()["tie_word_embeddings"] is False
