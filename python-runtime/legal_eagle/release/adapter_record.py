"""What stands beside weights in ``legal_eagle.json``: the template, the system prompt, the base they need.

Adapters (written by a run) and merged models (written by a merge) share these keys, so chat reads both alike.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from legal_eagle.engine.adapter_output import RECORD_FILE, base_fingerprint


@dataclass(frozen=True)
class WeightsRecord:
    """Fields are None where the folder does not say: weights of another program have no record."""

    template: str | None
    system_prompt: str | None
    tokenizer_hash: str | None
    base_fingerprint: str | None
    parity_failed: bool
    raw: Mapping[str, Any]

    @property
    def thinking(self) -> str | None:
        return _text(self.raw.get("thinking"))

    @property
    def is_merged(self) -> bool:
        return self.raw.get("kind") == "merged"

    @property
    def is_fine_tuned(self) -> bool:
        """Whether a run trained all of the model that lies beside the record."""
        return self.raw.get("kind") == "fine-tuned"

    @property
    def base_name(self) -> str | None:
        base = self.raw.get("base")
        return _text(base.get("name")) if isinstance(base, dict) else None

    @property
    def origin(self) -> tuple[str | None, int | None]:
        """Run and step of the adapter: its own, or of the one that was merged in."""
        adapter = self.raw.get("adapter")
        source = adapter if self.is_merged and isinstance(adapter, dict) else self.raw
        step = source.get("step")
        return _text(source.get("runId")), step if isinstance(step, int) else None

    @property
    def sample_prompts(self) -> tuple[str, ...]:
        """The fixed prompts of the run's recipe."""
        recipe = self.raw.get("recipe")
        evaluation = recipe.get("evaluation") if isinstance(recipe, dict) else None
        prompts = evaluation.get("samplePrompts") if isinstance(evaluation, dict) else None
        return tuple(text for text in prompts if isinstance(text, str)) if isinstance(prompts, list) else ()


def read_record(folder: Path) -> WeightsRecord:
    """A record that cannot be read counts as absent."""
    try:
        raw = json.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raw = {}
    if not isinstance(raw, dict):
        raw = {}
    base = raw.get("base")
    parity = raw.get("parity")
    return WeightsRecord(
        template=_text(raw.get("template")),
        system_prompt=_text(raw.get("systemPrompt")),
        tokenizer_hash=_text(raw.get("tokenizerHash")),
        base_fingerprint=_text(base.get("fingerprint")) if isinstance(base, dict) else None,
        parity_failed=isinstance(parity, dict) and parity.get("passed") is False,
        raw=raw,
    )


def difference_of_base(record: WeightsRecord, base: Path, tokenizer_hash: str) -> str | None:
    """What of ``base`` is not what the adapter was trained on: ``tokenizer``, ``weights`` or nothing.

    A record that does not say is no difference; shapes are still checked when the adapter is loaded.
    """
    if record.tokenizer_hash is not None and record.tokenizer_hash != tokenizer_hash:
        return "tokenizer"
    if record.base_fingerprint is not None and record.base_fingerprint != base_fingerprint(base):
        return "weights"
    return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
