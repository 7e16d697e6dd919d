"""A model that reads several prompts layer by layer, with one layer of weights in memory or all of them.

A 20B base is 80 GB in fp32: its parity check must not need a machine that holds it. All prompts pass
through a layer before the next layer is loaded, so a pass reads the files once, however many prompts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import torch

from legal_eagle.engine.block import Block
from legal_eagle.engine.frozen_weight import DenseWeight, FrozenWeight
from legal_eagle.engine.kv_cache import LayerCache
from legal_eagle.engine.linear import FrozenLinear
from legal_eagle.engine.model import Decoder, LayerLoader
from legal_eagle.engine.norm import rms_norm
from legal_eagle.models.check_tensors import check_tensors
from legal_eagle.models.config import ModelConfig, read_config
from legal_eagle.models.layouts import linear_shapes, model_names
from legal_eagle.models.safetensors_file import DTYPES
from legal_eagle.models.weights import SafetensorsFolder
from legal_eagle.release.engine_adapter import put_adapter_on

# ``rounded``: base plus adapter as merged weights, rounded once to each tensor's stored type.
Mode = Literal["plain", "adapter", "rounded"]

_HEAD_ROWS = 8192


def fp32_layer_bytes(config: ModelConfig) -> int:
    """Bytes of one layer's linear weights in fp32; the norms beside them are nothing."""
    return 4 * sum(rows * columns for rows, columns in linear_shapes(config).values())


class LayeredModel:
    """fp32 arithmetic on CPU. Embedding and head stay as stored and are widened piece by piece."""

    def __init__(self, folder: Path, adapter: Path | None, *, resident: bool) -> None:
        """``resident``: all layers stay in memory. Raises JobError ``model.*`` and ``merge.adapter_*``."""
        self.config = read_config(folder)
        self._weights = SafetensorsFolder(folder)
        check_tensors(self._weights, self.config)
        self._loader = LayerLoader(self.config, self._weights, torch.float32, torch.device("cpu"))
        names = model_names(self.config.layout)
        embedding = self._weights.load(f"{names.embedding}.weight")
        head = embedding if self.config.tied_embeddings else self._weights.load(f"{names.head}.weight")
        norm = self._loader.tensor(f"{names.final_norm}.weight")
        self._resident: list[tuple[FrozenWeight, ...]] = []
        hollow = []
        for index in range(self.config.layers):
            block = self._loader.block(index)
            if resident:
                self._resident.append(_weights_of(block))
            _set_weights(
                block,
                [DenseWeight(torch.empty(()).expand(weight.shape)) for weight in _weights_of(block)],
            )
            hollow.append(block)
        self._decoder = Decoder(self.config, embedding, hollow, norm, head)
        if adapter is not None:
            put_adapter_on(self._decoder, adapter)

    def logits(self, documents: Sequence[Sequence[int]], mode: Mode) -> torch.Tensor:
        """fp32 logits [T, V] of all tokens of all documents, in order."""
        caches = [self._new_caches() for _ in documents]
        hidden = self._read(documents, [0] * len(documents), caches, mode)
        return self._logits_of(torch.cat(hidden), mode)

    def greedy(
        self,
        prompts: Sequence[Sequence[int]],
        mode: Mode,
        *,
        stop_ids: Sequence[int],
        max_tokens: int,
        should_stop: Callable[[], bool],
    ) -> list[list[int]]:
        """Greedy answers to all prompts, in lockstep; the stop id is part of an answer that reaches it."""
        answers: list[list[int]] = [[] for _ in prompts]
        caches = [self._new_caches() for _ in prompts]
        pending = [list(prompt) for prompt in prompts]
        open_prompts = list(range(len(prompts)))
        for _ in range(max_tokens):
            if not open_prompts or should_stop():
                break
            starts = [caches[index][0].tokens for index in open_prompts]
            pieces = [pending[index] for index in open_prompts]
            hidden = self._read(pieces, starts, [caches[index] for index in open_prompts], mode)
            tokens = self._logits_of(torch.stack([rows[-1] for rows in hidden]), mode).argmax(dim=1).tolist()
            for index, token in zip(open_prompts, tokens, strict=True):
                answers[index].append(token)
                pending[index] = [token]
            room = self.config.max_positions
            open_prompts = [
                index
                for index in open_prompts
                if answers[index][-1] not in stop_ids and len(prompts[index]) + len(answers[index]) < room
            ]
        return answers

    def _new_caches(self) -> list[LayerCache]:
        return [LayerCache(window) for window in self.config.windows]

    @torch.no_grad()
    def _read(
        self,
        pieces: Sequence[Sequence[int]],
        starts: Sequence[int],
        caches: Sequence[Sequence[LayerCache]],
        mode: Mode,
    ) -> list[torch.Tensor]:
        rows, rotations = [], []
        for ids, start in zip(pieces, starts, strict=True):
            rows.append(self._embed(torch.tensor(ids), mode))
            positions = torch.arange(start, start + len(ids))
            rotations.append(self._decoder.rotations(positions, start + len(ids)))
        for layer in range(self.config.layers):
            with self._loaded(layer, mode) as block:
                for index, own_caches in enumerate(caches):
                    rows[index] = block.forward_cached(
                        rows[index], rotations[index], own_caches[layer], use_lora=mode == "adapter"
                    )
        return rows

    @torch.no_grad()
    def _embed(self, ids: torch.Tensor, mode: Mode) -> torch.Tensor:
        trained = None if self._decoder.lora is None or mode == "plain" else self._decoder.lora.embedding
        if trained is None:
            return self._decoder.embed(ids, use_lora=False).float()
        rows = trained.weight.detach()[ids]
        return rows if mode == "adapter" else rows.to(self._decoder.embedding.dtype).float()

    @torch.no_grad()
    def _logits_of(self, hidden: torch.Tensor, mode: Mode) -> torch.Tensor:
        normed, _ = rms_norm(hidden, self._decoder.final_norm, self.config.rms_norm_eps)
        head = self._decoder.head
        trained = None if self._decoder.lora is None or mode == "plain" else self._decoder.lora.head
        if trained is not None:
            head = trained.weight.detach().to(torch.float32 if mode == "adapter" else head.dtype)
        parts = [head[first : first + _HEAD_ROWS] for first in range(0, head.shape[0], _HEAD_ROWS)]
        return torch.cat([torch.nn.functional.linear(normed, part.float()) for part in parts], dim=1)

    @contextmanager
    def _loaded(self, layer: int, mode: Mode) -> Iterator[Block]:
        """The layer with its weights; they leave memory again unless resident."""
        block = self._decoder.blocks[layer]
        hollow = _weights_of(block)
        weights = self._resident[layer] if self._resident else _weights_of(self._loader.block(layer))
        if mode == "rounded":
            weights = tuple(
                self._rounded(linear, weight) for linear, weight in zip(_linears(block), weights, strict=True)
            )
        _set_weights(block, weights)
        try:
            yield block
        finally:
            _set_weights(block, hollow)

    def _rounded(self, linear: FrozenLinear, weight: FrozenWeight) -> FrozenWeight:
        """``W + s·B·A`` rounded once. Independent of the merge on disk: factors and scale as the engine
        holds them, rows in the engine's order."""
        merged = weight.rows(0, weight.shape[0]).clone()
        for item in linear.lora.slices if linear.lora is not None else ():
            rows = merged[item.rows.start : item.rows.end]
            stored = DTYPES[self._weights.dtype(f"{item.rows.name}.weight")]
            changed = rows + linear.scale * (item.b @ item.a)
            if item.magnitude is not None:
                changed = torch.nn.functional.normalize(changed, dim=1) * item.magnitude[:, None]
            rows.copy_(changed.to(stored))
        return DenseWeight(merged)


def _linears(block: Block) -> tuple[FrozenLinear, ...]:
    return block.qkv, block.o, block.gate_up, block.down


def _weights_of(block: Block) -> tuple[FrozenWeight, ...]:
    return tuple(linear.weight for linear in _linears(block))


def _set_weights(block: Block, weights: Sequence[FrozenWeight]) -> None:
    for linear, weight in zip(_linears(block), weights, strict=True):
        linear.weight = weight
