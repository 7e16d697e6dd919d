"""A whole model folder in Llama layout, and back into the layout it came from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from tokenizers import Tokenizer, processors

from legal_eagle.models.chat_template import to_jinja
from legal_eagle.models.config import CONFIG_FILE, read_config
from legal_eagle.models.llama_config import layout_unsupported, llama_config_values
from legal_eagle.models.shard_writer import WrittenShard
from legal_eagle.models.sidecar_files import MANIFEST_FILE, copy_sidecars, file_sha256, write_json
from legal_eagle.models.template import Template
from legal_eagle.models.template_record import template_record
from legal_eagle.models.tokenizer import TOKENIZER_FILE, ChatTokenizer
from legal_eagle.models.weights import SafetensorsFolder
from legal_eagle.release.adapter_record import read_record as read_weights_record
from legal_eagle.release.layout_record import make_record, read_record, source_shard_plans
from legal_eagle.release.relayout import check_way_back, plan_relayout, write_relayout

_TOKENIZER_CONFIG = "tokenizer_config.json"
_MAY_BE_PATHS = frozenset({"model", "dataset", "continueFrom"})


@dataclass(frozen=True)
class LayoutReport:
    """`restored`: on the way back, whether every file has the SHA-256 that the record names."""

    shards: tuple[WrittenShard, ...]
    compared_bytes: int
    restored: bool | None = None


def llama_layout_bytes(source: Path, max_shard_bytes: int) -> int:
    """Bytes of the weights of `source` in Llama layout. Raises as `write_llama_layout` does."""
    config = read_config(source)
    llama_config_values(config, {})
    weights = SafetensorsFolder(source)
    return plan_relayout(weights, config, "llama", max_shard_bytes=max_shard_bytes).output_bytes


def write_llama_layout(
    source: Path,
    folder: Path,
    *,
    template: Template,
    max_shard_bytes: int,
    on_bytes: Callable[[int], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> LayoutReport:
    """Write the model in `source` into `folder` (which exists and is empty) as every reader of Llama knows
    it.

    Weights byte by byte, config.json in both rotary spellings, tokenizer.json, the stop list, the template,
    and the record for the way back. Nothing that could run is carried. What was written is read again as the
    source's layout and compared. Raises JobError `model.*`, `merge.layout_differs`; MergeStopped.
    """
    config, weights = read_config(source), SafetensorsFolder(source)
    values = json.loads((source / CONFIG_FILE).read_text(encoding="utf-8"))
    new_values = llama_config_values(config, values)
    tokenizer = ChatTokenizer.load(source)
    plan = plan_relayout(weights, config, "llama", max_shard_bytes=max_shard_bytes)
    shards = write_relayout(plan, folder, on_bytes=on_bytes, should_stop=should_stop)
    copy_sidecars(
        source,
        folder,
        output_is_fp32=False,
        stop_ids=template.stop_ids(tokenizer, config.eos_ids),
        chat_template=to_jinja(template),
    )
    write_json(folder / CONFIG_FILE, new_values)
    _write_tokenizer(source, folder, tokenizer, to_jinja(template))
    record = make_record(
        source, weights.shards(), frozenset(name for one in plan.tensors.values() for name in one.sources)
    )
    _write_manifest(
        source, folder, template_record(template), {"conversion": record.to_json()} | _shards_json(shards)
    )
    compared = check_way_back(
        weights, config, SafetensorsFolder(folder), read_config(folder), should_stop=should_stop
    )
    return LayoutReport(shards, compared)


def restore_layout(
    source: Path,
    folder: Path,
    *,
    code_from: Path | None,
    max_shard_bytes: int,
    on_bytes: Callable[[int], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> LayoutReport:
    """The way back of `write_llama_layout`: `folder` becomes what the record of `source` says it was.

    `code_from`: the base's own folder, whose .py files are taken where they are the ones that the record
    names; they are copied, never read. Raises JobError `model.layout_no_record`, `model.layout_unsupported`,
    and as `write_llama_layout`.
    """
    record = read_record(source)
    config, weights = read_config(source), SafetensorsFolder(source)
    for name, text in record.texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    for name, sha256 in record.files.items():
        for origin in (source / name, None if code_from is None else code_from / name):
            if origin is not None and origin.is_file() and file_sha256(origin) == sha256:
                shutil.copyfile(origin, folder / name)
                break
    plans = source_shard_plans(record)
    plan = plan_relayout(weights, config, "internlm2", max_shard_bytes=max_shard_bytes, shards=plans)
    shards = write_relayout(plan, folder, on_bytes=on_bytes, should_stop=should_stop)
    restored_config = read_config(folder)
    if restored_config.layout != "internlm2":
        raise layout_unsupported("the record names another layout")
    compared = check_way_back(
        weights, config, SafetensorsFolder(folder), restored_config, should_stop=should_stop
    )
    _write_manifest(source, folder, {}, _shards_json(shards))
    before = {shard.file: shard.sha256 for shard in record.shards}
    return LayoutReport(shards, compared, {one.file_name: one.sha256 for one in shards} == before)


def _write_tokenizer(source: Path, folder: Path, tokenizer: ChatTokenizer, chat_template: str) -> None:
    """tokenizer.json where the source has none, and settings that name no class of the source's code."""
    path = folder / _TOKENIZER_CONFIG
    settings = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if not (source / TOKENIZER_FILE).is_file():
        text = tokenizer.to_json()
        bos = None if tokenizer.bos_id is None else tokenizer.decode([tokenizer.bos_id], skip_special=False)
        if bos is not None:
            made = Tokenizer.from_str(text)
            # Text that is encoded by itself starts as the model was trained to see it.
            made.post_processor = processors.TemplateProcessing(
                single=f"{bos} $A", pair=f"{bos} $A $B", special_tokens=[(bos, tokenizer.bos_id)]
            )
            text = made.to_str(pretty=False)
            settings.setdefault("bos_token", bos)
        (folder / TOKENIZER_FILE).write_text(text, encoding="utf-8", newline="\n")
        # tokenizer.json holds them all; early folders list fewer.
        settings.pop("added_tokens_decoder", None)
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    settings["clean_up_tokenization_spaces"] = False
    settings["chat_template"] = chat_template
    write_json(path, settings)


def _write_manifest(
    source: Path, folder: Path, asked: Mapping[str, object], own: Mapping[str, object]
) -> None:
    """The source's record, so that chat and release know the model as before, with the conversion beside.
    `asked`: the template, where that record names none."""
    # Changed with the tokenizer's file and the weights'.
    stale = {"shards", "tokenizerHash", "conversion"}
    record = {
        key: value for key, value in shareable(read_weights_record(source).raw).items() if key not in stale
    }
    tokenizer = ChatTokenizer.load(folder)
    write_json(
        folder / MANIFEST_FILE,
        {
            "version": 1,
            "kind": "base",
            **asked,
            **record,
            "tokenizerHash": tokenizer.content_hash,
            **own,
        },
    )


def shareable(value: Mapping[str, Any]) -> dict[str, Any]:
    """A record without the paths of the machine that it was made on: folders are given away."""
    return {
        key: shareable(one) if isinstance(one, dict) else _without_folders(key, one)
        for key, one in value.items()
        if key != "path"
    }


def _without_folders(key: str, value: object) -> object:
    """A recipe may name its model, dataset and first adapter by where they lie; their own names remain."""
    if key not in _MAY_BE_PATHS or not isinstance(value, str):
        return value
    # Windows takes both slashes, so this reads paths of either system.
    place = PureWindowsPath(value)
    return place.name if place.anchor else value


def _shards_json(shards: tuple[WrittenShard, ...]) -> dict[str, object]:
    return {
        "shards": [{"file": one.file_name, "bytes": one.bytes, "sha256": one.sha256} for one in shards],
    }
