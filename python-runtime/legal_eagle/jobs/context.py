"""What a job handler is given: its spec, its folder, a reporter and a control inbox."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, NoReturn, Protocol

from legal_eagle.jobs.errors import JobError

Outcome = Literal["done", "stopped"]


@dataclass(frozen=True)
class ControlCommand:
    """One message of the control inbox that the handler has to act on."""

    id: str
    command: str


class Reporter(Protocol):
    """Writes events. Implementations are safe to call from several threads."""

    def emit(self, type: str, data: Mapping[str, object], /) -> None:
        """Append one event. NaN and infinities become null and are named in `data.nonFinite`.

        Raises OSError when the file cannot be written and ValueError when the event is too large.
        """


class Control(Protocol):
    """The inbox of a job."""

    def poll(self) -> list[ControlCommand]:
        """Commands that arrived since the last call, oldest first; `ping` is answered by the inbox itself."""


def _never() -> bool:
    return False


def _end_process(failure: JobError) -> NoReturn:
    os._exit(failure.exit_code)


@dataclass
class JobContext:
    """Everything a handler may use of the seam.

    `secrets` come from the first line of stdin of a service job and are written nowhere. `input` and
    `output` are NDJSON channels that only a chat job has.
    """

    spec: dict[str, Any]
    dir: Path
    reporter: Reporter
    control: Control
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    input: BinaryIO | None = None
    output: BinaryIO | None = None
    stop_flag: Callable[[], bool] = _never
    # Ends the process with this failure, from any thread: for a main thread that can no longer be reached.
    end_now: Callable[[JobError], NoReturn] = _end_process

    @property
    def params(self) -> dict[str, Any]:
        """The part of the spec that is the handler's own (`spec["params"]`)."""
        params: dict[str, Any] = self.spec["params"]
        return params

    def stop_requested(self) -> bool:
        """Whether the job has to stop: control `stop`, a termination signal, or the core is gone.

        Cheap enough for every step, and once true it stays true.
        """
        return self.stop_flag()
