"""The export job: read, plan, write into a hidden folder, hash, publish the folder or an archive of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from legal_eagle.engine.adapter_output import base_fingerprint
from legal_eagle.engine.disk import is_disk_full
from legal_eagle.export.archive import archive_bytes, write_archive
from legal_eagle.export.exporter import Exporter, ExportStopped, WriteContext
from legal_eagle.export.gguf_exporters import lora_exporter, model_exporter
from legal_eagle.export.layout_exporters import (
    fused_adapter_exporter,
    llama_adapter_exporter,
    llama_exporter,
    restoring_exporter,
)
from legal_eagle.export.ollama import create_in_ollama, find_ollama
from legal_eagle.export.sources import ExportSources, read_sources
from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.models.sidecar_files import LICENCE_PATTERNS, file_sha256, write_json
from legal_eagle.models.template_record import template_record
from legal_eagle.release.byte_progress import ByteProgress
from legal_eagle.release.staged_folder import StagedFolder, disk_full, free_bytes_at

MANIFEST_FILE = "export.json"
# As sha256sum writes and checks them.
SUMS_FILE = "SHA256SUMS"
# Each makes an exporter of the sources, or refuses them by name.
FORMATS: Mapping[str, Callable[[ExportSources, Mapping[str, Any]], Exporter]] = {
    "gguf-f32": model_exporter,
    "gguf-f16": model_exporter,
    "gguf-q8_0": model_exporter,
    "gguf-q4_0": model_exporter,
    "gguf-q4_k_m": model_exporter,
    "gguf-lora": lora_exporter,
    "llama": llama_exporter,
    "internlm2": restoring_exporter,
    "adapter-llama": llama_adapter_exporter,
    "adapter-internlm2": fused_adapter_exporter,
}


def run(context: JobContext) -> Outcome:
    """Write ``modelPath`` (or ``adapterPath``) as ``outPath``. See ``exportParams`` of the job spec.

    The result event holds ``path, format, files, bytes, template, seconds`` and the format's own facts.
    """
    params = context.params
    started = time.monotonic()
    context.reporter.emit("phase", {"name": "check"})
    sources = read_sources(params)
    name = params["ollamaName"]
    ollama = None if name is None else find_ollama(params["format"], sources.adapter is not None)
    exporter = FORMATS[params["format"]](sources, params)
    for notice in exporter.notices:
        context.reporter.emit(
            "warning", {"code": notice.code, "message": notice.message, "params": dict(notice.params)}
        )
    final = Path(params["outPath"])
    is_zip = params["archive"] == "zip"
    # The archive is written beside the files that go into it.
    needed_bytes = exporter.output_bytes * (2 if is_zip else 1)
    try:
        with StagedFolder(final, needed_bytes, purpose="export") as staged:
            folder = staged.path / final.stem if is_zip else staged.path
            folder.mkdir(exist_ok=True)
            facts = _write(context, exporter, folder)
            _copy_licences(sources.folder, folder)
            context.reporter.emit("phase", {"name": "hash"})
            files = _files(folder)
            write_json(folder / MANIFEST_FILE, _manifest(params, sources, files, facts))
            _write_sums(folder, files)
            if is_zip:
                published = staged.publish_file(_archive(context, folder, staged.path / final.name))
            else:
                published = staged.publish()
        if ollama is not None:
            context.reporter.emit("phase", {"name": "ollama"})
            create_in_ollama(ollama, name, published, _stop_point(context))
    except ExportStopped:
        return "stopped"
    except OSError as error:
        if is_disk_full(error):
            raise disk_full(final, needed_bytes, free_bytes_at(final.parent), "export") from error
        raise
    context.reporter.emit(
        "result",
        {
            "path": str(published),
            "format": params["format"],
            "files": files,
            "bytes": published.stat().st_size if is_zip else sum(file["bytes"] for file in files),
            "template": sources.template.name,
            "seconds": time.monotonic() - started,
            "ollamaName": name,
            **facts,
        },
    )
    return "done"


def _stop_point(context: JobContext) -> Callable[[], None]:
    def check() -> None:
        if context.stop_requested():
            raise ExportStopped

    return check


def _write(context: JobContext, exporter: Exporter, folder: Path) -> dict[str, Any]:
    context.reporter.emit("phase", {"name": "write", "detail": f"at most {exporter.output_bytes} bytes"})
    progress = ByteProgress(context.reporter, exporter.progress_bytes)
    written = exporter.write(
        WriteContext(
            folder=folder,
            name=context.params["name"],
            reporter=context.reporter,
            on_bytes=progress.add,
            should_stop=context.stop_requested,
        )
    )
    return written.facts


def _copy_licences(source: Path, folder: Path) -> None:
    for pattern in LICENCE_PATTERNS:
        for path in sorted(source.glob(pattern)):
            if path.is_file():
                (folder / path.name).write_bytes(path.read_bytes())


def _files(folder: Path) -> list[dict[str, Any]]:
    return [
        {"file": path.name, "bytes": path.stat().st_size, "sha256": file_sha256(path)}
        for path in sorted(folder.iterdir())
    ]


def _write_sums(folder: Path, files: list[dict[str, Any]]) -> None:
    """The manifest among them, which holds the others' digests and not its own."""
    digests = {file["file"]: file["sha256"] for file in files}
    digests[MANIFEST_FILE] = file_sha256(folder / MANIFEST_FILE)
    text = "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))
    (folder / SUMS_FILE).write_text(text, encoding="utf-8", newline="\n")


def _archive(context: JobContext, folder: Path, target: Path) -> Path:
    needed = archive_bytes(folder)
    context.reporter.emit("phase", {"name": "archive", "detail": f"at most {needed} bytes"})
    total = sum(path.stat().st_size for path in folder.iterdir())
    progress = ByteProgress(context.reporter, total)
    write_archive(folder, target, on_bytes=progress.add, stop_point=_stop_point(context))
    return target


def _manifest(
    params: Mapping[str, Any], sources: ExportSources, files: list[dict[str, Any]], facts: Mapping[str, Any]
) -> dict[str, Any]:
    """``export.json``: where everything in the folder comes from. Names, no paths: folders are given away."""
    record = sources.record
    run_id, step = record.origin
    return {
        "version": 1,
        "kind": "export",
        "createdAtMs": time.time_ns() // 1_000_000,
        "format": params["format"],
        **template_record(sources.template),
        "systemPrompt": record.system_prompt,
        "stopIds": list(sources.stop_ids),
        "tokenizerHash": sources.tokenizer.content_hash,
        "source": {
            "name": sources.folder.name,
            "fingerprint": base_fingerprint(sources.folder),
            "runId": run_id,
            "step": step,
        },
        "files": files,
        **facts,
    }
