"""What a train job is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from legal_eagle.jobs.context import JobContext
from legal_eagle.protocol.spec_types import Recipe


@dataclass(frozen=True, slots=True)
class TrainParams:
    """The params of a train job, typed."""

    run_id: str
    attempt: int
    recipe: Recipe
    model_path: Path
    dataset_path: Path
    run_dir: Path
    token_cache_dir: Path
    resume_from: Path | None
    initial_adapter: Path | None

    @staticmethod
    def of(context: JobContext) -> TrainParams:
        params = context.params
        resume_from, initial = params.get("resumeFrom"), params.get("initialAdapter")
        return TrainParams(
            run_id=params["runId"],
            attempt=params["attempt"],
            recipe=params["recipe"],
            model_path=Path(params["modelPath"]),
            dataset_path=Path(params["datasetPath"]),
            run_dir=Path(params["runDir"]),
            token_cache_dir=Path(params["tokenCacheDir"]),
            resume_from=None if resume_from is None else Path(resume_from),
            initial_adapter=None if initial is None else Path(initial),
        )
