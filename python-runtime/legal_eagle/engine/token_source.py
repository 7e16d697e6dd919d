"""From a dataset's rows to token stores: rendered by the run's template, tokenised in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from legal_eagle.data.token_store import Encoded, StoredMessages, StoreKey, TokenStore, build_or_open
from legal_eagle.models.templates import Template, encode_segments
from legal_eagle.models.tokenizer import ChatTokenizer

Split = Literal["train", "eval"]


class RowSource(Protocol):
    """What the engine needs of a dataset store."""

    def rows(self, split: Split) -> Iterable[StoredMessages]: ...

    def content_hash(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Rendering:
    """Everything that turns a row into tokens. It travels with the adapter."""

    tokenizer: ChatTokenizer
    template: Template
    system_prompt: str | None
    cutoff_tokens: int

    @property
    def thinking(self) -> str:
        return self.template.thinking

    def template_hash(self) -> str:
        """Changes with the template's content, not only with its name."""
        return self.template.content_hash()

    def encode(self, rows: Sequence[StoredMessages]) -> Iterable[Encoded]:
        chats = [self.template.render(row.messages, system=self.system_prompt) for row in rows]
        return encode_segments(self.tokenizer, chats)


def open_store(
    dataset: RowSource,
    split: Split,
    rendering: Rendering,
    cache_dir: Path,
    *,
    max_rows: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> TokenStore:
    """The token store of one split, built where the cache has none. progress is told the rows done."""
    key = StoreKey(
        rows_hash=dataset.content_hash(),
        split=split,
        tokenizer_hash=rendering.tokenizer.content_hash,
        template_hash=rendering.template_hash(),
        system_prompt=rendering.system_prompt,
        thinking=rendering.thinking,
        cutoff_tokens=rendering.cutoff_tokens,
        max_rows=max_rows,
    )
    return build_or_open(lambda: dataset.rows(split), rendering.encode, key, cache_dir, progress)
