"""The dataset-statistics job: lengths of all rows with the model's own tokenizer and template.

Nothing is written to the dataset: the core stores the `result` event under `statistics.key`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from legal_eagle.data.dataset_store import DatasetStore, StoredRow
from legal_eagle.data.token_statistics import TokenCounts
from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.choose_template import choose_template
from legal_eagle.models.encode_chat import encode_segments
from legal_eagle.models.template import Template
from legal_eagle.models.template_families import REPOSITORY
from legal_eagle.models.thinking import thinking_mode
from legal_eagle.models.tokenizer import ChatTokenizer

_BATCH_ROWS = 256
# At most two progress events a second.
_PROGRESS_INTERVAL_S = 0.5


def run(context: JobContext) -> Outcome:
    """Result: key, rows, train, eval, promptTokens, answerTokens, rowTokens, overCutoff, padShare, histogram.

    Raises JobError data.dataset_*, data.no_usable_rows, model.*.
    """
    params = context.params
    cutoff = int(params.get("cutoffLength", 2048))
    system = params.get("systemPrompt")
    folder = Path(params["modelPath"])
    with DatasetStore.open(Path(params["datasetPath"])) as store:
        counts = store.counts()
        usable = counts.train + counts.eval
        if usable == 0:
            raise JobError(
                "data.no_usable_rows",
                f"{store.path} has no usable row.",
                exit_code=EXIT_DATA,
                params={"rows": counts.rows, "usable": 0, "file": str(store.path), "line": 1, "reason": ""},
            )
        context.reporter.emit("phase", {"name": "tokenizer"})
        tokenizer = ChatTokenizer.load(folder)
        template = choose_template(folder, str(params.get("template", "auto")), learns=True)
        template = template.with_thinking(thinking_mode(str(params.get("thinking", "none"))))
        context.reporter.emit("phase", {"name": "tokenize"})
        found = TokenCounts()
        started = told = time.monotonic()
        rows = chain(store.rows("train"), store.rows("eval"))
        while batch := list(islice(rows, _BATCH_ROWS)):
            for mask in _masks(batch, tokenizer, template, system):
                found.add(mask, cutoff)
            if context.stop_requested():
                return "stopped"
            now = time.monotonic()
            done = len(found.total)
            if now - told >= _PROGRESS_INTERVAL_S:
                told = now
                eta_ms = round((now - started) * (usable - done) / done * 1000)
                context.reporter.emit(
                    "progress", {"done": done, "total": usable, "unit": "rows", "etaMs": eta_ms}
                )
        content_hash = store.content_hash()
    result: dict[str, Any] = {
        "key": _key(tokenizer, template, cutoff, content_hash),
        "tokenizerHash": tokenizer.content_hash,
        "template": template.name,
        "cutoffLength": cutoff,
        "systemPrompt": system,
        "contentHash": content_hash,
        "train": counts.train,
        "eval": counts.eval,
        **found.summary(cutoff),
    }
    context.reporter.emit("result", result)
    return "done"


def _key(tokenizer: ChatTokenizer, template: Template, cutoff: int, content_hash: str) -> str:
    # A family's name is its content; two folders' own templates share a name.
    name = f"{REPOSITORY}-{template.content_hash()[:16]}" if template.name == REPOSITORY else template.name
    thinking = "" if template.thinking == "none" else f"+{template.thinking}"
    return f"{tokenizer.content_hash}:{name}{thinking}:{cutoff}:{content_hash}"


def _masks(
    rows: list[StoredRow], tokenizer: ChatTokenizer, template: Template, system: str | None
) -> Iterator[list[bool]]:
    chats = [template.render(row.messages, system=system) for row in rows]
    for _, mask in encode_segments(tokenizer, chats):
        yield mask
