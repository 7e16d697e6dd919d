"""A model that reads several prompts layer by layer, with a few blocks of weights in memory or all of them.

A 20B base is 80 GB in fp32: its parity check must not need a machine that holds it. All prompts pass
through a layer together, as one matrix, so a pass reads the files once, however many prompts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import torch

from legal_eagle.engine.block import Block
from legal_eagle.engine.decoder import refuse_foreign_tokens
from legal_eagle.engine.frozen_weight import DenseWeight, FrozenWeight
from legal_eagle.engine.kv_cache import LayerCache
from legal_eagle.engine.linear import FrozenLinear
from legal_eagle.engine.lora import ModuleRows
from legal_eagle.engine.model import Decoder, LayerLoader
from legal_eagle.engine.norm import rms_norm
from legal_eagle.models.check_tensors import check_tensors
from legal_eagle.models.config import ModelConfig, read_config
from legal_eagle.models.layouts import linear_shapes, model_names
from legal_eagle.models.safetensors_file import DTYPES
from legal_eagle.models.stored_rows import StoredRows
from legal_eagle.models.weights import SafetensorsFolder
from legal_eagle.release.engine_adapter import put_adapter_on
from legal_eagle.release.logit_columns import COLUMNS, LogitColumns, likeliest
from legal_eagle.release.lora_adapter import Adapter
from legal_eagle.release.streamed_weight import RoundedWeight, StreamedWeight

# ``rounded``: base plus adapter as merged weights, rounded once to each tensor's stored type.
Mode = Literal["plain", "adapter", "rounded"]


def fp32_layer_bytes(config: ModelConfig) -> int:
    """Bytes of one layer's linear weights in fp32; the norms beside them are nothing."""
    return 4 * sum(rows * columns for rows, columns in linear_shapes(config).values())


class LayeredModel:
    """fp32 arithmetic on CPU. Of embedding and head only the rows that are asked for are widened."""

    def __init__(self, folder: Path, adapter: Path | None, *, resident: bool) -> None:
        """``resident``: all layers stay in memory. Raises JobError ``model.*`` and ``merge.adapter_*``."""
        self.config = read_config(folder)
        weights = SafetensorsFolder(folder)
        check_tensors(weights, self.config)
        self._stored = StoredRows(weights)
        loader = LayerLoader(self.config, weights, torch.float32, torch.device("cpu"), weight_of=self._hollow)
        names = model_names(self.config.layout)
        self._embedding = f"{names.embedding}.weight"
        self._head = self._embedding if self.config.tied_embeddings else f"{names.head}.weight"
        held = {self._embedding, self._head} if resident else set()
        self._held = {name: weights.load(name) for name in held}
        table = torch.empty(()).expand(self.config.vocab_size, self.config.hidden_size)
        blocks = [loader.block(index) for index in range(self.config.layers)]
        norm = loader.tensor(f"{names.final_norm}.weight")
        self._decoder = Decoder(self.config, table, blocks, norm, table)
        # By name of the module; as large as the tables themselves, so they stay on disk, too.
        self._wholes: dict[str, Callable[[slice], torch.Tensor]] = {}
        if adapter is not None:
            put_adapter_on(self._decoder, adapter, with_wholes=False)
            self._wholes = _wholes_of(Adapter(adapter))
        # After the adapter, which asks DoRA's layers for the lengths of their rows before it overwrites them.
        for block in blocks:
            for linear in _linears(block):
                columns = linear.weight.shape[1]
                linear.weight = (
                    loader.dense(linear.modules)
                    if resident
                    else StreamedWeight(self._stored, linear.modules, columns)
                )

    def logits(self, documents: Sequence[Sequence[int]], mode: Mode) -> torch.Tensor:
        """fp32 logits [T, V] of all tokens of all documents, in order."""
        return torch.cat(list(self.columns(documents, mode)()), dim=1)

    def columns(self, documents: Sequence[Sequence[int]], mode: Mode) -> LogitColumns:
        """``logits``, made when asked for, block by block; [T, hidden] is what stays in memory."""

        def caches(layer: int) -> list[LayerCache]:
            return [LayerCache(self.config.windows[layer], len(ids)) for ids in documents]

        hidden = self._read(documents, [0] * len(documents), caches, mode)
        return self._columns_of(hidden, mode)

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
        caches = [
            [LayerCache(window, len(prompt) + max_tokens) for window in self.config.windows]
            for prompt in prompts
        ]
        pending = [list(prompt) for prompt in prompts]
        open_prompts = list(range(len(prompts)))
        for _ in range(max_tokens):
            if not open_prompts or should_stop():
                break
            own = [caches[index] for index in open_prompts]
            starts = [one[0].tokens for one in own]
            pieces = [pending[index] for index in open_prompts]
            hidden = self._read(pieces, starts, partial(_of_layer, own), mode)
            ends = torch.tensor([len(piece) for piece in pieces]).cumsum(0)
            tokens = likeliest(self._columns_of(hidden[ends - 1], mode)).tolist()
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

    @torch.no_grad()
    def _read(
        self,
        pieces: Sequence[Sequence[int]],
        starts: Sequence[int],
        caches: Callable[[int], Sequence[LayerCache]],
        mode: Mode,
    ) -> torch.Tensor:
        """Hidden rows [T, hidden] of all pieces below each other. ``caches``: of one layer, by piece."""
        rotations = []
        for ids, start in zip(pieces, starts, strict=True):
            end = start + len(ids)
            rotations.append(self._decoder.rotations(torch.arange(start, end), end))
        together = torch.cat(rotations)
        lengths = [len(ids) for ids in pieces]
        rows = self._embed(torch.tensor([id_ for ids in pieces for id_ in ids]), mode)
        for layer, block in enumerate(self._decoder.blocks):
            with self._as(block, mode):
                cache = _DocumentCaches(caches(layer), lengths)
                rows = block.forward_cached(rows, together, cache, use_lora=mode == "adapter")
        return rows

    def _embed(self, ids: torch.Tensor, mode: Mode) -> torch.Tensor:
        refuse_foreign_tokens(ids, self.config.vocab_size)
        trained = None if mode == "plain" else self._wholes.get(self._embedding)
        if trained is None:
            held = self._held.get(self._embedding)
            return (self._stored.pick(self._embedding, ids) if held is None else held[ids]).float()
        distinct, places = torch.unique(ids, return_inverse=True)
        rows = torch.cat([trained(slice(row, row + 1)) for row in distinct.tolist()])[places]
        return self._as_stored(rows, self._embedding, mode)

    def _columns_of(self, hidden: torch.Tensor, mode: Mode) -> LogitColumns:
        normed, _ = rms_norm(hidden, self._decoder.final_norm, self.config.rms_norm_eps)

        @torch.no_grad()
        def columns() -> Iterator[torch.Tensor]:
            for first in range(0, self.config.vocab_size, COLUMNS):
                count = min(COLUMNS, self.config.vocab_size - first)
                yield torch.nn.functional.linear(normed, self._head_rows(first, count, mode))

        return columns

    def _head_rows(self, first: int, count: int, mode: Mode) -> torch.Tensor:
        trained = None if mode == "plain" else self._wholes.get(self._head)
        if trained is not None:
            return self._as_stored(trained(slice(first, first + count)), self._head, mode)
        held = self._held.get(self._head)
        rows = self._stored.read(self._head, first, count) if held is None else held[first : first + count]
        return rows.float()

    def _as_stored(self, rows: torch.Tensor, name: str, mode: Mode) -> torch.Tensor:
        """Rows of a trained whole as ``mode`` has them."""
        return rows.to(DTYPES[self._stored.dtype(name)]).float() if mode == "rounded" else rows

    def _hollow(self, modules: tuple[ModuleRows, ...]) -> FrozenWeight:
        """A shape without numbers, until the adapter is on."""
        columns = linear_shapes(self.config)[modules[0].name.split(".", 3)[-1]][1]
        return DenseWeight(torch.empty(()).expand(modules[-1].end, columns))

    @contextmanager
    def _as(self, block: Block, mode: Mode) -> Iterator[None]:
        """Inside, the layer multiplies with the weights of ``mode``."""
        before = [linear.weight for linear in _linears(block)]
        if mode == "rounded":
            for linear in _linears(block):
                linear.weight = RoundedWeight(linear.weight, linear, self._stored)
        try:
            yield
        finally:
            for linear, weight in zip(_linears(block), before, strict=True):
                linear.weight = weight


@dataclass(frozen=True, slots=True)
class _DocumentCaches:
    """One layer's caches of documents whose next rows lie below each other, ``lengths`` of them each."""

    caches: Sequence[LayerCache]
    lengths: list[int]

    def attend(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        parts = zip(*(torch.split(rows, self.lengths) for rows in (q, k, v)), strict=True)
        return torch.cat([cache.attend(*part) for cache, part in zip(self.caches, parts, strict=True)])


def _of_layer(caches: Sequence[Sequence[LayerCache]], layer: int) -> list[LayerCache]:
    return [own[layer] for own in caches]


def _wholes_of(adapter: Adapter) -> dict[str, Callable[[slice], torch.Tensor]]:
    return {f"{module}.weight": partial(adapter.load_whole, module) for module in adapter.whole}


def _linears(block: Block) -> tuple[FrozenLinear, ...]:
    return block.qkv, block.o, block.gate_up, block.down
