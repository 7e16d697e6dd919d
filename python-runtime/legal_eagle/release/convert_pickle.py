"""Weights from PyTorch's checkpoint files as safetensors beside them, read without a pickle loader."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

import torch

from legal_eagle.engine.disk import sync_folder
from legal_eagle.jobs.errors import EXIT_DATA, EXIT_SPEC, JobError
from legal_eagle.models.check_tensors import check_tensors
from legal_eagle.models.config import CONFIG_FILE, read_config
from legal_eagle.models.safetensors_file import tensor_from_bytes
from legal_eagle.models.shard_writer import (
    INDEX_FILE,
    ShardPlan,
    ShardWriter,
    TensorSpec,
    WrittenShard,
    encode_header,
    index_json,
)
from legal_eagle.models.sidecar_files import file_sha256, write_json
from legal_eagle.models.strict_json import parse_json_object
from legal_eagle.models.torch_archive import TorchArchive
from legal_eagle.models.weights import SINGLE_FILE, SafetensorsFolder
from legal_eagle.release.merge import MergeStopped

RECORD_FILE = "safetensors_conversion.json"
_STAGING = ".converting"
_SINGLE, _INDEX = "pytorch_model.bin", "pytorch_model.bin.index.json"


@dataclass(frozen=True)
class Conversion:
    """`sources`: SHA-256 by file name, of the bytes that were read."""

    shards: tuple[WrittenShard, ...]
    sources: dict[str, str]
    tensors: int


def source_files(folder: Path) -> list[str]:
    """The checkpoint's files in order. Raises JobError `model.no_weights`, `model.index_broken`,
    `model.index_path`, `model.shard_missing`."""
    index = folder / _INDEX
    if index.is_file():
        try:
            weight_map = parse_json_object(index.read_bytes())["weight_map"]
            files = sorted({str(file) for file in weight_map.values()})  # type: ignore[attr-defined]
        except (OSError, ValueError, KeyError, AttributeError) as error:
            raise JobError(
                "model.index_broken",
                f"{_INDEX} is not an index",
                exit_code=EXIT_DATA,
                params={"file": _INDEX},
                detail=str(error),
            ) from error
    else:
        files = [_SINGLE]
    for file in files:
        if (
            PurePosixPath(file).name != file
            or PureWindowsPath(file).name != file
            or not file.endswith(".bin")
        ):
            raise JobError(
                "model.index_path",
                f"the index names {file!r}",
                exit_code=EXIT_DATA,
                params={"file": file},
            )
        if not (folder / file).is_file():
            code = "model.shard_missing" if index.is_file() else "model.no_weights"
            raise JobError(
                code, f"{file} is missing", exit_code=EXIT_DATA, params={"file": file, "folder": str(folder)}
            )
    return files


def source_bytes(folder: Path) -> int:
    """Bytes of the checkpoint's files, which the new ones do not exceed but for their headers."""
    return sum((folder / file).stat().st_size for file in source_files(folder))


def convert(
    folder: Path,
    *,
    on_bytes: Callable[[int], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Conversion:
    """Write `folder`'s weights as safetensors beside its .bin files, which stay as they are.

    Everything is written into a hidden folder and checked against config.json first; the file that makes the
    folder a model (index or single file) is put in place last. Raises JobError `model.*`, and
    `model.convert_exists` where safetensors are there already; MergeStopped.
    """
    files = source_files(folder)
    existing = sorted(path.name for path in folder.glob("*.safetensors*"))
    if existing:
        raise JobError(
            "model.convert_exists",
            f"{existing[0]} is there already",
            exit_code=EXIT_SPEC,
            params={"file": existing[0]},
        )
    staging = folder / _STAGING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    try:
        conversion = _write(folder, files, staging, on_bytes, should_stop)
        _check(folder, staging)
        names = sorted(path.name for path in staging.iterdir() if path.name != CONFIG_FILE)
        # A reader takes the folder for a model by these.
        last = [name for name in names if name in (INDEX_FILE, SINGLE_FILE)]
        for name in [*(name for name in names if name not in last), *last]:
            (staging / name).rename(folder / name)
        sync_folder(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return conversion


def _write(
    folder: Path,
    files: list[str],
    staging: Path,
    on_bytes: Callable[[int], None],
    should_stop: Callable[[], bool],
) -> Conversion:
    plans: list[ShardPlan] = []
    written: list[WrittenShard] = []
    seen: dict[str, str] = {}
    for number, file in enumerate(files, 1):
        name = SINGLE_FILE if len(files) == 1 else f"model-{number:05d}-of-{len(files):05d}.safetensors"
        with TorchArchive(folder / file) as archive:
            for tensor in archive.tensors:
                if tensor in seen:
                    raise JobError(
                        "model.pickle_broken",
                        f"{tensor} stands in {seen[tensor]} and in {file}",
                        exit_code=EXIT_DATA,
                        params={"file": file, "reason": f"{tensor} stands in {seen[tensor]}, too"},
                    )
                seen[tensor] = file
            specs = tuple(TensorSpec(key, one.dtype, one.shape) for key, one in archive.tensors.items())
            plan = ShardPlan(name, specs, encode_header(specs))
            plans.append(plan)
            with ShardWriter(staging, [plan]) as writer, torch.inference_mode():
                for spec in specs:
                    writer.begin(spec.name)
                    for block in archive.blocks(archive.tensors[spec.name]):
                        if should_stop():
                            raise MergeStopped
                        on_bytes(writer.append(tensor_from_bytes(bytearray(block), spec.dtype, (-1,))))
                    writer.end()
                written.extend(writer.finish())
    if len(plans) > 1:
        (staging / INDEX_FILE).write_text(index_json(plans), encoding="utf-8", newline="\n")
    sources = {file: file_sha256(folder / file) for file in files}
    record = {
        "version": 1,
        "sources": sources,
        "shards": [{"file": one.file_name, "bytes": one.bytes, "sha256": one.sha256} for one in written],
    }
    write_json(staging / RECORD_FILE, record)
    return Conversion(tuple(written), sources, len(seen))


def _check(folder: Path, staging: Path) -> None:
    """The new files are those that config.json means. Another architecture than the fast engine's is checked
    by its own reader when it is added."""
    shutil.copyfile(folder / CONFIG_FILE, staging / CONFIG_FILE)
    try:
        config = read_config(staging)
    except JobError as error:
        if error.code in ("model.unsupported_architecture", "model.unsupported_option"):
            return
        raise
    check_tensors(SafetensorsFolder(staging), config)
