"""The memorisation check: scan the rows, ask the tuned model and its base for them, compare, write."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from legal_eagle.data.dataset_store import DatasetStore, StoredRow
from legal_eagle.data.token_store import cut_to
from legal_eagle.engine.devices import DeviceChoice, choose_device, hardware_with
from legal_eagle.engine.disk import write_synced
from legal_eagle.engine.token_source import Rendering
from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.memorisation.extraction import (
    VERBATIM_SHARE,
    VERBATIM_TOKENS,
    Question,
    greedy_continuation,
    question_of,
)
from legal_eagle.memorisation.findings import judge_row, summary
from legal_eagle.memorisation.row_scan import RowScan, scan_rows
from legal_eagle.models.sidecar_files import file_sha256, json_text
from legal_eagle.release.adapter_record import WeightsRecord, read_record
from legal_eagle.release.lora_adapter import ADAPTER_WEIGHTS
from legal_eagle.serve.chat_session import ChatModel
from legal_eagle.serve.load_chat_model import load_chat_model

_PROGRESS_SECONDS = 0.5


class _Stopped(Exception):
    """A stop was asked for between two tokens, rows or layers."""


def run(context: JobContext) -> Outcome:
    """See ``memorisationParams`` of the job spec. The result event is what was written to ``outPath``.

    Raises JobError ``data.dataset_*``, ``chat.*`` and ``model.*`` of a model that cannot be loaded.
    """
    try:
        result = MemorisationCheck(context).result()
    except _Stopped:
        return "stopped"
    target = Path(context.params["outPath"])
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    write_synced(part, json_text(result).encode("utf-8"))
    part.replace(target)
    context.reporter.emit("result", result)
    return "done"


@dataclass(frozen=True)
class _Questions:
    asked: list[Question]
    short_rows: int


class MemorisationCheck:
    """One check of one adapter or model."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._params = context.params
        self._started = time.monotonic()
        adapter, model = self._params["adapterPath"], self._params["modelPath"]
        self._adapter = None if adapter is None else Path(adapter)
        self._weights = Path(adapter or model or self._params["basePath"])

    def result(self) -> dict[str, Any]:
        params = self._params
        record = read_record(self._weights)
        with DatasetStore.open(Path(params["datasetPath"])) as dataset:
            self._phase("scan")
            content_hash = dataset.content_hash()
            scan = self._scan(dataset)
        questions, tuned, base, decode = self._ask(scan)
        findings = [
            judge_row(question, of_tuned, of_base, scan, decode)
            for question, of_tuned, of_base in zip(questions.asked, tuned, base, strict=True)
        ]
        return {
            "version": 1,
            "createdAtMs": time.time_ns() // 1_000_000,
            "runId": params["runId"],
            "step": params["step"],
            "weights": "model" if self._adapter is None else "adapter",
            "weightsSha256": None if self._adapter is None else file_sha256(self._adapter / ADAPTER_WEIGHTS),
            "parameters": {
                "rows": params["rows"],
                "seed": params["seed"],
                "prefixTokens": params["prefixTokens"],
                "continuationTokens": params["continuationTokens"],
                "verbatimTokens": VERBATIM_TOKENS,
                "verbatimShare": VERBATIM_SHARE,
            },
            "dataset": {
                "contentHash": content_hash,
                "asTrained": _same_rows(record, content_hash),
                "trainRows": scan.rows,
            },
            "shortRows": questions.short_rows,
            **summary(findings, scan),
            "seconds": time.monotonic() - self._started,
        }

    def _scan(self, dataset: DatasetStore) -> RowScan:
        total = dataset.counts().train
        scan = scan_rows(
            dataset.rows("train"),
            wanted_rows=self._params["rows"],
            seed=self._params["seed"],
            should_stop=self._context.stop_requested,
            on_row=self._progress("rows", total),
        )
        if scan is None:
            raise _Stopped
        return scan

    def _ask(self, scan: RowScan) -> tuple[_Questions, list[list[int]], list[list[int]], Callable[..., str]]:
        """The questions and what the tuned model and the base answer, in their order."""
        if self._params["rows"] == 0 or not scan.drawn:
            return _Questions([], 0), [], [], str
        self._phase("load")
        hardware = hardware_with({"device": self._params["device"], "cpuThreads": self._params["cpuThreads"]})
        choice = choose_device(hardware)
        torch.set_num_threads(choice.cpu_threads)
        model = self._load(choice, self._adapter, None if self._adapter else self._weights)
        tokenizer = model.tokenizer
        questions = self._questions(scan.drawn, model)
        # The base is asked the same, so one bar counts both.
        progress = self._progress("prompts", 2 * len(questions.asked))
        self._phase("ask")
        tuned = self._answers(model, questions, progress, 0, use_adapter=True)
        if self._adapter is None:
            # Two whole models may not fit side by side.
            del model
            gc.collect()
            if choice.device.type == "cuda":
                torch.cuda.empty_cache()
            model = self._load(choice, None, Path(self._params["basePath"]))
        base = self._answers(model, questions, progress, len(questions.asked), use_adapter=False)
        return questions, tuned, base, tokenizer.decode

    def _load(self, choice: DeviceChoice, adapter: Path | None, model: Path | None) -> ChatModel:
        def on_layer(_done: int, _of: int) -> None:
            if self._context.stop_requested():
                raise _Stopped

        folder = Path(self._params["basePath"]) if model is None else model
        return load_chat_model(folder, adapter, self._params["template"], choice, on_layer)

    def _questions(self, drawn: list[StoredRow], model: ChatModel) -> _Questions:
        """Rows as training saw them: the same template, system prompt and cutoff."""
        params = self._params
        rendering = Rendering(model.tokenizer, model.template, params["systemPrompt"], params["cutoffLength"])
        asked: list[Question] = []
        short_rows = 0
        for row in drawn:
            if len(asked) == params["rows"]:
                break
            ((ids, mask),) = rendering.encode([row])
            kept, _ = cut_to(ids, mask, min(rendering.cutoff_tokens, model.max_positions - 1))
            question = None if kept is None else self._question(row.id, kept[0], kept[1], model)
            if question is None:
                short_rows += 1
            else:
                asked.append(question)
        return _Questions(asked, short_rows)

    def _question(self, row_id: int, ids: Any, mask: Any, model: ChatModel) -> Question | None:
        return question_of(
            row_id,
            ids,
            mask,
            prefix_tokens=self._params["prefixTokens"],
            most_rest_tokens=self._params["continuationTokens"],
            stop_ids=model.stop_ids,
        )

    def _answers(
        self,
        model: ChatModel,
        questions: _Questions,
        progress: Callable[[int], None],
        done: int,
        *,
        use_adapter: bool,
    ) -> list[list[int]]:
        conversation = model.new_conversation(use_adapter and model.has_adapter)
        answers: list[list[int]] = []
        for question in questions.asked:
            answer = greedy_continuation(
                conversation,
                question.given,
                limit=min(len(question.rest), model.max_positions - len(question.given)),
                stop_ids=model.stop_ids,
                should_stop=self._context.stop_requested,
            )
            if answer is None:
                raise _Stopped
            answers.append(answer)
            progress(done + len(answers))
        return answers

    def _phase(self, name: str) -> None:
        self._context.reporter.emit("phase", {"name": name})

    def _progress(self, unit: str, total: int) -> Callable[[int], None]:
        """Tells how many of `total` are done, twice a second at most."""
        start = time.monotonic()
        last = float("-inf")

        def tell(done: int) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last < _PROGRESS_SECONDS and done < total:
                return
            last = now
            eta_ms = round((now - start) * 1000 * (total - done) / done)
            self._context.reporter.emit(
                "progress", {"done": done, "total": total, "unit": unit, "etaMs": eta_ms}
            )

        return tell


def _same_rows(record: WeightsRecord, content_hash: str) -> bool | None:
    trained = record.raw.get("dataset")
    recorded = trained.get("hash") if isinstance(trained, dict) else None
    return None if not isinstance(recorded, str) else recorded == content_hash
