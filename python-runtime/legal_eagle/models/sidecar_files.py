"""The files of a model folder beside its weights: configuration, tokenizer, template, licence.

Code of a model (.py files, and the ``auto_map`` that names them) is carried, as files that nothing here
opens, only where the layout is one that other programs read through it: InternLM's own.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from legal_eagle.jobs.errors import EXIT_DATA, JobError

COPIED_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
    "configuration.json",
)
LICENCE_PATTERNS = ("LICENSE*", "LICENCE*", "NOTICE*", "License*")
MANIFEST_FILE = "legal_eagle.json"


def copy_sidecars(
    base: Path,
    folder: Path,
    *,
    output_is_fp32: bool,
    stop_ids: Sequence[int],
    chat_template: str | None,
    carry_code: bool = False,
) -> None:
    """Write every file beside the weights into ``folder``.

    ``stop_ids`` go into generation_config.json (many bases list only the end-of-text id, so other programs
    would talk on); ``chat_template`` replaces the tokenizer's one when it is not None. ``carry_code``: the
    base's code goes along.
    """
    for name in COPIED_FILES:
        if (base / name).is_file():
            shutil.copyfile(base / name, folder / name)
    for pattern in (*LICENCE_PATTERNS, *(["*.py"] if carry_code else [])):
        for path in base.glob(pattern):
            if path.is_file():
                shutil.copyfile(path, folder / path.name)
    _rewrite(
        base / "config.json",
        folder / "config.json",
        lambda config: _config(config, output_is_fp32, carry_code),
    )
    if (base / "tokenizer_config.json").is_file():
        _rewrite(
            base / "tokenizer_config.json",
            folder / "tokenizer_config.json",
            lambda config: _tokenizer_config(config, chat_template, carry_code),
        )
    if chat_template is not None and (folder / "chat_template.jinja").exists():
        (folder / "chat_template.jinja").write_text(chat_template, encoding="utf-8", newline="\n")
    generation_path = base / "generation_config.json"
    generation = _read_json(generation_path) if generation_path.is_file() else {}
    write_json(folder / "generation_config.json", _generation_config(generation, stop_ids))


def _config(config: dict[str, Any], output_is_fp32: bool, carry_code: bool) -> dict[str, Any]:
    changed = {key: value for key, value in config.items() if carry_code or key != "auto_map"}
    if output_is_fp32:
        stored = "float32"
    else:
        stored = str(config.get("dtype") or config.get("torch_dtype") or "float32")
    # Readers before transformers 5 know torch_dtype only, later ones prefer dtype.
    changed["torch_dtype"] = stored
    changed["dtype"] = stored
    return changed


def _tokenizer_config(config: dict[str, Any], chat_template: str | None, carry_code: bool) -> dict[str, Any]:
    changed = {key: value for key, value in config.items() if carry_code or key != "auto_map"}
    if chat_template is not None:
        changed["chat_template"] = chat_template
    return changed


def _generation_config(config: dict[str, Any], stop_ids: Sequence[int]) -> dict[str, Any]:
    stored = config.get("eos_token_id", [])
    before = stored if isinstance(stored, list) else [stored]
    return {**config, "eos_token_id": list(dict.fromkeys([*before, *stop_ids]))}


def _rewrite(source: Path, target: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    write_json(target, change(_read_json(source)))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
        if not isinstance(value, dict):
            raise TypeError("not an object")
    except (ValueError, TypeError, RecursionError) as error:
        raise JobError(
            "merge.json_broken",
            f"{path.name}: {error}",
            exit_code=EXIT_DATA,
            params={"file": str(path), "reason": str(error)},
        ) from error
    return value


def json_text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def write_json(path: Path, value: object) -> None:
    path.write_text(json_text(value), encoding="utf-8", newline="\n")


def file_sha256(path: Path) -> str:
    """SHA-256 in hex, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
