"""Buffers that the layers of a model share, one for each place in a layer."""

from __future__ import annotations

from collections.abc import Callable

import torch

Fill = Callable[[torch.Tensor], None]


class Scratch:
    """A place's buffer holds what its last owner put there, so two uses in a row by one owner fill it once:
    the last layer's backward pass follows its forward pass, and so does that of every recomputed layer."""

    def __init__(self) -> None:
        self._buffers: dict[str, torch.Tensor] = {}
        self._owners: dict[str, tuple[object, str]] = {}
        self.fills = 0

    def held(
        self,
        place: str,
        owner: object,
        what: str,
        like: tuple[tuple[int, int], torch.dtype, torch.device],
        fill: Fill,
    ) -> torch.Tensor:
        """The buffer of `place` with `what` of `owner` in it; `fill` writes it where it is not there yet. It
        holds until the place is asked for again, for reading only."""
        shape, dtype, device = like
        buffer = self._buffers.get(place)
        if buffer is None or (buffer.shape, buffer.dtype, buffer.device) != (shape, dtype, device):
            # The old one goes first: both at once would be the peak.
            self._buffers.pop(place, None)
            self._owners.pop(place, None)
            del buffer
            buffer = self._buffers[place] = torch.empty(shape, dtype=dtype, device=device)
        owned = self._owners.get(place)
        if owned is None or owned[0] is not owner or owned[1] != what:
            fill(buffer)
            self._owners[place] = (owner, what)
            self.fills += 1
        return buffer
