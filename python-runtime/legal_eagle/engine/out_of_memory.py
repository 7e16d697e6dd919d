"""Which errors mean that memory ran out."""

from __future__ import annotations

import torch


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch or Python could not get memory, on a GPU or a CPU."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    # The CPU allocator raises a plain RuntimeError (c10/core/impl/alloc_cpu.cpp).
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "can't allocate memory" in text
        or "not enough memory" in text
        or "CUDA out of memory" in text
        # oneDNN found the kernel (an unsupported one fails at its descriptor) and got no memory for it.
        or text == "could not create a primitive"
    )
