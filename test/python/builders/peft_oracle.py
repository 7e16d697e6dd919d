"""Adapters on the engine's decoder and on PEFT's model, side by side: gradients by PEFT's names."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import peft
import torch
import transformers
from torch.nn.functional import cross_entropy

from builders.checkpoints import random_documents, random_tensors, tiny_config, tiny_folder, tiny_values
from builders.internlm2_reference import InternLM2Reference
from legal_eagle.engine.batch import pack_documents
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.model import Decoder, build_model
from legal_eagle.engine.peft_format import adapter_tensors, load_adapter, save_adapter

LENGTHS = [17, 60, 3, 41]
INTERNLM2_TARGETS = ["wqkv", "wo", "w1", "w2", "w3"]
LLAMA_TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
Document = tuple[list[int], list[bool]]


def with_random_adapter(decoder: Decoder, lora: LoraConfig, seed: int = 5) -> Decoder:
    """B is zero at the start, which would hide every gradient of A."""
    generator = torch.Generator().manual_seed(seed)
    decoder.add_lora(lora, generator)
    randomise(decoder.lora_parameters(), generator)
    return decoder


def randomise(parameters: Iterable[tuple[str, torch.nn.Parameter]], generator: torch.Generator) -> None:
    """Takes an adapter away from its start, where it changes nothing."""
    with torch.no_grad():
        for name, parameter in parameters:
            if "lora_B" in name:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.05)
            elif "magnitude" in name:
                parameter.mul_(1.0 + 0.2 * torch.randn(parameter.shape, generator=generator))


def gradients(decoder: Decoder) -> dict[str, torch.Tensor]:
    """Gradients by PEFT's names with rows in the checkpoint's order."""
    masters = {name: parameter.detach().clone() for name, parameter in decoder.lora_parameters()}
    with torch.no_grad():
        for _, parameter in decoder.lora_parameters():
            assert parameter.grad is not None
            parameter.copy_(parameter.grad)
    result = adapter_tensors(decoder)
    with torch.no_grad():
        for name, parameter in decoder.lora_parameters():
            parameter.copy_(masters[name])
    return result


def peft_model(base: torch.nn.Module, lora: LoraConfig, targets: list[str] | str, decoder: Decoder) -> Any:
    """PEFT's own model with the decoder's adapter in it."""
    config = peft.LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=0.0,
        use_rslora=lora.rs_lora,
        use_dora=lora.dora,
        target_modules=targets,
        modules_to_save=list(lora.whole) or None,
    )
    model = peft.get_peft_model(base, config)
    result = peft.set_peft_model_state_dict(model, adapter_tensors(decoder))
    assert not result.unexpected_keys
    return model


def peft_gradients(model: Any) -> dict[str, torch.Tensor]:
    named = ((name, p.grad) for name, p in model.named_parameters() if p.requires_grad)
    return {_saved_name(name): grad for name, grad in named}


def _saved_name(name: str) -> str:
    """The name under which PEFT saves a parameter."""
    name = name.replace(".modules_to_save.default.", ".")
    return name.replace(".default.", ".").replace("lora_magnitude_vector.weight", "lora_magnitude_vector")


def summed_loss(document_logits: list[torch.Tensor], documents: list[Document]) -> torch.Tensor:
    """Mean cross-entropy over all answer tokens of the documents."""
    total, count = torch.zeros(()), 0
    for logits, (ids, mask) in zip(document_logits, documents, strict=True):
        chosen = [index for index in range(1, len(ids)) if mask[index]]
        targets = torch.tensor([ids[index] for index in chosen])
        total = total + cross_entropy(logits[[index - 1 for index in chosen]], targets, reduction="sum")
        count += len(chosen)
    return total / count


def assert_same_gradients(actual: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    assert actual.keys() == expected.keys()
    for name, reference in expected.items():
        error = (actual[name] - reference).norm() / reference.norm()
        assert reference.norm() > 0, name
        assert error < 1e-4, f"{name}: {error}"


def assert_fused_gradients_equal_peft(folder: Path, lora: LoraConfig, **flags: bool) -> None:
    """Loss and gradients of a fresh InternLM2 below `folder` against PEFT on the module naming it has."""
    config = tiny_config(tiny_values("internlm2"), **flags)
    documents = random_documents(LENGTHS, 256)
    decoder = with_random_adapter(build_model(tiny_folder(folder, "internlm2", **flags)), lora)
    model = peft_model(InternLM2Reference(config, random_tensors(config)), lora, INTERNLM2_TARGETS, decoder)
    reference = summed_loss([model(torch.tensor(ids)) for ids, _ in documents], documents)
    reference.backward()
    loss = backward(decoder, [documents], answers_of(documents))
    assert abs(loss - reference.item()) < 1e-5
    assert_same_gradients(gradients(decoder), peft_gradients(model))


@torch.no_grad()
def reload_error(decoder: Decoder, base: Path, reference: Any, folder: Path) -> float:
    """max|Δ| of logits between `decoder` and PEFT on `reference` with the adapter that `decoder` wrote into
    `folder`. The engine itself, on the checkpoint `base`, must read the same file bit-equally."""
    folder.mkdir()
    save_adapter(decoder, folder, "base")
    ids = random_documents([50], 256)[0][0]
    loaded = peft.PeftModel.from_pretrained(reference, str(folder)).eval()
    # transformers takes a batch of documents and wraps its logits; our own reference takes one document.
    fused = isinstance(reference, InternLM2Reference)
    expected = loaded(torch.tensor(ids)) if fused else loaded(torch.tensor([ids])).logits[0]
    ours = logits_of(decoder, ids)
    again = build_model(base)
    load_adapter(again, folder)
    assert torch.equal(logits_of(again, ids), ours)
    return float((ours - expected).abs().max())


def assert_peft_reads_back(decoder: Decoder, base: Path, reference: Any, folder: Path) -> None:
    """Saved, read in PEFT, read again by the engine: the same logits each time."""
    assert reload_error(decoder, base, reference, folder) < 1e-4


def logits_of(decoder: Decoder, ids: list[int]) -> torch.Tensor:
    """Logits [len(ids), V] of one document."""
    return decoder.logits(torch.tensor(ids), torch.arange(len(ids)), (0, len(ids)))


def backward(decoder: Decoder, packs: list[list[Document]], answer_tokens: int) -> float:
    """Loss of an optimizer step of these micro-batches; its gradients are in the decoder."""
    for _, parameter in decoder.lora_parameters():
        parameter.grad = None
    total = 0.0
    for pack in packs:
        loss = decoder.loss(pack_documents(pack), answer_tokens)
        loss.backward()
        total += loss.item()
    return total


def answers_of(documents: list[Document]) -> int:
    return sum(sum(mask[1:]) for _, mask in documents)


def llama_reference(values: dict[str, Any], **flags: bool) -> Any:
    """transformers' class of `values["model_type"]` with the tensors of `tiny_folder`'s same values."""
    settings = {k: v for k, v in values.items() if k not in ("architectures", "torch_dtype", "model_type")}
    if flags.get("o_bias"):
        settings["attention_bias"] = True
    config = transformers.AutoConfig.for_model(values["model_type"], **settings)
    model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager").float()
    result = model.load_state_dict(random_tensors(tiny_config(values, **flags)), strict=False)
    assert not result.unexpected_keys
    assert set(result.missing_keys) <= {"lm_head.weight"}
    return model
