"""Bases in 4 and 8 bits: the gradient against that of a dense base with the very same rounded weights."""

from __future__ import annotations

from typing import get_args

import torch

from legal_eagle.bench.gates.gate import Finding, NotHere, relative, worst_of
from legal_eagle.bench.gates.gradients import gradient_of
from legal_eagle.bench.gates.scale import GateScale
from legal_eagle.bench.protocol.ours import build_decoder
from legal_eagle.engine.attention import default_attention
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.frozen_weight import DenseWeight
from legal_eagle.engine.mechanisms import EngineOptions
from legal_eagle.engine.quantisation import Quantization
from legal_eagle.jobs.errors import JobError

# NF4 is unpacked before the product; 8-bit products round activations and gradients as well, e4m3 to three
# bits of mantissa.
_ALLOWED_FP32 = {"nf4": 1e-5, "int8": 0.05, "fp8": 0.2}
_ALLOWED_HALF = {"nf4": 0.02, "int8": 0.06, "fp8": 0.2}


def quantised_bases(scale: GateScale) -> Finding:
    """Every kind that the device computes, each as the share of what it may differ."""
    findings, refused = [], {}
    for kind in get_args(Quantization):
        if kind == "none":
            continue
        try:
            findings.append(_compare(scale, kind))
        except JobError as error:
            refused[kind] = str(error)
    if not findings:
        raise NotHere(f"no kind of quantised base runs here: {refused}")
    found = worst_of(findings)
    return Finding(found.measured, found.allowed, {**found.detail, "refused": refused})


def _compare(scale: GateScale, kind: Quantization) -> Finding:
    dtype = scale.base.dtype
    options = EngineOptions(default_attention(scale.device, dtype), "off", kind)
    decoder = build_decoder(scale.shallow, scale.device, dtype, options).decoder
    found = gradient_of(scale, decoder)
    _hold_densely(decoder)
    difference = relative(found, gradient_of(scale, decoder))
    allowed = (_ALLOWED_FP32 if dtype is torch.float32 else _ALLOWED_HALF)[kind]
    return Finding(difference / allowed, 1.0, {"of": kind, "difference": difference})


def _hold_densely(decoder: Decoder) -> None:
    """The rounded weights as plain numbers. Layers share the buffers of a kind: hence the copy."""
    for block in decoder.blocks:
        for linear in (block.qkv, block.o, block.gate_up, block.down):
            linear.weight = DenseWeight(linear.weight.rows(0, linear.weight.shape[0]).clone())
