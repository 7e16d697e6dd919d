"""Training runs in real child processes: a tiny random model, a tiny imported dataset, attempts and kills."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from data_fixtures import Events, NoControl, run_import, write_lines

import merge_fixtures
from legal_eagle.engine import train_job
from legal_eagle.engine.checkpoint import list_checkpoints
from legal_eagle.jobs.context import JobContext
from legal_eagle.jobs.errors import JobError
from legal_eagle.jobs.wire import EventWriter, read_events
from legal_eagle.protocol import parse, validate
from service_job import RUN_PY, command, write_job

# Products this small are slower on several threads, and very slow on a busy machine.
torch.set_num_threads(1)

_DEADLINE_SECONDS = 240.0
_TOPICS = ("租房", "借款", "试用期", "离婚", "工伤", "退货", "遗嘱", "加班费")
_QUESTIONS = ("{topic}问题第{number}条怎么办？", "关于{topic}的第{number}个问题是什么？")


def write_model(folder: Path, **changes: Any) -> Path:
    merge_fixtures.write_base(folder, **changes)
    return folder


def write_dataset(
    folder: Path,
    rows: int = 48,
    answer: str = "根据规定，{topic}应当按照合同处理。",
    eval_fraction: float = 0.25,
) -> Path:
    """An imported dataset of `rows` question–answer rows, `eval_fraction` of them for evaluation."""
    folder.mkdir(parents=True)
    lines = [
        {
            "instruction": _QUESTIONS[number % 2].format(topic=_TOPICS[number % 8], number=number),
            "output": answer.format(topic=_TOPICS[number % 8]) * (1 + number % 3),
        }
        for number in range(rows)
    ]
    source = write_lines(folder / "rows.jsonl", lines)
    outcome, path = run_import(
        Events(), folder, [source], mapping=None, evalFraction=eval_fraction, seed=42, accept="none"
    )
    assert outcome == "done"
    return path


def recipe(**changes: Any) -> dict[str, Any]:
    """A whole recipe whose every stochastic part is on: dropout, evaluation and samples in between."""
    values: dict[str, Any] = {
        "model": "model",
        "dataset": "dataset",
        "cutoffLength": 200,
        "epochs": 2,
        "seed": 7,
        "batch": {"microBatch": 2, "gradientAccumulation": 2},
        "optimizer": {"learningRate": 5e-3},
        "schedule": {"warmupRatio": 0.1},
        "lora": {"rank": 4, "alpha": 8, "dropout": 0.1},
        "evaluation": {
            "everySteps": 5,
            "samplePrompts": ["你好？"],
            "sampleEverySteps": 7,
            "sampleMaxTokens": 4,
        },
        "checkpoints": {"everySteps": 3},
        "hardware": {"device": "cpu", "cpuThreads": 1, "maxTokensPerMicroBatch": 300},
    }
    for key, value in changes.items():
        values[key] = values[key] | value if isinstance(values.get(key), dict) else value
    parsed, issues = parse(values, "Recipe")
    assert issues == []
    whole: dict[str, Any] = parsed
    return whole


@dataclasses.dataclass
class Attempt:
    """One attempt of a run: its job folder and its process (None when it ran in this one)."""

    folder: Path
    process: subprocess.Popen[bytes] | None
    failure: JobError | None = None

    def wait(self) -> int:
        assert self.process is not None
        return self.process.wait(timeout=_DEADLINE_SECONDS)

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        path = self.folder / "events.ndjson"
        found = list(read_events(path)) if path.exists() else []
        return [event for event in found if kind is None or event["type"] == kind]

    def data(self, kind: str) -> list[dict[str, Any]]:
        return [event["data"] for event in self.events(kind)]

    def error(self) -> dict[str, Any]:
        (error,) = self.data("error")
        return error

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Waits for something the attempt does; fails when it ends before."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while not ready():
            assert self.process is not None
            assert self.process.poll() is None or ready(), self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.005)

    def log(self) -> str:
        return (self.folder / "log.txt").read_text(encoding="utf-8", errors="replace")

    def control(self, name: str) -> None:
        """As the core does: written under another name, then renamed."""
        message = {"version": 1, "id": f"{name}-1", "command": name, "atMs": 0}
        part = self.folder / "control" / f"{name}.part"
        part.write_text(json.dumps(message), encoding="utf-8")
        part.rename(part.with_suffix(".json"))


@dataclasses.dataclass
class Run:
    """A run folder with attempts."""

    root: Path
    model: Path
    dataset: Path
    recipe: dict[str, Any]
    attempts: list[Attempt] = dataclasses.field(default_factory=list)

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    def newest_checkpoint(self) -> Path | None:
        found = list_checkpoints(self.checkpoints)
        return found[-1].path if found else None

    def _write_job(self, resume_from: Path | None, changes: Mapping[str, Any]) -> Path:
        number = len(self.attempts) + 1
        params = {
            "runId": "run-1",
            "attempt": number,
            "recipe": self.recipe,
            "modelPath": str(self.model),
            "datasetPath": str(self.dataset),
            "runDir": str(self.root),
            "tokenCacheDir": str(self.root.parent / "tokens"),
            "resumeFrom": None if resume_from is None else str(resume_from),
            **changes,
        }
        return write_job(self.root / "attempts" / str(number), "train", params)

    def start(
        self,
        resume_from: Path | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        before_exec: Callable[[], None] | None = None,
        entry: Sequence[str] = (str(RUN_PY),),
        **changes: Any,
    ) -> Attempt:
        """An attempt in a process of its own, as the core starts it."""
        folder = self._write_job(resume_from, changes)
        with (folder / "log.txt").open("wb") as log:
            process = subprocess.Popen(
                command(folder, entry),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                preexec_fn=before_exec,
            )
        self.attempts.append(Attempt(folder, process))
        return self.attempts[-1]

    def here(self, resume_from: Path | None = None, *, stop: bool = False, **changes: Any) -> Attempt:
        """An attempt in this process: no time is spent on loading torch again. Sets `failure`."""
        attempt = Attempt(self._write_job(resume_from, changes), None)
        self.attempts.append(attempt)
        spec = json.loads((attempt.folder / "job.json").read_text(encoding="utf-8"))
        writer = EventWriter(attempt.folder / "events.ndjson")
        try:
            train_job.run(JobContext(spec, attempt.folder, writer, NoControl(), stop_flag=lambda: stop))
        except JobError as error:
            attempt.failure = error
        finally:
            writer.end({"status": "done" if attempt.failure is None else "failed", "exitCode": 0})
        return attempt

    def losses(self) -> dict[int, float]:
        """Loss by step over all attempts; a later attempt replaces from its first step on."""
        return {data["step"]: data["loss"] for attempt in self.attempts for data in attempt.data("step")}

    def eval_losses(self) -> dict[int, float]:
        return {data["step"]: data["loss"] for attempt in self.attempts for data in attempt.data("eval")}


def check_events(attempt: Attempt) -> None:
    """Every line fits the schema, and the attempt begins and ends as jobs do."""
    events = attempt.events()
    for event in events:
        issues = validate({key: value for key, value in event.items() if key != "crc"}, "JobEvent")
        assert issues == [], (event, issues)
    assert events[0]["type"] == "started"
    assert events[-1]["type"] == "ended"
