"""Loss and LoRA gradients against PEFT, and the invariants of packing and accumulation."""

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from builders.checkpoints import random_documents, random_tensors, tiny_config, tiny_folder, tiny_values
from builders.internlm2_reference import InternLM2Reference
from builders.invariants import AttentionKind, accumulation_error, packing_error
from builders.peft_oracle import (
    LENGTHS,
    LLAMA_TARGETS,
    answers_of,
    assert_fused_gradients_equal_peft,
    assert_same_gradients,
    backward,
    gradients,
    peft_gradients,
    peft_model,
    summed_loss,
    with_random_adapter,
)
from legal_eagle.engine.batch import pack_documents
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.model import build_model
from legal_eagle.engine.peft_format import adapter_tensors, set_adapter_tensors
from legal_eagle.jobs.errors import JobError


@pytest.mark.parametrize("rs_lora", [False, True])
def test_llama_gradients_equal_peft(rs_lora: bool, tmp_path: Path) -> None:
    """A wrong A/B gradient of any of the seven separate modules, or a wrong scale."""
    values = tiny_values("llama")
    documents = random_documents(LENGTHS, 256)
    lora = LoraConfig(4, 8, rs_lora=rs_lora)
    decoder = with_random_adapter(build_model(tiny_folder(tmp_path, "llama")), lora)
    settings = {k: v for k, v in values.items() if k not in ("architectures", "torch_dtype", "model_type")}
    base = transformers.LlamaForCausalLM(transformers.LlamaConfig(**settings)).float()
    base.load_state_dict(random_tensors(tiny_config(values)))
    model = peft_model(base, lora, LLAMA_TARGETS, decoder)
    reference = summed_loss([model(torch.tensor([ids])).logits[0] for ids, _ in documents], documents)
    reference.backward()
    loss = backward(decoder, [documents], answers_of(documents))
    assert loss == pytest.approx(reference.item(), abs=1e-5)
    assert_same_gradients(gradients(decoder), peft_gradients(model))


def test_internlm2_gradients_equal_peft_on_the_fused_layout(tmp_path: Path) -> None:
    """One A for q, k, v on wqkv, with B's rows in the checkpoint's group order."""
    assert_fused_gradients_equal_peft(tmp_path, LoraConfig(4, 8), qkv_bias=True, o_bias=True)


def test_qwen3_gradients_equal_peft(tmp_path: Path) -> None:
    """The backward pass through the norms of q and k."""
    values = tiny_values("llama", model_type="qwen3", head_dim=16)
    documents = random_documents(LENGTHS, 256)
    lora = LoraConfig(4, 8)
    folder = tiny_folder(tmp_path, "llama", qk_norm=True, model_type="qwen3", head_dim=16)
    decoder = with_random_adapter(build_model(folder), lora)
    settings = {k: v for k, v in values.items() if k not in ("architectures", "torch_dtype", "model_type")}
    base = transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**settings)).float()
    base.load_state_dict(random_tensors(tiny_config(values, qk_norm=True)))
    model = peft_model(base, lora, LLAMA_TARGETS, decoder)
    reference = summed_loss([model(torch.tensor([ids])).logits[0] for ids, _ in documents], documents)
    reference.backward()
    backward(decoder, [documents], answers_of(documents))
    assert_same_gradients(gradients(decoder), peft_gradients(model))


@pytest.mark.parametrize(
    ("targets", "expected"),
    [("attention", ["wo", "wqkv"]), ("mlp", ["w1", "w2", "w3"]), (["w3", "wqkv"], ["w3", "wqkv"])],
)
def test_partial_targets_equal_peft(targets: Any, expected: list[str], tmp_path: Path) -> None:
    """A fused product with an adapter on only one of its modules."""
    config = tiny_config(tiny_values("internlm2"))
    documents = random_documents(LENGTHS, 256)
    lora = LoraConfig(4, 8, targets=targets)
    decoder = with_random_adapter(build_model(tiny_folder(tmp_path)), lora)
    model = peft_model(InternLM2Reference(config, random_tensors(config)), lora, expected, decoder)
    summed_loss([model(torch.tensor(ids)) for ids, _ in documents], documents).backward()
    backward(decoder, [documents], answers_of(documents))
    assert_same_gradients(gradients(decoder), peft_gradients(model))


def test_an_unknown_target_is_refused(tmp_path: Path) -> None:
    decoder = build_model(tiny_folder(tmp_path))
    with pytest.raises(JobError) as caught:
        decoder.add_lora(LoraConfig(4, 8, targets=["q_proj"]), torch.Generator())
    assert caught.value.code == "model.lora_target"


@pytest.mark.parametrize("recompute_layers", [0, 2, 3])
@pytest.mark.parametrize("attention", ["blocked", "fused", "padded"])
def test_packed_equals_the_sum_of_documents(
    recompute_layers: int, attention: AttentionKind, tmp_path: Path
) -> None:
    """Packing, recomputing or another attention back end must not change what is optimised."""
    assert packing_error(tmp_path, attention, recompute_layers) < 1e-5


def test_accumulation_eight_times_one_equals_one_times_eight(tmp_path: Path) -> None:
    """Micro-batches of unequal answer counts weigh wrongly when each is averaged by itself."""
    assert accumulation_error(tmp_path) < 1e-5


def test_gradients_accumulate_whatever_zero_grad_does(tmp_path: Path) -> None:
    """A dropped `.grad` must start at zero, a zeroed one and a foreign one must be kept."""
    decoder = with_random_adapter(build_model(tiny_folder(tmp_path)), LoraConfig(4, 8))
    batch = pack_documents(random_documents([20], 256))
    name, parameter = decoder.lora_parameters()[0]
    decoder.loss(batch, 1).backward()
    assert parameter.grad is not None
    once = parameter.grad.clone()
    decoder.loss(batch, 1).backward()
    assert torch.allclose(parameter.grad, 2 * once, rtol=1e-4), name
    parameter.grad = None
    decoder.loss(batch, 1).backward()
    assert torch.allclose(parameter.grad, once, rtol=1e-4)
    parameter.grad = torch.ones_like(once)
    decoder.loss(batch, 1).backward()
    assert torch.allclose(parameter.grad, once + 1, rtol=1e-4)


def test_dropout_gradient_is_that_of_the_dropped_forward(tmp_path: Path) -> None:
    """Masks made again in the backward pass (and under recompute) must be the forward's: the
    gradient then predicts the change of the loss under the same seed."""
    folder = tiny_folder(tmp_path)
    batch = pack_documents(random_documents([40, 30], 256))
    lora = LoraConfig(4, 8, dropout=0.3)
    decoder = with_random_adapter(build_model(folder), lora)
    generator = torch.Generator()
    decoder._dropout_generator = generator

    def loss() -> torch.Tensor:
        generator.manual_seed(11)
        return decoder.loss(batch, batch.answer_tokens)

    loss().backward()
    direction = [parameter.grad.clone() for _, parameter in decoder.lora_parameters()]
    norm = torch.sqrt(sum((grad**2).sum() for grad in direction))
    step = 0.02

    def shifted(sign: float) -> float:
        with torch.no_grad():
            for (_, parameter), grad in zip(decoder.lora_parameters(), direction, strict=True):
                parameter.add_(grad, alpha=sign * step / norm.item())
        return loss().item()

    up, down = shifted(1.0), shifted(-2.0)
    shifted(1.0)
    assert (up - down) / (2 * step) == pytest.approx(norm.item(), rel=2e-2)
    trained = loss().item()
    with torch.no_grad():
        assert abs(decoder.loss(batch, batch.answer_tokens).item() - trained) > 1e-4
    decoder.recompute_layers = 3
    for _, parameter in decoder.lora_parameters():
        parameter.grad = None
    loss().backward()
    for (name, parameter), grad in zip(decoder.lora_parameters(), direction, strict=True):
        assert torch.allclose(parameter.grad, grad, rtol=1e-3, atol=1e-6), name


def test_a_disabled_adapter_is_the_base(tmp_path: Path) -> None:
    folder = tiny_folder(tmp_path)
    base, decoder = build_model(folder), with_random_adapter(build_model(folder), LoraConfig(4, 8))
    batch = pack_documents(random_documents(LENGTHS, 256))
    with torch.no_grad():
        expected = base.loss(batch, 1)
        assert abs(decoder.loss(batch, 1) - expected) > 1e-3
        with decoder.adapter_disabled():
            assert decoder.loss(batch, 1) == expected


def test_a_batch_without_answers_has_no_loss_and_no_gradient(tmp_path: Path) -> None:
    decoder = with_random_adapter(build_model(tiny_folder(tmp_path)), LoraConfig(4, 8))
    batch = pack_documents([([5, 6, 7], [False, False, False])])
    loss = decoder.loss(batch, 10)
    loss.backward()
    assert loss.item() == 0.0
    assert all((parameter.grad == 0).all() for _, parameter in decoder.lora_parameters())


def test_adapter_tensors_survive_the_row_order(tmp_path: Path) -> None:
    """An order applied twice, or not undone, when an adapter is written and read."""
    decoder = with_random_adapter(build_model(tiny_folder(tmp_path)), LoraConfig(4, 8))
    written = adapter_tensors(decoder)
    other = with_random_adapter(build_model(tiny_folder(tmp_path)), LoraConfig(4, 8), seed=9)
    set_adapter_tensors(other, written)
    for (name, mine), (_, theirs) in zip(decoder.lora_parameters(), other.lora_parameters(), strict=True):
        assert torch.equal(mine, theirs), name
