"""The state of every random number generator as JSON, so that a resumed run draws what it would have."""

from __future__ import annotations

import base64
import contextlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch


def seed_all(seed: int) -> None:
    """Seeds python, numpy, torch and every CUDA device."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def capture(own: torch.Generator | None = None) -> dict[str, Any]:
    """The state of all global generators and of the run's `own` (it feeds dropout); CUDA's only where a
    device is present."""
    version, internal, gauss = random.getstate()
    name, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
    return {
        "python": [version, list(internal), gauss],
        "numpy": [name, _encode(np.asarray(keys, dtype="<u4").tobytes()), position, has_gauss, cached],
        "torch": _encode_tensor(torch.get_rng_state()),
        "cuda": [_encode_tensor(state) for state in torch.cuda.get_rng_state_all()]
        if torch.cuda.is_available()
        else [],
        "own": None if own is None else _encode_tensor(own.get_state()),
    }


def restore(state: dict[str, Any], own: torch.Generator | None = None) -> None:
    """Sets all generators to a captured state."""
    version, internal, gauss = state["python"]
    random.setstate((version, tuple(internal), gauss))
    name, keys, position, has_gauss, cached = state["numpy"]
    np.random.set_state((name, np.frombuffer(_decode(keys), dtype="<u4"), position, has_gauss, cached))
    torch.set_rng_state(_decode_tensor(state["torch"]))
    if torch.cuda.is_available() and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all([_decode_tensor(one) for one in state["cuda"]])
    if own is not None:
        own.set_state(_decode_tensor(state["own"]))


@contextlib.contextmanager
def untouched() -> Iterator[None]:
    """Leaves the generators as they were: evaluations and samples must not change the losses that follow."""
    before = capture()
    try:
        yield
    finally:
        restore(before)


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _decode(text: str) -> bytes:
    return base64.b64decode(text)


def _encode_tensor(state: torch.Tensor) -> str:
    return _encode(state.cpu().numpy().tobytes())


def _decode_tensor(text: str) -> torch.Tensor:
    return torch.from_numpy(np.frombuffer(_decode(text), dtype=np.uint8).copy())
