"""Ollama's Modelfile beside a GGUF: what to load, how to render a chat, where an answer ends, the licence.

Source: ollama/ollama docs/modelfile.md; texts stand between triple quotes, which has no escape.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from legal_eagle.export.go_template import to_go_template
from legal_eagle.export.sources import ExportSources
from legal_eagle.models.sidecar_files import LICENCE_PATTERNS
from legal_eagle.models.templates import Template

MODELFILE = "Modelfile"
# Ollama reserves memory for the whole of it: a person raises it knowingly.
_MOST_CONTEXT_TOKENS = 4096
_MOST_LICENCE_BYTES = 256 << 10


@dataclass(frozen=True)
class Modelfile:
    text: str
    # Whether the run's system prompt could not be said in this form.
    system_left_out: bool


def model_modelfile(sources: ExportSources, gguf_name: str) -> Modelfile:
    """For a whole model in the same folder."""
    return _modelfile(sources, [f"FROM ./{gguf_name}"])


def adapter_modelfile(sources: ExportSources, gguf_name: str) -> Modelfile:
    """For an adapter in the same folder; its base is the person's to name."""
    return _modelfile(
        sources,
        [
            f"# The base of this adapter is {sources.folder.name}. Name it as Ollama knows it, or export it",
            "# as gguf-f16 and name that file.",
            f"FROM ./{sources.folder.name}-F16.gguf",
            f"ADAPTER ./{gguf_name}",
        ],
    )


def _modelfile(sources: ExportSources, source: list[str]) -> Modelfile:
    lines = [*source, f"TEMPLATE {_text(to_go_template(sources.template))}"]
    system = sources.record.system_prompt
    said = None if system is None else _text(system)
    if said is not None:
        lines.append(f"SYSTEM {said}")
    lines += [f'PARAMETER stop "{text}"' for text in stop_texts(sources.template)]
    lines.append(f"PARAMETER num_ctx {min(sources.config.max_positions, _MOST_CONTEXT_TOKENS)}")
    licence = _licence(sources.folder)
    if licence is not None:
        lines.append(f"LICENSE {licence}")
    return Modelfile("\n".join(lines) + "\n", system is not None and said is None)


def stop_texts(template: Template) -> tuple[str, ...]:
    """Texts that end an answer: the template's control tokens, and where a question begins in plain letters
    also that beginning, for a model that would ask itself the next one."""
    opening = template.turns["user"].opening
    plain = "" if any(mark.is_special for mark in opening) else "".join(mark.text for mark in opening)
    own = plain.rstrip(":\n ")
    return (*template.stop, own) if own else template.stop


def _text(text: str) -> str | None:
    if '"""' in text or text.endswith('"') or text == "":
        return None
    return f'"""{text}"""'


def _licence(folder: Path) -> str | None:
    for pattern in LICENCE_PATTERNS:
        for path in sorted(folder.glob(pattern)):
            if path.is_file() and path.stat().st_size <= _MOST_LICENCE_BYTES:
                return _text(path.read_text(encoding="utf-8", errors="replace").strip())
    return None
