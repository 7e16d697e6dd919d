"""Every family of the fast engine as a tiny random model, held against transformers' own class and PEFT."""

import copy
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from builders.checkpoints import random_documents, random_tensors, tiny_config, tiny_folder, tiny_values
from builders.internlm2_reference import InternLM2Reference
from builders.peft_oracle import (
    INTERNLM2_TARGETS,
    LLAMA_TARGETS,
    answers_of,
    backward,
    gradients,
    llama_reference,
    peft_gradients,
    peft_model,
    summed_loss,
    with_random_adapter,
)
from legal_eagle.engine.batch import pack_documents
from legal_eagle.engine.lora import LoraConfig
from legal_eagle.engine.model import build_model

# Longer than the windows below, and than the original context of the scaled rotations.
LENGTHS = [17, 60, 3, 41, 90]
_YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}
_LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
_DYNAMIC = {"type": "dynamic", "factor": 2.0}
_ALL_BIASES = {"qkv_bias": True, "o_bias": True}


@dataclass(frozen=True)
class Family:
    """`reference`: transformers' model type; None for InternLM2, which it does not have."""

    layout: str = "llama"
    changes: Mapping[str, Any] = field(default_factory=dict)
    flags: Mapping[str, bool] = field(default_factory=dict)
    reference: str | None = "llama"


def _llama(model_type: str, reference: str | None = None, **changes: Any) -> Family:
    flags = {"qwen2": {"qkv_bias": True}, "qwen3": {"qk_norm": True}}.get(model_type, {})
    return Family("llama", {"model_type": model_type, **changes}, flags, reference or model_type)


FAMILIES: Mapping[str, Family] = {
    "InternLM (biases)": Family("llama", {"model_type": "internlm"}, _ALL_BIASES, "llama"),
    "InternLM2, 1 query head a key head": Family("internlm2", {"num_key_value_heads": 8}, reference=None),
    "InternLM2, 4 query heads a key head": Family("internlm2", reference=None),
    "InternLM2, 8 query heads a key head": Family("internlm2", {"num_key_value_heads": 1}, reference=None),
    "InternLM2, biases": Family("internlm2", {}, _ALL_BIASES, None),
    "InternLM2.5 (dynamic)": Family("internlm2", {"rope_scaling": _DYNAMIC}, reference=None),
    "InternLM3 (qkv biases, dynamic)": Family(
        "llama", {"model_type": "internlm3", "rope_scaling": _DYNAMIC}, {"qkv_bias": True}, "qwen2"
    ),
    "Llama 2, 1 query head a key head": _llama("llama", num_key_value_heads=8),
    "Llama 2, 8 query heads a key head": _llama("llama", num_key_value_heads=1),
    "Llama, linear": _llama("llama", rope_scaling={"type": "linear", "factor": 2.0}),
    "Llama, dynamic": _llama("llama", rope_scaling=_DYNAMIC),
    "Llama, yarn": _llama("llama", rope_scaling=_YARN),
    "Llama 3 (llama3)": _llama("llama", rope_theta=500.0, rope_scaling=_LLAMA3),
    "Llama 3.2 (llama3, tied)": _llama(
        "llama", rope_theta=500.0, rope_scaling=_LLAMA3, tie_word_embeddings=True, head_dim=16
    ),
    "Qwen2": _llama("qwen2"),
    "Qwen2, window on upper layers": _llama(
        "qwen2", use_sliding_window=True, sliding_window=16, max_window_layers=1
    ),
    "Qwen2.5 (tied)": _llama("qwen2", tie_word_embeddings=True, rope_theta=1e6),
    "Qwen2.5, yarn": _llama("qwen2", rope_scaling=_YARN),
    "Qwen3 (q and k norms)": _llama("qwen3", head_dim=16),
    "Qwen3, yarn, tied": _llama("qwen3", head_dim=16, rope_scaling=_YARN, tie_word_embeddings=True),
    "Mistral": _llama("mistral", sliding_window=None),
    "Mistral, window of 16": _llama("mistral", sliding_window=16),
    "Yi": _llama("llama", rope_theta=5e6, num_key_value_heads=1),
}


_ROTATIONS: Mapping[str, Mapping[str, Any] | None] = {
    "none": None,
    "linear": {"type": "linear", "factor": 2.0},
    "dynamic": _DYNAMIC,
    "llama3": _LLAMA3,
    "yarn": _YARN,
}


def random_family(choice: random.Random) -> Family:
    """A configuration that nobody wrote down: any combination of flags that some checkpoint could have."""
    ratio = choice.choice((1, 4, 8))
    heads = ratio * choice.choice((1, 2)) if ratio > 1 else choice.choice((2, 4))
    head_dim = choice.choice((8, 16))
    layers = choice.choice((2, 3))
    changes: dict[str, Any] = {
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": heads // ratio,
        "intermediate_size": choice.choice((48, 112)),
        "rope_theta": choice.choice((500.0, 10000.0, 1e6)),
        "rms_norm_eps": choice.choice((1e-5, 1e-6)),
    }
    kind = choice.choice(("internlm2", "llama", "internlm", "qwen2", "qwen3", "mistral"))
    if kind == "internlm2":
        # Our own reference rotates without scaling; up to the context, dynamic scaling is none.
        changes["rope_scaling"] = choice.choice((None, _DYNAMIC))
        changes["hidden_size"] = heads * head_dim
        return Family("internlm2", changes, choice.choice(({}, _ALL_BIASES)), reference=None)
    changes["rope_scaling"] = _ROTATIONS[choice.choice(list(_ROTATIONS))]
    changes["tie_word_embeddings"] = choice.random() < 0.5
    # Heads that together are wider or narrower than the hidden state.
    changes["hidden_size"] = choice.choice((32, 64))
    changes["head_dim"] = head_dim
    if kind == "internlm":
        return Family("llama", {**changes, "model_type": kind}, _ALL_BIASES, "llama")
    window = choice.choice((None, 16, 64))
    if kind == "mistral":
        changes["sliding_window"] = window
    elif kind == "qwen2" and window is not None:
        changes |= {
            "use_sliding_window": True,
            "sliding_window": window,
            "max_window_layers": choice.randrange(layers),
        }
    return _llama(kind, **changes)


@dataclass(frozen=True)
class FamilyErrors:
    """`logits`: max|Δ| over all rows, fp32. `gradient`: the largest relative L2 error of any LoRA matrix,
    `packed`: of a packed step against the sum of its documents."""

    logits: float
    gradient: float
    packed: float


def measure_family(family: Family, folder: Path) -> FamilyErrors:
    """Compares the engine on a packed batch with the reference on one document at a time."""
    # transformers writes into the values it is given.
    changes, flags = copy.deepcopy(dict(family.changes)), dict(family.flags)
    documents = random_documents(LENGTHS, 256)
    lora = LoraConfig(4, 8)
    path = tiny_folder(folder, family.layout, **flags, **changes)
    decoder = with_random_adapter(build_model(path), lora)
    if family.reference is None:
        config = tiny_config(tiny_values(family.layout, **changes), **flags)
        base: Any = InternLM2Reference(config, random_tensors(config))
        model = peft_model(base, lora, INTERNLM2_TARGETS, decoder)
        outputs = [model(torch.tensor(ids)) for ids, _ in documents]
    else:
        values = tiny_values("llama", **copy.deepcopy(changes | {"model_type": family.reference}))
        model = peft_model(llama_reference(values, **flags), lora, LLAMA_TARGETS, decoder)
        outputs = [model(torch.tensor([ids])).logits[0] for ids, _ in documents]
    summed_loss(outputs, documents).backward()
    batch = pack_documents(documents)
    ours = decoder.logits(batch.ids, batch.positions, batch.cu_lengths)
    expected = torch.cat([one.detach() for one in outputs])
    if float(expected.abs().max()) < 0.5:
        raise RuntimeError("a comparison of zeros proves nothing")
    backward(decoder, [documents], answers_of(documents))
    packed = gradients(decoder)
    backward(decoder, [[document] for document in documents], answers_of(documents))
    return FamilyErrors(
        float((ours - expected).abs().max()),
        _largest_error(packed, peft_gradients(model)),
        _largest_error(packed, gradients(decoder)),
    )


def _largest_error(actual: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor]) -> float:
    if actual.keys() != expected.keys():
        raise RuntimeError(f"different parameters: {sorted(actual.keys() ^ expected.keys())[:3]}")
    errors = [float((actual[name] - one).norm() / one.norm()) for name, one in expected.items()]
    return max(errors)
