"""What the device can do at most: matrix products and copies, on random numbers.

The shape-weighted rate is the one a training step could reach: the products of one layer, forward and input
gradient, at a pack's number of rows, each counted by its share of the work.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from legal_eagle.bench.protocol.scale import Scale
from legal_eagle.models.layouts import linear_shapes

_ROUNDS = 10
_WARM_UP_ROUNDS = 3
# Published dense bf16 rates with fp32 accumulation, TFLOP/s, by a part of the device's name.
_SHEETS = {"H200": 989.0, "H100": 989.0, "A100": 312.0, "4090": 165.2}


def measure_ceilings(scale: Scale) -> dict[str, object]:
    """TFLOP/s and GB/s (bytes read and written); None for what this device or build cannot compute."""
    side, copied = (8192, 1 << 32) if scale.size == "whole" else (256, 1 << 22)
    square = _product_tflops(scale, side, side, side)
    return {
        "sheetTflops": _sheet(scale.device),
        "squareTflops": square,
        "squareSide": side,
        "shapeWeightedTflops": _shape_weighted(scale, _product_tflops),
        "fp8ShapeWeightedTflops": _fp8(scale),
        "copyGbPerSecond": _copy_rate(scale.device, copied),
    }


def _sheet(device: torch.device) -> float | None:
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    return next((rate for part, rate in _SHEETS.items() if part in name), None)


def _shape_weighted(scale: Scale, rate_of: Callable[[Scale, int, int, int], float]) -> float:
    """Operations of all products over the seconds they take together."""
    config, rows = scale.shape.config, scale.small_pack
    shapes = linear_shapes(config)
    names = list(shapes)
    # As the engine fuses them: q, k, v below each other, gate and up below each other.
    qkv = sum(shapes[name][0] for name in names[:-4])
    fused = [
        (qkv, config.hidden_size),
        shapes[names[-4]],
        (2 * config.intermediate_size, config.hidden_size),
        shapes[names[-1]],
    ]
    work, seconds = 0.0, 0.0
    for out, columns in fused:
        for m, n, k in ((rows, out, columns), (rows, columns, out)):
            flop = 2.0 * m * n * k
            work += flop
            seconds += flop / (rate_of(scale, m, n, k) * 1e12)
    return work / seconds / 1e12


def _product_tflops(scale: Scale, m: int, n: int, k: int) -> float:
    a = torch.randn(m, k, device=scale.device, dtype=scale.dtype)
    b = torch.randn(k, n, device=scale.device, dtype=scale.dtype)
    return 2.0 * m * n * k / _seconds(scale.device, lambda: torch.matmul(a, b)) / 1e12


def _fp8(scale: Scale) -> float | None:
    """Row-wise scaled e4m3 products; None before compute capability 8.9."""
    if scale.device.type != "cuda" or torch.cuda.get_device_capability(scale.device) < (8, 9):
        return None
    try:
        return _shape_weighted(scale, _fp8_tflops)
    except RuntimeError:
        # Row-wise scaling is not compiled into every build.
        return None


def _fp8_tflops(scale: Scale, m: int, n: int, k: int) -> float:
    device = scale.device
    a = torch.randn(m, k, device=device).to(torch.float8_e4m3fn)
    b = torch.randn(n, k, device=device).to(torch.float8_e4m3fn)
    rows, columns = torch.ones(m, 1, device=device), torch.ones(1, n, device=device)

    def product() -> torch.Tensor:
        return torch._scaled_mm(a, b.t(), scale_a=rows, scale_b=columns, out_dtype=torch.bfloat16)

    return 2.0 * m * n * k / _seconds(device, product) / 1e12


def _copy_rate(device: torch.device, size: int) -> float:
    source = torch.empty(size, dtype=torch.uint8, device=device).random_()
    target = torch.empty_like(source)
    return 2.0 * size / _seconds(device, lambda: target.copy_(source)) / 1e9


def _seconds(device: torch.device, operation: Callable[[], torch.Tensor]) -> float:
    """Mean over rounds, the queue drained once before and once after."""
    for _ in range(_WARM_UP_ROUNDS):
        operation()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    started = time.perf_counter()
    for _ in range(_ROUNDS):
        operation()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return (time.perf_counter() - started) / _ROUNDS
