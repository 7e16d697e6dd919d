"""NF4 with double quantisation (Dettmers et al. 2023, arXiv:2305.14314, section 3): 4.13 bits a weight.

Each block of 64 weights is divided by its largest magnitude and rounded to the nearest of 16 quantiles of a
normal distribution. The magnitudes lose their mean and are themselves held in 8 bits, 256 sharing one scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

BLOCK = 64
SCALE_BLOCK = 256
# Appendix E of the paper.
VALUES = (
    -1.0,
    -0.6961928009986877,
    -0.5250730514526367,
    -0.39491748809814453,
    -0.28444138169288635,
    -0.18477343022823334,
    -0.09105003625154495,
    0.0,
    0.07958029955625534,
    0.16093020141124725,
    0.24611230194568634,
    0.33791524171829224,
    0.44070982933044434,
    0.5626170039176941,
    0.7229568362236023,
    1.0,
)
# Weights unpacked at once: a pass over them wants room for their table indices beside the buffer.
_CPU_PIECE, _CUDA_PIECE = 1 << 18, 1 << 24


@dataclass(frozen=True, slots=True)
class Nf4Tensor:
    """A matrix [rows, columns] in NF4, rows one after the other.

    packed: uint8 [⌈n / 2⌉], the first of two weights in the high four bits. scales: int8 [⌈n / 64⌉], and
    scale_steps: fp32 [⌈blocks / 256⌉]; a block's magnitude is scale · step + mean.
    """

    shape: tuple[int, int]
    packed: torch.Tensor
    scales: torch.Tensor
    scale_steps: torch.Tensor
    mean: torch.Tensor

    @staticmethod
    def of(weight: torch.Tensor) -> Nf4Tensor:
        """Rounds `weight` [rows, columns] of any float type; nothing in it is drawn."""
        rows, columns = weight.shape
        flat = weight.detach().reshape(-1)
        blocks = -(-flat.numel() // BLOCK)
        magnitudes = _padded(flat.abs(), blocks * BLOCK).view(blocks, BLOCK).amax(1).float()
        scales, steps, mean = _quantise_scales(magnitudes)
        packed = torch.empty(-(-flat.numel() // 2), dtype=torch.uint8, device=weight.device)
        midpoints = _midpoints(weight.device)
        held = _magnitudes(scales, steps, mean)
        piece = _piece(weight.device)
        for begin in range(0, flat.numel(), piece):
            part = flat[begin : begin + piece].float()
            whole = -(-part.numel() // BLOCK)
            # By the magnitude as it will be read back: its own rounding then costs nothing twice.
            by = held[begin // BLOCK : begin // BLOCK + whole, None]
            normal = _padded(part, whole * BLOCK).view(whole, BLOCK) / by.clamp_min(_TINY)
            codes = torch.bucketize(normal.clamp_(-1.0, 1.0), midpoints, out_int32=True).to(torch.uint8)
            pairs = codes.view(-1, 2)
            half = -(-part.numel() // 2)
            packed[begin // 2 : begin // 2 + half] = (pairs[:, 0] << 4 | pairs[:, 1])[:half]
        return Nf4Tensor((rows, columns), packed, scales, steps, mean)

    @property
    def bytes(self) -> int:
        held = (self.packed, self.scales, self.scale_steps, self.mean)
        return sum(one.numel() * one.element_size() for one in held)

    def unpack_into(self, out: torch.Tensor) -> None:
        """Writes the weights into out [rows, columns], contiguous, of any float type: products in fp32,
        rounded once."""
        flat = out.view(-1)
        pairs = _pairs(out.device)
        held = _magnitudes(self.scales, self.scale_steps, self.mean)
        piece = _piece(out.device)
        for begin in range(0, flat.numel(), piece):
            target = flat[begin : begin + piece]
            codes = self.packed[begin // 2 : begin // 2 + -(-target.numel() // 2)]
            values = pairs.index_select(0, codes.int()).view(-1)
            by = held[begin // BLOCK : begin // BLOCK + -(-target.numel() // BLOCK), None]
            whole = values.numel() // BLOCK * BLOCK
            values[:whole].view(-1, BLOCK).mul_(by[: whole // BLOCK])
            values[whole:].mul_(by[-1] if whole < values.numel() else 1.0)
            target.copy_(values[: target.numel()])


_TINY = torch.finfo(torch.float32).tiny


def _quantise_scales(magnitudes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """fp32 [blocks] → int8 scales, their fp32 step for every 256, and the mean that was taken off."""
    # In fp64: the same however many threads add.
    mean = magnitudes.double().mean().float()
    groups = -(-magnitudes.numel() // SCALE_BLOCK)
    centred = _padded(magnitudes - mean, groups * SCALE_BLOCK).view(groups, SCALE_BLOCK)
    steps = centred.abs().amax(1).div_(127.0).clamp_min_(_TINY)
    scales = (centred / steps[:, None]).round_().to(torch.int8).view(-1)[: magnitudes.numel()].clone()
    return scales, steps, mean


def _magnitudes(scales: torch.Tensor, steps: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
    """fp32 [blocks]: what `_quantise_scales` rounded. Never negative."""
    every = steps.repeat_interleave(SCALE_BLOCK)[: scales.numel()]
    return scales.float().mul_(every).add_(mean).clamp_min_(0.0)


def _padded(values: torch.Tensor, size: int) -> torch.Tensor:
    if values.numel() == size:
        return values
    return torch.cat((values, values.new_zeros(size - values.numel())))


def _midpoints(device: torch.device) -> torch.Tensor:
    values = torch.tensor(VALUES, dtype=torch.float32, device=device)
    return (values[1:] + values[:-1]) / 2


def _pairs(device: torch.device) -> torch.Tensor:
    """fp32 [256, 2]: both weights of every byte."""
    values = torch.tensor(VALUES, dtype=torch.float32, device=device)
    return torch.stack((values.repeat_interleave(16), values.repeat(16)), dim=1)


def _piece(device: torch.device) -> int:
    return _CPU_PIECE if device.type == "cpu" else _CUDA_PIECE
