"""Pickled weights: tensors are read exactly, and nothing that a file asks for is ever done."""

from __future__ import annotations

import io
import json
import os
import pickle
import pickletools
import random
import subprocess
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch

from builders.checkpoints import random_tensors, tiny_config, tiny_values
from legal_eagle.jobs.errors import EXIT_DATA, JobError
from legal_eagle.models.config import read_config
from legal_eagle.models.torch_archive import TorchArchive
from legal_eagle.models.weights import SafetensorsFolder
from legal_eagle.release.convert_pickle import convert
from service_job import events, run_job, write_job

LONG = os.environ.get("LEGAL_EAGLE_TEST_DEPTH") == "long"


def model(folder: Path, files: int, dtype: torch.dtype = torch.bfloat16) -> dict[str, torch.Tensor]:
    """A tiny model as torch saves it, in `files` shards."""
    folder.mkdir()
    values = tiny_values(torch_dtype="bfloat16")
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    tensors = {name: one.to(dtype) for name, one in random_tensors(tiny_config(values)).items()}
    if files == 1:
        torch.save(OrderedDict(tensors), folder / "pytorch_model.bin")
        return tensors
    weight_map = {}
    for number in range(files):
        file = f"pytorch_model-{number + 1:05d}-of-{files:05d}.bin"
        part = dict(list(tensors.items())[number::files])
        torch.save(part, folder / file)
        weight_map |= dict.fromkeys(part, file)
    index = folder / "pytorch_model.bin.index.json"
    index.write_text(json.dumps({"weight_map": weight_map}), encoding="utf-8")
    return tensors


@pytest.mark.parametrize("files", [1, 3])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_every_tensor_comes_over_bit_by_bit(tmp_path: Path, files: int, dtype: torch.dtype) -> None:
    tensors = model(tmp_path / "模型", files, dtype)
    before = {path.name: path.read_bytes() for path in (tmp_path / "模型").iterdir()}
    conversion = convert(tmp_path / "模型")
    assert conversion.tensors == len(tensors)
    weights = SafetensorsFolder(tmp_path / "模型")
    assert {name: weights.dtype(name) for name in weights.names()}.keys() == tensors.keys()
    assert all(torch.equal(weights.load(name), tensor) for name, tensor in tensors.items())
    read_config(tmp_path / "模型")
    assert all((tmp_path / "模型" / name).read_bytes() == data for name, data in before.items())
    assert not (tmp_path / "模型" / ".converting").exists()
    record = json.loads((tmp_path / "模型" / "safetensors_conversion.json").read_text(encoding="utf-8"))
    assert len(record["sources"]) == len(record["shards"]) == files


def test_a_state_dictionary_of_a_module_and_views_are_read(tmp_path: Path) -> None:
    """As `model.state_dict()` and `nn.Parameter` pickle them; slices; one storage twice; no rows."""
    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.LayerNorm(3))
    whole = torch.arange(24.0).reshape(6, 4)
    more = {
        "p": torch.nn.Parameter(torch.ones(2, 2)),
        "cut": whole[2:5],
        "w": whole,
        "none": torch.empty(0, 4),
    }
    for saved in (module.state_dict(), more):
        path = tmp_path / "x.bin"
        torch.save(saved, path)
        with TorchArchive(path) as archive:
            assert archive.tensors.keys() == saved.keys()
            for name, tensor in archive.tensors.items():
                data = bytearray(b"".join(archive.blocks(tensor)))
                wanted = saved[name].detach()
                got = torch.frombuffer(data, dtype=torch.float32) if data else torch.empty(0)
                assert torch.equal(got.reshape(tensor.shape), wanted)


class _Call:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self._call


def archive_of(path: Path, program: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", program)
        for key in "01":
            file.writestr(f"archive/data/{key}", bytes(64))
        file.writestr("archive/version", "3\n")
    return path


def read_whole(path: Path) -> int:
    """Tensors that are there with all their bytes."""
    with TorchArchive(path) as archive:
        for tensor in archive.tensors.values():
            assert sum(map(len, archive.blocks(tensor))) == tensor.bytes
        return len(archive.tensors)


def refusal(path: Path) -> JobError:
    with pytest.raises(JobError) as caught:
        read_whole(path)
    assert caught.value.code in ("model.pickle_refused", "model.pickle_broken")
    return caught.value


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    "bomb",
    [
        lambda trace: _Call(os.system, f"touch {trace}"),
        lambda trace: _Call(Path.touch, trace),
        lambda trace: _Call(eval, f"open({str(trace)!r}, 'w')"),
        lambda trace: _Call(subprocess.run, ["touch", str(trace)]),
        lambda trace: {"weight": _Call(getattr, trace, "touch")},
        lambda trace: OrderedDict(a=_Call(torch.load, str(trace))),
        lambda trace: _Call(__import__, "this"),
        lambda trace: (_Call(exec, f"open({str(trace)!r}, 'w')"),),
    ],
)
def test_a_call_in_a_pickle_is_refused_by_name_and_not_made(tmp_path: Path, bomb: Any, protocol: int) -> None:
    trace = tmp_path / "executed"
    error = refusal(archive_of(tmp_path / "x.bin", pickle.dumps(bomb(trace), protocol)))
    assert error.code == "model.pickle_refused"
    assert not trace.exists()


def test_the_refused_name_is_said(tmp_path: Path) -> None:
    error = refusal(archive_of(tmp_path / "x.bin", pickle.dumps(_Call(os.system, "true"), 2)))
    assert error.params == {"file": "x.bin", "what": f"{os.name}.system"}


def real_program() -> bytes:
    stream = io.BytesIO()
    torch.save(OrderedDict(a=torch.ones(4, 4), b=torch.zeros(2)), stream)
    with zipfile.ZipFile(stream) as file:
        return file.read(next(name for name in file.namelist() if name.endswith("data.pkl")))


def test_crafted_programs_are_refused_or_read_as_tensors(tmp_path: Path) -> None:
    """Opcodes in any order: the machine must neither crash, nor call, nor give anything but tensors."""
    dice = random.Random(2026)
    program = real_program()
    opcodes = [one.code.encode("latin-1") for one in pickletools.opcodes]
    trace = tmp_path / "executed"
    call = (
        b"cos\nsystem\n(X" + len(f"touch {trace}").to_bytes(4, "little") + f"touch {trace}".encode() + b"tR."
    )
    read, codes = 0, set()
    for _ in range(20_000 if LONG else 500):
        changed = bytearray(program)
        for _ in range(dice.randint(1, 5)):
            at = dice.randrange(len(changed))
            kind = dice.randrange(4)
            if kind == 0:
                changed[at : at + 1] = dice.choice(opcodes)
            elif kind == 1:
                changed[at] = dice.randrange(256)
            elif kind == 2:
                changed[at:at] = dice.choice([call, call[:-1], dice.choice(opcodes)])
            else:
                del changed[at : at + dice.randint(1, 8)]
        path = archive_of(tmp_path / "x.bin", bytes(changed))
        try:
            read += read_whole(path) > 0
        except JobError as error:
            codes.add(error.code)
    assert codes == {"model.pickle_refused", "model.pickle_broken"}
    assert not trace.exists()
    assert read > 0


def test_lying_archives_are_refused(tmp_path: Path) -> None:
    """Cut files, other formats, compressed entries (a bomb), a storage that is shorter than its tensor."""
    whole = io.BytesIO()
    torch.save({"a": torch.ones(64)}, whole)
    data = whole.getvalue()
    path = tmp_path / "x.bin"
    for cut in (0, 10, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:cut])
        assert refusal(path).code == "model.pickle_broken"
    torch.save({"a": torch.ones(2)}, path, _use_new_zipfile_serialization=False)
    assert refusal(path).code == "model.pickle_broken"
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, source.read(name))
    assert refusal(path).code == "model.pickle_broken"
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content[:-4] if "/data/" in name else content)
    assert refusal(path).code == "model.pickle_broken"
    damaged = bytearray(data)
    at = data.index(torch.ones(64).numpy().tobytes())
    damaged[at] ^= 1
    path.write_bytes(damaged)
    assert refusal(path).code == "model.pickle_broken"
    torch.save({"a": torch.ones(4, 6).t()}, path)
    assert refusal(path).code == "model.pickle_broken"
    torch.save({"a": torch.ones(2), "step": 5}, path)
    assert refusal(path).code == "model.pickle_refused"


def test_nothing_stays_of_a_conversion_that_fails(tmp_path: Path) -> None:
    """A wrong tensor in the last shard, and files that are there already."""
    folder = tmp_path / "base"
    model(folder, 3)
    names = {path.name for path in folder.iterdir()}
    last = folder / "pytorch_model-00003-of-00003.bin"
    good = last.read_bytes()
    last.write_bytes(good[:-9])
    with pytest.raises(JobError):
        convert(folder)
    assert {path.name for path in folder.iterdir()} == names
    torch.save({"another.weight": torch.ones(2)}, last)
    with pytest.raises(JobError) as caught:
        convert(folder)
    assert caught.value.code == "model.missing_tensors"
    assert {path.name for path in folder.iterdir()} == names
    last.write_bytes(good)
    (folder / "model.safetensors").write_bytes(b"mine")
    with pytest.raises(JobError) as caught:
        convert(folder)
    assert caught.value.code == "model.convert_exists"
    assert (folder / "model.safetensors").read_bytes() == b"mine"
    (folder / "model.safetensors").unlink()
    for outside in ("../x.bin", "/x.bin", "a\\x.bin", "x.pkl"):
        (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": {"a": outside}}))
        with pytest.raises(JobError) as caught:
            convert(folder)
        assert caught.value.code == "model.index_path"


LOCKED = """
import os, socket, subprocess, sys
from pathlib import Path
from legal_eagle.release.locked_down import lock_down
inside, outside = Path(sys.argv[1]), Path(sys.argv[2])
(inside / "link").symlink_to(outside)
lock_down([inside])
(inside / "file").write_text("fine")
(inside / "file").rename(inside / "other")
outside.exists() and list(outside.iterdir())
tries = {
    "write": lambda: (outside / "x").write_text("no"),
    "through a link": lambda: (inside / "link" / "x").write_text("no"),
    "rename": lambda: (inside / "other").rename(outside / "x"),
    "remove": lambda: (outside / "kept").unlink(),
    "mkdir": lambda: (outside / "new").mkdir(),
    "connect": lambda: socket.create_connection(("127.0.0.1", 9), timeout=1),
    "system": lambda: os.system("true"),
    "run": lambda: subprocess.run(["true"]),
    "fork": lambda: os.fork(),
}
for name, action in tries.items():
    try:
        action()
    except PermissionError as error:
        if error.errno is None:
            continue
    print("not refused:", name)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks and links")
def test_the_second_wall_refuses_what_no_conversion_needs(tmp_path: Path) -> None:
    """In a process of its own: the hook cannot be taken away again."""
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "kept").write_text("mine")
    runtime = Path(__file__).resolve().parents[2] / "python-runtime"
    result = subprocess.run(
        [sys.executable, "-c", LOCKED, str(inside), str(outside)],
        env={"PYTHONPATH": str(runtime)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
    assert [path.name for path in outside.iterdir()] == ["kept"]


def test_the_job_converts_and_refuses_as_a_locked_process(tmp_path: Path) -> None:
    """The real job: its own events and heartbeat must still be written, a bomb must be named."""
    tensors = model(tmp_path / "base", 2)
    job = write_job(tmp_path / "job", "convert", {"folder": str(tmp_path / "base")})
    assert run_job(job) == 0, (job / "log.txt").read_text(encoding="utf-8")
    result = events(job, "result")[-1]["data"]
    assert result["tensors"] == len(tensors)
    assert len(result["sources"]) == 2
    folder, trace = tmp_path / "bomb", tmp_path / "executed"
    model(folder, 1)
    archive_of(folder / "pytorch_model.bin", pickle.dumps(_Call(Path.touch, trace), 2))
    job = write_job(tmp_path / "again", "convert", {"folder": str(folder)})
    assert run_job(job) == EXIT_DATA
    assert events(job, "error")[-1]["data"]["code"] == "model.pickle_refused"
    assert not trace.exists()
    assert {path.name for path in folder.iterdir()} == {"config.json", "pytorch_model.bin"}
