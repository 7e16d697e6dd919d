"""DoRA and targets by expression: gradients as PEFT's, adapters that PEFT reads, and what is refused."""

from pathlib import Path

import peft
import pytest
import torch

from builders.checkpoints import random_documents, tiny_folder, tiny_values
from builders.peft_oracle import (
    LENGTHS,
    LLAMA_TARGETS,
    answers_of,
    assert_fused_gradients_equal_peft,
    assert_peft_reads_back,
    assert_same_gradients,
    backward,
    gradients,
    llama_reference,
    logits_of,
    peft_gradients,
    peft_model,
    summed_loss,
    with_random_adapter,
)
from legal_eagle.engine.batch import pack_documents
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.lora_targets import check_target_pattern
from legal_eagle.engine.model import build_model
from legal_eagle.engine.peft_format import load_adapter
from legal_eagle.jobs.errors import JobError

IDS = random_documents([50], 256)[0][0]
FIRST_LAYERS = r"model\.layers\.[01]\..*(q_proj|v_proj|down_proj)"


@pytest.mark.parametrize("rs_lora", [False, True])
def test_dora_gradients_equal_peft(rs_lora: bool, tmp_path: Path) -> None:
    """A norm that is differentiated, a gain left out of A, B, x or the magnitude, a bias scaled too."""
    flags = {"qkv_bias": True, "o_bias": True}
    documents = random_documents(LENGTHS, 256)
    lora = LoraConfig(4, 8, rs_lora=rs_lora, dora=True)
    decoder = with_random_adapter(build_model(tiny_folder(tmp_path, "llama", **flags)), lora)
    model = peft_model(llama_reference(tiny_values("llama"), **flags), lora, LLAMA_TARGETS, decoder)
    reference = summed_loss([model(torch.tensor([ids])).logits[0] for ids, _ in documents], documents)
    reference.backward()
    loss = backward(decoder, [documents], answers_of(documents))
    assert loss == pytest.approx(reference.item(), abs=1e-5)
    assert_same_gradients(gradients(decoder), peft_gradients(model))


def test_dora_gradients_equal_peft_on_the_fused_layout(tmp_path: Path) -> None:
    """Magnitudes in the engine's row order instead of the checkpoint's."""
    assert_fused_gradients_equal_peft(tmp_path, LoraConfig(4, 8, dora=True))


def test_fresh_dora_changes_nothing(tmp_path: Path) -> None:
    """Magnitudes that start anywhere but at the weights' own lengths."""
    base, decoder = build_model(tiny_folder(tmp_path)), build_model(tiny_folder(tmp_path))
    decoder.add_lora(LoraConfig(4, 8, dora=True), torch.Generator().manual_seed(1))
    assert (logits_of(base, IDS) - logits_of(decoder, IDS)).abs().max() < 1e-5


def test_dora_with_dropout_has_the_gradient_of_its_forward(tmp_path: Path) -> None:
    """The recomputed product must carry the forward's masks: the gradient predicts the loss's change."""
    batch = pack_documents(random_documents([40, 30], 256))
    decoder = with_random_adapter(
        build_model(tiny_folder(tmp_path)), LoraConfig(4, 8, dropout=0.3, dora=True)
    )
    generator = torch.Generator()
    decoder._dropout_generator = generator
    parameters = [parameter for name, parameter in decoder.lora_parameters() if "magnitude" in name]

    def loss() -> torch.Tensor:
        generator.manual_seed(11)
        return decoder.loss(batch, batch.answer_tokens)

    loss().backward()
    direction = [parameter.grad.clone() for parameter in parameters]
    norm = torch.sqrt(sum((grad**2).sum() for grad in direction)).item()

    def shifted(length: float) -> float:
        with torch.no_grad():
            for parameter, grad in zip(parameters, direction, strict=True):
                parameter.add_(grad, alpha=length / norm)
        return loss().item()

    up, down = shifted(0.02), shifted(-0.04)
    assert (up - down) / 0.04 == pytest.approx(norm, rel=2e-2)


def test_bf16_dora_is_near_fp32(tmp_path: Path) -> None:
    """A norm computed in bf16 throughout, or a cast that stops the GPU's number type."""
    folder = tiny_folder(tmp_path)
    batch = pack_documents(random_documents(LENGTHS, 256))
    found = []
    for dtype in (torch.float32, torch.bfloat16):
        decoder = with_random_adapter(build_model(folder, dtype=dtype), LoraConfig(4, 8, dora=True))
        decoder.loss(batch, batch.answer_tokens).backward()
        found.append(torch.cat([p.grad.flatten() for _, p in decoder.lora_parameters()]))
    assert torch.cosine_similarity(*found, dim=0) > 0.99


@pytest.mark.parametrize("dora", [False, True])
def test_an_expression_chooses_what_peft_chooses(dora: bool, tmp_path: Path) -> None:
    """Layers of one kind in some layers only: storage, gradients, and the file that PEFT reads."""
    documents = random_documents(LENGTHS, 256)
    lora = LoraConfig(4, 8, pattern=FIRST_LAYERS, dora=dora)
    folder = tiny_folder(tmp_path / "base", "llama")
    decoder = with_random_adapter(build_model(folder), lora)
    model = peft_model(llama_reference(tiny_values("llama")), lora, FIRST_LAYERS, decoder)
    summed_loss([model(torch.tensor([ids])).logits[0] for ids, _ in documents], documents).backward()
    backward(decoder, [documents], answers_of(documents))
    assert len(gradients(decoder)) == 2 * 3 * (3 if dora else 2)
    assert_same_gradients(gradients(decoder), peft_gradients(model))
    assert_peft_reads_back(decoder, folder, llama_reference(tiny_values("llama")), tmp_path / "adapter")


def test_an_adapter_that_peft_wrote_with_an_expression_is_read(tmp_path: Path) -> None:
    """PEFT keeps the expression in its file; DoRA's vectors come under their own name."""
    folder = tiny_folder(tmp_path / "base", "llama")
    config = peft.LoraConfig(r=4, lora_alpha=8, target_modules=FIRST_LAYERS, use_dora=True)
    model = peft.get_peft_model(llama_reference(tiny_values("llama")), config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name or "magnitude" in name:
                parameter.add_(0.05 * torch.randn(parameter.shape))
    model.save_pretrained(str(tmp_path / "adapter"))
    decoder = build_model(folder)
    load_adapter(decoder, tmp_path / "adapter")
    with torch.no_grad():
        expected = model.eval()(torch.tensor([IDS])).logits[0]
    assert (logits_of(decoder, IDS) - expected).abs().max() < 1e-4


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(q_proj", "syntax"),
        (r"(?=q)q_proj", "group"),
        (r"(a+)+_proj", "quantified-group"),
        (r".*.*.*.*.*q_proj", "quantifiers"),
        (r"(q)_proj\1", "escape"),
        (r"q_proj\Z", "escape"),
    ],
)
def test_an_expression_that_two_languages_would_read_differently_is_refused(
    pattern: str, reason: str
) -> None:
    with pytest.raises(JobError) as caught:
        check_target_pattern(pattern)
    assert (caught.value.code, caught.value.params["reason"]) == ("model.lora_pattern", reason)


@pytest.mark.parametrize(
    "pattern",
    [
        r".*\.(q|k)_proj",
        r"model\.layers\.(?:1\d|2[0-3])\..+",
        r".*[^\d]\.down_proj",
        r".*q_proj",
        r"a{2,3}b?",
    ],
)
def test_an_ordinary_expression_is_accepted(pattern: str) -> None:
    assert check_target_pattern(pattern).pattern == pattern


def test_an_expression_without_a_match_names_a_layer(tmp_path: Path) -> None:
    """An adapter without a single layer would train nothing and say nothing."""
    decoder = build_model(tiny_folder(tmp_path))
    with pytest.raises(JobError) as caught:
        decoder.add_lora(LoraConfig(4, 8, pattern="q_proj"), torch.Generator())
    assert caught.value.code == "model.lora_pattern_unmatched"
    assert caught.value.params["example"] == "model.layers.0.attention.wqkv"


@pytest.mark.parametrize("whole", [("embed_tokens",), ("lm_head",), ("embed_tokens", "lm_head")])
def test_whole_modules_have_the_gradients_of_peft(whole: tuple[str, ...], tmp_path: Path) -> None:
    """A head whose gradient stays in the loss, an embedding that the first layer sends nothing to."""
    documents = random_documents(LENGTHS, 256)
    lora = LoraConfig(4, 8, whole=whole)
    folder = tiny_folder(tmp_path / "base", "llama")
    decoder = with_random_adapter(build_model(folder), lora)
    model = peft_model(llama_reference(tiny_values("llama")), lora, LLAMA_TARGETS, decoder)
    reference = summed_loss([model(torch.tensor([ids])).logits[0] for ids, _ in documents], documents)
    reference.backward()
    loss = backward(decoder, [documents[:2], documents[2:]], answers_of(documents))
    assert loss == pytest.approx(reference.item(), abs=1e-5)
    assert_same_gradients(gradients(decoder), peft_gradients(model))

    # The file that PEFT reads, and that comes back.
    with torch.no_grad():
        for name, parameter in decoder.lora_parameters():
            if "lora" not in name:
                parameter.add_(
                    0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(3))
                )
    assert_peft_reads_back(decoder, folder, llama_reference(tiny_values("llama")), tmp_path / "adapter")
    with decoder.adapter_disabled():
        assert torch.equal(logits_of(decoder, IDS), logits_of(build_model(folder), IDS))


def test_whole_modules_in_bf16_and_on_the_fused_layout_train(tmp_path: Path) -> None:
    """The names of InternLM2, and the casts of a GPU's number type."""
    folder = tiny_folder(tmp_path)
    batch = pack_documents(random_documents(LENGTHS, 256))
    found = []
    for dtype in (torch.float32, torch.bfloat16):
        lora = LoraConfig(4, 8, whole=("tok_embeddings", "output"))
        decoder = with_random_adapter(build_model(folder, dtype=dtype), lora)
        decoder.loss(batch, batch.answer_tokens).backward()
        found.append(torch.cat([p.grad.flatten() for n, p in decoder.lora_parameters() if "lora" not in n]))
    assert torch.cosine_similarity(*found, dim=0) > 0.99


@pytest.mark.parametrize(
    ("tied", "whole", "code"),
    [(True, "head", "model.lora_whole_tied"), (False, "norm", "model.lora_whole")],
)
def test_modules_that_cannot_be_trained_as_wholes_are_refused(
    tied: bool, whole: str, code: str, tmp_path: Path
) -> None:
    decoder = build_model(tiny_folder(tmp_path, "llama", tie_word_embeddings=tied))
    with pytest.raises(JobError) as caught:
        decoder.add_lora(LoraConfig(4, 8, whole=(whole,)), torch.Generator())
    assert caught.value.code == code
