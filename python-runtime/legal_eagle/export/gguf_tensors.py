"""Which tensors a GGUF holds, of which type, and where their rows come from.

Rows are read by byte ranges and written piece by piece, so that no tensor is ever in memory whole.
llama.cpp's "llama" architecture rotates neighbouring rows where checkpoints rotate halves of a head, so q
and k rows change places inside each head (weights and biases); its "qwen2" and "qwen3" rotate halves and
take them as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import gguf
import numpy as np
import torch

from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.config import ModelConfig
from legal_eagle.models.layouts import internlm2_to_llama_names, model_names
from legal_eagle.models.safetensors_file import (
    SafetensorsLayout,
    TensorEntry,
    read_layout,
    tensor_from_bytes,
)
from legal_eagle.models.weights import SafetensorsFolder

GgufArchitecture = Literal["llama", "qwen2", "qwen3"]

# fp32 bytes of a piece: several copies of one exist while it is quantised.
PIECE_BYTES = 4 << 20
# A piece as stored, in fp32, twice while values are checked, in blocks of the quantiser, and packed.
COPIES_OF_PIECE = 8
# What the allocator keeps of what was freed, and buffers of the table of tensors.
FIXED_BYTES = 16 << 20
# Largest finite 16-bit float: also the bound of a block's scale.
_MOST_HALF = 65504.0

# Outside the layers' matrices rounding hurts most, and llama.cpp's own recipe keeps the head wider.
_HEAD_TYPES: Mapping[gguf.GGMLQuantizationType, gguf.GGMLQuantizationType] = {
    gguf.GGMLQuantizationType.Q4_0: gguf.GGMLQuantizationType.Q8_0,
}


@dataclass(frozen=True)
class Piece:
    """Rows of a checkpoint's tensor that are written together."""

    tensor: str
    first_row: int
    rows: int


@dataclass(frozen=True)
class TensorPlan:
    """One tensor of the file. ``shape`` in numpy's order, rows first."""

    name: str
    shape: tuple[int, ...]
    type: gguf.GGMLQuantizationType
    pieces: tuple[Piece, ...]
    # Whether the two halves of each piece are interleaved; a piece is then one head.
    interleaved: bool = False

    @property
    def bytes(self) -> int:
        block, size = gguf.GGML_QUANT_SIZES[self.type]
        return int(math.prod(self.shape) // block * size)


def architecture_of(config: ModelConfig) -> GgufArchitecture:
    """llama.cpp's name for this decoder. Raises JobError ``export.unsupported`` where it has none."""
    if config.qk_norm:
        if config.qkv_bias or config.o_bias:
            raise unsupported("norms of q and k beside biases")
        return "qwen3"
    # Llama's own graph adds biases that are there (InternLM1); Qwen2's has none at the output.
    if config.model_type == "qwen2" and config.qkv_bias and not config.o_bias:
        return "qwen2"
    return "llama"


def unsupported(feature: str) -> JobError:
    return JobError(
        "export.unsupported",
        f"this model cannot be written as GGUF exactly: {feature}",
        exit_code=EXIT_DATA,
        params={"feature": feature},
    )


def interleaves(config: ModelConfig) -> bool:
    """Whether rows of q and k change places."""
    return architecture_of(config) == "llama"


def interleave_halves(rows: np.ndarray, head_dim: int) -> np.ndarray:
    """Rows [heads · head_dim, …] with row i and row i + head_dim/2 of each head beside each other."""
    heads = rows.shape[0] // head_dim
    split = rows.reshape(heads, 2, head_dim // 2, *rows.shape[1:])
    return split.swapaxes(1, 2).reshape(rows.shape)


def gguf_names(config: ModelConfig) -> dict[str, tuple[str, ...]]:
    """Module of the checkpoint -> modules of the GGUF: one, or q, k and v of a fused wqkv."""
    architecture = getattr(gguf.MODEL_ARCH, architecture_of(config).upper())
    table = gguf.get_tensor_name_map(architecture, config.layers)
    llama = model_names("llama")
    if config.layout == "internlm2":
        modules = internlm2_to_llama_names(config)
    else:
        names = [llama.embedding, llama.final_norm, llama.head]
        for index in range(config.layers):
            layer = llama.layer
            own = [*layer.qkv, layer.o, layer.gate, layer.up, layer.down]
            own += [layer.attention_norm, layer.mlp_norm, layer.q_norm, layer.k_norm]
            names += [f"{llama.layer_prefix}.{index}.{name}" for name in own]
        modules = {name: (name,) for name in names}
    renamed: dict[str, tuple[str, ...]] = {}
    for module, targets in modules.items():
        found = tuple(table.get_name(target) for target in targets)
        # Norms of q and k have no name in an architecture that has none.
        if all(name is not None for name in found):
            renamed[module] = tuple(str(name) for name in found)
    return renamed


def plan_tensors(
    config: ModelConfig, weights: SafetensorsFolder, matrix_type: gguf.GGMLQuantizationType
) -> list[TensorPlan]:
    """Every tensor of the file, in the checkpoint's order; ``matrix_type`` is that of the matrices."""
    names = gguf_names(config)
    plans: list[TensorPlan] = []
    for module, targets in names.items():
        for kind in ("weight", "bias"):
            tensor = f"{module}.{kind}"
            if tensor not in weights.names() or _is_copy_of_embedding(module, config):
                continue
            shape = weights.shape(tensor)
            if len(targets) == 1:
                plans.append(_plain(f"{targets[0]}.{kind}", tensor, shape, config, matrix_type))
            else:
                plans += _unfused(targets, kind, tensor, shape, config, matrix_type)
    return plans


def _is_copy_of_embedding(module: str, config: ModelConfig) -> bool:
    """Where both are tied, llama.cpp takes the embedding as the head."""
    return config.tied_embeddings and module == model_names(config.layout).head


def _plain(
    name: str,
    tensor: str,
    shape: tuple[int, ...],
    config: ModelConfig,
    matrix_type: gguf.GGMLQuantizationType,
) -> TensorPlan:
    rows = shape[0]
    part = name.split(".")[-2]
    by_head = part in ("attn_q", "attn_k") and interleaves(config)
    row_bytes = 4 * math.prod(shape[1:])
    step = config.head_dim if by_head else max(1, PIECE_BYTES // row_bytes)
    pieces = tuple(Piece(tensor, first, min(step, rows - first)) for first in range(0, rows, step))
    return TensorPlan(name, shape, _type_of(name, shape, config, matrix_type), pieces, by_head)


def _unfused(
    targets: tuple[str, ...],
    kind: str,
    tensor: str,
    shape: tuple[int, ...],
    config: ModelConfig,
    matrix_type: gguf.GGMLQuantizationType,
) -> list[TensorPlan]:
    """q, k and v of rows that stand as ``[q_0 … q_{g-1}, k, v]`` for each of K groups, a head each."""
    group, width = config.heads // config.kv_heads, config.head_dim
    heads: tuple[range, range, range] = (range(group), range(group, group + 1), range(group + 1, group + 2))
    plans = []
    for target, own in zip(targets, heads, strict=True):
        starts = [(at * (group + 2) + head) * width for at in range(config.kv_heads) for head in own]
        part_shape = (len(starts) * width, *shape[1:])
        name = f"{target}.{kind}"
        by_head = not target.endswith("attn_v") and interleaves(config)
        plans.append(
            TensorPlan(
                name,
                part_shape,
                _type_of(name, part_shape, config, matrix_type),
                tuple(Piece(tensor, start, width) for start in starts),
                by_head,
            )
        )
    return plans


def _type_of(
    name: str, shape: tuple[int, ...], config: ModelConfig, matrix_type: gguf.GGMLQuantizationType
) -> gguf.GGMLQuantizationType:
    # llama.cpp adds norms and biases in 32 bits and loads them in no other type.
    if len(shape) == 1:
        return gguf.GGMLQuantizationType.F32
    is_head = name == "output.weight" or (config.tied_embeddings and name == "token_embd.weight")
    wanted = _HEAD_TYPES.get(matrix_type, matrix_type) if is_head else matrix_type
    block, _ = gguf.GGML_QUANT_SIZES[wanted]
    return wanted if shape[-1] % block == 0 else gguf.GGMLQuantizationType.F16


class TensorRows:
    """Reads and packs the pieces of planned tensors."""

    def __init__(self, weights: SafetensorsFolder) -> None:
        self._weights = weights
        self._layouts: dict[str, SafetensorsLayout] = {}
        self._entries: dict[str, TensorEntry] = {}
        for shard in weights.shards():
            layout = read_layout(weights.folder / shard)
            for entry in layout.entries:
                if weights.shard_of(entry.name) == shard:
                    self._layouts[entry.name] = layout
                    self._entries[entry.name] = entry

    def packed(self, plan: TensorPlan) -> Iterator[np.ndarray]:
        """The tensor's bytes, piece by piece. Raises JobError ``export.not_finite``, OSError of the disk."""
        for piece in plan.pieces:
            rows = self._read(piece)
            if plan.interleaved:
                rows = interleave_halves(rows, piece.rows)
            yield pack(rows, plan.type, plan.name)

    def _read(self, piece: Piece) -> np.ndarray:
        layout, entry = self._layouts[piece.tensor], self._entries[piece.tensor]
        wanted = piece.rows * entry.row_bytes
        with layout.path.open("rb") as file:
            file.seek(layout.data_offset + entry.start + piece.first_row * entry.row_bytes)
            buffer = bytearray(file.read(wanted))
        if len(buffer) != wanted:
            raise JobError(
                "merge.file_changed",
                f"{layout.path.name} became shorter while it was read",
                exit_code=EXIT_DATA,
                params={"file": str(layout.path)},
            )
        tensor = tensor_from_bytes(buffer, entry.dtype, (piece.rows, *entry.shape[1:]))
        rows: np.ndarray = tensor.to(torch.float32).numpy()
        return rows


def pack(rows: np.ndarray, type_: gguf.GGMLQuantizationType, name: str) -> np.ndarray:
    """fp32 rows in the type's own bytes. Raises JobError ``export.not_finite``."""
    bound = np.inf if type_ == gguf.GGMLQuantizationType.F32 else _MOST_HALF
    # The comparison is false for what is no number, too.
    if not np.all(np.abs(rows) <= bound) or np.isinf(rows).any():
        raise JobError(
            "export.not_finite",
            f"{name} holds values that {type_.name} cannot hold",
            exit_code=EXIT_DATA,
            params={"tensor": name, "format": type_.name},
        )
    packed: np.ndarray = gguf.quants.quantize(np.ascontiguousarray(rows), type_)
    return packed
