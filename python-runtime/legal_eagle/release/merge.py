"""Merging a LoRA adapter into its base, block of rows by block of rows, into safetensors shards.

``W + scale · B @ A`` (with DoRA, its rows brought to their lengths) is computed in fp32 and rounded once to
the output type. Base shards are read front to
back exactly once, so their SHA-256 costs no second reading, and no tensor is ever held whole: the peak
memory is a few blocks, whatever the size of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.base_tensors import BaseTensors
from legal_eagle.models.check_tensors import check_tensors
from legal_eagle.models.config import ModelConfig
from legal_eagle.models.layouts import expected_tensors, is_ignored_extra
from legal_eagle.models.safetensors_file import (
    DTYPES,
    FLOAT_DTYPES,
    SafetensorsLayout,
    SequentialReader,
    TensorEntry,
    item_bytes,
    read_layout,
)
from legal_eagle.models.shard_writer import (
    INDEX_FILE,
    ShardPlan,
    ShardWriter,
    TensorSpec,
    WrittenShard,
    index_json,
    plan_shards,
)
from legal_eagle.models.weights import SafetensorsFolder
from legal_eagle.release.adapter_updates import Factors, LowRankUpdate, WholeRows, plan_updates, plan_wholes
from legal_eagle.release.lora_adapter import Adapter
from legal_eagle.release.merge_journal import MergeJournal
from legal_eagle.release.named_updates import plan_named_updates, plan_named_wholes

OutputType = Literal["base", "fp32"]

# Rows are handled in blocks of this many bytes in fp32: large enough for the matrix product and the disk,
# small enough that a 20B model merges in a few hundred megabytes.
MAX_BLOCK_BYTES = 32 << 20
MIN_BLOCK_BYTES = 4 << 10
# What the math library allocates for itself at its first product of a size.
FIXED_BYTES = 16 << 20


class MergeStopped(Exception):
    """The caller asked to stop; the unfinished files are the caller's to keep or to remove."""


@dataclass(frozen=True)
class MergePlan:
    """All that is known before the first byte is written."""

    sources: tuple[SafetensorsLayout, ...]
    shards: tuple[ShardPlan, ...]
    copied: frozenset[tuple[str, str]]  # (base file name, tensor) of every tensor that is written
    updates: Mapping[str, LowRankUpdate]
    # Weights that the adapter trained as wholes, by tensor.
    wholes: Mapping[str, WholeRows]
    block_bytes: int

    @property
    def output_bytes(self) -> int:
        return sum(shard.file_bytes for shard in self.shards)

    @property
    def tensor_bytes(self) -> int:
        return sum(tensor.bytes for shard in self.shards for tensor in shard.tensors)

    @property
    def peak_bytes(self) -> int:
        """Host memory that the merge takes beyond the process itself, an upper bound.

        Blocks: one as stored, in fp32 and as written, two for the test of finite values, and as much again
        that the allocator may keep. Factors of one update: as stored, in fp32, repacked.
        """
        factors = max((update.rank * sum(update.shape) * 4 for update in self.updates.values()), default=0)
        widest_row = max((entry.row_bytes for source in self.sources for entry in source.entries), default=0)
        return FIXED_BYTES + 8 * max(self.block_bytes, 2 * widest_row) + 3 * factors


@dataclass(frozen=True)
class MergeReport:
    shards: tuple[WrittenShard, ...]
    source_sha256: Mapping[str, str]  # by base file name
    tensors: int
    changed_tensors: int

    @property
    def bytes(self) -> int:
        return sum(shard.bytes for shard in self.shards)


def plan_merge(
    base: SafetensorsFolder,
    config: ModelConfig | BaseTensors,
    adapter: Adapter,
    *,
    output_type: OutputType,
    max_shard_bytes: int,
) -> MergePlan:
    """Decide every output tensor and shard. Raises JobError for whatever could not be merged exactly.

    ``config``: what the tensors mean; where no configuration of ours does, their names in the model.
    """
    if isinstance(config, ModelConfig):
        check_tensors(base, config)
        shapes = expected_tensors(config)
        updates, wholes = plan_updates(adapter, config, shapes), plan_wholes(adapter, config, shapes)
    else:
        shapes = {name: base.shape(name) for name in base.names()}
        updates = plan_named_updates(adapter, config, shapes)
        wholes = plan_named_wholes(adapter, config, shapes)
    sources = tuple(read_layout(base.folder / shard) for shard in sorted(base.shards()))
    chosen = [
        (source.path.name, entry)
        for source in sources
        for entry in source.entries
        if base.shard_of(entry.name) == source.path.name
        and not (isinstance(config, ModelConfig) and is_ignored_extra(entry.name, config))
    ]
    return MergePlan(
        sources=sources,
        shards=plan_shards([_output_spec(entry, output_type) for _, entry in chosen], max_shard_bytes),
        copied=frozenset((file, entry.name) for file, entry in chosen),
        updates=updates,
        wholes=wholes,
        block_bytes=min(MAX_BLOCK_BYTES, max(MIN_BLOCK_BYTES, max_shard_bytes // 8)),
    )


def _output_spec(entry: TensorEntry, output_type: OutputType) -> TensorSpec:
    widen = output_type == "fp32" and entry.dtype in FLOAT_DTYPES
    return TensorSpec(entry.name, "F32" if widen else entry.dtype, entry.shape)


def write_merged(
    plan: MergePlan,
    folder: Path,
    *,
    on_bytes: Callable[[int], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    journal: MergeJournal | None = None,
    on_kept: Callable[[int], None] = lambda _: None,
) -> MergeReport:
    """Write shards and index into ``folder`` (which must exist). ``on_bytes`` gets each block's bytes.

    Shards that ``journal`` vouches for stay as they are, and ``on_kept`` hears how many; the base is read
    from front to back all the same, since its digests are part of the result.
    Raises MergeStopped when ``should_stop`` turns true, OSError of the disk as it is.
    """
    kept: dict[str, WrittenShard] = {}
    if journal is not None:
        kept = journal.resume(plan.shards, on_bytes=on_bytes, should_stop=should_stop)
        on_kept(len(kept))
    whole = {tensor.name for shard in plan.shards if shard.file_name in kept for tensor in shard.tensors}
    source_sha256: dict[str, str] = {}
    missing = [shard for shard in plan.shards if shard.file_name not in kept]
    with ShardWriter(folder, missing) as writer, torch.inference_mode():
        for source in plan.sources:
            if should_stop():
                raise MergeStopped
            with SequentialReader(source) as reader:
                for entry in source.entries:
                    if (source.path.name, entry.name) in plan.copied and entry.name not in whole:
                        _write_tensor(plan, writer, reader, entry, on_bytes, should_stop)
                        if journal is not None and writer.closed_shard is not None:
                            journal.add(writer.closed_shard)
                source_sha256[source.path.name] = reader.finish()
        written = {shard.file_name: shard for shard in writer.finish()} | kept
    if len(plan.shards) > 1:
        (folder / INDEX_FILE).write_text(index_json(plan.shards), encoding="utf-8", newline="\n")
    shards = tuple(written[shard.file_name] for shard in plan.shards)
    return MergeReport(shards, source_sha256, len(plan.copied), len(plan.updates) + len(plan.wholes))


def _write_tensor(
    plan: MergePlan,
    writer: ShardWriter,
    reader: SequentialReader,
    entry: TensorEntry,
    on_bytes: Callable[[int], None],
    should_stop: Callable[[], bool],
) -> None:
    spec = writer.begin(entry.name)
    update = plan.updates.get(entry.name)
    factors = update.factors() if update is not None else None
    scale = update.scale if update is not None else 0.0
    whole = plan.wholes.get(entry.name)
    stored_block_bytes = plan.block_bytes * item_bytes(entry.dtype) // 4
    for first_row, block in reader.row_blocks(entry, max(1, stored_block_bytes)):
        if should_stop():
            raise MergeStopped
        if whole is not None:
            block = whole(slice(first_row, first_row + block.shape[0]))
        merged = merge_rows(block, first_row, factors, scale, DTYPES[spec.dtype])
        if not _all_finite(merged):
            raise _not_finite(entry.name, spec.dtype, block)
        on_bytes(writer.append(merged))
        del block, merged
    writer.end()


def merge_rows(
    block: torch.Tensor,
    first_row: int,
    factors: Factors | None,
    scale: float,
    output_dtype: torch.dtype,
) -> torch.Tensor:
    """Rows ``first_row …`` of ``W + scale · B @ A``, in fp32 arithmetic, rounded once.

    ``block`` is [rows, in]; without factors (any shape) only the type changes.
    """
    if factors is None:
        return block.to(output_dtype)
    a, b, magnitude = factors
    rows = block.to(torch.float32, copy=True)
    own = slice(first_row, first_row + rows.shape[0])
    rows.addmm_(b[own], a, alpha=scale)
    if magnitude is not None:
        lengths = torch.linalg.vector_norm(rows, dim=1).clamp_min_(torch.finfo(torch.float32).tiny)
        rows.mul_((magnitude[own] / lengths)[:, None])
    return rows.to(output_dtype)


def _all_finite(block: torch.Tensor) -> bool:
    """NaN and infinities show in the extremes; one pass without a copy, unlike ``isfinite``."""
    if not block.is_floating_point() or block.numel() == 0:
        return True
    low, high = block.aminmax()
    return bool(torch.isfinite(low)) and bool(torch.isfinite(high))


def _not_finite(tensor: str, dtype: str, stored: torch.Tensor) -> JobError:
    in_base = not _all_finite(stored)
    return JobError(
        "merge.base_not_finite" if in_base else "merge.overflow",
        f"{tensor} has infinite or undefined values {'in the base' if in_base else f'as {dtype}'}",
        exit_code=EXIT_DATA,
        params={"tensor": tensor, "dtype": dtype},
    )
