"""Logits of the engine's decoder against transformers' own classes and the written-out InternLM2."""

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from builders.checkpoints import (
    random_documents,
    random_tensors,
    tiny_config,
    tiny_folder,
    tiny_values,
    to_llama_tensors,
)
from builders.internlm2_reference import InternLM2Reference
from legal_eagle.engine.attention import PaddedAttention
from legal_eagle.engine.batch import pack_documents
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.model import Decoder, build_model
from legal_eagle.jobs.errors import JobError

TOLERANCE = 1e-4
LENGTHS = (1, 37, 5, 120)


def decoder_logits(decoder: Decoder, documents: list[list[int]]) -> torch.Tensor:
    cu_lengths = [0]
    for document in documents:
        cu_lengths.append(cu_lengths[-1] + len(document))
    ids = torch.tensor([token for document in documents for token in document])
    positions = torch.cat([torch.arange(len(document)) for document in documents])
    return decoder.logits(ids, positions, cu_lengths)


def documents_of(lengths: tuple[int, ...] = LENGTHS, vocabulary: int = 256) -> list[list[int]]:
    generator = torch.Generator().manual_seed(3)
    return [torch.randint(3, vocabulary, (length,), generator=generator).tolist() for length in lengths]


def transformers_model(values: dict[str, Any], tensors: dict[str, torch.Tensor], **extra: Any) -> Any:
    """transformers' class of `values["model_type"]` with exactly these tensors."""
    settings = {key: value for key, value in values.items() if key not in ("architectures", "torch_dtype")}
    model_type = settings.pop("model_type")
    config = transformers.AutoConfig.for_model(model_type, **settings, **extra)
    model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
    result = model.load_state_dict(tensors, strict=False)
    assert not result.unexpected_keys
    assert set(result.missing_keys) <= {"lm_head.weight"}
    if values["tie_word_embeddings"]:
        model.tie_weights()
    return model


@torch.no_grad()
def reference_logits(model: Any, documents: list[list[int]]) -> torch.Tensor:
    return torch.cat([model(torch.tensor([document])).logits[0] for document in documents])


def assert_same_logits(actual: torch.Tensor, expected: torch.Tensor) -> None:
    assert expected.abs().max() > 0.5, "a comparison of zeros proves nothing"
    assert (actual - expected).abs().max() < TOLERANCE


LLAMA_CASES: dict[str, tuple[dict[str, Any], dict[str, bool]]] = {
    "gqa-1-4": ({}, {}),
    "no-gqa": ({"num_key_value_heads": 8}, {}),
    "one-kv-head": ({"num_key_value_heads": 1}, {}),
    "bias": ({}, {"qkv_bias": True, "o_bias": True}),
    "tied": ({"tie_word_embeddings": True}, {}),
    "head-dim": ({"head_dim": 16}, {}),
    "linear": ({"rope_scaling": {"type": "linear", "factor": 2.0}}, {}),
    "dynamic": ({"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}}, {}),
    "llama3": (
        {
            "rope_theta": 500.0,
            "rope_scaling": {
                "rope_type": "llama3",
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            },
        },
        {},
    ),
    "mistral": ({"model_type": "mistral", "sliding_window": None}, {}),
    "qwen2": ({"model_type": "qwen2"}, {"qkv_bias": True}),
    "qwen3": ({"model_type": "qwen3", "head_dim": 16}, {"qk_norm": True}),
}


@pytest.mark.parametrize("case", LLAMA_CASES)
def test_llama_family_logits_equal_transformers(case: str, tmp_path: Path) -> None:
    """A wrong head order, bias, rotation, norm or scaling of any family flag."""
    changes, flags = LLAMA_CASES[case]
    values = tiny_values("llama", **changes)
    tensors = random_tensors(tiny_config(values, **flags))
    extra = {"attention_bias": True} if case == "bias" else {}
    reference = transformers_model(values, tensors, **extra)
    decoder = build_model(tiny_folder(tmp_path, "llama", **changes, **flags))
    documents = documents_of()
    assert_same_logits(decoder_logits(decoder, documents), reference_logits(reference, documents))


@pytest.mark.parametrize("bias", [False, True])
def test_internlm2_logits_equal_llama_after_the_mapping(bias: bool, tmp_path: Path) -> None:
    """A wrong split of wqkv: both the map and the engine's native reading must agree with Llama."""
    values = tiny_values("internlm2")
    config = tiny_config(values, qkv_bias=bias, o_bias=bias)
    tensors = random_tensors(config)
    llama_values = tiny_values("llama")
    reference = transformers_model(llama_values, to_llama_tensors(config, tensors), attention_bias=bias)
    decoder = build_model(tiny_folder(tmp_path, "internlm2", qkv_bias=bias, o_bias=bias))
    documents = documents_of()
    assert_same_logits(decoder_logits(decoder, documents), reference_logits(reference, documents))


@pytest.mark.parametrize("kv_heads", [1, 2, 4, 8])
def test_internlm2_logits_equal_the_written_out_model(kv_heads: int, tmp_path: Path) -> None:
    """An error that the mapping and the engine would share, for every group size."""
    values = tiny_values("internlm2", num_key_value_heads=kv_heads)
    config = tiny_config(values)
    reference = InternLM2Reference(config, random_tensors(config))
    decoder = build_model(tiny_folder(tmp_path, "internlm2", num_key_value_heads=kv_heads))
    documents = documents_of()
    with torch.no_grad():
        expected = torch.cat([reference(torch.tensor(document)) for document in documents])
    assert_same_logits(decoder_logits(decoder, documents), expected)


def test_padded_attention_equals_per_document_attention(tmp_path: Path) -> None:
    """A bucket that leaks padding or another document into a row (the back end of GPUs)."""
    folder = tiny_folder(tmp_path)
    decoder, padded = build_model(folder), build_model(folder)
    for block in padded.blocks:
        block.attention = PaddedAttention()
    documents = documents_of((1, 37, 5, 120, 118, 40))
    actual, expected = decoder_logits(padded, documents), decoder_logits(decoder, documents)
    assert (actual - expected).abs().max() < 1e-5


def test_a_document_does_not_see_its_neighbours(tmp_path: Path) -> None:
    """Attention across documents of a pack, or positions that do not restart."""
    decoder = build_model(tiny_folder(tmp_path))
    first, second = documents_of((30, 41))
    together = decoder_logits(decoder, [first, second])
    assert (together[30:] - decoder_logits(decoder, [second])).abs().max() < 1e-5


def test_dynamic_scaling_is_refused_beyond_its_limit(tmp_path: Path) -> None:
    """Beyond max_position_embeddings the base changes with the length; computing on would be wrong."""
    folder = tiny_folder(
        tmp_path,
        "llama",
        max_position_embeddings=32,
        rope_scaling={"type": "dynamic", "factor": 2.0},
    )
    decoder = build_model(folder)
    decoder_logits(decoder, documents_of((32,)))
    with pytest.raises(JobError) as caught:
        decoder_logits(decoder, documents_of((33,)))
    assert caught.value.code == "model.beyond_positions"


def test_a_token_outside_the_embedding_is_named(tmp_path: Path) -> None:
    decoder = build_model(tiny_folder(tmp_path))
    with pytest.raises(JobError) as caught:
        decoder_logits(decoder, [[5, 256]])
    assert caught.value.code == "model.token_out_of_range"


@pytest.mark.parametrize("layout", ["internlm2", "llama"])
def test_long_documents_take_the_fused_kernel_with_the_same_result(
    layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two CPU paths must agree, or a document's length would change what is computed."""
    decoder = build_model(tiny_folder(tmp_path, layout))
    documents = documents_of((1, 37, 48, 49, 120, 200))
    blocked = decoder_logits(decoder, documents)
    monkeypatch.setattr("legal_eagle.engine.attention._MAX_BLOCKED_SCORES", 0)
    assert (decoder_logits(decoder, documents) - blocked).abs().max() < 1e-5


@pytest.mark.parametrize("padded", [False, True])
def test_bfloat16_computes_the_same_model(padded: bool, tmp_path: Path) -> None:
    """The GPU's number type through every operation, forward and backward: a cast forgotten or done
    twice stops it, one in the wrong place costs more than rounding."""
    folder = tiny_folder(tmp_path)
    batch = pack_documents(random_documents([17, 60, 3, 41], 256))
    losses, gradients = [], []
    for dtype in (torch.float32, torch.bfloat16):
        decoder = build_model(folder, dtype=dtype)
        generator = torch.Generator().manual_seed(5)
        decoder.add_lora(LoraConfig(4, 8, dropout=0.1), generator)
        with torch.no_grad():
            for _, parameter in decoder.lora_parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.1)
        if padded:
            for block in decoder.blocks:
                block.attention = PaddedAttention()
        loss = decoder.loss(batch, batch.answer_tokens)
        loss.backward()
        losses.append(loss.item())
        gradients.append(torch.cat([p.grad.flatten() for _, p in decoder.lora_parameters()]))
        assert all(parameter.dtype is torch.float32 for _, parameter in decoder.lora_parameters())
    assert losses[1] == pytest.approx(losses[0], rel=0.01)
    assert torch.cosine_similarity(*gradients, dim=0) > 0.99
