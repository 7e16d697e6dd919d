"""RMSNorm (Zhang and Sennrich 2019, arXiv:1910.07467) with a frozen weight, and its backward pass."""

import torch


def rms_norm(x: torch.Tensor, weight: torch.Tensor, eps: float) -> tuple[torch.Tensor, torch.Tensor]:
    """x [..., d] → normed x in x's type, and the fp32 reciprocal root mean square [..., 1].

    As the checkpoints define it: normalised in fp32, rounded to x's type, then times the weight.
    """
    wide = x.float()
    rstd = torch.linalg.vector_norm(wide, dim=-1, keepdim=True)
    rstd = rstd.square_().div_(x.shape[-1]).add_(eps).rsqrt_()
    if x.dtype is torch.float32:
        return (x * rstd).mul_(weight), rstd
    return (wide * rstd).to(x.dtype) * weight, rstd


def rms_norm_backward(
    dy: torch.Tensor, x: torch.Tensor, weight: torch.Tensor, rstd: torch.Tensor
) -> torch.Tensor:
    """Gradient of x. With g = dy·weight: rstd·g - x·rstd³·mean(g·x)."""
    wide = x.float()
    g = dy.float() * weight.float()
    correction = (g * wide).sum(dim=-1, keepdim=True)
    correction.mul_(rstd.pow(3)).div_(-x.shape[-1])
    return g.mul_(rstd).addcmul_(wide, correction).to(x.dtype)
