"""Loads a checkpoint folder into a frozen decoder."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import torch

from legal_eagle.engine.attention import attention_maker, default_attention
from legal_eagle.engine.attention_types import AttentionName
from legal_eagle.engine.block import Block
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.frozen_weight import DenseWeight, FrozenWeight
from legal_eagle.engine.linear import FrozenLinear
from legal_eagle.engine.lora import ModuleRows
from legal_eagle.engine.rope import interleaved_order
from legal_eagle.models.check_tensors import check_tensors
from legal_eagle.models.config import ModelConfig, read_config
from legal_eagle.models.layouts import linear_shapes, model_names, unpack_wqkv
from legal_eagle.models.weights import SafetensorsFolder

__all__ = ["Decoder", "LayerLoader", "PrepareBlock", "TensorSource", "build_model", "decoder_of"]


PrepareBlock = Callable[[Decoder, Block], None]
"""(the decoder with the layers before, the next layer)."""
WeightOf = Callable[[tuple[ModuleRows, ...]], FrozenWeight]
"""The weight of modules that stand below each other in one linear layer."""


class TensorSource(Protocol):
    """Tensors by their name in a checkpoint, of any floating type and device."""

    def load(self, name: str) -> torch.Tensor: ...


def build_model(
    folder: Path,
    *,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
    on_layer: Callable[[int, int], None] | None = None,
    attention: AttentionName | None = None,
    prepare: PrepareBlock | None = None,
) -> Decoder:
    """The decoder of a model folder, frozen, in `dtype` on `device`.

    q and k rows are stored in the order of `rope.interleaved_order`, q, k, v below each other, gate
    and up below each other. `on_layer` hears how many layers of how many are loaded. `attention`:
    its back end, by default the one that runs wherever this device and `dtype` do. `prepare` gets every layer
    as it is loaded, and may hold it in fewer bits. Raises JobError `model.*` before any tensor is loaded.
    """
    config = read_config(folder)
    weights = SafetensorsFolder(folder)
    check_tensors(weights, config)
    return decoder_of(
        config,
        weights,
        dtype=dtype,
        device=device,
        on_layer=on_layer,
        attention=attention,
        prepare=prepare,
    )


def decoder_of(
    config: ModelConfig,
    weights: TensorSource,
    *,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
    on_layer: Callable[[int, int], None] | None = None,
    attention: AttentionName | None = None,
    prepare: PrepareBlock | None = None,
) -> Decoder:
    """`build_model` with tensors from anywhere: `weights` must hold what `config` means."""
    loader = LayerLoader(config, weights, dtype, torch.device(device), attention)
    names = model_names(config.layout)
    embedding = loader.tensor(f"{names.embedding}.weight")
    head = embedding if config.tied_embeddings else loader.tensor(f"{names.head}.weight")
    decoder = Decoder(config, embedding, [], loader.tensor(f"{names.final_norm}.weight"), head)
    for index in range(config.layers):
        block = loader.block(index)
        if prepare is not None:
            prepare(decoder, block)
        decoder.blocks.append(block)
        if on_layer is not None:
            on_layer(index + 1, config.layers)
    return decoder


class LayerLoader:
    """Tensors and layers of one checkpoint as the engine stores them, one at a time.

    `weight_of` makes the linear layers' weights; by default they are loaded (`dense`).
    """

    def __init__(
        self,
        config: ModelConfig,
        weights: TensorSource,
        dtype: torch.dtype,
        device: torch.device,
        attention: AttentionName | None = None,
        weight_of: WeightOf | None = None,
    ) -> None:
        self._config = config
        self._weights = weights
        self._weight_of = weight_of or self.dense
        self._shapes = linear_shapes(config)
        self._dtype = dtype
        self._device = device
        self._names = model_names(config.layout)
        self._qkv_orders = _qkv_row_orders(config)
        self._make_attention = attention_maker(attention or default_attention(device, dtype))

    def tensor(self, name: str, order: torch.Tensor | None = None) -> torch.Tensor:
        loaded = self._weights.load(name)
        if order is not None:
            loaded = loaded[order]
        return loaded.to(self._device, self._dtype)

    def block(self, index: int) -> Block:
        config, layer = self._config, self._names.layer
        prefix = f"{self._names.layer_prefix}.{index}"
        qk_norm = None
        if config.qk_norm:
            order = interleaved_order(config.head_dim)
            qk_norm = (
                self.tensor(f"{prefix}.{layer.q_norm}.weight", order),
                self.tensor(f"{prefix}.{layer.k_norm}.weight", order),
            )
        return Block(
            index=index,
            heads=config.heads,
            kv_heads=config.kv_heads,
            head_dim=config.head_dim,
            eps=config.rms_norm_eps,
            attention_norm=self.tensor(f"{prefix}.{layer.attention_norm}.weight"),
            mlp_norm=self.tensor(f"{prefix}.{layer.mlp_norm}.weight"),
            qk_norm=qk_norm,
            qkv=self._fused(prefix, layer.qkv, self._qkv_orders, biased=config.qkv_bias),
            o=self._fused(prefix, (layer.o,), (None,), biased=config.o_bias),
            gate_up=self._fused(prefix, (layer.gate, layer.up), (None, None), biased=False),
            down=self._fused(prefix, (layer.down,), (None,), biased=False),
            attention=self._make_attention(config.windows[index]),
        )

    def dense(self, modules: tuple[ModuleRows, ...]) -> DenseWeight:
        """The weights of `modules` below each other, in memory."""
        parts = [self.tensor(f"{module.name}.weight", module.order) for module in modules]
        weight = torch.cat(parts) if len(parts) > 1 else parts[0]
        return DenseWeight(weight.contiguous())

    def _fused(
        self,
        prefix: str,
        names: tuple[str, ...],
        orders: tuple[torch.Tensor | None, ...],
        *,
        biased: bool,
    ) -> FrozenLinear:
        rows: list[ModuleRows] = []
        begin = 0
        for name, order in zip(names, orders, strict=True):
            end = begin + self._shapes[name][0]
            rows.append(ModuleRows(f"{prefix}.{name}", begin, end, order))
            begin = end
        modules = tuple(rows)
        bias = torch.cat([self.tensor(f"{one.name}.bias", one.order) for one in modules]) if biased else None
        return FrozenLinear(self._weight_of(modules), bias, modules)


def _qkv_row_orders(config: ModelConfig) -> tuple[torch.Tensor | None, ...]:
    """For each qkv module of the layout, the checkpoint's row of each row that the engine stores."""
    inside_head = interleaved_order(config.head_dim)

    def interleave(rows: torch.Tensor) -> torch.Tensor:
        return rows.view(-1, config.head_dim)[:, inside_head].flatten()

    if config.layout == "internlm2":
        rows = torch.arange((config.heads + 2 * config.kv_heads) * config.head_dim)
        q, k, v = unpack_wqkv(rows, config.heads, config.kv_heads, config.head_dim)
        return (torch.cat((interleave(q), interleave(k), v)),)
    q = torch.arange(config.heads * config.head_dim)
    k = torch.arange(config.kv_heads * config.head_dim)
    return interleave(q), interleave(k), None
