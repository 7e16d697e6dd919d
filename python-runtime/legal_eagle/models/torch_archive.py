"""Reads PyTorch's zip checkpoints (`.bin`, `.pt`) without a pickle loader: nothing in the file is called.

The pickled index inside is walked opcode by opcode by a small machine that knows texts, numbers, tuples,
lists, dictionaries, and three kinds of names: OrderedDict, what rebuilds a tensor, and the storage types.
They are placeholders here, compared and never imported. Any other name or opcode is refused, by name.
Format: an uncompressed zip with `<root>/data.pkl` and one entry `<root>/data/<key>` a storage
(torch/serialization.py, `_save`); opcodes by CPython's Lib/pickletools.py.
"""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from legal_eagle.jobs.errors import EXIT_DATA, JobError

# An index of ten thousand tensors is about two megabytes.
_MAX_INDEX_BYTES = 64 << 20
_MAX_DIMENSIONS = 8
_BLOCK_BYTES = 16 << 20
# What reading a damaged zip raises.
_READ_FAILURES = (OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile)

_STORAGES: Mapping[str, tuple[str, int]] = {
    "torch FloatStorage": ("F32", 4),
    "torch HalfStorage": ("F16", 2),
    "torch BFloat16Storage": ("BF16", 2),
    "torch DoubleStorage": ("F64", 8),
    "torch LongStorage": ("I64", 8),
    "torch IntStorage": ("I32", 4),
    "torch ShortStorage": ("I16", 2),
    "torch CharStorage": ("I8", 1),
    "torch ByteStorage": ("U8", 1),
    "torch BoolStorage": ("BOOL", 1),
}
_ORDERED_DICT = "collections OrderedDict"
_TENSOR = "torch._utils _rebuild_tensor_v2"
_PARAMETER = "torch._utils _rebuild_parameter"
_KNOWN_NAMES = frozenset({_ORDERED_DICT, _TENSOR, _PARAMETER, *_STORAGES})


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """Where a tensor's bytes lie: `count` elements from element `first` of the storage `key`, row by row."""

    dtype: str
    shape: tuple[int, ...]
    key: str
    first: int
    count: int
    item_bytes: int

    @property
    def bytes(self) -> int:
        return self.count * self.item_bytes


@dataclass(frozen=True, slots=True)
class _Name:
    text: str


@dataclass(frozen=True, slots=True)
class _Storage:
    dtype: str
    item_bytes: int
    key: str
    count: int


class _Mark:
    """What MARK leaves on the stack."""


class TorchArchive:
    """One checkpoint file. Raises JobError `model.pickle_broken`, `model.pickle_refused`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
            raise self._broken(f"not a zip of PyTorch 1.6 or later: {error}") from error
        try:
            self._entries = self._read_entries()
            self.tensors = self._read_tensors()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> TorchArchive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def blocks(self, tensor: StoredTensor) -> Iterator[bytes]:
        """The tensor's bytes; the zip's checksum is compared where a storage is read whole."""
        try:
            with self._zip.open(self._entries[f"data/{tensor.key}"]) as file:
                file.seek(tensor.first * tensor.item_bytes)
                left = tensor.bytes
                while left:
                    block = file.read(min(left, _BLOCK_BYTES))
                    if not block:
                        raise self._broken("a storage ends early")
                    left -= len(block)
                    yield block
                # The checksum is compared when the end is read.
                file.read(1)
        except _READ_FAILURES as error:
            raise self._broken(str(error)) from error

    def _read_entries(self) -> dict[str, zipfile.ZipInfo]:
        """Entries by their name below the root; all uncompressed, so none grows when it is read."""
        infos = self._zip.infolist()
        roots = {info.filename.split("/", 1)[0] for info in infos}
        if len(roots) != 1:
            raise self._broken("it has no single root folder")
        entries: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            name = info.filename.partition("/")[2]
            if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
                raise self._broken(f"{info.filename} is compressed")
            if name in entries:
                raise self._broken(f"{info.filename} stands twice")
            entries[name] = info
        return entries

    def _read_tensors(self) -> dict[str, StoredTensor]:
        info = self._entries.get("data.pkl")
        if info is None or info.file_size > _MAX_INDEX_BYTES:
            raise self._broken("it has no index, or one beyond all measure")
        if "byteorder" in self._entries and self._read_small("byteorder") != b"little":
            raise self._broken("its numbers are not little-endian")
        try:
            index = _Machine(self.path.name).run(self._zip.read(info))
        except JobError:
            raise
        except (
            ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, OSError, EOFError,
            NotImplementedError, RuntimeError, RecursionError, zipfile.BadZipFile,
        ) as error:  # fmt: skip
            raise self._broken(str(error)) from error
        if not isinstance(index, dict) or not index:
            raise self._broken("it is not a dictionary of tensors")
        tensors: dict[str, StoredTensor] = {}
        for name, value in index.items():
            if not isinstance(name, str) or not isinstance(value, StoredTensor):
                raise refused(self.path.name, f"{str(name)[:200]}: no tensor")
            self._check_storage(value)
            tensors[name] = value
        return tensors

    def _check_storage(self, tensor: StoredTensor) -> None:
        info = self._entries.get(f"data/{tensor.key}")
        if info is None or (tensor.first + tensor.count) * tensor.item_bytes > info.file_size:
            raise self._broken(f"storage {tensor.key!r} is missing or too short")

    def _read_small(self, name: str) -> bytes:
        info = self._entries[name]
        if info.file_size > 64:
            raise self._broken(f"{name} is too long")
        try:
            return self._zip.read(info)
        except _READ_FAILURES as error:
            raise self._broken(str(error)) from error

    def _broken(self, reason: str) -> JobError:
        return JobError(
            "model.pickle_broken",
            f"{self.path.name} cannot be read: {reason}",
            exit_code=EXIT_DATA,
            params={"file": self.path.name, "reason": reason[:300]},
        )


def refused(file: str, what: str) -> JobError:
    return JobError(
        "model.pickle_refused",
        f"{file} holds more than tensors: {what}",
        exit_code=EXIT_DATA,
        params={"file": file, "what": what},
    )


class _Machine:
    """The stack, the marks and the memo of a pickle program; it builds plain values and placeholders only."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self, program: bytes) -> object:
        for opcode, argument, _ in pickletools.genops(program):
            if opcode.name == "STOP":
                return self._stack.pop()
            self._step(opcode.name, argument)
        raise ValueError("the index has no end")

    def _step(self, name: str, argument: Any) -> None:
        stack = self._stack
        match name:
            case "PROTO" | "FRAME":
                return
            case "MARK":
                stack.append(_Mark)
            case "NONE":
                stack.append(None)
            case "NEWTRUE" | "NEWFALSE":
                stack.append(name == "NEWTRUE")
            case "BININT" | "BININT1" | "BININT2" | "LONG1" | "BINUNICODE" | "SHORT_BINUNICODE" | "BINFLOAT":
                stack.append(argument)
            case "EMPTY_TUPLE" | "EMPTY_LIST" | "EMPTY_DICT":
                stack.append({"EMPTY_TUPLE": tuple, "EMPTY_LIST": list, "EMPTY_DICT": dict}[name]())
            case "TUPLE":
                stack.append(tuple(self._to_mark()))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                count = int(name[-1])
                last = tuple(stack[-count:])
                if len(last) != count:
                    raise IndexError("the stack is empty")
                del stack[-count:]
                stack.append(last)
            case "BINPUT" | "LONG_BINPUT" | "MEMOIZE":
                self._memo[len(self._memo) if argument is None else argument] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(self._memo[argument])
            case "APPEND" | "APPENDS":
                items = [stack.pop()] if name == "APPEND" else self._to_mark()
                self._top(list).extend(items)
            case "SETITEM" | "SETITEMS":
                items = [stack.pop(-2), stack.pop()] if name == "SETITEM" else self._to_mark()
                self._top(dict).update(zip(items[::2], items[1::2], strict=True))
            case "GLOBAL":
                if argument not in _KNOWN_NAMES:
                    raise refused(self._file, str(argument).replace(" ", "."))
                stack.append(_Name(argument))
            case "BINPERSID":
                stack.append(self._storage(stack.pop()))
            case "REDUCE":
                arguments, function = stack.pop(), stack.pop()
                stack.append(self._made(function, arguments))
            case "BUILD":
                # The attributes of a state dictionary (its version numbers), which say nothing of tensors.
                stack.pop()
                self._top(dict)
            case _:
                raise refused(self._file, f"opcode {name}")

    def _to_mark(self) -> list[Any]:
        items: list[Any] = []
        while (item := self._stack.pop()) is not _Mark:
            items.append(item)
        return items[::-1]

    def _top(self, kind: type) -> Any:
        if type(self._stack[-1]) is not kind:
            raise ValueError(f"no {kind.__name__} to add to")
        return self._stack[-1]

    def _storage(self, value: Any) -> _Storage:
        """`('storage', type, key, place, elements)`."""
        kind, name, key, _place, count = value
        if kind != "storage" or not isinstance(name, _Name) or name.text not in _STORAGES:
            raise refused(self._file, "a storage of an unknown kind")
        if not isinstance(key, str) or type(count) is not int or count < 0:
            raise ValueError("a storage without key or size")
        dtype, item_bytes = _STORAGES[name.text]
        return _Storage(dtype, item_bytes, key, count)

    def _made(self, function: Any, arguments: Any) -> Any:
        if not isinstance(function, _Name) or not isinstance(arguments, tuple):
            raise refused(self._file, "a call of what is no known function")
        if function.text == _ORDERED_DICT:
            if arguments:
                raise refused(self._file, "an OrderedDict with arguments")
            return {}
        if function.text == _PARAMETER:
            if not isinstance(arguments[0], StoredTensor):
                raise ValueError("a parameter of no tensor")
            return arguments[0]
        if function.text == _TENSOR:
            return _tensor(*arguments[:4])
        raise refused(self._file, f"a call of {function.text.replace(' ', '.')}")


def _tensor(storage: Any, first: Any, shape: Any, stride: Any) -> StoredTensor:
    """Raises ValueError for anything but elements that stand row by row inside their storage."""
    if not isinstance(storage, _Storage) or not isinstance(shape, tuple) or len(shape) > _MAX_DIMENSIONS:
        raise ValueError("a tensor without storage or shape")
    if any(type(size) is not int or size < 0 for size in (first, *shape)):
        raise ValueError("a tensor of impossible size")
    count, wanted = 1, []
    for size in reversed(shape):
        wanted.append(count)
        count *= size
    steps = [(have, want) for have, want, size in zip(stride, wanted[::-1], shape, strict=True) if size > 1]
    if count and any(have != want for have, want in steps):
        raise ValueError("a tensor whose rows do not stand one behind the other")
    if first + count > storage.count:
        raise ValueError("a tensor beyond its storage")
    return StoredTensor(storage.dtype, shape, storage.key, first, count, storage.item_bytes)
