"""The metadata of a model GGUF."""

from __future__ import annotations

import math
from collections.abc import Iterator

import gguf
import numpy as np

from legal_eagle.export.gguf_file import GgufTensor
from legal_eagle.export.gguf_tensors import unsupported
from legal_eagle.models.config import ModelConfig
from legal_eagle.models.rope_scaling import RopeScaling

# The only values that llama.cpp computes yarn with where a file does not say more.
_YARN_BETA_FAST, _YARN_BETA_SLOW = 32.0, 1.0


def put_model_keys(
    writer: gguf.GGUFWriter, config: ModelConfig, *, name: str, file_type: gguf.LlamaFileType
) -> None:
    """Raises JobError ``export.unsupported`` for a rotation that llama.cpp computes otherwise."""
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name(name)
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(config.max_positions)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.kv_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_vocab_size(config.vocab_size)
    _put_scaling(writer, config.rope_scaling)


def check_rope(config: ModelConfig) -> None:
    """Raises JobError ``export.unsupported`` before anything is written."""
    scaling = config.rope_scaling
    if scaling is None or scaling.kind != "yarn":
        return
    usual = 1.0 if scaling.factor <= 1.0 else 0.1 * math.log(scaling.factor) + 1.0
    same = (
        math.isclose(scaling.attention_factor, usual, rel_tol=1e-6)
        and (scaling.beta_fast, scaling.beta_slow) == (_YARN_BETA_FAST, _YARN_BETA_SLOW)
        and scaling.truncate
    )
    if not same:
        raise unsupported("yarn with settings of its own")


def _put_scaling(writer: gguf.GGUFWriter, scaling: RopeScaling | None) -> None:
    # Dynamic NTK changes nothing up to the trained length, and llama.cpp has none: nothing is said of it.
    if scaling is None or scaling.kind in ("dynamic", "llama3"):
        return
    kinds = {"linear": gguf.RopeScalingType.LINEAR, "yarn": gguf.RopeScalingType.YARN}
    writer.add_rope_scaling_type(kinds[scaling.kind])
    writer.add_rope_scaling_factor(scaling.factor)
    if scaling.kind == "yarn":
        writer.add_rope_scaling_orig_ctx_len(scaling.original_positions)


def rope_factors(config: ModelConfig) -> GgufTensor | None:
    """Llama 3.1's divisors of each frequency, as a tensor; None for every other rotation.

    Formula: transformers, modeling_rope_utils.py, `_compute_llama3_parameters`.
    """
    scaling = config.rope_scaling
    if scaling is None or scaling.kind != "llama3":
        return None
    half = config.head_dim // 2
    frequencies = config.rope_theta ** -(np.arange(half, dtype=np.float64) * 2 / config.head_dim)
    wave = 2 * math.pi / frequencies
    original = scaling.original_positions
    low, high = scaling.low_freq_factor, scaling.high_freq_factor
    smooth = (original / wave - low) / (high - low)
    between = 1 / ((1 - smooth) / scaling.factor + smooth)
    factors = np.where(wave < original / high, 1.0, np.where(wave > original / low, scaling.factor, between))
    packed = factors.astype(np.float32)

    def pieces() -> Iterator[np.ndarray]:
        yield packed

    return GgufTensor("rope_freqs.weight", (half,), gguf.GGMLQuantizationType.F32, packed.nbytes, pieces)
