"""The gradient of one pack, computed in every way that this device offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import torch

from legal_eagle.bench.gates.gate import Finding, NotHere, relative, worst_of
from legal_eagle.bench.gates.scale import GateScale
from legal_eagle.bench.protocol.ours import build_decoder
from legal_eagle.bench.protocol.workload import make_workload
from legal_eagle.engine.attention import default_attention
from legal_eagle.engine.attention_types import AttentionName
from legal_eagle.engine.batch import PackedBatch, pack_documents
from legal_eagle.engine.decoder import Decoder
from legal_eagle.engine.mechanisms import EngineOptions, attention_fault

# What rounding alone may change: in fp32 plainly; in half precision against the error that the reference has
# to fp32 itself.
_ALLOWED_FP32 = 1e-5
_ALLOWED_ERROR_RATIO = 1.2
_DOCUMENTS = 8
_PADDED: AttentionName = "padded"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to compute the same gradient."""

    options: EngineOptions
    recompute: bool = False


def attention_back_ends(scale: GateScale) -> Finding:
    """Every attention back end that runs here, in fp32 and half precision, against padding."""
    findings = []
    for dtype in (torch.float32, scale.half):
        for name in get_args(AttentionName):
            if name != _PADDED and attention_fault(name, scale.device, dtype, scale.shallow.config) is None:
                way = Way(EngineOptions(name, "off"))
                findings.append(
                    _compare(scale, dtype, f"{name} {dtype}", way, Way(EngineOptions(_PADDED, "off")))
                )
    if not findings:
        raise NotHere("padding is the only attention that runs here")
    return worst_of(findings)


def recomputed(scale: GateScale) -> Finding:
    """Every layer computed a second time, against none."""
    name = default_attention(scale.device, scale.base.dtype)
    options = EngineOptions(name, "off")
    return _compare(
        scale, scale.base.dtype, f"{name} {scale.base.dtype}", Way(options, recompute=True), Way(options)
    )


def compiled(scale: GateScale) -> Finding:
    """The parts between the matrix products through the compiler, against eager ones."""
    findings = []
    for dtype in (torch.float32, scale.half):
        name = default_attention(scale.device, dtype)
        ways = (Way(EngineOptions(name, "on")), Way(EngineOptions(name, "off")))
        findings.append(_compare(scale, dtype, str(dtype), *ways))
    return worst_of(findings)


def _compare(scale: GateScale, dtype: torch.dtype, label: str, way: Way, reference: Way) -> Finding:
    """`measured` is the share of what is allowed, so that both precisions can be ranked."""
    found, known = gradient(scale, dtype, way), gradient(scale, dtype, reference)
    difference = relative(found, known)
    if dtype is torch.float32:
        share = difference / _ALLOWED_FP32
        return Finding(share, 1.0, {"of": label, "difference": difference})
    exact = gradient(scale, torch.float32, reference)
    ratio = relative(found, exact) / relative(known, exact)
    return Finding(
        ratio / _ALLOWED_ERROR_RATIO, 1.0, {"of": label, "difference": difference, "errorRatio": ratio}
    )


def gradient(scale: GateScale, dtype: torch.dtype, way: Way) -> torch.Tensor:
    """The adapter's gradient of one pack, flat, fp32 on CPU."""
    built = build_decoder(scale.shallow, scale.device, dtype, way.options, rounded_to=scale.half)
    return gradient_of(scale, built.decoder, way.recompute)


def gradient_of(scale: GateScale, decoder: Decoder, recompute: bool = False) -> torch.Tensor:
    """As `gradient`, of a decoder that is there."""
    decoder.recompute_layers = len(decoder.blocks) if recompute else 0
    _leave_zero(decoder)
    for _, parameter in decoder.lora_parameters():
        parameter.grad = None
    batch = _pack(scale)
    decoder.loss(batch, batch.answer_tokens).backward()  # type: ignore[no-untyped-call]
    parts = [parameter.grad for _, parameter in decoder.lora_parameters()]
    return torch.cat([part.flatten().float().cpu() for part in parts if part is not None])


def _leave_zero(decoder: Decoder) -> None:
    """While B is zero, A has no gradient."""
    generator = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for name, parameter in decoder.lora_parameters():
            if name.endswith(".lora_B.weight"):
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.02)


def _pack(scale: GateScale) -> PackedBatch:
    workload = make_workload(scale.base, scale.shallow, 1, scale.base.small_pack)
    documents = workload.documents[:_DOCUMENTS]
    return pack_documents([(document.ids, document.mask) for document in documents]).to(scale.device)
