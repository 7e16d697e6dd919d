"""The merge job: check, write, compare, publish."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from legal_eagle.engine.adapter_output import base_fingerprint
from legal_eagle.engine.compat_door import compat_engine
from legal_eagle.engine.disk import is_disk_full
from legal_eagle.engine.engine_choice import EngineChoice, choose_engine
from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.chat_template import to_jinja
from legal_eagle.models.choose_template import template_of_weights
from legal_eagle.models.sidecar_files import MANIFEST_FILE, copy_sidecars, file_sha256, write_json
from legal_eagle.models.template import Template
from legal_eagle.models.template_record import template_record
from legal_eagle.models.tokenizer import ChatTokenizer
from legal_eagle.models.weights import SafetensorsFolder
from legal_eagle.release.adapter_record import WeightsRecord, difference_of_base, read_record
from legal_eagle.release.byte_progress import ByteProgress
from legal_eagle.release.lora_adapter import ADAPTER_CONFIG, ADAPTER_WEIGHTS, Adapter
from legal_eagle.release.merge import MergePlan, MergeReport, MergeStopped, plan_merge, write_merged
from legal_eagle.release.merge_journal import MergeJournal, merge_key
from legal_eagle.release.named_updates import layers_of
from legal_eagle.release.parity import (
    GREEDY_TOKENS,
    ComparedModel,
    OpenModel,
    ParityResult,
    check_parity,
    parity_peak_bytes,
)
from legal_eagle.release.parity_prompts import MAX_TOKENS, parity_prompts
from legal_eagle.release.staged_folder import StagedFolder, disk_full, free_bytes_at
from legal_eagle.release.whole_logits import WholeLogits

PARITY_FAILED = "parity-failed"


@dataclass(frozen=True)
class _Sources:
    """Everything that is read before anything is written."""

    base: Path
    adapter_path: Path
    engine: EngineChoice
    weights: SafetensorsFolder
    tokenizer: ChatTokenizer
    template: Template
    adapter: Adapter
    record: WeightsRecord

    @property
    def architecture(self) -> str:
        return self.engine.facts.architecture

    @property
    def stop_ids(self) -> tuple[int, ...]:
        return self.template.stop_ids(self.tokenizer, self.engine.facts.eos_ids)


def run(context: JobContext) -> Outcome:
    """Merge ``adapterPath`` into ``basePath`` as ``outPath``. See ``mergeParams`` of the job spec.

    Stopped or killed, the same merge into the same ``outPath`` goes on with the shards that are whole.

    The result event holds ``path, maxAbsLogitDiff, dtype, bytes, shards, parity, seconds``.
    """
    params = context.params
    started = time.monotonic()
    context.reporter.emit("phase", {"name": "check"})
    sources = _read_sources(Path(params["basePath"]), Path(params["adapterPath"]))
    _say_quantised_base(context, sources.record)
    plan = plan_merge(
        sources.weights,
        sources.engine.config or compat_engine(sources.architecture).base_tensors(sources.base),
        sources.adapter,
        output_type=params["dtype"],
        max_shard_bytes=params["maxShardBytes"],
    )
    final = Path(params["outPath"])
    try:
        with StagedFolder(final, plan.output_bytes, resumable=True) as staged:
            journal = MergeJournal(staged.path, _key(sources, plan))
            try:
                report = _write(context, sources, plan, journal)
                parity = _compare(context, sources, staged.path)
            except MergeStopped:
                staged.leave()
                raise
            _write_manifest(staged.path, sources, plan, report, parity, params["dtype"])
            journal.remove()
            if not parity.passed:
                raise _parity_failed(staged.set_aside(PARITY_FAILED), parity)
            published = staged.publish()
    except MergeStopped:
        return "stopped"
    except OSError as error:
        if is_disk_full(error):
            raise disk_full(final, plan.output_bytes, free_bytes_at(final.parent)) from error
        raise
    context.reporter.emit(
        "result",
        {
            "path": str(published),
            "dtype": params["dtype"],
            "bytes": report.bytes,
            "tensors": report.tensors,
            "changedTensors": report.changed_tensors,
            "maxAbsLogitDiff": parity.max_abs_logit_diff,
            "parity": parity.to_json(),
            "shards": _shards_json(report),
            "template": sources.template.name,
            "seconds": time.monotonic() - started,
        },
    )
    return "done"


def _read_sources(base: Path, adapter_path: Path) -> _Sources:
    engine = choose_engine(base)
    tokenizer = ChatTokenizer.load(base)
    adapter = Adapter(adapter_path)
    record = read_record(adapter_path)
    difference = difference_of_base(record, base, tokenizer.content_hash)
    if difference is not None:
        raise JobError(
            "merge.base_mismatch",
            f"the adapter was trained on another base ({difference} differ)",
            exit_code=EXIT_DATA,
            params={"adapterPath": str(adapter_path), "basePath": str(base), "difference": difference},
        )
    template = template_of_weights(record.raw, base)
    weights = SafetensorsFolder(base)
    return _Sources(base, adapter_path, engine, weights, tokenizer, template, adapter, record)


def _say_quantised_base(context: JobContext, record: WeightsRecord) -> None:
    """An adapter also corrects the rounding of the base that it was trained on; the merge has none."""
    kind = record.raw.get("quantization", "none")
    if isinstance(kind, str) and kind != "none":
        context.reporter.emit(
            "warning",
            {
                "code": "merge.quantised_base",
                "message": f"trained on the base in {kind}, merged onto the base as it is",
                "params": {"quantization": kind},
            },
        )


def _key(sources: _Sources, plan: MergePlan) -> str:
    """Everything that the bytes of the shards follow from; a sampled digest of the base, beside its dates."""
    stats = [(source.path.name, source.path.stat()) for source in plan.sources]
    parts = {
        "base": base_fingerprint(sources.base),
        "files": [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats],
        "adapter": _adapter_sha256(sources),
        "blockBytes": plan.block_bytes,
        "torch": str(torch.__version__),
    }
    return merge_key(parts, plan.shards)


def _adapter_sha256(sources: _Sources) -> dict[str, str]:
    return {name: file_sha256(sources.adapter_path / name) for name in (ADAPTER_WEIGHTS, ADAPTER_CONFIG)}


def _write(context: JobContext, sources: _Sources, plan: MergePlan, journal: MergeJournal) -> MergeReport:
    context.reporter.emit(
        "phase",
        {
            "name": "write",
            "detail": f"{plan.output_bytes} bytes in {len(plan.shards)} shards, "
            f"at most {plan.peak_bytes} bytes of memory beyond the process itself",
        },
    )
    progress = ByteProgress(context.reporter, plan.tensor_bytes)

    def say_kept(count: int) -> None:
        if count > 0:
            detail = f"{count} of {len(plan.shards)} shards are whole already"
            context.reporter.emit("phase", {"name": "resume", "detail": detail})

    report = write_merged(
        plan,
        journal.folder,
        on_bytes=progress.add,
        should_stop=context.stop_requested,
        journal=journal,
        on_kept=say_kept,
    )
    copy_sidecars(
        sources.base,
        journal.folder,
        output_is_fp32=context.params["dtype"] == "fp32",
        stop_ids=sources.stop_ids,
        chat_template=to_jinja(sources.template),
        carry_code=_is_read_through_code(sources),
    )
    return report


def _is_read_through_code(sources: _Sources) -> bool:
    """InternLM's own layouts: transformers has no classes for them, lmdeploy and users take the code."""
    config = sources.engine.config
    return config is not None and config.model_type.startswith("internlm")


def _compare(context: JobContext, sources: _Sources, merged: Path) -> ParityResult:
    prompts = parity_prompts(
        sources.tokenizer,
        sources.template,
        sources.record.system_prompt,
        [*context.params["parityPrompts"], *sources.record.sample_prompts],
        GREEDY_TOKENS,
        sources.engine.facts.max_positions,
    )
    memory = f"about {_parity_bytes(sources, merged)} bytes of memory beyond the process itself"
    stored = {sources.weights.dtype(name) for name in sources.weights.names()}
    return check_parity(
        sources.base,
        sources.adapter_path,
        merged,
        rounded=context.params["dtype"] == "base" and stored != {"F32"},
        prompts=prompts,
        stop_ids=sources.stop_ids,
        should_stop=context.stop_requested,
        on_phase=lambda detail: context.reporter.emit(
            "phase", {"name": "parity", "detail": f"{detail}, {memory}"}
        ),
        open_model=_open_compat(sources) if sources.engine.config is None else None,
    )


def _parity_bytes(sources: _Sources, merged: Path) -> int:
    if sources.engine.config is not None:
        return parity_peak_bytes(sources.engine.config, sources.adapter)
    engine = compat_engine(sources.architecture)
    logits = 3 * MAX_TOKENS * sources.engine.facts.vocab_size * 4
    return max(engine.reference_peak_bytes(folder) for folder in (sources.base, merged)) + logits


def _open_compat(sources: _Sources) -> OpenModel:
    """Models that only the compat engine computes."""
    engine = compat_engine(sources.architecture)
    layers = layers_of(sources.adapter)

    def opened(folder: Path, adapter: Path | None) -> ComparedModel:
        return WholeLogits(engine.reference(folder, adapter, None if adapter is None else layers))

    return opened


def _write_manifest(
    folder: Path,
    sources: _Sources,
    plan: MergePlan,
    report: MergeReport,
    parity: ParityResult,
    output_type: str,
) -> None:
    """``legal_eagle.json``: where everything in this folder comes from, by name and SHA-256."""
    record = sources.record.raw
    manifest: dict[str, Any] = {
        "version": 1,
        "kind": "merged",
        "createdAtMs": time.time_ns() // 1_000_000,
        "dtype": output_type,
        **template_record(sources.template),
        "systemPrompt": sources.record.system_prompt,
        "stopIds": list(sources.stop_ids),
        "tokenizerHash": sources.tokenizer.content_hash,
        "base": {
            "name": sources.base.name,
            "path": str(sources.base),
            "fingerprint": base_fingerprint(sources.base),
            "sha256": dict(report.source_sha256),
            "configSha256": file_sha256(sources.base / "config.json"),
        },
        "adapter": {
            "name": sources.adapter_path.name,
            "path": str(sources.adapter_path),
            "runId": record.get("runId"),
            "step": record.get("step"),
            "sha256": _adapter_sha256(sources),
            "changedTensors": sorted(plan.updates),
        },
        "recipe": record.get("recipe"),
        "shards": _shards_json(report),
        "parity": parity.to_json(),
    }
    write_json(folder / MANIFEST_FILE, manifest)


def _shards_json(report: MergeReport) -> list[dict[str, object]]:
    return [
        {"file": shard.file_name, "bytes": shard.bytes, "sha256": shard.sha256} for shard in report.shards
    ]


def _parity_failed(kept: Path, parity: ParityResult) -> JobError:
    return JobError(
        "merge.parity_failed",
        f"logits differ by {parity.max_abs_logit_diff:.3g}, allowed {parity.limit:.3g}; files kept at {kept}",
        exit_code=EXIT_DATA,
        params={
            "path": str(kept),
            "maxAbsLogitDiff": parity.max_abs_logit_diff,
            "limit": parity.limit,
            "prompts": parity.prompts,
            "greedyAgrees": parity.greedy_agrees,
        },
    )
