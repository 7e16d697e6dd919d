"""What ranks say to each other. With one process nothing is said and torch.distributed is not used."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import torch
import torch.distributed as dist

OnFailure = Callable[[BaseException], BaseException]
"""The error to raise in place of one of torch.distributed: it says which rank was lost, and why."""


class Collective(Protocol):
    """Every rank calls the same methods in the same order. JSON values and numbers travel over the CPU."""

    @property
    def rank(self) -> int: ...

    @property
    def world_size(self) -> int: ...

    def add_up(self, buffer: torch.Tensor) -> None:
        """Replaces `buffer` (any shape, on the run's device) by the sum over all ranks."""

    def add_up_numbers(self, values: Sequence[float]) -> list[float]:
        """The sum over all ranks of each of `values`, in float64."""

    def gather(self, value: object) -> list[Any]:
        """`value`, which is JSON, of every rank, by rank."""

    def from_first(self, value: object) -> Any:
        """`value`, which is JSON, of rank 0."""

    def copy_from_first(self, tensor: torch.Tensor) -> None:
        """Replaces `tensor` (on the run's device) by that of rank 0."""


class Alone:
    """The collective of a run in one process."""

    rank = 0
    world_size = 1

    def add_up(self, buffer: torch.Tensor) -> None:
        pass

    def add_up_numbers(self, values: Sequence[float]) -> list[float]:
        return [float(value) for value in values]

    def gather(self, value: object) -> list[Any]:
        return [value]

    def from_first(self, value: object) -> Any:
        return value

    def copy_from_first(self, tensor: torch.Tensor) -> None:
        pass


class GroupCollective:
    """Ranks of a process group. `control` is a group that moves CPU tensors; `waiting` surrounds every call.

    Values travel as JSON and never as Python objects: what comes from another machine is data.
    """

    def __init__(
        self,
        control: dist.ProcessGroup,
        *,
        on_failure: OnFailure,
        waiting: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> None:
        self.rank = dist.get_rank()
        self.world_size = dist.get_world_size()
        self.control = control
        self._on_failure = on_failure
        self._waiting = waiting

    def add_up(self, buffer: torch.Tensor) -> None:
        with self._speaking():
            dist.all_reduce(buffer, group=self._group_of(buffer))

    def add_up_numbers(self, values: Sequence[float]) -> list[float]:
        tensor = torch.tensor(values, dtype=torch.float64)
        with self._speaking():
            dist.all_reduce(tensor, group=self.control)
        sums: list[float] = tensor.tolist()
        return sums

    def gather(self, value: object) -> list[Any]:
        mine = _as_bytes(value)
        with self._speaking():
            sizes = [torch.zeros(1, dtype=torch.int64) for _ in range(self.world_size)]
            dist.all_gather(sizes, torch.tensor([mine.numel()]), group=self.control)
            longest = max(int(size) for size in sizes)
            padded = torch.zeros(longest, dtype=torch.uint8)
            padded[: mine.numel()] = mine
            parts = [torch.empty(longest, dtype=torch.uint8) for _ in range(self.world_size)]
            dist.all_gather(parts, padded, group=self.control)
        return [_from_bytes(part[: int(size)]) for part, size in zip(parts, sizes, strict=True)]

    def from_first(self, value: object) -> Any:
        content = _as_bytes(value if self.rank == 0 else None)
        size = torch.tensor([content.numel()])
        with self._speaking():
            dist.broadcast(size, 0, group=self.control)
            if self.rank != 0:
                content = torch.empty(int(size), dtype=torch.uint8)
            dist.broadcast(content, 0, group=self.control)
        return _from_bytes(content)

    def copy_from_first(self, tensor: torch.Tensor) -> None:
        with self._speaking():
            dist.broadcast(tensor, 0, group=self._group_of(tensor))

    def _group_of(self, tensor: torch.Tensor) -> dist.ProcessGroup | None:
        return self.control if tensor.device.type == "cpu" else None

    @contextlib.contextmanager
    def _speaking(self) -> Iterator[None]:
        try:
            with self._waiting():
                yield
        except RuntimeError as error:
            raise self._on_failure(error) from error


def _as_bytes(value: object) -> torch.Tensor:
    text = json.dumps(value, ensure_ascii=False).encode("utf-8")
    return torch.frombuffer(bytearray(text), dtype=torch.uint8)


def _from_bytes(content: torch.Tensor) -> Any:
    return json.loads(content.numpy().tobytes())
