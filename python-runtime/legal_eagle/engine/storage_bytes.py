"""Counts the bytes of every tensor storage that is alive, exactly, while a piece of code runs."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class StorageBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """`current` and `peak` bytes of the storages that operators of this thread have met, counted once however
    many views there are. A storage leaves the count when its last tensor does, not when Python tidies up.

    What an operator allocates and frees inside itself is not seen.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.current = 0
        self.peak = 0
        self._alive: dict[int, tuple[int, weakref.ref[torch.UntypedStorage]]] = {}

    def meet(self, tensors: Iterable[torch.Tensor]) -> None:
        """Counts what was there before, whether or not an operator uses it."""
        for tensor in tensors:
            self._meet(tensor.untyped_storage())
        self.peak = max(self.peak, self.current)

    def __torch_dispatch__(self, func: Any, types: Sequence[type], args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves((args, kwargs, result)):
            if isinstance(leaf, torch.Tensor):
                self._meet(leaf.untyped_storage())
        self.peak = max(self.peak, self.current)
        return result

    def _meet(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key in self._alive:
            return
        self._alive[key] = (storage.nbytes(), weakref.ref(storage, lambda _: self._leave(key)))
        self.current += storage.nbytes()

    def _leave(self, key: int) -> None:
        size, _ = self._alive.pop(key)
        self.current -= size
