"""The elementwise parts of a layer through `torch.compile`: one set for all layers and all pack lengths.

Only these are compiled: the products between them are library kernels in any case, and small regions compile
in seconds where a whole model takes minutes. Rows are a dynamic dimension, so a new pack compiles nothing. On
any failure the eager form takes over for good; nothing has been computed wrongly by then.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch.nn.functional import silu
from torch.utils._python_dispatch import is_in_torch_dispatch_mode

from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.elementwise import EAGER, Elementwise
from legal_eagle.engine.out_of_memory import is_out_of_memory
from legal_eagle.engine.rope import RopeTable
from legal_eagle.models.config import ModelConfig

_Result = TypeVar("_Result")
# Rows of the inputs that everything is compiled with; dynamic, so any other number would do.
_WARM_UP_ROWS = 32
# Windows refuses paths from 260 characters on, and the compiler adds up to some 180 of its own.
_MAX_WINDOWS_CACHE_PATH = 70


def use_compile_cache(wanted: Path, platform: str = sys.platform) -> Path:
    """Lets the compiler keep what it made below `wanted`, so that the next run starts warm; in the temporary
    folder where the path would be too long. A folder that the person set stays."""
    named = os.environ.get("TORCHINDUCTOR_CACHE_DIR")
    if named:
        return Path(named)
    folder = wanted
    if platform == "win32" and len(str(wanted)) > _MAX_WINDOWS_CACHE_PATH:
        folder = Path(tempfile.gettempdir()) / "lesc"
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder)
    return folder


def compile_elementwise(decoder: Decoder, cache: Path, on_failure: Callable[[str], None]) -> None:
    """Lets `decoder` compute with the compiled set, made now or found in `cache`. `on_failure` hears, now or
    later, why it goes on without; nothing is raised but running out of memory."""
    use_compile_cache(cache)
    compiled = CompiledElementwise(on_failure)
    compiled.warm_up(decoder.config, decoder.device, decoder.dtype)
    if compiled.failure is None:
        decoder.compute_with(compiled.functions)


class CompiledElementwise:
    """`functions`: the compiled set. `failure`: why it computes eagerly now; None while it does not."""

    def __init__(
        self, on_failure: Callable[[str], None], backend: str | Callable[..., Any] = "inductor"
    ) -> None:
        import torch._inductor.config

        # Workers would outlive a killed run; the regions are small enough for one thread.
        torch._inductor.config.compile_threads = 1
        self.failure: str | None = None
        self._on_failure = on_failure
        self._backend = backend
        rotate = self._guarded(_rotate, _rotate)

        def rotate_complex(heads: torch.Tensor, rotations: torch.Tensor, inverse: bool) -> None:
            # A complex product of the CPU's library is four times as fast as what the compiler makes of it.
            if self.failure is None and heads.device.type != "cpu":
                rotate(heads, torch.view_as_real(rotations), inverse)
            else:
                EAGER.rotate(heads, rotations, inverse)

        self.functions = Elementwise(
            rms_norm=self._guarded(_rms_norm, EAGER.rms_norm),
            norm_backward_add=self._guarded(_norm_backward_add, EAGER.norm_backward_add),
            swiglu=self._guarded(_swiglu, EAGER.swiglu),
            swiglu_backward=self._guarded(_swiglu_backward, EAGER.swiglu_backward),
            rotate=rotate_complex,
            cross_entropy_rows=self._guarded(_cross_entropy_rows, EAGER.cross_entropy_rows),
        )

    def warm_up(self, model: ModelConfig, device: torch.device, dtype: torch.dtype) -> None:
        """Compiles everything for a model before the first step: an early failure costs nothing, and the
        first step's time says something."""

        def rows(*shape: int) -> torch.Tensor:
            made = torch.ones(_WARM_UP_ROWS, *shape, dtype=dtype, device=device)
            torch._dynamo.maybe_mark_dynamic(made, 0)
            return made

        hidden, inner = model.hidden_size, model.intermediate_size
        every = model.heads + 2 * model.kv_heads
        x, weight = rows(hidden), torch.ones(hidden, dtype=dtype, device=device)
        functions = self.functions
        with torch.no_grad():
            _, rstd = functions.rms_norm(x, weight, model.rms_norm_eps)
            torch._dynamo.maybe_mark_dynamic(rstd, 0)
            functions.norm_backward_add(rows(hidden), x, weight, rstd, rows(hidden))
            functions.swiglu(rows(2 * inner))
            functions.swiglu_backward(rows(inner), rows(2 * inner))
            positions = torch.arange(_WARM_UP_ROWS, device=device)
            turns = RopeTable(model, device).rotations(positions, _WARM_UP_ROWS)
            for inverse in (False, True):
                heads = rows(every, model.head_dim)[:, : model.heads + model.kv_heads]
                functions.rotate(heads, turns, inverse)
            target = torch.zeros(_WARM_UP_ROWS, 1, dtype=torch.int64, device=device)
            torch._dynamo.maybe_mark_dynamic(target, 0)
            functions.cross_entropy_rows(rows(model.vocab_size), target)

    def _guarded(
        self, function: Callable[..., _Result], eager: Callable[..., _Result]
    ) -> Callable[..., _Result]:
        compiled = torch.compile(function, fullgraph=True, backend=self._backend)

        def call(*arguments: Any) -> _Result:
            # The compiler makes a form of its own for 0 and for 1 row, and cannot be watched operation by
            # operation, as `memory_probe` does on a CPU.
            if self.failure is not None or arguments[0].shape[0] < 2 or is_in_torch_dispatch_mode():
                return eager(*arguments)
            try:
                return compiled(*arguments)
            except Exception as error:
                if is_out_of_memory(error):
                    raise
                self.failure = _reason(error)
                self._on_failure(self.failure)
            return eager(*arguments)

        return call


def _reason(error: Exception) -> str:
    """One line of what the compiler says, without the frame around it."""
    inner = getattr(error, "inner_exception", None) or error
    lines = [line for line in str(inner).splitlines() if line.strip()]
    return f"{type(inner).__name__}: {lines[0].strip()}" if lines else type(inner).__name__


def _rms_norm(x: torch.Tensor, weight: torch.Tensor, eps: float) -> tuple[torch.Tensor, torch.Tensor]:
    wide = x.float()
    rstd = (wide.square().mean(dim=-1, keepdim=True) + eps).rsqrt()
    return (wide * rstd).to(x.dtype) * weight, rstd


def _norm_backward_add(
    dy: torch.Tensor, x: torch.Tensor, weight: torch.Tensor, rstd: torch.Tensor, beside: torch.Tensor
) -> torch.Tensor:
    wide = x.float()
    g = dy.float() * weight.float()
    mean = (g * wide).mean(dim=-1, keepdim=True)
    return (g * rstd - wide * (mean * rstd.pow(3))).to(x.dtype) + beside


def _swiglu(gate_up: torch.Tensor) -> torch.Tensor:
    gate, up = gate_up.chunk(2, dim=-1)
    return silu(gate) * up


def _swiglu_backward(d_output: torch.Tensor, gate_up: torch.Tensor) -> torch.Tensor:
    gate, up = gate_up.chunk(2, dim=-1)
    sigmoid = torch.sigmoid(gate.float())
    activated = gate.float() * sigmoid
    d_activated = (d_output * up).float()
    d_gate = d_activated * (sigmoid + activated * (1 - sigmoid))
    return torch.cat((d_gate.to(gate.dtype), activated.to(gate.dtype) * d_output), dim=-1)


def _cross_entropy_rows(logits: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    log_probabilities = torch.log_softmax(logits.float(), dim=-1)
    total = -log_probabilities.gather(1, target).sum()
    chosen = torch.arange(logits.shape[1], device=logits.device)[None, :] == target
    # Written as a comparison: an indexed addition would not fuse.
    return total, (log_probabilities.exp() - chosen.float()).to(logits.dtype)


def _rotate(heads: torch.Tensor, turns: torch.Tensor, inverse: bool) -> None:
    """`rope.rotate_` with the rotations as pairs [..., 2]: the compiler knows no complex numbers."""
    pairs = heads.view(*heads.shape[:-1], -1, 2).float()
    cosine, sine = turns[..., 0], -turns[..., 1] if inverse else turns[..., 1]
    even, odd = pairs[..., 0], pairs[..., 1]
    turned = torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), dim=-1)
    heads.copy_(turned.flatten(-2))
