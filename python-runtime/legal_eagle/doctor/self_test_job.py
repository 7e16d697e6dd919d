"""The job `self-test`: uses every library the engine stands on once, and reports what this environment is."""

from __future__ import annotations

import importlib.metadata
import platform
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.jobs.errors import EXIT_ENVIRONMENT, JobError

PACKAGES = ("torch", "numpy", "safetensors", "tokenizers", "protobuf", "PyYAML", "tensorboard")


def run(context: JobContext) -> Outcome:
    """Raises JobError `runtime.self_test_failed` naming the first check that fails."""
    checks: list[tuple[str, Callable[[], None]]] = [
        ("packages", _check_packages),
        ("torch", _check_torch),
        ("cuda", _check_cuda),
        ("safetensors", lambda: _check_safetensors(context.dir)),
        ("tokenizers", _check_tokenizers),
        ("sqlite", lambda: _check_sqlite(context.dir)),
    ]
    for name, check in checks:
        context.reporter.emit("phase", {"name": "self-test", "detail": name})
        try:
            check()
        except Exception as error:
            reason = f"{name}: {type(error).__name__}: {error}"
            raise JobError(
                "runtime.self_test_failed", reason, exit_code=EXIT_ENVIRONMENT, params={"reason": reason}
            ) from error
    context.reporter.emit("result", describe())
    return "done"


def describe() -> dict[str, object]:
    """Versions and devices of this environment."""
    import torch

    devices = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return {
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "torch": {
            "version": torch.__version__,
            "cuda": torch.version.cuda,
            "threads": torch.get_num_threads(),
            "devices": devices,
        },
    }


def _check_packages() -> None:
    for name in PACKAGES:
        importlib.metadata.version(name)


def _check_torch() -> None:
    import torch

    left = torch.arange(6, dtype=torch.float32).reshape(2, 3).requires_grad_()
    product = left @ torch.eye(3)
    torch.autograd.backward(product.sum())
    if not torch.equal(product.detach(), left.detach()) or left.grad is None:
        raise ValueError("a matrix times the identity changed")
    if not torch.equal(left.grad, torch.ones(2, 3)):
        raise ValueError("the gradient of a sum is not one")


def _check_cuda() -> None:
    """Every card that this build sees must be one that it was built for, and compute."""
    import torch

    if torch.version.cuda is None:
        return
    built_for = torch.cuda.get_arch_list()
    for index in range(torch.cuda.device_count()):
        capability = torch.cuda.get_device_capability(index)
        name = torch.cuda.get_device_name(index)
        if not covers(built_for, capability):
            number = ".".join(str(part) for part in capability)
            raise ValueError(f"{name} has compute capability {number}; this build is for {built_for}")
        device = torch.device("cuda", index)
        for dtype in (torch.float32, torch.bfloat16):
            if dtype is torch.bfloat16 and capability < (8, 0):
                continue
            # Small whole numbers are exact in both types.
            left = torch.arange(256, device=device, dtype=dtype).remainder(5).reshape(16, 16)
            product = left @ torch.eye(16, device=device, dtype=dtype)
            if not torch.equal(product, left):
                raise ValueError(f"{name}: a matrix times the identity changed in {dtype}")


def covers(built_for: Iterable[str], capability: tuple[int, int]) -> bool:
    """Whether a build (`sm_86`, `compute_120` …) runs on a card of this compute capability.

    Binaries run on cards of the same major version with the same or a higher minor one; intermediate
    code (`compute_…`) on everything newer. Letters at the end (`sm_90a`) bind to exactly one version.
    Source: CUDA C++ Programming Guide, "Application Compatibility".
    """
    major, minor = capability
    for name in built_for:
        kind, _, number = name.partition("_")
        if number.isdigit():
            had = (int(number[:-1]), int(number[-1]))
            newer_binary = kind == "sm" and had[0] == major and had[1] <= minor
            if newer_binary or (kind == "compute" and had <= (major, minor)):
                return True
        elif kind == "sm" and number[:-1].isdigit() and number[:-1] == f"{major}{minor}":
            return True
    return False


def _check_safetensors(folder: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    file = folder / "self-test.safetensors"
    value = torch.linspace(-1, 1, 16, dtype=torch.bfloat16)
    save_file({"value": value}, file)
    same = torch.equal(load_file(file)["value"], value)
    file.unlink()
    if not same:
        raise ValueError("a tensor changed on its way through a file")


def _check_tokenizers() -> None:
    from tokenizers import Tokenizer, models

    tokenizer = Tokenizer(models.BPE(vocab={"法": 0, "律": 1, "法律": 2}, merges=[("法", "律")]))
    if tokenizer.encode("法律").ids != [2]:
        raise ValueError("a merge was not applied")


def _check_sqlite(folder: Path) -> None:
    file = folder / "self-test.db"
    connection = sqlite3.connect(file)
    try:
        connection.execute("CREATE TABLE t(a TEXT NOT NULL) STRICT")
        connection.execute("CREATE VIRTUAL TABLE f USING fts5(a, tokenize='unicode61')")
        connection.execute("INSERT INTO f VALUES ('合 同')")
        found = connection.execute("SELECT count(*) FROM f WHERE f MATCH '\"合 同\"'").fetchone()[0]
    finally:
        connection.close()
        file.unlink(missing_ok=True)
    if found != 1:
        raise ValueError("full text search found nothing")
