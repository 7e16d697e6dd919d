"""Token statistics with a real tokenizer: the figures are those of the rendered rows."""

from __future__ import annotations

import random
import statistics
from pathlib import Path
from typing import Any

import pytest
from data_fixtures import REPOSITORY, Events, NoControl, run_import, shared_data, write_lines

from legal_eagle.data import statistics_job
from legal_eagle.data.dataset_store import DatasetStore
from legal_eagle.data.token_statistics import TokenCounts
from legal_eagle.jobs.context import JobContext
from legal_eagle.jobs.errors import JobError
from legal_eagle.models.templates import detect_template, encode_chat
from legal_eagle.models.tokenizer import ChatTokenizer

TINY = REPOSITORY / "resources" / "tiny-model"


def _run(events: Events, folder: Path, dataset: Path, model: Path, **params: Any) -> str:
    spec = {"params": {"datasetPath": str(dataset), "modelPath": str(model), **params}}
    return statistics_job.run(JobContext(spec=spec, dir=folder, reporter=events, control=NoControl()))


@pytest.mark.parametrize("system", [None, "你是一名律师。"])
def test_the_figures_are_those_of_the_rendered_rows(tmp_path: Path, system: str | None) -> None:
    """Statistics that leave out the template's tokens, or count the prompt as the answer."""
    source = shared_data("disc-law-sft") / "triplet.jsonl"
    _, dataset = run_import(Events(), tmp_path, [source], mapping={"referencePlacement": "before"})
    events = Events()
    assert _run(events, tmp_path, dataset, TINY, cutoffLength=700, systemPrompt=system) == "done"
    result = events.result
    tokenizer, template = ChatTokenizer.load(TINY), detect_template(TINY)
    with DatasetStore.open(dataset) as store:
        rows = [*store.rows("train"), *store.rows("eval")]
    masks = [encode_chat(tokenizer, template, row.messages, system=system)[1] for row in rows]
    lengths = [len(mask) for mask in masks]
    answers = [sum(mask) for mask in masks]
    assert result["rows"] == len(rows) == 40
    assert result["rowTokens"]["sum"] == sum(lengths)
    assert result["rowTokens"]["max"] == max(lengths)
    assert result["answerTokens"]["mean"] == pytest.approx(statistics.fmean(answers))
    assert result["promptTokens"]["sum"] == sum(lengths) - sum(answers)
    assert result["overCutoff"]["rows"] == sum(length > 700 for length in lengths) > 0
    assert result["overCutoff"]["answersLost"] == sum(not any(mask[:700]) for mask in masks)
    assert result["padShare"]["toCutoff"] == pytest.approx(1 - sum(min(n, 700) for n in lengths) / 28000)
    assert 0 < result["padShare"]["toLongestOfBatch"] < 1
    assert sum(bin_["rows"] for bin_ in result["histogram"]) == 40
    assert result["key"].endswith(f":700:{result['contentHash']}")


def test_percentiles_are_nearest_ranks() -> None:
    """A percentile that is off by one row at the ends."""
    counts = TokenCounts()
    lengths = list(range(1, 201))
    random.Random(1).shuffle(lengths)
    for length in lengths:
        counts.add([False] * (length - 1) + [True], 10_000)
    tokens = counts.summary(10_000)["rowTokens"]
    assert (tokens["p50"], tokens["p90"], tokens["p99"], tokens["max"]) == (100, 180, 198, 200)
    assert counts.summary(10_000)["answerTokens"]["max"] == 1


def test_a_model_folder_without_tokenizer_is_named(tmp_path: Path) -> None:
    """A crash instead of a code when the model folder is not one."""
    _, dataset = run_import(
        Events(), tmp_path, [write_lines(tmp_path / "r.jsonl", [{"input": "问", "output": "答"}])]
    )
    with pytest.raises(JobError) as caught:
        _run(Events(), tmp_path, dataset, tmp_path)
    assert caught.value.code == "model.no_tokenizer"
