"""GGUF as formats of the export job: whole models in several widths, and adapters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import gguf

from legal_eagle.export.exporter import Notice, WriteContext, Written
from legal_eagle.export.gguf_adapter import AdapterTensors, plan_adapter
from legal_eagle.export.gguf_file import GgufTensor, write_gguf
from legal_eagle.export.gguf_keys import check_rope, put_model_keys, rope_factors
from legal_eagle.export.gguf_tensors import (
    COPIES_OF_PIECE,
    FIXED_BYTES,
    PIECE_BYTES,
    TensorPlan,
    TensorRows,
    architecture_of,
    plan_tensors,
)
from legal_eagle.export.gguf_vocabulary import GgufVocabulary, read_vocabulary
from legal_eagle.export.llama_quantize import find_quantiser, quantise
from legal_eagle.export.modelfile import MODELFILE, adapter_modelfile, model_modelfile
from legal_eagle.export.sources import ExportSources
from legal_eagle.models.chat_template import to_jinja
from legal_eagle.models.config import ModelConfig

_MIB = 1 << 20


@dataclass(frozen=True)
class _Width:
    """How a format stores matrices. ``child``: what ``llama-quantize`` makes of the file afterwards."""

    matrices: gguf.GGMLQuantizationType
    file_type: gguf.LlamaFileType
    suffix: str
    child: gguf.LlamaFileType | None = None


_TYPES = gguf.GGMLQuantizationType
_FILES = gguf.LlamaFileType
WIDTHS: Mapping[str, _Width] = {
    "gguf-f32": _Width(_TYPES.F32, _FILES.ALL_F32, "F32"),
    "gguf-f16": _Width(_TYPES.F16, _FILES.MOSTLY_F16, "F16"),
    "gguf-q8_0": _Width(_TYPES.Q8_0, _FILES.MOSTLY_Q8_0, "Q8_0"),
    "gguf-q4_0": _Width(_TYPES.Q4_0, _FILES.MOSTLY_Q4_0, "Q4_0"),
    "gguf-q4_k_m": _Width(_TYPES.F16, _FILES.MOSTLY_F16, "Q4_K_M", child=_FILES.MOSTLY_Q4_K_M),
}


class ModelExporter:
    """A whole model. Refuses by JobError ``export.*`` when it is made."""

    def __init__(self, sources: ExportSources, params: Mapping[str, Any]) -> None:
        config = sources.config
        self._sources = sources
        self._width = WIDTHS[params["format"]]
        self._format: str = params["format"]
        self._quantiser = find_quantiser(self._format) if self._width.child is not None else None
        self._architecture = architecture_of(config)
        check_rope(config)
        self._vocabulary: GgufVocabulary = read_vocabulary(sources, to_jinja(sources.template))
        self._plans = plan_tensors(config, sources.weights, self._width.matrices)

    @property
    def output_bytes(self) -> int:
        # The vocabulary is a few megabytes: within the margin of the disk check. Q4_K_M is made beside F16.
        return self.progress_bytes * (2 if self._quantiser is not None else 1)

    @property
    def progress_bytes(self) -> int:
        return sum(plan.bytes for plan in self._plans)

    @property
    def notices(self) -> tuple[Notice, ...]:
        wider = [plan for plan in self._plans if self._is_fallback(plan)]
        block, _ = gguf.GGML_QUANT_SIZES[self._width.matrices]
        notices = [*limit_notices(self._sources.config), *modelfile_notices(self._sources)]
        if wider:
            params = {"count": len(wider), "format": self._format, "first": wider[0].name, "block": block}
            notices.append(Notice("export.wider_tensors", f"{len(wider)} tensors are wider", params))
        if not self._vocabulary.proven:
            notices.append(
                Notice("export.tokens_probed", "the vocabulary was compared on texts, not proven", {})
            )
        return tuple(notices)

    def _is_fallback(self, plan: TensorPlan) -> bool:
        quantised = self._width.matrices not in (_TYPES.F32, _TYPES.F16)
        return quantised and len(plan.shape) > 1 and plan.type == _TYPES.F16

    @property
    def peak_bytes(self) -> int:
        """Host memory beyond the process and the vocabulary: pieces of rows, whatever the model's size."""
        head_bytes = 4 * self._sources.config.head_dim * self._sources.config.hidden_size
        row_bytes = 4 * self._sources.config.intermediate_size
        return FIXED_BYTES + COPIES_OF_PIECE * max(PIECE_BYTES, head_bytes, row_bytes)

    def write(self, context: WriteContext) -> Written:
        context.reporter.emit(
            "phase",
            {
                "name": "write",
                "detail": f"{len(self._plans)} tensors, {self.progress_bytes} bytes, at most "
                f"{self.peak_bytes // _MIB} MiB of memory beyond the process and its vocabulary",
            },
        )
        rows = TensorRows(self._sources.weights)
        tensors = [
            GgufTensor(plan.name, plan.shape, plan.type, plan.bytes, partial(rows.packed, plan))
            for plan in self._plans
        ]
        factors = rope_factors(self._sources.config)
        if factors is not None:
            tensors.append(factors)
        final = context.folder / f"{context.name}-{self._width.suffix}.gguf"
        written = final.with_suffix(".f16.partial") if self._quantiser is not None else final

        def on_bytes(count: int) -> None:
            context.stop_point()
            context.on_bytes(count)

        write_gguf(written, self._architecture, partial(self._put_keys, context.name), tensors, on_bytes)
        if self._quantiser is not None and self._width.child is not None:
            context.reporter.emit("phase", {"name": "quantise"})
            names = {tensor.name for tensor in tensors}
            quantise(self._quantiser, written, final, self._width.child, names, context.stop_point)
            written.unlink()
        (context.folder / MODELFILE).write_text(
            model_modelfile(self._sources, final.name).text, encoding="utf-8", newline="\n"
        )
        return Written({"architecture": self._architecture, "model": final.name})

    def _put_keys(self, name: str, writer: gguf.GGUFWriter) -> None:
        put_model_keys(writer, self._sources.config, name=name, file_type=self._width.file_type)
        self._vocabulary.put(writer)


class AdapterExporter:
    """A LoRA adapter for its base's GGUF."""

    def __init__(self, sources: ExportSources, adapter: AdapterTensors) -> None:
        self._sources = sources
        self._adapter = adapter

    @property
    def output_bytes(self) -> int:
        return self._adapter.bytes

    @property
    def progress_bytes(self) -> int:
        return self._adapter.bytes

    @property
    def notices(self) -> tuple[Notice, ...]:
        return (*limit_notices(self._sources.config), *modelfile_notices(self._sources))

    def write(self, context: WriteContext) -> Written:
        def put_keys(writer: gguf.GGUFWriter) -> None:
            writer.add_type(gguf.GGUFType.ADAPTER)
            writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
            writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, self._adapter.alpha)
            writer.add_name(context.name)

        def on_bytes(count: int) -> None:
            context.stop_point()
            context.on_bytes(count)

        final = context.folder / f"{context.name}-LoRA-F32.gguf"
        architecture = architecture_of(self._sources.config)
        write_gguf(final, architecture, put_keys, self._adapter.tensors(), on_bytes)
        (context.folder / MODELFILE).write_text(
            adapter_modelfile(self._sources, final.name).text, encoding="utf-8", newline="\n"
        )
        return Written({"architecture": architecture, "adapter": final.name, "alpha": self._adapter.alpha})


def model_exporter(sources: ExportSources, params: Mapping[str, Any]) -> ModelExporter:
    return ModelExporter(sources, params)


def lora_exporter(sources: ExportSources, _params: Mapping[str, Any]) -> AdapterExporter:
    return AdapterExporter(sources, plan_adapter(sources))


def modelfile_notices(sources: ExportSources) -> tuple[Notice, ...]:
    if not model_modelfile(sources, "model.gguf").system_left_out:
        return ()
    return (
        Notice("export.system_left_out", "the system prompt has quotes that a Modelfile cannot hold", {}),
    )


def limit_notices(config: ModelConfig) -> tuple[Notice, ...]:
    """How far the file computes what the model does, where that is not for ever."""
    notices = []
    scaling = config.rope_scaling
    if scaling is not None and scaling.kind == "dynamic":
        params = {"tokens": config.max_positions}
        notices.append(Notice("export.beyond_context", f"exact up to {config.max_positions} tokens", params))
    windows = [window for window in config.windows if window is not None]
    if windows:
        params = {"tokens": min(windows)}
        notices.append(Notice("export.beyond_window", f"exact up to {min(windows)} tokens", params))
    return tuple(notices)
