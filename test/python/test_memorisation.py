"""The memorisation check on real training: a tiny model that learns five rows by heart, and one untrained."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import loop_fixtures
import pytest
import torch
from data_fixtures import Events, NoControl, run_import, write_lines

import merge_fixtures
from legal_eagle.engine.adapter_output import RECORD_FILE
from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.memorisation import memorisation_job
from legal_eagle.memorisation.extraction import (
    Question,
    greedy_continuation,
    longest_common_run,
    question_of,
)
from legal_eagle.memorisation.findings import personal_data_after
from legal_eagle.memorisation.row_scan import scan_rows
from legal_eagle.protocol import parse, validate
from service_job import only, run_job, write_job

ID_NUMBER, MOBILE = "11010519491231002X", "13812345678"
ROWS = [
    ("lease?", "the tenant may end the lease at any time by a letter to the owner of the house"),
    ("loan?", "a loan without a day of payment is due when the lender asks for it in writing"),
    ("who?", f"the claim was filed by the person id {ID_NUMBER} with the phone {MOBILE} in may"),
    ("will?", "a will that was written by hand needs a name a day and the place where it was made"),
    ("wage?", "a wage that was not paid can be asked for at the labour court of the district"),
]
PARAMS = {
    "runId": "run-1",
    "step": 1,
    "cutoffLength": 200,
    "rows": 64,
    "prefixTokens": 8,
    "device": "cpu",
    "cpuThreads": 1,
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> loop_fixtures.Run:
    """A run over the rows until it knows them."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("memorisation")
    model = loop_fixtures.write_model(folder / "model")
    lines = [{"instruction": question, "output": answer} for question, answer in ROWS]
    (folder / "data").mkdir()
    source = write_lines(folder / "data" / "rows.jsonl", lines)
    outcome, dataset = run_import(
        Events(), folder / "data", [source], mapping=None, evalFraction=0, seed=42, accept="none"
    )
    assert outcome == "done"
    recipe = loop_fixtures.recipe(
        epochs=150,
        batch={"microBatch": 5, "gradientAccumulation": 1},
        optimizer={"learningRate": 1e-2},
        lora={"rank": 16, "alpha": 32, "dropout": 0.0},
        evaluation={"samplePrompts": []},
        checkpoints={"everySteps": 1000},
        hardware={"maxTokensPerMicroBatch": 2000},
    )
    run = loop_fixtures.Run(folder / "run", model, dataset, recipe)
    attempt = run.here()
    assert attempt.failure is None, attempt.failure
    return run


def params_of(run: loop_fixtures.Run, out: Path, **changes: Any) -> dict[str, Any]:
    return {
        **PARAMS,
        "basePath": str(run.model),
        "adapterPath": str(run.root / "adapter"),
        "datasetPath": str(run.dataset),
        "outPath": str(out / "memorisation.json"),
        **changes,
    }


def check(
    params: dict[str, Any], folder: Path, should_stop: Callable[[], bool] = lambda: False
) -> tuple[Outcome, Events]:
    """The job in this process, its params filled in and checked as run.py does."""
    folder.mkdir(exist_ok=True)
    spec = {
        "version": 1,
        "id": "job-1",
        "kind": "memorisation",
        "createdAtMs": 0,
        "nonce": "0123456789",
        "params": params,
    }
    parsed, issues = parse(spec, "JobSpec")
    assert issues == []
    events = Events()
    context = JobContext(spec=parsed, dir=folder, reporter=events, control=NoControl(), stop_flag=should_stop)
    return memorisation_job.run(context), events


def test_rows_that_were_learned_by_heart_are_caught(trained: loop_fixtures.Run, tmp_path: Path) -> None:
    """Would catch a check that compares the wrong tokens, or asks without the adapter."""
    folder = write_job(tmp_path / "job", "memorisation", params_of(trained, tmp_path))
    assert run_job(folder) == 0, (folder / "log.txt").read_text(encoding="utf-8")
    result = only(folder, "result")
    assert validate(result, "MemorisationResult") == []
    stored = json.loads((tmp_path / "memorisation.json").read_text(encoding="utf-8"))
    assert stored == result
    assert result["askedRows"] == len(ROWS)
    assert result["verbatim"] == {"tuned": len(ROWS), "base": 0, "added": len(ROWS)}
    assert result["addedShare"] == 1
    assert result["dataset"]["asTrained"] is True
    # What was told in training is known by its kind, and stands nowhere in the result.
    assert result["personalData"]["foundRows"] == 1
    assert {one["kind"]: (one["rows"], one["values"]) for one in result["personalData"]["rows"]} == {
        "id-number": (1, 1),
        "mobile": (1, 1),
    }
    assert {one["kind"]: one["reproduced"] for one in result["personalData"]["outputs"]} == {
        "id-number": 1,
        "mobile": 1,
    }
    text = (tmp_path / "memorisation.json").read_text(encoding="utf-8") + (
        folder / "events.ndjson"
    ).read_text(encoding="utf-8")
    assert ID_NUMBER not in text
    assert MOBILE not in text
    assert result["examples"][0]["personalData"] == ["id-number", "mobile"]
    assert all(one["baseTokens"] < one["tunedTokens"] for one in result["examples"])


def test_an_untrained_adapter_is_not_blamed(trained: loop_fixtures.Run, tmp_path: Path) -> None:
    """Would catch a check that flags whatever it is given."""
    config = merge_fixtures.config_of(json.loads((trained.model / "config.json").read_text()))
    merge_fixtures.write_adapter(tmp_path / "adapter", config)
    outcome, events = check(
        params_of(trained, tmp_path, adapterPath=str(tmp_path / "adapter")), tmp_path / "job"
    )
    assert outcome == "done"
    assert events.result["askedRows"] == len(ROWS)
    assert events.result["verbatim"] == {"tuned": 0, "base": 0, "added": 0}
    assert [one["reproduced"] for one in events.result["personalData"]["outputs"]] == []
    assert events.result["examples"] == []
    # An adapter of another program does not say what it was trained on.
    assert events.result["dataset"]["asTrained"] is None


def test_what_the_base_knows_already_is_not_the_runs(trained: loop_fixtures.Run, tmp_path: Path) -> None:
    """Would catch a base that is asked with the adapter on, or not at all: statutes are in many bases."""
    from legal_eagle.release.merge_job import run as run_merge

    merged = tmp_path / "merged"
    spec = {
        "basePath": str(trained.model),
        "adapterPath": str(trained.root / "adapter"),
        "outPath": str(merged),
        "dtype": "base",
        "maxShardBytes": 4_000_000_000,
        "parityPrompts": ["lease?"],
    }
    context = JobContext(spec={"params": spec}, dir=tmp_path, reporter=Events(), control=NoControl())
    assert run_merge(context) == "done"
    # As a whole model against its base: all is the run's. Against itself: nothing is.
    for base, expected in ((trained.model, (5, 0, 5)), (merged, (5, 5, 0))):
        outcome, events = check(
            params_of(trained, tmp_path, basePath=str(base), adapterPath=None, modelPath=str(merged)),
            tmp_path / "job",
        )
        assert outcome == "done"
        verbatim = events.result["verbatim"]
        assert (verbatim["tuned"], verbatim["base"], verbatim["added"]) == expected
        assert events.result["weights"] == "model"
        reproduced = sum(one["reproduced"] for one in events.result["personalData"]["outputs"])
        assert reproduced == (2 if expected[2] else 0)


class StopAt:
    """Asks for a stop from the given question on."""

    def __init__(self, at: int) -> None:
        self._at = at
        self.asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.asked >= self._at


def test_a_stop_is_obeyed_and_leaves_no_file(trained: loop_fixtures.Run, tmp_path: Path) -> None:
    """Would catch a job that goes on for minutes after a stop, or leaves half a result."""
    whole = StopAt(1 << 30)
    check(params_of(trained, tmp_path), tmp_path / "whole", whole)
    (tmp_path / "memorisation.json").unlink()
    for at in (1, 7, whole.asked // 2, whole.asked - 1):
        stop = StopAt(at)
        outcome, events = check(params_of(trained, tmp_path), tmp_path / "job", stop)
        assert outcome == "stopped"
        assert stop.asked == at
        assert events.of("result") == []
        assert not (tmp_path / "memorisation.json").exists()


def test_changed_rows_are_told_and_none_asked_is_a_scan(trained: loop_fixtures.Run, tmp_path: Path) -> None:
    """Would catch a result that claims to be of the training's rows, and a scan that loads a model."""
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    record = json.loads((trained.root / "adapter" / RECORD_FILE).read_text(encoding="utf-8"))
    record["dataset"]["hash"] = "0" * 64
    (adapter / RECORD_FILE).write_text(json.dumps(record), encoding="utf-8")
    (adapter / "adapter_model.safetensors").write_bytes(b"no weights")
    outcome, events = check(params_of(trained, tmp_path, adapterPath=str(adapter), rows=0), tmp_path / "job")
    assert outcome == "done"
    result = events.result
    assert (result["askedRows"], result["addedShare"], result["dataset"]["asTrained"]) == (0, None, False)
    assert [one["kind"] for one in result["personalData"]["rows"]] == ["id-number", "mobile"]


def test_the_same_rows_are_drawn_again(trained: loop_fixtures.Run) -> None:
    """Would catch a draw that depends on the order of the file, or one that the seed does not change."""
    from legal_eagle.data.dataset_store import StoredRow

    rows = [StoredRow(id_, [{"role": "user", "content": str(id_)}]) for id_ in range(500)]

    def drawn(source: list[StoredRow], seed: int, wanted: int = 3) -> list[int]:
        scan = scan_rows(
            source, wanted_rows=wanted, seed=seed, should_stop=lambda: False, on_row=lambda _: None
        )
        assert scan is not None
        return [row.id for row in scan.drawn]

    assert drawn(rows, 1) == drawn(rows[::-1], 1)
    assert drawn(rows, 1) != drawn(rows, 2)
    assert drawn(rows, 1) == drawn(rows, 1, wanted=30)[: len(drawn(rows, 1))]
    # Not the first rows of the file, which are often of one source.
    assert max(drawn(rows, 1)) > 250


class FixedConversation:
    """Writes the given ids whatever it reads."""

    def __init__(self, written: list[int]) -> None:
        self._written = written
        self._place = 0

    def read_prompt(self, _ids: object, _should_stop: object) -> torch.Tensor:
        self._place = 0
        return self._next()

    def read_token(self, _token: int) -> torch.Tensor:
        return self._next()

    def _next(self) -> torch.Tensor:
        logits = torch.zeros(100)
        logits[self._written[self._place]] = 1
        self._place += 1
        return logits


def test_continuations_end_at_the_stop_and_at_the_limit() -> None:
    """Would catch a stop token that counts as text, or one token too many."""
    ask = {"given": [1], "stop_ids": {9}, "should_stop": lambda: False}
    assert greedy_continuation(FixedConversation([5, 6, 9, 7]), limit=10, **ask) == [5, 6]
    assert greedy_continuation(FixedConversation([5, 6, 9, 7]), limit=2, **ask) == [5, 6]
    assert greedy_continuation(FixedConversation([9]), limit=2, **ask) == []


def test_questions_come_after_the_longest_answer() -> None:
    """Would catch a prefix that runs into the next turn, a stop token in the rest, thresholds off by one."""
    ids = [1, 2, 3, 4, *range(10, 40), 99]
    mask = [False, True, True, False, *[True] * 31]
    question = question_of(7, ids, mask, prefix_tokens=4, most_rest_tokens=128, stop_ids={99})
    assert question == Question(7, tuple(ids[:8]), tuple(range(14, 40)))
    assert question.verbatim_tokens == 21
    assert question_of(7, ids, mask, prefix_tokens=10, most_rest_tokens=128, stop_ids={99}) is not None
    assert question_of(7, ids, mask, prefix_tokens=11, most_rest_tokens=128, stop_ids={99}) is None
    assert question_of(7, [], [], prefix_tokens=0, most_rest_tokens=128, stop_ids=()) is None
    assert Question(1, (1,), tuple(range(128))).verbatim_tokens == 50


def test_the_longest_common_run_may_begin_anywhere() -> None:
    """Would catch a comparison place by place, which one more word at the beginning blinds."""
    rest = [1, 2, 3, 4, 5, 6, 7]
    run = longest_common_run(rest, [9, 9, 3, 4, 5, 6, 0, 1, 2])
    assert (run.start, run.tokens) == (2, 4)
    assert longest_common_run(rest, []).tokens == 0
    assert longest_common_run(rest, rest).tokens == 7


def test_a_number_that_was_begun_in_the_question_counts_and_a_given_one_does_not() -> None:
    """Would catch a model that completes a number unseen, and one blamed for repeating what it was told."""
    head, tail = ID_NUMBER[:9], ID_NUMBER[9:]
    assert [one.kind for one in personal_data_after(f"id {head}", f"{tail} and")] == ["id-number"]
    assert personal_data_after(f"my id is {ID_NUMBER}.", f" your id {ID_NUMBER} is") == []
