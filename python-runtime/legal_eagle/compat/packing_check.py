"""Whether a model may be given packed documents: its kinds of layers, then a proof on the model itself."""

from __future__ import annotations

from itertools import pairwise

import torch
from transformers import PreTrainedModel

from legal_eagle.compat.packed_attention import PackedAttention, UnknownAttentionError

# Lengths of the documents that are read alone and packed. A state that leaks shows from the second one on.
_LENGTHS = (5, 9, 7)
# fp32 sums in another order differ by about 1e-6 of the largest logit; coarser types by their own precision.
_ERROR_FACTOR = 64.0
_ATTENTION_LAYERS = frozenset({"full_attention", "sliding_attention", "attention"})


def packing_fault(model: PreTrainedModel, attention: PackedAttention, device: torch.device) -> str | None:
    """Why documents must not be packed in this model, in words for the run's reasons; None where they may.

    The model computes with `attention` afterwards, also where it is not to be used.
    """
    text_config = model.config.get_text_config()
    kinds = {str(one) for one in getattr(text_config, "layer_types", None) or ()}
    if foreign := sorted(kinds - _ATTENTION_LAYERS):
        return f"it has {', '.join(foreign)} layers, which mix along the sequence"
    if getattr(model, "_is_stateful", False):
        return "its layers carry a state along the sequence"
    if not getattr(model, "_supports_attention_backend", False):
        return "its attention cannot be exchanged"
    try:
        model.set_attn_implementation(attention.name)
        return _difference(model, attention, device)
    except UnknownAttentionError as error:
        return f"its attention uses {error}"
    except (AttributeError, IndexError, NotImplementedError, RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        return f"a packed pass failed ({type(error).__name__})"
    finally:
        attention.set_pack(None)


@torch.no_grad()
def _difference(model: PreTrainedModel, attention: PackedAttention, device: torch.device) -> str | None:
    """Reads three short documents alone and packed; the logits of each must agree."""
    vocabulary = int(model.config.get_text_config().vocab_size)
    ids = torch.arange(sum(_LENGTHS), device=device).mul_(7919).remainder_(vocabulary)
    ends = torch.tensor(_LENGTHS).cumsum(0).tolist()
    cu_lengths = (0, *ends)
    alone = []
    for begin, end in pairwise(cu_lengths):
        attention.set_pack(None)
        alone.append(model(input_ids=ids[None, begin:end], use_cache=False).logits[0])
    positions = torch.cat([torch.arange(length) for length in _LENGTHS]).to(device)
    attention.set_pack(cu_lengths)
    packed = model(input_ids=ids[None], position_ids=positions[None], use_cache=False).logits[0]
    wanted = torch.cat(alone).float()
    error = float((packed.float() - wanted).abs().max() / wanted.abs().max().clamp_min(1e-30))
    # A NaN compares false both ways, so it never passes.
    if error <= _ERROR_FACTOR * torch.finfo(packed.dtype).eps:
        return None
    return f"packed documents came out differently by {error:.1e}"
