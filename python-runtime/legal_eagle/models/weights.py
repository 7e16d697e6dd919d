"""A checkpoint folder's tensors, from safetensors files only. Nothing in the folder is executed."""

from pathlib import Path, PurePosixPath, PureWindowsPath

import torch
from safetensors import SafetensorError, safe_open

from legal_eagle.jobs.errors import JobError
from legal_eagle.models.safetensors_header import TensorInfo, read_header, shard_broken
from legal_eagle.models.strict_json import parse_json_object

SINGLE_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
_PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
# The longest name that file systems take.
_MAX_NAME_BYTES = 255
FLOAT_DTYPES = ("F32", "F16", "BF16")
_TORCH_DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


class SafetensorsFolder:
    """The tensors of one model folder, by name, across its shards.

    Headers are read and checked at construction; tensor data only by `load`. Raises JobError
    `model.pickle_only`, `model.no_weights`, `model.index_broken`, `model.index_path`,
    `model.shard_missing`, `model.shard_broken`, `model.missing_tensors`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._infos: dict[str, TensorInfo] = {}
        self._shards: dict[str, str] = {}
        index_path = folder / INDEX_FILE
        if index_path.is_file():
            self._read_index(index_path)
        elif (folder / SINGLE_FILE).is_file():
            self._add_shard(SINGLE_FILE)
        else:
            raise _no_weights(folder)

    def names(self) -> list[str]:
        return list(self._infos)

    def shape(self, name: str) -> tuple[int, ...]:
        return self._infos[name].shape

    def dtype(self, name: str) -> str:
        """The safetensors name of the stored type: F32, F16, BF16, …"""
        return self._infos[name].dtype

    def byte_size(self, name: str) -> int:
        info = self._infos[name]
        return info.end - info.begin

    def shard_of(self, name: str) -> str:
        """File name of the shard that holds `name`."""
        return self._shards[name]

    def shards(self) -> list[str]:
        """Shard file names, in the order of their first tensor."""
        return list(dict.fromkeys(self._shards.values()))

    def load(self, name: str) -> torch.Tensor:
        """The tensor on CPU in its stored type (a private copy, not a view of the mapped file)."""
        if self.dtype(name) not in _TORCH_DTYPES:
            raise JobError(
                "model.tensor_dtype",
                f"{name} is stored as {self.dtype(name)}.",
                params={"tensor": name, "dtype": self.dtype(name)},
            )
        try:
            with safe_open(self.folder / self._shards[name], framework="pt", device="cpu") as shard:
                tensor: torch.Tensor = shard.get_tensor(name)
        except SafetensorError as error:
            # Changed since its header was read.
            raise shard_broken(self._shards[name], error) from error
        return tensor

    def _read_index(self, path: Path) -> None:
        try:
            weight_map = parse_json_object(path.read_bytes())["weight_map"]
            if not isinstance(weight_map, dict):
                raise TypeError("it has no weight map")
            entries = {name: _text(file) for name, file in weight_map.items()}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _index_broken(path.name, str(error)) from error
        for file in dict.fromkeys(entries.values()):
            _check_shard_name(file)
            self._add_shard(file)
        absent = [name for name, file in entries.items() if self._shards.get(name) != file]
        if absent:
            raise missing_tensors(self.folder, absent)

    def _add_shard(self, file: str) -> None:
        path = self.folder / file
        if not path.is_file():
            raise JobError("model.shard_missing", f"{file} is missing.", params={"file": file})
        for name, info in read_header(path).items():
            if name in self._shards:
                raise _index_broken(INDEX_FILE, f"{name} stands in {self._shards[name]} and in {file}")
            self._infos[name] = info
            self._shards[name] = file


def missing_tensors(folder: Path, names: list[str]) -> JobError:
    return JobError(
        "model.missing_tensors",
        f"{len(names)} tensors are missing, first: {names[0]}.",
        params={"path": str(folder), "count": len(names), "first": names[0]},
        detail="\n".join(names[:50]),
    )


def _index_broken(file: str, detail: str) -> JobError:
    return JobError(
        "model.index_broken", f"{file} is not a safetensors index.", params={"file": file}, detail=detail
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a tensor has no file name")
    return value


def _check_shard_name(file: str) -> None:
    """A shard is a plain file name in the folder, on every system: an index must not reach outside."""
    plain = PurePosixPath(file).name == file and PureWindowsPath(file).name == file
    is_long = len(file.encode("utf-8")) > _MAX_NAME_BYTES
    if not plain or ":" in file or "\0" in file or is_long or not file.endswith(".safetensors"):
        raise JobError(
            "model.index_path",
            f"The index names {file!r}, which is not a safetensors file in the folder.",
            params={"file": file},
        )


def _no_weights(folder: Path) -> JobError:
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in _PICKLE_SUFFIXES)
    if pickles:
        return JobError(
            "model.pickle_only",
            f"{folder} holds weights only as pickle ({pickles[0]}), which can run code when read.",
            params={"path": str(folder), "file": pickles[0]},
        )
    return JobError(
        "model.no_weights", f"{folder} holds no safetensors weights.", params={"path": str(folder)}
    )
