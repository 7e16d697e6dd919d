"""Which files of a repository are taken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from legal_eagle.hub.file_names import refuse_unsafe
from legal_eagle.hub.listing import RemoteFile
from legal_eagle.jobs.errors import EXIT_DATA, JobError

ORIGIN_FILE: Final = "legal_eagle_origin.json"

# What loading, showing and exporting a model needs, in the top folder: other folders hold other formats of
# the same weights. The code files are what an export in the base's own layout carries; nothing runs them.
_MODEL_FILES: Final = (
    "*.json",
    "*.safetensors",
    "*.py",
    "*.model",
    "*.tiktoken",
    "*.jinja",
    "additional_chat_templates/*.jinja",
    "merges.txt",
    "vocab.txt",
    "LICENSE*",
    "LICENCE*",
    "License*",
    "NOTICE*",
    "USE_POLICY*",
    "README*",
)
_NOT_NEEDED: Final = ("*.bin.index.json", ORIGIN_FILE)
_PICKLE_WEIGHTS: Final = ("pytorch_model*.bin", "adapter_model.bin")
_PICKLE_INDEX: Final = ("pytorch_model*.bin.index.json",)
# Mistral's own format, beside the same weights as model-*.safetensors.
_SECOND_COPY: Final = ("consolidated*.safetensors",)

# All of them stand in one event and one record.
MAX_FILES: Final = 1000


def choose_files(
    files: Sequence[RemoteFile], include: Sequence[str] | None, *, pickle_weights: bool
) -> tuple[RemoteFile, ...]:
    """The files to take, small ones first, each safe as a name on this disk.

    Raises ``hub.unsafe_name``, ``hub.name_collision``, ``hub.too_many_files``, ``hub.nothing_matches``,
    ``hub.no_weights``, ``hub.pickle_only``.
    """
    if include is None:
        taken = _model_files(files, pickle_weights)
    else:
        taken = [file for file in files if _any_matches(include, file.path) and file.path != ORIGIN_FILE]
        if not taken:
            raise JobError(
                "hub.nothing_matches",
                f"no file matches {', '.join(include)}",
                exit_code=EXIT_DATA,
                params={"patterns": list(include)},
            )
    if len(taken) > MAX_FILES:
        raise JobError(
            "hub.too_many_files",
            f"{len(taken)} files, more than {MAX_FILES}",
            exit_code=EXIT_DATA,
            params={"files": len(taken), "limit": MAX_FILES},
        )
    refuse_unsafe((file.path for file in files), (file.path for file in taken))
    return tuple(sorted(taken, key=lambda file: (file.bytes > 16 << 20, file.path)))


def _model_files(files: Sequence[RemoteFile], pickle_weights: bool) -> list[RemoteFile]:
    taken = [
        file
        for file in files
        if _any_matches(_MODEL_FILES, file.path) and not _any_matches(_NOT_NEEDED, file.path)
    ]
    weights = [file for file in taken if file.path.endswith(".safetensors")]
    second = [file for file in weights if _any_matches(_SECOND_COPY, file.path)]
    if len(second) < len(weights):
        taken = [file for file in taken if file not in second]
    if weights:
        return taken
    pickles = [file for file in files if _any_matches(_PICKLE_WEIGHTS, file.path)]
    if pickles and pickle_weights:
        return [*taken, *pickles, *(file for file in files if _any_matches(_PICKLE_INDEX, file.path))]
    if pickles:
        raise JobError(
            "hub.pickle_only",
            f"{pickles[0].path} and no safetensors",
            exit_code=EXIT_DATA,
            params={"file": pickles[0].path, "files": len(pickles)},
        )
    gguf = [file.path for file in files if file.path.endswith(".gguf")]
    raise JobError(
        "hub.no_weights",
        "no weights in the top folder",
        exit_code=EXIT_DATA,
        params={"files": len(files), "gguf": gguf[:20]},
    )


def _any_matches(patterns: Sequence[str], path: str) -> bool:
    return any(_compiled(pattern).fullmatch(path) is not None for pattern in patterns)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    """`*` and `?` stay within a folder, `**` goes across."""
    translated = []
    for mark in re.split(r"(\*\*/?|\*|\?)", pattern):
        if mark == "**/":
            translated.append(r"(?:[^/]+/)*")
        elif mark == "**":
            translated.append(r".*")
        elif mark == "*":
            translated.append(r"[^/]*")
        else:
            translated.append("[^/]" if mark == "?" else re.escape(mark))
    return re.compile("".join(translated), re.DOTALL)
