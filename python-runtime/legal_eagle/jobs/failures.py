"""Turns whatever a handler raised into a code, an exit code and texts."""

from __future__ import annotations

import errno
import traceback
from typing import Final

from legal_eagle.jobs.errors import (
    EXIT_CRASHED,
    EXIT_DISK_FULL,
    EXIT_ENVIRONMENT,
    EXIT_OUT_OF_GPU_MEMORY,
    JobError,
)

# A deep recursion error repeats one frame thousands of times; the ends say what happened.
_MAX_DETAIL_CHARACTERS: Final = 32_000
_DISK_FULL_ERRNOS: Final = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
# ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL
_DISK_FULL_WINERRORS: Final = frozenset({112, 39})


def to_job_error(error: BaseException) -> JobError:
    """The JobError that stands for `error`; a JobError stands for itself."""
    if isinstance(error, JobError):
        return error
    detail = _shorten("".join(traceback.format_exception(error)))
    if isinstance(error, MemoryError) or _is_torch_out_of_memory(error):
        where = "memory" if isinstance(error, MemoryError) else "GPU memory"
        return JobError(
            "job.out_of_memory",
            f"out of {where}: {error}",
            exit_code=EXIT_OUT_OF_GPU_MEMORY,
            params={"reason": str(error)},
            detail=detail,
        )
    if is_disk_full(error):
        return JobError(
            "job.disk_full",
            f"the disk is full: {error}",
            exit_code=EXIT_DISK_FULL,
            params={"path": str(getattr(error, "filename", None) or "")},
            detail=detail,
        )
    if isinstance(error, ImportError):
        return JobError(
            "job.environment_broken",
            f"a Python package is missing or broken: {error}",
            exit_code=EXIT_ENVIRONMENT,
            params={"module": error.name or "", "reason": str(error)},
            detail=detail,
        )
    return JobError(
        "job.crashed",
        f"{type(error).__name__}: {error}",
        exit_code=EXIT_CRASHED,
        params={"reason": f"{type(error).__name__}: {error}"},
        detail=detail,
    )


def is_disk_full(error: BaseException) -> bool:
    """Whether an OSError says that the disk or the quota is used up."""
    return isinstance(error, OSError) and (
        error.errno in _DISK_FULL_ERRNOS or getattr(error, "winerror", None) in _DISK_FULL_WINERRORS
    )


def _is_torch_out_of_memory(error: BaseException) -> bool:
    # By name: this module runs where torch is not installed.
    kind = type(error)
    if kind.__name__ == "OutOfMemoryError" and kind.__module__.split(".")[0] == "torch":
        return True
    return isinstance(error, RuntimeError) and "CUDA out of memory" in str(error)


def _shorten(text: str) -> str:
    if len(text) <= _MAX_DETAIL_CHARACTERS:
        return text
    half = _MAX_DETAIL_CHARACTERS // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[-half:]}"
