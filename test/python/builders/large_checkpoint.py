"""Writes a random checkpoint of a real model's shape, a piece at a time, in some 80 MB of memory.

    python large_checkpoint.py FOLDER [LAYERS]

InternLM2-chat-7B: 32 layers, hidden 4096, 32 heads on 8 of keys and values, 15.5 GB in bf16.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

CONFIG = {
    "model_type": "internlm2",
    "architectures": ["InternLM2ForCausalLM"],
    "torch_dtype": "bfloat16",
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
    "vocab_size": 92544,
    "max_position_embeddings": 32768,
    "rms_norm_eps": 1e-5,
    "rope_theta": 1000000.0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 2,
    "hidden_act": "silu",
    "bias": False,
    "tie_word_embeddings": False,
}
SHARD_BYTES = 2_000_000_000
PIECE_ELEMENTS = 4 << 20

Shape = tuple[int, ...]


def tensor_shapes(layers: int) -> Iterator[tuple[str, Shape]]:
    """As InternLM2's own files have them; written down here so that a wrong name of ours does not agree."""
    yield "model.tok_embeddings.weight", (92544, 4096)
    for layer in range(layers):
        prefix = f"model.layers.{layer}"
        yield f"{prefix}.attention.wqkv.weight", (6144, 4096)
        yield f"{prefix}.attention.wo.weight", (4096, 4096)
        yield f"{prefix}.feed_forward.w1.weight", (14336, 4096)
        yield f"{prefix}.feed_forward.w3.weight", (14336, 4096)
        yield f"{prefix}.feed_forward.w2.weight", (4096, 14336)
        yield f"{prefix}.attention_norm.weight", (4096,)
        yield f"{prefix}.ffn_norm.weight", (4096,)
    yield "model.norm.weight", (4096,)
    yield "output.weight", (92544, 4096)


def byte_size(shape: Shape) -> int:
    return 2 * int(np.prod(shape))


def shards_of(tensors: list[tuple[str, Shape]]) -> list[list[tuple[str, Shape]]]:
    shards: list[list[tuple[str, Shape]]] = [[]]
    size = 0
    for name, shape in tensors:
        if size + byte_size(shape) > SHARD_BYTES and shards[-1]:
            shards.append([])
            size = 0
        shards[-1].append((name, shape))
        size += byte_size(shape)
    return shards


def write_header(file: BinaryIO, tensors: list[tuple[str, Shape]]) -> None:
    table: dict[str, object] = {"__metadata__": {"format": "pt"}}
    start = 0
    for name, shape in tensors:
        end = start + byte_size(shape)
        table[name] = {
            "dtype": "BF16",
            "shape": list(shape),
            "data_offsets": [start, end],
        }
        start = end
    body = json.dumps(table, separators=(",", ":")).encode()
    body += b" " * (-len(body) % 8)
    file.write(len(body).to_bytes(8, "little") + body)


def write_values(file: BinaryIO, shape: Shape, random: np.random.Generator) -> None:
    """Random signs and mantissas below one exponent, which is quicker by far than a bell curve: matrices of
    about the variance 1/inputs, norms from 1 to 1.25."""
    is_norm = len(shape) == 1
    exponent = 0 if is_norm else math.floor(math.log2(shape[-1] ** -0.5 / 1.5))
    kept = np.uint16(0x001F if is_norm else 0x807F)
    fixed = np.uint16((127 + exponent) << 7)
    left = int(np.prod(shape))
    while left:
        count = min(left, PIECE_ELEMENTS)
        words = random.integers(0, 1 << 64, -(-count // 4), dtype=np.uint64)
        values = words.view("<u2")[:count]
        values &= kept
        values |= fixed
        file.write(memoryview(values))
        left -= count


def main(folder: Path, layers: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shards = shards_of(list(tensor_shapes(layers)))
    weight_map: dict[str, str] = {}
    random = np.random.default_rng(7)
    for number, tensors in enumerate(shards, 1):
        name = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        with (folder / name).open("wb") as file:
            write_header(file, tensors)
            for tensor, shape in tensors:
                write_values(file, shape, random)
                weight_map[tensor] = name
    total = sum(byte_size(shape) for _, shape in tensor_shapes(layers))
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps({**CONFIG, "num_hidden_layers": layers}), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 32)
