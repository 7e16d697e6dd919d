"""SwiGLU (Shazeer 2020, arXiv:2002.05202): silu(gate) · up, on the fused product's two halves."""

import torch
from torch.nn.functional import silu


def swiglu(gate_up: torch.Tensor) -> torch.Tensor:
    """[T, 2F] (gate left, up right) → [T, F]."""
    gate, up = gate_up.chunk(2, dim=-1)
    return silu(gate).mul_(up)


def swiglu_backward(d_output: torch.Tensor, gate_up: torch.Tensor) -> torch.Tensor:
    """Gradient [T, 2F] of `gate_up` for d_output [T, F]."""
    gate, up = gate_up.chunk(2, dim=-1)
    d_gate_up = torch.empty_like(gate_up)
    d_gate, d_up = d_gate_up.chunk(2, dim=-1)
    torch.mul(silu(gate), d_output, out=d_up)
    d_gate.copy_(torch.ops.aten.silu_backward(d_output * up, gate))
    return d_gate_up
