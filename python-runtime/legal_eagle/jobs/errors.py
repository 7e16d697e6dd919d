"""The error a job raises, and the documented exit codes of a job process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EXIT_DONE: Final = 0
EXIT_CRASHED: Final = 1
EXIT_STOPPED: Final = 10
EXIT_SPEC: Final = 20
EXIT_OUT_OF_GPU_MEMORY: Final = 21
EXIT_DATA: Final = 22
EXIT_ENVIRONMENT: Final = 23
EXIT_DISK_FULL: Final = 24
# EX_TEMPFAIL of sysexits.h: nothing is wrong with the job, run it again later.
EXIT_RESUMABLE: Final = 75


class JobError(Exception):
    """A failure that a person is told about.

    `code` is `<domain>.<snake_case>` and has texts in electron/shared/contract/errors/<domain>.ts; `params`
    fill the placeholders of those texts; `message` is the English fallback for logs; `detail` is free text
    for a bug report (a traceback, a compiler's words) and is never translated.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        exit_code: int = EXIT_SPEC,
        params: Mapping[str, object] | None = None,
        detail: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.exit_code = exit_code
        self.params: dict[str, object] = dict(params or {})
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
