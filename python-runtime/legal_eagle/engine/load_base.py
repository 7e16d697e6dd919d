"""Loads a run's base as its recipe wants it held; an 8-bit base only where that costs the loss nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from legal_eagle.data.pack_plan import micro_batches_of
from legal_eagle.data.token_store import TokenStore
from legal_eagle.engine.batch import PackedBatch
from legal_eagle.engine.batches import packed_batch
from legal_eagle.engine.devices import DeviceChoice
from legal_eagle.engine.mechanisms import Mechanisms
from legal_eagle.engine.model import Decoder, PrepareBlock, build_model
from legal_eagle.engine.quality_check import LARGEST_GAP_NAT, QualityCheck, QualityGap
from legal_eagle.engine.quantisation import Quantiser
from legal_eagle.engine.run_report import RunReport

# Enough answers for a mean within a thousandth of a nat between two bases that differ by rounding only; both
# pass over each, which is a few steps' time.
_CHECK_ROWS, _CHECK_TOKENS = 64, 32_768


@dataclass(slots=True)
class BaseLoader:
    """`load` once; `mechanisms` then says what is really computed with.

    `documents`: what an 8-bit base is checked on, once in a run; where it costs more than LARGEST_GAP_NAT it
    is left out and the report says so. `decided`: asked once by every rank where the recipe wants 8 bits,
    with what it found or None where it cannot hold such a base; all hear the same answer
    (`same_start.eight_bits_for_all`).
    """

    folder: Path
    choice: DeviceChoice
    mechanisms: Mechanisms
    documents: TokenStore
    report: RunReport
    decided: Callable[[bool | None], bool]

    def load(self) -> Decoder:
        kind = self.mechanisms.quantization
        if kind == "none":
            if self.mechanisms.eight_bit_refused:
                self.decided(None)
            return self._build(None)
        quantiser = Quantiser(kind, self.choice.dtype, self.choice.device)
        if kind == "nf4":
            return self._build(quantiser.prepare)
        found: QualityGap | None = None
        if self.mechanisms.check_quality:
            self.report.phase("check-quantization", kind)
            check = QualityCheck(quantiser, list(_sample(self.documents, self.choice)))
            decoder = self._build(check.prepare)
            found = check.gap(decoder)
            del check
        else:
            decoder = self._build(quantiser.prepare)
        if self.decided(found is None or found.small_enough):
            if found is not None:
                losses = f"{found.dense:.4f} → {found.quantised:.4f} nat"
                self.report.reason(f"quantization {kind}: {losses} before the first step")
            return decoder
        # Before the second load: both at once would need the memory that 8 bits were to save.
        del decoder, quantiser
        if found is not None and not found.small_enough:
            _warn(self.report, kind, found)
        else:
            self.report.reason("quantization none: another rank cannot hold such a base")
        self.mechanisms = replace(self.mechanisms, quantization="none")
        return self._build(None)

    def _build(self, prepare: PrepareBlock | None) -> Decoder:
        return build_model(
            self.folder,
            dtype=self.choice.dtype,
            device=self.choice.device,
            attention=self.mechanisms.attention,
            prepare=prepare,
        )


def _sample(documents: TokenStore, choice: DeviceChoice) -> Iterator[PackedBatch]:
    """Rows at even distances: a dataset may be sorted by topic."""
    chosen: list[int] = []
    tokens = 0
    rows = min(_CHECK_ROWS, len(documents))
    for index in (place * len(documents) // rows for place in range(rows)):
        length = int(documents.lengths[index])
        if chosen and tokens + length > _CHECK_TOKENS:
            break
        chosen.append(index)
        tokens += length
    limit = max(choice.max_tokens_per_micro_batch, int(documents.lengths[chosen].max()))
    for members in micro_batches_of(chosen, documents.lengths, limit):
        yield packed_batch(documents, members, choice.device)


def _warn(report: RunReport, kind: str, found: QualityGap) -> None:
    report.warning(
        "train.eight_bit_off",
        f"{kind} costs {found.gap:.4f} nat on {found.answer_tokens} answer tokens: the base stays as it is",
        quantization=kind,
        dense=round(found.dense, 4),
        quantised=round(found.quantised, 4),
        gap=round(found.gap, 4),
        limit=LARGEST_GAP_NAT,
    )
