"""Weights of linear layers that are read while they multiply, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from legal_eagle.engine.frozen_weight import FrozenWeight
from legal_eagle.engine.gemm import linear, matmul
from legal_eagle.engine.linear import FrozenLinear
from legal_eagle.engine.lora import LoraSlice, ModuleRows
from legal_eagle.models.safetensors_file import DTYPES
from legal_eagle.models.stored_rows import StoredRows

# fp32 bytes of a block of rows: large enough for the matrix product and the disk, and nothing beside a layer.
BLOCK_BYTES = 32 << 20


def row_blocks(shape: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """(start, end) of blocks of rows of a matrix [rows, columns] in fp32."""
    rows, columns = shape
    step = max(1, BLOCK_BYTES // (4 * columns))
    for start in range(0, rows, step):
        yield start, min(start + step, rows)


class _ByBlocks:
    """``FrozenWeight`` on top of ``shape`` and ``rows``."""

    @property
    def shape(self) -> tuple[int, int]:
        raise NotImplementedError

    @property
    def bytes(self) -> int:
        return 0

    def rows(self, start: int, end: int) -> torch.Tensor:
        raise NotImplementedError

    def linear(self, x: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
        y = x.new_empty(x.shape[0], self.shape[0])
        for start, end in row_blocks(self.shape):
            own = None if bias is None else bias[start:end]
            y[:, start:end] = linear(x, self.rows(start, end), own)
        return y

    def matmul(self, dy: torch.Tensor) -> torch.Tensor:
        dx = dy.new_zeros(dy.shape[0], self.shape[1])
        for start, end in row_blocks(self.shape):
            dx += matmul(dy[:, start:end], self.rows(start, end))
        return dx


@dataclass(frozen=True, slots=True)
class StreamedWeight(_ByBlocks):
    """Modules of a checkpoint below each other, in fp32, on disk until they are asked for."""

    stored: StoredRows
    modules: tuple[ModuleRows, ...]
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.modules[-1].end, self.columns

    def rows(self, start: int, end: int) -> torch.Tensor:
        parts = [
            self._rows_of(module, max(start, module.start), min(end, module.end))
            for module in self.modules
            if module.start < end and start < module.end
        ]
        return torch.cat(parts) if len(parts) > 1 else parts[0]

    def _rows_of(self, module: ModuleRows, start: int, end: int) -> torch.Tensor:
        name = f"{module.name}.weight"
        own = slice(start - module.start, end - module.start)
        if module.order is None:
            return self.stored.read(name, own.start, end - start).float()
        wanted = module.order[own]
        # The engine moves rows inside a head and between groups of heads, so that they stand close together.
        first, last = int(wanted.min()), int(wanted.max())
        return self.stored.read(name, first, last + 1 - first)[wanted - first].float()


@dataclass(frozen=True, slots=True)
class RoundedWeight(_ByBlocks):
    """``W + s·B·A`` of a layer, each tensor rounded once to its stored type. Independent of the merge on
    disk: factors and scale as the engine holds them, rows in the engine's order."""

    weight: FrozenWeight
    layer: FrozenLinear
    stored: StoredRows

    @property
    def shape(self) -> tuple[int, int]:
        return self.weight.shape

    def rows(self, start: int, end: int) -> torch.Tensor:
        merged = self.weight.rows(start, end).clone()
        for item in self.layer.lora.slices if self.layer.lora is not None else ():
            first, last = max(start, item.rows.start), min(end, item.rows.end)
            if first < last:
                self._merge(item, merged[first - start : last - start], first - item.rows.start)
        return merged

    def _merge(self, item: LoraSlice, rows: torch.Tensor, first: int) -> None:
        """In place on rows ``first`` … of one module, [n, in]."""
        own = slice(first, first + rows.shape[0])
        changed = rows + self.layer.scale * (item.b.detach()[own] @ item.a.detach())
        if item.magnitude is not None:
            lengths = item.magnitude.detach()[own]
            changed = torch.nn.functional.normalize(changed, dim=1) * lengths[:, None]
        rows.copy_(changed.to(DTYPES[self.stored.dtype(f"{item.rows.name}.weight")]))
