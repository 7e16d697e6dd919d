"""The loss of a batch of documents, packed into one row or padded side by side."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import torch
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from legal_eagle.compat.head_loss import HeadForm, head_loss
from legal_eagle.compat.packed_attention import PackedAttention
from legal_eagle.engine.batch import PackedBatch

# Documents share a padded pass as long as the longest is at most this much longer than the shortest.
_PADDING_FACTOR = 1.25


class DocumentsPass:
    """Computes the summed loss of packs. `attention` is None where documents must be padded, `head` where the
    model's own logits are needed."""

    def __init__(
        self, model: PreTrainedModel, attention: PackedAttention | None, head: HeadForm | None = None
    ) -> None:
        self._model = model
        self._attention = attention
        self._head = head
        self._keeps_rows = "logits_to_keep" in inspect.signature(model.forward).parameters

    @property
    def packs(self) -> bool:
        return self._attention is not None

    def loss(self, batch: PackedBatch) -> torch.Tensor:
        """Σ cross-entropy of the batch's answer tokens, fp32 scalar."""
        if batch.answer_tokens == 0:
            return torch.zeros((), device=batch.ids.device, requires_grad=torch.is_grad_enabled())
        if self._attention is None:
            parts = [self._padded(batch, group) for group in _groups(batch)]
            return torch.stack(parts).sum()
        self._attention.set_pack(batch.cu_lengths)
        inputs = {"input_ids": batch.ids[None], "position_ids": batch.positions[None]}
        if self._head is not None:
            hidden = self._hidden(**inputs)[0, batch.answer_rows]
            return head_loss(self._model, self._head, hidden, batch.targets)
        logits = self._logits(batch.answer_rows, **inputs)
        return cross_entropy(logits[0].float(), batch.targets, reduction="sum")

    @contextmanager
    def unpacked(self) -> Iterator[None]:
        """Inside, the model reads one document as any caller gives it."""
        if self._attention is not None:
            self._attention.set_pack(None)
        yield

    def rows(self, batch: PackedBatch) -> int:
        """Rows of token matrices that `loss` computes."""
        if self._attention is not None:
            return batch.tokens
        lengths = _lengths(batch)
        return sum(len(group) * lengths[group[0]] for group in _groups(batch))

    def _hidden(self, **inputs: torch.Tensor) -> torch.Tensor:
        """[B, T, d]: what the head is given."""
        hidden: torch.Tensor = self._model.base_model(**inputs, use_cache=False).last_hidden_state
        return hidden

    def _logits(self, rows: torch.Tensor | None, **inputs: torch.Tensor) -> torch.Tensor:
        """[B, N, V] of `rows` of every sequence, or of all."""
        if rows is not None and self._keeps_rows:
            logits: torch.Tensor = self._model(**inputs, use_cache=False, logits_to_keep=rows).logits
            return logits
        logits = self._model(**inputs, use_cache=False).logits
        return logits if rows is None else logits[:, rows]

    def _padded(self, batch: PackedBatch, group: Sequence[int]) -> torch.Tensor:
        """Loss of the documents `group`, longest first, each a row padded at its end."""
        bounds = [batch.cu_lengths[one : one + 2] for one in group]
        longest = bounds[0][1] - bounds[0][0]
        ids = batch.ids.new_zeros(len(group), longest)
        mask = batch.ids.new_zeros(len(group), longest)
        rows, columns, targets = [], [], []
        for row, (begin, end) in enumerate(bounds):
            ids[row, : end - begin] = batch.ids[begin:end]
            mask[row, : end - begin] = 1
            inside = (batch.answer_rows >= begin) & (batch.answer_rows < end)
            own = batch.answer_rows[inside] - begin
            rows.append(torch.full_like(own, row))
            columns.append(own)
            targets.append(batch.targets[inside])
        wanted = (torch.cat(rows), torch.cat(columns))
        if self._head is not None:
            hidden = self._hidden(input_ids=ids, attention_mask=mask)[wanted]
            return head_loss(self._model, self._head, hidden, torch.cat(targets))
        logits = self._logits(None, input_ids=ids, attention_mask=mask)
        return cross_entropy(logits[wanted].float(), torch.cat(targets), reduction="sum")


def _lengths(batch: PackedBatch) -> list[int]:
    return [end - begin for begin, end in pairwise(batch.cu_lengths)]


def _groups(batch: PackedBatch) -> Iterator[list[int]]:
    """Documents of like length together, each group longest first."""
    lengths = _lengths(batch)
    group: list[int] = []
    for one in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if group and lengths[group[0]] > _PADDING_FACTOR * lengths[one]:
            yield group
            group = []
        group.append(one)
    if group:
        yield group
