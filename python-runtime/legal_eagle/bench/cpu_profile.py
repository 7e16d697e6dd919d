"""Where the time of our side of the CPU benchmark goes, by kinds of operations."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile, record_function

from legal_eagle.bench import ours
from legal_eagle.bench.workload import SAMPLES_PER_STEP, make_samples, write_model
from legal_eagle.engine.attention import Attention

_ATTENTION = "attention"
_OPTIMIZER = "optimizer and clipping"
_REST = "norms, SwiGLU, rotation, softmax of the loss, copies"
_KINDS = {
    "mkldnn::_linear_pointwise": "products by oneDNN: frozen weights, head, down to the rank",
    "aten::addmm_": "products up from the rank, added in place",
    "aten::mm": "gradients of A and B",
}


class _Named:
    """An attention whose work carries its name in the record."""

    def __init__(self, inside: Attention) -> None:
        self._inside = inside
        self.forward = _recorded(inside.forward)
        self.backward = _recorded(inside.backward)


def _recorded(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        with record_function(_ATTENTION):
            return function(*arguments)

    return call


def profile_cpu(*, steps: int, threads: int) -> dict[str, object]:
    """Percent of the loop's time by kind of operation; what no operation accounts for is the interpreter's
    and the recording's own."""
    torch.set_num_threads(threads)
    samples = make_samples(steps)
    with tempfile.TemporaryDirectory() as folder:
        decoder = ours.load_decoder(write_model(Path(folder) / "model"))
        for block in decoder.blocks:
            block.attention = _Named(block.attention)
        ours.loop_seconds(decoder, samples[:SAMPLES_PER_STEP])
        with profile(activities=[ProfilerActivity.CPU]) as recorder:
            seconds = ours.loop_seconds(decoder, samples)
    spent: dict[str, float] = {}
    for event in recorder.events():
        if event.name.startswith(("aten::", "mkldnn::")):
            kind = _kind_of(event)
            spent[kind] = spent.get(kind, 0.0) + event.self_cpu_time_total
    shares = {kind: round(100 * one / (seconds * 1e6), 1) for kind, one in sorted(spent.items())}
    shares["interpreter and recording"] = round(100 - sum(shares.values()), 1)
    return {"percent": shares, "tokens": sum(len(sample.ids) for sample in samples), "threads": threads}


def _kind_of(event: Any) -> str:
    parent = event.cpu_parent
    while parent is not None:
        if parent.name == _ATTENTION:
            return _ATTENTION
        if parent.name.startswith("Optimizer."):
            return _OPTIMIZER
        parent = parent.cpu_parent
    return _KINDS.get(event.name, _REST)
