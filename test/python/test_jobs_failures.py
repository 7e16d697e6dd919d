"""What a job says about each kind of failure."""

from __future__ import annotations

import errno
import importlib

import pytest

from legal_eagle.jobs.errors import JobError
from legal_eagle.jobs.failures import to_job_error
from legal_eagle.protocol import validate


class OutOfMemoryError(RuntimeError):
    """Stands for torch.OutOfMemoryError by name and module; the real one is used below where torch is."""

    __module__ = "torch"


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (MemoryError(), "job.out_of_memory", 21),
        (OutOfMemoryError("CUDA out of memory. Tried to allocate"), "job.out_of_memory", 21),
        (RuntimeError("CUDA out of memory."), "job.out_of_memory", 21),
        (OSError(errno.ENOSPC, "No space left on device", "/数据/x"), "job.disk_full", 24),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "job.disk_full", 24),
        (OSError(errno.ENOENT, "No such file"), "job.crashed", 1),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), "job.environment_broken", 23),
        (ValueError("anything else"), "job.crashed", 1),
        (KeyboardInterrupt(), "job.crashed", 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_failure_has_its_code_and_exit_code(error: BaseException, code: str, exit_code: int) -> None:
    job_error = to_job_error(error)
    assert (job_error.code, job_error.exit_code) == (code, exit_code)
    data = {
        "code": job_error.code,
        "message": job_error.message,
        "params": job_error.params,
        "detail": job_error.detail,
    }
    assert validate({"v": 1, "seq": 1, "t": 1, "type": "error", "data": data}, "JobEvent") == []


def test_own_error_is_passed_on_unchanged() -> None:
    error = JobError("data.empty_file", "the file is empty", exit_code=22, params={"file": "a"})
    assert to_job_error(error) is error


def test_real_torch_error_is_known() -> None:
    torch = importlib.import_module("torch")
    assert to_job_error(torch.OutOfMemoryError("no memory")).exit_code == 21


def test_endless_traceback_is_cut_in_the_middle() -> None:
    def deep(level: int) -> None:
        if level:
            deep(level - 1)
        else:
            raise ValueError("第" * 50_000)

    with pytest.raises(ValueError, match="第") as caught:
        deep(5)
    detail = to_job_error(caught.value).detail
    assert detail is not None
    assert len(detail) < 33_000
    assert detail.startswith("Traceback")
