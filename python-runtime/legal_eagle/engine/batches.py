"""Micro-batches out of a token store, without a Python loop over tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from legal_eagle.data.token_store import TokenStore
from legal_eagle.engine.batch import PackedBatch


def packed_batch(store: TokenStore, documents: Sequence[int], device: torch.device) -> PackedBatch:
    """The documents laid end to end; the same as `batch.pack_documents` of them."""
    parts = [store.document(document) for document in documents]
    ids = np.concatenate([part[0] for part in parts])
    mask = np.concatenate([part[1] for part in parts])
    lengths = np.asarray([len(part[0]) for part in parts])
    ends = np.cumsum(lengths)
    starts = ends - lengths
    # A supervised token is predicted by the row before it; the store never supervises a first token.
    answers = np.flatnonzero(mask)
    packed = PackedBatch(
        ids=torch.from_numpy(ids),
        positions=torch.from_numpy(np.arange(len(ids)) - np.repeat(starts, lengths)),
        cu_lengths=(0, *ends.tolist()),
        answer_rows=torch.from_numpy(answers - 1),
        targets=torch.from_numpy(ids[answers]),
    )
    return packed if device.type == "cpu" else packed.to(device)
