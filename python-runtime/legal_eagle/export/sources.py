"""What an export reads: model, tokenizer, template, and the adapter where one is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from legal_eagle.engine.engine_choice import choose_engine
from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.check_tensors import check_tensors
from legal_eagle.models.choose_template import template_of_weights
from legal_eagle.models.config import ModelConfig
from legal_eagle.models.template import Template
from legal_eagle.models.tokenizer import ChatTokenizer
from legal_eagle.models.vocabulary import check_vocabulary
from legal_eagle.models.weights import SafetensorsFolder
from legal_eagle.release.adapter_record import WeightsRecord, difference_of_base, read_record
from legal_eagle.release.lora_adapter import Adapter


@dataclass(frozen=True)
class ExportSources:
    """Everything that is read before anything is written."""

    folder: Path
    config: ModelConfig
    weights: SafetensorsFolder
    tokenizer: ChatTokenizer
    template: Template
    # Of the adapter, or of a merged model: which run and prompts it comes from.
    record: WeightsRecord
    adapter: Adapter | None

    @property
    def stop_ids(self) -> tuple[int, ...]:
        return self.template.stop_ids(self.tokenizer, self.config.eos_ids)


def read_sources(params: dict[str, Any]) -> ExportSources:
    """Raises JobError ``model.*``, ``merge.adapter_*``, ``merge.base_mismatch``, ``export.compat_base``."""
    folder = Path(params["modelPath"])
    engine = choose_engine(folder)
    config = engine.config
    if config is None:
        raise JobError(
            "export.compat_base",
            f"{engine.facts.architecture} is computed by the compat engine, which nothing here writes",
            exit_code=EXIT_DATA,
            params={"architecture": engine.facts.architecture},
        )
    weights = SafetensorsFolder(folder)
    check_tensors(weights, config)
    tokenizer = ChatTokenizer.load(folder)
    check_vocabulary(config.vocab_size, tokenizer)
    adapter_path = None if params["adapterPath"] is None else Path(params["adapterPath"])
    record = read_record(folder if adapter_path is None else adapter_path)
    adapter = None
    if adapter_path is not None:
        adapter = Adapter(adapter_path)
        difference = difference_of_base(record, folder, tokenizer.content_hash)
        if difference is not None:
            raise JobError(
                "merge.base_mismatch",
                f"the adapter was trained on another base ({difference} differ)",
                exit_code=EXIT_DATA,
                params={"adapterPath": str(adapter_path), "basePath": str(folder), "difference": difference},
            )
    template = template_of_weights(record.raw, folder, params["template"])
    return ExportSources(folder, config, weights, tokenizer, template, record, adapter)
