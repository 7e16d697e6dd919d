"""Rotary positions (Su et al. 2021, arXiv:2104.09864) on heads whose rotated pairs lie side by side.

Checkpoints rotate halves: element i with i + d/2. The engine stores q and k rows with those pairs
adjacent (`interleaved_order`), which leaves q·k unchanged and makes a rotation one complex product.
"""

import math

import torch

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.config import ModelConfig
from legal_eagle.models.rope_scaling import RopeScaling


def interleaved_order(head_dim: int) -> torch.Tensor:
    """For each row of a head as the engine stores it, the checkpoint's row: [0, d/2, 1, d/2 + 1, …]."""
    half = head_dim // 2
    return torch.stack((torch.arange(half), torch.arange(half) + half), dim=1).flatten()


def inverse_frequencies(config: ModelConfig) -> torch.Tensor:
    """Angle per position of each pair, fp32 [d/2], with linear, llama3 or yarn scaling applied.

    Dynamic NTK scaling has no effect up to `max_positions`, beyond which `RopeTable` refuses.
    llama3: transformers modeling_rope_utils.py, `_compute_llama3_parameters`; yarn: arXiv:2309.00071, 3.2.
    """
    exponents = torch.arange(0, config.head_dim, 2, dtype=torch.int64).float() / config.head_dim
    frequencies = 1.0 / (config.rope_theta**exponents)
    scaling = config.rope_scaling
    if scaling is None or scaling.kind == "dynamic":
        return frequencies
    if scaling.kind == "linear":
        return frequencies / scaling.factor
    if scaling.kind == "yarn":
        kept = _yarn_kept_share(config, scaling)
        return frequencies * kept + frequencies / scaling.factor * (1 - kept)
    wavelengths = 2 * math.pi / frequencies
    longest = scaling.original_positions / scaling.low_freq_factor
    shortest = scaling.original_positions / scaling.high_freq_factor
    blend = (scaling.original_positions / wavelengths - scaling.low_freq_factor) / (
        scaling.high_freq_factor - scaling.low_freq_factor
    )
    blended = (1 - blend) * frequencies / scaling.factor + blend * frequencies
    scaled = torch.where(wavelengths > longest, frequencies / scaling.factor, frequencies)
    between = (wavelengths >= shortest) & (wavelengths <= longest)
    return torch.where(between, blended, scaled)


def _yarn_kept_share(config: ModelConfig, scaling: RopeScaling) -> torch.Tensor:
    """1 for pairs that turn often within the original context, 0 for those that hardly do, a ramp between."""

    def pair_with(turns: float) -> float:
        """The (fractional) pair that makes `turns` whole turns over the original context."""
        ratio = scaling.original_positions / (turns * 2 * math.pi)
        return config.head_dim * math.log(ratio) / (2 * math.log(config.rope_theta))

    first, last = pair_with(scaling.beta_fast), pair_with(scaling.beta_slow)
    if scaling.truncate:
        first, last = math.floor(first), math.ceil(last)
    first, last = max(first, 0), min(last, config.head_dim - 1)
    ramp = (torch.arange(config.head_dim // 2).float() - first) / max(last - first, 0.001)
    return 1 - ramp.clamp(0, 1)


class RopeTable:
    """Rotations of all positions met so far."""

    def __init__(self, config: ModelConfig, device: torch.device) -> None:
        self._config = config
        self._heads = config.heads + config.kv_heads
        self._frequencies = inverse_frequencies(config).to(device)
        self._table = torch.empty(0, config.head_dim // 2, dtype=torch.complex64, device=device)

    def rotations(self, positions: torch.Tensor, longest: int) -> torch.Tensor:
        """complex64 for positions [T], all below `longest`: [T, 1, d/2], or on CPU [T, H + K, d/2], a
        copy for each head of q and k, as a product that broadcasts over 16 or 64 elements is slow there.

        Raises JobError `model.beyond_positions` where dynamic scaling would start to change the base.
        """
        scaling = self._config.rope_scaling
        if scaling is not None and scaling.kind == "dynamic" and longest > self._config.max_positions:
            raise JobError(
                "model.beyond_positions",
                f"{longest} tokens exceed the model's {self._config.max_positions} positions.",
                params={"tokens": longest, "limit": self._config.max_positions},
            )
        if longest > self._table.shape[0]:
            rows = max(longest, 2 * self._table.shape[0], 256)
            angles = torch.arange(rows, device=positions.device).float()[:, None] * self._frequencies
            # Yarn lengthens q and k: a rotation that also scales, whose conjugate is still its transpose.
            scaling_factor = 1.0 if scaling is None else scaling.attention_factor
            self._table = torch.polar(torch.full_like(angles, scaling_factor), angles)
        rotations = self._table[positions][:, None, :]
        return rotations.repeat(1, self._heads, 1) if positions.device.type == "cpu" else rotations


def rotate_(heads: torch.Tensor, rotations: torch.Tensor, inverse: bool = False) -> None:
    """Rotates the H + K heads [T, n, d] of q and k (rows may be strided) in place; `inverse`: backwards."""
    turns = rotations.conj() if inverse else rotations
    pairs = heads.view(*heads.shape[:-1], -1, 2)
    if heads.dtype is torch.float32:
        torch.view_as_complex(pairs).mul_(turns)
        return
    rotated = torch.view_as_complex(pairs.float().contiguous()) * turns
    pairs.copy_(torch.view_as_real(rotated))
