"""A run's data as its engine takes it: how rows are rendered, and the token store of a split."""

from __future__ import annotations

import time

from legal_eagle.data.dataset_store import DatasetStore
from legal_eagle.data.token_store import TokenStore
from legal_eagle.engine.distributed.same_start import StopRequested
from legal_eagle.engine.engine_choice import EngineChoice
from legal_eagle.engine.token_source import Rendering, Split, open_store
from legal_eagle.engine.train_params import TrainParams
from legal_eagle.jobs.context import JobContext
from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.choose_template import choose_template
from legal_eagle.models.tokenizer import ChatTokenizer

_PROGRESS_SECONDS = 0.5


def rendering_of(params: TrainParams, engine: EngineChoice) -> Rendering:
    recipe = params.recipe
    tokenizer = ChatTokenizer.load(params.model_path)
    vocabulary = engine.facts.vocab_size
    if tokenizer.vocab_size > vocabulary:
        raise JobError(
            "train.vocabulary_too_large",
            f"the tokenizer has {tokenizer.vocab_size} tokens, the embedding {vocabulary}",
            exit_code=EXIT_DATA,
            params={"tokenizer": tokenizer.vocab_size, "embedding": vocabulary},
        )
    named = recipe["template"]
    template = choose_template(params.model_path, named, learns=True).with_thinking(recipe["thinking"])
    return Rendering(tokenizer, template, recipe["systemPrompt"], recipe["cutoffLength"])


def split_store(
    context: JobContext,
    dataset: DatasetStore,
    split: Split,
    rendering: Rendering,
    params: TrainParams,
    max_rows: int | None,
) -> TokenStore:
    counts = dataset.counts()
    total = min(getattr(counts, split), max_rows if max_rows is not None else 1 << 62)
    last = time.monotonic()

    def progress(done: int) -> None:
        nonlocal last
        if context.stop_requested():
            raise StopRequested
        if time.monotonic() - last >= _PROGRESS_SECONDS or done == total:
            last = time.monotonic()
            context.reporter.emit("progress", {"done": done, "total": total, "unit": "rows", "etaMs": None})

    return open_store(dataset, split, rendering, params.token_cache_dir, max_rows=max_rows, progress=progress)
