"""What tensors hold on a device, and the most that they held: from torch's allocator on a GPU, by counting
storages on a CPU, whose allocator keeps no account."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Protocol, Self

import torch

from legal_eagle.engine.storage_bytes import StorageBytes


class MemoryMeter(Protocol):
    """Bytes while the meter is entered. What was allocated before may be unseen until it is used: compare
    readings only after a first pass."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def meet(self, tensors: Iterable[torch.Tensor]) -> None:
        """Makes sure that these count although no pass uses them."""
        ...

    def held_bytes(self) -> int: ...

    def start_peak(self) -> None:
        """From here on the peak counts anew."""
        ...

    def peak_bytes(self) -> int: ...


class CpuMeter:
    def __init__(self) -> None:
        self._storages = StorageBytes()

    def __enter__(self) -> Self:
        self._storages.__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._storages.__exit__(kind, error, trace)  # type: ignore[no-untyped-call]

    def meet(self, tensors: Iterable[torch.Tensor]) -> None:
        self._storages.meet(tensors)

    def held_bytes(self) -> int:
        return self._storages.current

    def start_peak(self) -> None:
        self._storages.peak = self._storages.current

    def peak_bytes(self) -> int:
        return self._storages.peak


class CudaMeter:
    def __init__(self, device: torch.device) -> None:
        self._device = device

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The run's own peak begins after the probe, and its first passes find no memory in odd pieces.
        torch.cuda.synchronize(self._device)
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(self._device)

    def meet(self, tensors: Iterable[torch.Tensor]) -> None:
        """The allocator knows them."""

    def held_bytes(self) -> int:
        return torch.cuda.memory_allocated(self._device)

    def start_peak(self) -> None:
        torch.cuda.reset_peak_memory_stats(self._device)

    def peak_bytes(self) -> int:
        return torch.cuda.max_memory_allocated(self._device)


def meter_for(device: torch.device) -> MemoryMeter:
    return CudaMeter(device) if device.type == "cuda" else CpuMeter()
