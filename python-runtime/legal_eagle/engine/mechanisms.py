"""Which of the equivalent ways a run computes in, with the reason for every automatic choice.

None of them changes what is optimised, but they round differently: a resumed run keeps those it began with,
so that its losses stay bit-equal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

import torch
import torch.utils._triton

from legal_eagle.engine.attention import default_attention
from legal_eagle.engine.attention_types import AttentionName
from legal_eagle.engine.quantisation import Quantization, arithmetic_for, reason_for
from legal_eagle.engine.resume import STATE_FILE
from legal_eagle.engine.varlen_attention import VarlenKernel, installed_kernel
from legal_eagle.jobs.errors import EXIT_SPEC, JobError
from legal_eagle.models.config import ModelConfig
from legal_eagle.protocol.spec_types import RecipeHardware

_HALF = (torch.bfloat16, torch.float16)


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What a person asked for. `auto` is resolved by `choose_mechanisms`."""

    attention: AttentionName | Literal["auto"] = "auto"
    compile: Literal["auto", "on", "off"] = "auto"
    quantization: Quantization = "none"

    @staticmethod
    def of(hardware: RecipeHardware) -> EngineOptions:
        return EngineOptions(hardware["attention"], hardware["compile"], hardware["quantization"])


@dataclass(frozen=True, slots=True)
class Mechanisms:
    """What a run computes with. `reasons`: one for each choice that was not the person's own.
    `check_quality`: an 8-bit base has not been held against the base as it is (`load_base`)."""

    attention: AttentionName
    compile: bool
    reasons: tuple[str, ...] = ()
    quantization: Quantization = "none"
    check_quality: bool = False
    # The recipe wants 8 bits, the run began without them.
    eight_bit_refused: bool = False

    def to_json(self) -> dict[str, object]:
        return {
            "attention": self.attention,
            "compile": self.compile,
            "quantization": self.quantization,
        }


def choose_mechanisms(
    options: EngineOptions,
    device: torch.device,
    dtype: torch.dtype,
    model: ModelConfig | None,
    recorded: Mapping[str, object],
) -> Mechanisms:
    """Resolves every `auto`; a base of the compat engine (`model` None) leaves nothing to choose.
    `recorded`: what the checkpoint to go on from was computed with, or nothing. Raises JobError
    `train.attention_unsupported`, `train.quantization_unsupported` and `train.quantization_compat` for what
    cannot run here."""
    if model is None:
        if options.quantization != "none":
            raise JobError(
                "train.quantization_compat",
                f"the compat engine holds its base as loaded, not in {options.quantization}",
                exit_code=EXIT_SPEC,
                params={"quantization": options.quantization},
            )
        return Mechanisms(default_attention(device, dtype), compile=False)
    reasons = ["projections: q, k, v and gate, up always fused"]
    attention = _attention(options.attention, device, dtype, model, recorded.get("attention"), reasons)
    compiled = _compiled(options.compile, device, recorded.get("compile"), reasons)
    before = recorded.get("quantization")
    quantization = _quantization(options.quantization, device, before, reasons)
    check = quantization in ("int8", "fp8") and before is None
    refused = quantization == "none" and options.quantization in ("int8", "fp8")
    return Mechanisms(attention, compiled, tuple(reasons), quantization, check, refused)


def recorded_mechanisms(checkpoint: Path | None) -> Mapping[str, object]:
    """What a checkpoint's steps were computed with; nothing where it does not say. Whether it is whole is
    verified later, by `resume.read_state`."""
    if checkpoint is None:
        return {}
    try:
        found = json.loads((checkpoint / STATE_FILE).read_text(encoding="utf-8"))["state"]["mechanisms"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}


def _attention(
    wanted: str,
    device: torch.device,
    dtype: torch.dtype,
    model: ModelConfig,
    recorded: object,
    reasons: list[str],
) -> AttentionName:
    if wanted != "auto":
        name = cast(AttentionName, wanted)
        fault = attention_fault(name, device, dtype, model)
        if fault is not None:
            allowed = default_attention(device, dtype)
            raise JobError(
                "train.attention_unsupported",
                f"attention {wanted} cannot run here: {fault}",
                exit_code=EXIT_SPEC,
                params={"attention": wanted, "allowed": allowed},
                detail=fault,
            )
        return name
    if recorded in get_args(AttentionName):
        name = cast(AttentionName, recorded)
        fault = attention_fault(name, device, dtype, model)
        if fault is None:
            reasons.append(f"attention {name}: the run began with it")
            return name
        reasons.append(f"the run began with attention {name}, which cannot run here: {fault}")
    simple = default_attention(device, dtype)
    if device.type == "cpu":
        why = "no padding at all" if simple == "per-document" else "this precision has no CPU kernel"
        reasons.append(f"attention {simple}: {why}")
        return simple
    fault = attention_fault("varlen", device, dtype, model)
    if fault is None:
        reasons.append("attention varlen: this GPU runs the kernel that knows document ends")
        return "varlen"
    reasons.append(f"attention {simple}: varlen cannot run here ({fault})")
    return simple


def _quantization(
    wanted: Quantization, device: torch.device, before: object, reasons: list[str]
) -> Quantization:
    if wanted == "none":
        return wanted
    if before == "none":
        reasons.append(f"quantization none: at the run's start {wanted} cost too much of the loss")
        return "none"
    # Refused now: a fault of the card should not cost the loading of a base.
    arithmetic_for(wanted, device)
    reasons.append(reason_for(wanted, device))
    return wanted


def attention_fault(
    name: AttentionName,
    device: torch.device,
    dtype: torch.dtype,
    model: ModelConfig,
    platform: str = sys.platform,
) -> str | None:
    """Why a back end cannot run here; None where it can."""
    if name == "padded":
        return None
    if name == "per-document":
        return None if default_attention(device, dtype) == name else "it is for fp32 and bf16 on a CPU"
    if device.type != "cuda":
        return "it needs an NVIDIA GPU"
    if platform != "linux":
        return "its kernel comes with Linux builds of PyTorch only"
    if dtype not in _HALF:
        return "its kernel computes bf16 and fp16 only"
    try:
        _probe_varlen(installed_kernel(), device, dtype, model)
    except Exception as error:
        # Whatever the probe dies of, the run must go on without the kernel.
        return (str(error).splitlines() or [type(error).__name__])[0]
    return None


def _probe_varlen(kernel: VarlenKernel, device: torch.device, dtype: torch.dtype, model: ModelConfig) -> None:
    """A forward and backward pass of the model's head shape over two documents; raises what it raises."""
    ends = torch.tensor([0, 3, 8], dtype=torch.int32, device=device)
    q, k, v = (
        torch.ones(8, heads, model.head_dim, dtype=dtype, device=device, requires_grad=True)
        for heads in (model.heads, model.kv_heads, model.kv_heads)
    )
    for window in {None, *(4 for one in model.windows if one is not None)}:
        with torch.enable_grad():
            output = kernel(q, k, v, ends, 5, window)
        grads = torch.autograd.grad(output, (q, k, v), torch.ones_like(output))
        # Equal values attend to themselves: a kernel that ran but computed nonsense is found here.
        if not bool((output == 1).all()) or not all(bool(torch.isfinite(one).all()) for one in grads):
            raise RuntimeError("the kernel's result is wrong")


def _compiled(wanted: str, device: torch.device, recorded: object, reasons: list[str]) -> bool:
    if wanted != "auto":
        return wanted == "on"
    if isinstance(recorded, bool):
        reasons.append(f"compile {'on' if recorded else 'off'}: the run began so")
        return recorded
    if device.type == "cpu":
        reasons.append("compile off: on a CPU it saves less than it costs")
        return False
    if not torch.utils._triton.has_triton():
        reasons.append("compile off: there is no Triton for this GPU")
        return False
    reasons.append("compile on: fuses what lies between the matrix products")
    return True
