"""How large one file of weights may be. Without torch, so that a command line answers without it."""

from __future__ import annotations

# Nothing on ModelScope resumes inside a file: a cut costs one of these at most.
MAX_SHARD_BYTES = 2_000_000_000
