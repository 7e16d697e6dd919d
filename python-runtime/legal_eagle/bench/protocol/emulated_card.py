"""A smaller card on a larger one: the allocator refuses what the smaller one could not give."""

import torch

from legal_eagle.bench.protocol.scale import Scale

_GIB = 1 << 30


def limit_card(scale: Scale) -> None:
    """Before anything is allocated. ValueError where the scale emulates no card."""
    if scale.emulated_card_gib is None or scale.device.type != "cuda":
        raise ValueError("this scale emulates no card")
    total = torch.cuda.get_device_properties(scale.device).total_memory
    torch.cuda.set_per_process_memory_fraction(scale.emulated_card_gib * _GIB / total, scale.device)
