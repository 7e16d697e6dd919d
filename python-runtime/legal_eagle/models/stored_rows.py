"""Rows of a checkpoint's tensors, by name, across its shards, without ever holding a tensor whole."""

from __future__ import annotations

import torch

from legal_eagle.models.safetensors_file import SafetensorsLayout, TensorEntry, read_layout, read_rows
from legal_eagle.models.weights import SafetensorsFolder


class StoredRows:
    """Reads by byte ranges: what a memory map touches would count as this process's memory."""

    def __init__(self, weights: SafetensorsFolder) -> None:
        """Raises JobError ``model.shard_broken``."""
        self._entries: dict[str, tuple[SafetensorsLayout, TensorEntry]] = {}
        for shard in weights.shards():
            layout = read_layout(weights.folder / shard)
            for entry in layout.entries:
                self._entries[entry.name] = (layout, entry)

    def dtype(self, name: str) -> str:
        """The safetensors name of the stored type."""
        return self._entries[name][1].dtype

    def row_count(self, name: str) -> int:
        return self._entries[name][1].row_count

    def read(self, name: str, first: int, count: int) -> torch.Tensor:
        """Rows ``first`` … ``first + count`` [count, …] in the stored type."""
        return read_rows(*self._entries[name], first, count)

    def pick(self, name: str, rows: torch.Tensor) -> torch.Tensor:
        """Single rows [len(rows), …] in the stored type; a row that is asked for twice is read once."""
        distinct, places = torch.unique(rows, return_inverse=True)
        return torch.cat([self.read(name, row, 1) for row in distinct.tolist()])[places]
