"""Tiny random bases (both layouts) and adapters on disk, for the merge and chat tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, normalizers

from legal_eagle.models.config import ModelConfig, config_from_values
from legal_eagle.models.layouts import expected_tensors, linear_names, model_names

# Groups larger than one and kv heads more than one: with a single kv head a wrong wqkv order looks right.
SHAPE = {
    "hidden_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 256,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 2,
    "hidden_act": "silu",
    "tie_word_embeddings": False,
}
DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
SPECIAL = ["<unk>", "<s>", "</s>"]
CHAT_TOKENS = ["<|im_end|>", "<|im_start|>"]
CHARACTERS = "abcdefghijklmnopqrstuvwxyz▁\n律师合同法院民事你好请问什么是的。？"


def write_tokenizer(folder: Path) -> int:
    """A byte-fallback tokenizer of single characters; returns its size."""
    pieces = SPECIAL + [f"<0x{byte:02X}>" for byte in range(256)] + sorted(set(CHARACTERS))
    vocab = {piece: index for index, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[], unk_token="<unk>", byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.add_special_tokens(SPECIAL + CHAT_TOKENS)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "auto_map": {"AutoTokenizer": ["tokenization_internlm2.InternLM2Tokenizer", None]},
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return tokenizer.get_vocab_size(with_added_tokens=True)


def config_values(layout: str, dtype: str, vocab_size: int, **changes: Any) -> dict[str, Any]:
    return {
        **SHAPE,
        "model_type": layout,
        "architectures": ["InternLM2ForCausalLM" if layout == "internlm2" else "LlamaForCausalLM"],
        "auto_map": {"AutoModelForCausalLM": "modeling_internlm2.InternLM2ForCausalLM"},
        "torch_dtype": dtype,
        "vocab_size": vocab_size,
        **changes,
    }


def config_of(values: Mapping[str, Any]) -> ModelConfig:
    marker = "model.layers.0.attention.wqkv.weight"
    names = {marker} if values["model_type"] == "internlm2" else {"model.layers.0.self_attn.q_proj.weight"}
    return config_from_values(values, names)


def random_tensors(config: ModelConfig, dtype: torch.dtype, seed: int) -> dict[str, torch.Tensor]:
    """Weights of a size that makes logits of order one; norms near one."""
    generator = torch.Generator().manual_seed(seed)
    tensors: dict[str, torch.Tensor] = {}
    for name, shape in expected_tensors(config).items():
        values = torch.randn(shape, generator=generator)
        is_norm = len(shape) == 1 and "bias" not in name
        tensors[name] = (1 + 0.1 * values if is_norm else values * shape[-1] ** -0.5).to(dtype)
    return tensors


def write_base(
    folder: Path,
    *,
    layout: str = "internlm2",
    dtype: str = "float32",
    seed: int = 0,
    files: int = 1,
    never_stops: bool = False,
    **changes: Any,
) -> ModelConfig:
    """A whole model folder with ``files`` shards; also a .py file that must never be carried along.

    ``never_stops``: the logits of ``</s>`` and ``<|im_end|>`` are zero, so that sampling with a small top_p
    never draws them.
    """
    folder.mkdir(parents=True)
    vocab_size = write_tokenizer(folder)
    values = config_values(layout, dtype, vocab_size, **changes)
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    (folder / "generation_config.json").write_text('{"eos_token_id": 2, "top_p": 0.8}', encoding="utf-8")
    (folder / "modeling_internlm2.py").write_text("raise SystemExit('executed')\n", encoding="utf-8")
    (folder / "LICENSE").write_text("licence of the base\n", encoding="utf-8")
    config = config_of(values)
    tensors = random_tensors(config, DTYPES[dtype], seed)
    if never_stops:
        tensors[f"{model_names(layout).head}.weight"][[2, vocab_size - len(CHAT_TOKENS)]] = 0
    write_shards(folder, tensors, files)
    return config


def write_shards(folder: Path, tensors: Mapping[str, torch.Tensor], files: int) -> None:
    names = list(tensors)
    if files == 1:
        save_file(dict(tensors), folder / "model.safetensors", metadata={"format": "pt"})
        return
    weight_map = {}
    for number in range(files):
        file = f"model-{number + 1:05d}-of-{files:05d}.safetensors"
        part = names[number::files]
        save_file(
            {name: tensors[name] for name in part},
            folder / file,
            metadata={"format": "pt"},
        )
        weight_map.update(dict.fromkeys(part, file))
    index = {"metadata": {}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")


def write_adapter(
    folder: Path,
    config: ModelConfig,
    *,
    rank: int = 4,
    alpha: float = 8.0,
    seed: int = 1,
    strength: float = 0.3,
    modules: Sequence[str] | None = None,
    shapes: Mapping[str, tuple[int, int]] | None = None,
    ranks: Mapping[str, int] | None = None,
    **settings: Any,
) -> None:
    """A PEFT LoRA folder; ``use_dora`` makes it DoRA, ``ranks`` gives modules a rank other than ``r``."""
    folder.mkdir(parents=True)
    generator = torch.Generator().manual_seed(seed)
    sizes = {name: expected_tensors(config)[f"{name}.weight"] for name in modules or linear_names(config)}
    tensors = {}
    for name, (outputs, inputs) in (shapes or sizes).items():
        own = (ranks or {}).get(name, rank)
        a = torch.randn((own, inputs), generator=generator) * inputs**-0.5
        b = torch.randn((outputs, own), generator=generator) * strength
        tensors[f"base_model.model.{name}.lora_A.weight"] = a
        tensors[f"base_model.model.{name}.lora_B.weight"] = b
        if settings.get("use_dora"):
            lengths = 1.0 + 0.2 * torch.randn(outputs, generator=generator)
            tensors[f"base_model.model.{name}.lora_magnitude_vector"] = lengths
    for name in settings.get("modules_to_save") or ():
        (module,) = (one for one in expected_tensors(config) if one.endswith(f"{name}.weight"))
        shape = expected_tensors(config)[module]
        tensors[f"base_model.model.{module}"] = torch.randn(shape, generator=generator) * shape[1] ** -0.5
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    values = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": rank,
        "lora_alpha": alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": sorted({name.rsplit(".", 1)[-1] for name in (shapes or sizes)}),
        **settings,
    }
    (folder / "adapter_config.json").write_text(json.dumps(values), encoding="utf-8")
