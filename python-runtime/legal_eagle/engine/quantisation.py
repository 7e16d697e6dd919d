"""Which weights are held in fewer bits, and whether a device can compute with them.

The linear layers of the blocks are; embeddings, head, norms and biases stay in the compute type.
"""

from __future__ import annotations

from typing import Literal

import torch

from legal_eagle.engine.block import Block
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.eight_bit import (
    EightBit,
    EmulatedFp8,
    Int8,
    KernelFp8,
    round_to_fp8,
    round_to_int8,
)
from legal_eagle.engine.frozen_weight import FrozenWeight
from legal_eagle.engine.nf4 import Nf4Tensor
from legal_eagle.engine.quantised_weight import EightBitWeight, Nf4Weight
from legal_eagle.engine.scratch import Scratch
from legal_eagle.jobs.errors import EXIT_SPEC, JobError

Quantization = Literal["none", "int8", "fp8", "nf4"]

# Turing's integer and Ada's FP8 tensor cores.
_INT8_CAPABILITY, _FP8_CAPABILITY = (7, 5), (8, 9)
_PROBE_ROWS, _PROBE_COLUMNS = 64, 128


class Quantiser:
    """Turns a loaded layer's weights into quantised ones, one layer at a time. All layers share its buffers.

    Raises JobError `train.quantization_unsupported` where the device cannot compute with them.
    """

    def __init__(self, kind: Quantization, dtype: torch.dtype, device: torch.device) -> None:
        self.kind = kind
        self.scratch = Scratch()
        self._dtype = dtype
        self._arithmetic = arithmetic_for(kind, device)

    def quantise(self, block: Block) -> None:
        """Replaces the block's four weights; the dense ones are freed one after the other."""
        linears = (("qkv", block.qkv), ("o", block.o), ("gate_up", block.gate_up), ("down", block.down))
        for place, linear in linears:
            linear.weight = self.weight(linear.weight.rows(0, linear.weight.shape[0]), place)

    def prepare(self, _decoder: Decoder, block: Block) -> None:
        """`quantise` as `build_model` calls it."""
        self.quantise(block)

    def weight(self, dense: torch.Tensor, place: str) -> FrozenWeight:
        """`dense` [out, in] rounded; `place` names the buffer that it shares with other layers."""
        if self._arithmetic is None:
            return Nf4Weight(Nf4Tensor.of(dense), self._dtype, place, self.scratch)
        rounded = round_to_int8 if self.kind == "int8" else round_to_fp8
        values, scale = rounded(dense.float())
        return EightBitWeight(values, scale, self._dtype, place, self.scratch, self._arithmetic)


def arithmetic_for(kind: Quantization, device: torch.device) -> EightBit | None:
    """How `device` multiplies 8-bit numbers; None for NF4, which is unpacked first. JobError
    `train.quantization_unsupported` with the nearest kind that works."""
    if kind == "nf4":
        return None
    if device.type == "cpu":
        return Int8() if kind == "int8" else EmulatedFp8()
    capability = torch.cuda.get_device_capability(device)
    if kind == "int8":
        fault = _fault(Int8(), device) if capability >= _INT8_CAPABILITY else "no INT8 tensor cores"
        if fault is None:
            return Int8()
        raise _unsupported(kind, capability, fault, "nf4")
    nearest = "int8" if capability >= _INT8_CAPABILITY else "nf4"
    if capability < _FP8_CAPABILITY:
        raise _unsupported(kind, capability, "no FP8 tensor cores", nearest)
    by_rows, by_tensor = KernelFp8(by_rows=True), KernelFp8(by_rows=False)
    if _fault(by_rows, device) is None:
        return by_rows
    fault = _fault(by_tensor, device)
    if fault is None:
        return by_tensor
    raise _unsupported(kind, capability, fault, nearest)


def reason_for(kind: Quantization, device: torch.device) -> str:
    """What the choice means on `device`, for the report of a run."""
    if kind == "nf4":
        return "quantization nf4: 4-bit weights, unpacked once a pack into a shared buffer"
    if device.type == "cpu":
        return f"quantization {kind}: on a CPU it saves memory and no time"
    return f"quantization {kind}: products in 8 bits, the adapter in the compute type"


def _fault(arithmetic: EightBit, device: torch.device) -> str | None:
    """Why a small product both ways fails or is wrong; None where it is right."""
    generator = torch.Generator().manual_seed(0)
    shape = (_PROBE_ROWS, _PROBE_COLUMNS)
    dense, x = (torch.randn(shape, generator=generator).to(device) for _ in range(2))
    try:
        values, scale = arithmetic.rounded(dense)
        weight = EightBitWeight(values, scale, torch.float32, "probe", Scratch(), arithmetic)
        for found, expected in (
            (weight.linear(x), x @ dense.t()),
            (weight.matmul(x[:, :_PROBE_ROWS]), x[:, :_PROBE_ROWS] @ dense),
        ):
            if float((found - expected).norm() / expected.norm()) > 0.1:
                return "the kernel's result is wrong"
    except (RuntimeError, NotImplementedError, AttributeError, TypeError) as error:
        return (str(error).splitlines() or [type(error).__name__])[0]
    return None


def _unsupported(kind: str, capability: tuple[int, int], fault: str, nearest: str) -> JobError:
    return JobError(
        "train.quantization_unsupported",
        f"quantization {kind} does not run on this GPU: {fault}",
        exit_code=EXIT_SPEC,
        params={
            "quantization": kind,
            "capability": f"{capability[0]}.{capability[1]}",
            "nearest": nearest,
        },
        detail=fault,
    )
