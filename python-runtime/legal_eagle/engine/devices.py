"""Where and how a run computes, with the reason for every decision that was not the person's own."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import cast

import torch

from legal_eagle.jobs.errors import EXIT_ENVIRONMENT, JobError
from legal_eagle.protocol import parse
from legal_eagle.protocol.spec_types import RecipeHardware

# On a CPU larger forward passes gain nothing once a matrix product fills the caches.
_CPU_TOKENS = 2048
_CUDA_TOKENS = 8192

_ANY_CARD = "auto"

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
# Volta, the first with tensor cores: without them fp16 with its scaled loss gains little over fp32.
_FP16_CAPABILITY = (7, 0)


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """`dtype` is the arithmetic of the frozen base; adapters and Adam are always fp32."""

    device: torch.device
    name: str
    precision: str
    dtype: torch.dtype
    cpu_threads: int
    max_tokens_per_micro_batch: int
    reasons: tuple[str, ...]
    uuid: str | None = None


def hardware_with(changes: Mapping[str, object]) -> RecipeHardware:
    """The hardware part of a recipe that says nothing but `changes`, for what is no training run."""
    recipe, issues = parse({"model": "-", "dataset": "-", "hardware": dict(changes)}, "Recipe")
    if issues:
        raise ValueError("; ".join(str(issue) for issue in issues))
    return cast(RecipeHardware, recipe["hardware"])


def choose_device(
    hardware: RecipeHardware,
    environment: MutableMapping[str, str] = os.environ,
    *,
    local_rank: int = 0,
    local_processes: int = 1,
) -> DeviceChoice:
    """Resolves every `auto` of the recipe. JobError `train.no_cuda`, `train.precision_unsupported`. A named
    card becomes the only visible one, which must happen before CUDA starts. Of several visible cards a rank
    takes that of its place on the machine, and of the cores its part.
    """
    reasons: list[str] = []
    wanted = hardware["device"]
    card = hardware["gpu"]
    if card != _ANY_CARD and wanted != "cpu":
        # Whoever started this process has already decided where this is set (the studio, a scheduler).
        environment.setdefault("CUDA_VISIBLE_DEVICES", card)
        wanted = "cuda"
    device = _device(wanted, reasons, local_rank)
    precision = _precision(hardware["precision"], device, reasons)
    threads = hardware["cpuThreads"]
    if threads == 0:
        threads = min(torch.get_num_threads(), max(1, _usable_cpus() // local_processes))
        shared = f", shared by {local_processes} processes" if local_processes > 1 else ""
        reasons.append(f"cpuThreads {threads}: all cores this process may use{shared}")
    tokens = hardware["maxTokensPerMicroBatch"]
    if tokens == 0:
        tokens = _CPU_TOKENS if device.type == "cpu" else _CUDA_TOKENS
        reasons.append(f"maxTokensPerMicroBatch {tokens}: the default of a {device.type} run")
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else _cpu_name()
    return DeviceChoice(
        device, name, precision, _DTYPES[precision], threads, tokens, tuple(reasons), _uuid_of(device)
    )


def _uuid_of(device: torch.device) -> str | None:
    """As `nvidia-smi` prints it; None on a CPU and where torch does not tell."""
    if device.type != "cuda":
        return None
    uuid = getattr(torch.cuda.get_device_properties(device), "uuid", None)
    return None if uuid is None else f"GPU-{uuid}"


def _device(wanted: str, reasons: list[str], local_rank: int) -> torch.device:
    available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise JobError(
            "train.no_cuda",
            "the recipe asks for a CUDA device and there is none",
            exit_code=EXIT_ENVIRONMENT,
            params={"torch": torch.__version__},
        )
    if wanted == "auto":
        wanted = "cuda" if available else "cpu"
        reasons.append("device cuda: a CUDA device is present" if available else "device cpu: no CUDA device")
    if wanted != "cuda":
        return torch.device("cpu")
    # A launcher either shows each rank its own card alone or all of them.
    index = local_rank if 0 < local_rank < torch.cuda.device_count() else torch.cuda.current_device()
    torch.cuda.set_device(index)
    return torch.device("cuda", index)


def _precision(wanted: str, device: torch.device, reasons: list[str]) -> str:
    if wanted == "auto":
        if device.type == "cpu":
            reasons.append("precision fp32: bf16 gains nothing on a CPU")
            return "fp32"
        if _has_bf16():
            reasons.append("precision bf16: the GPU computes it")
            return "bf16"
        if torch.cuda.get_device_capability(device) >= _FP16_CAPABILITY:
            reasons.append("precision fp16 with a scaled loss: the GPU has tensor cores and no bf16")
            return "fp16"
        reasons.append("precision fp32: the GPU has neither bf16 nor tensor cores")
        return "fp32"
    if wanted == "fp16" and device.type == "cpu":
        reasons.append("precision fp16: the recipe asks for it; a CPU is slower with it than with fp32")
    if wanted == "bf16" and device.type == "cuda" and not _has_bf16():
        raise JobError(
            "train.precision_unsupported",
            "the GPU does not compute bf16",
            exit_code=EXIT_ENVIRONMENT,
            params={"precision": wanted, "allowed": "auto, fp16, fp32"},
        )
    return wanted


def _has_bf16() -> bool:
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def _usable_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_name() -> str:
    return platform.processor() or platform.machine() or "CPU"
