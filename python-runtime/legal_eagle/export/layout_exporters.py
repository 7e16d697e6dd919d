"""Models in another layout, and adapters in either one's module names, as formats of the export job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from legal_eagle.export.exporter import ExportStopped, Notice, WriteContext, Written
from legal_eagle.export.sources import ExportSources
from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.config import Layout
from legal_eagle.models.llama_config import layout_unsupported
from legal_eagle.models.shard_size import MAX_SHARD_BYTES
from legal_eagle.models.sidecar_files import MANIFEST_FILE, write_json
from legal_eagle.release.adapter_export import write_adapter_layout
from legal_eagle.release.layout_folder import (
    LayoutReport,
    llama_layout_bytes,
    restore_layout,
    shareable,
    write_llama_layout,
)
from legal_eagle.release.layout_record import read_record
from legal_eagle.release.merge import MergeStopped


class LayoutExporter:
    """A whole model; `write_model` makes the folder."""

    notices: tuple[Notice, ...] = ()

    def __init__(self, weight_bytes: int, write_model: Callable[[WriteContext], LayoutReport]) -> None:
        self._bytes = weight_bytes
        self._write = write_model

    @property
    def output_bytes(self) -> int:
        return self._bytes

    @property
    def progress_bytes(self) -> int:
        return self._bytes

    def write(self, context: WriteContext) -> Written:
        with _stopping():
            report = self._write(context)
        restored = {} if report.restored is None else {"restored": report.restored}
        return Written({"comparedBytes": report.compared_bytes, **restored})


def llama_exporter(sources: ExportSources, _params: Mapping[str, Any]) -> LayoutExporter:
    """Raises JobError `model.layout_unsupported`."""

    def write(context: WriteContext) -> LayoutReport:
        return write_llama_layout(
            sources.folder,
            context.folder,
            template=sources.template,
            max_shard_bytes=MAX_SHARD_BYTES,
            on_bytes=context.on_bytes,
            should_stop=context.should_stop,
        )

    return LayoutExporter(llama_layout_bytes(sources.folder, MAX_SHARD_BYTES), write)


def restoring_exporter(sources: ExportSources, _params: Mapping[str, Any]) -> LayoutExporter:
    """Raises JobError `model.layout_no_record` for a folder that was not written in Llama layout here."""
    read_record(sources.folder)

    def write(context: WriteContext) -> LayoutReport:
        return restore_layout(
            sources.folder,
            context.folder,
            code_from=None,
            max_shard_bytes=MAX_SHARD_BYTES,
            on_bytes=context.on_bytes,
            should_stop=context.should_stop,
        )

    return LayoutExporter(sum(sources.weights.byte_size(name) for name in sources.weights.names()), write)


class AdapterExporter:
    """An adapter with the module names of one layout."""

    notices: tuple[Notice, ...] = ()
    progress_bytes = 0

    def __init__(self, sources: ExportSources, params: Mapping[str, Any], layout: Layout) -> None:
        if sources.adapter is None:
            raise JobError("job.spec_invalid", "no adapter is named", exit_code=EXIT_DATA)
        # Llama's own names are what PEFT knows; InternLM2's would fit no module of such a base.
        if layout == "internlm2" and sources.config.layout != layout:
            raise layout_unsupported("the base has no fused wqkv")
        self._adapter = sources.adapter
        # By these names other programs fetch the base; a folder's name is only a hint to a person.
        self._base_name = params["baseRepository"] or sources.folder.name
        self._base_revision = params["baseRevision"] if params["baseRepository"] else None
        self._sources = sources
        self._layout: Layout = layout

    @property
    def output_bytes(self) -> int:
        # Fused factors are block-diagonal: at most three times as wide.
        return 3 * self._adapter.weights_path.stat().st_size

    def write(self, context: WriteContext) -> Written:
        write_adapter_layout(
            self._adapter,
            self._sources.config,
            self._layout,
            context.folder,
            base_name=self._base_name,
            base_revision=self._base_revision,
        )
        write_json(context.folder / MANIFEST_FILE, shareable(self._sources.record.raw))
        return Written({"base": self._base_name, "baseRevision": self._base_revision, "layout": self._layout})


def llama_adapter_exporter(sources: ExportSources, params: Mapping[str, Any]) -> AdapterExporter:
    return AdapterExporter(sources, params, "llama")


def fused_adapter_exporter(sources: ExportSources, params: Mapping[str, Any]) -> AdapterExporter:
    return AdapterExporter(sources, params, "internlm2")


@contextmanager
def _stopping() -> Iterator[None]:
    try:
        yield
    except MergeStopped as stop:
        raise ExportStopped from stop
