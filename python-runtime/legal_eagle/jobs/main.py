"""Runs one job folder from `started` to `ended`."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import json
import os
import platform as python_platform
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn, Protocol, cast

from legal_eagle.jobs.channels import (
    LineInput,
    drain_until_end,
    read_secrets,
    stdin_is_life_line,
    take_stdout,
)
from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.jobs.control import ControlInbox
from legal_eagle.jobs.errors import (
    EXIT_DISK_FULL,
    EXIT_DONE,
    EXIT_RESUMABLE,
    EXIT_SPEC,
    EXIT_STOPPED,
    JobError,
)
from legal_eagle.jobs.failures import is_disk_full, to_job_error
from legal_eagle.jobs.heartbeat import Heartbeat
from legal_eagle.jobs.process_identity import current_platform, kill_own_group, send_ctrl_break
from legal_eagle.jobs.redaction import Redactor, redacted_stream
from legal_eagle.jobs.wire import EVENTS_FILE, EventWriter
from legal_eagle.protocol import Issue, parse

SPEC_FILE: Final = "job.json"
# One wrong value of a long list repeats; the first ones name the cause.
_MAX_ISSUES: Final = 20
# A service job whose core is gone has this long to stop by itself.
ORPHAN_GRACE_SECONDS = 30.0

HANDLERS: Final[Mapping[str, str]] = {
    "train": "legal_eagle.engine.train_job",
    "dataset-import": "legal_eagle.data.import_job",
    "dataset-statistics": "legal_eagle.data.statistics_job",
    "merge": "legal_eagle.release.merge_job",
    "convert": "legal_eagle.release.convert_job",
    "template-inspection": "legal_eagle.models.template_job",
    "export": "legal_eagle.export.export_job",
    "memorisation": "legal_eagle.memorisation.memorisation_job",
    "download": "legal_eagle.hub.download_job",
    "upload": "legal_eagle.upload.upload_job",
    "account-check": "legal_eagle.upload.account_job",
    "visibility": "legal_eagle.upload.visibility_job",
    "chat": "legal_eagle.serve.chat_job",
    "self-test": "legal_eagle.doctor.self_test_job",
}
# A training run survives the core, so it never waits for one on stdin.
_SURVIVES_CORE: Final = frozenset({"train"})


class Handler(Protocol):
    """A module that does one kind of job."""

    def run(self, context: JobContext) -> Outcome: ...


class StopState:
    """Whether to stop and who asked; set from signal handlers and threads."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.by_person = False

    def by_control(self) -> None:
        self.by_person = True
        self._event.set()

    def by_system(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()

    def exit_code(self) -> int:
        """`stopped` when a person asked, `resumable` when a signal or a vanished core did."""
        return EXIT_STOPPED if self.by_person or not self.is_set() else EXIT_RESUMABLE


def main(arguments: Sequence[str], handlers: Mapping[str, str] = HANDLERS) -> int:
    """Run the job folder named by the only argument; returns the exit code of the process.

    `--ctrl-break <pid>` (Windows) instead asks the job with that pid to stop: Node cannot send CTRL_BREAK.
    """
    if len(arguments) == 2 and arguments[0] == "--ctrl-break":
        return send_ctrl_break(int(arguments[1]))
    if len(arguments) != 1:
        print("usage: run.py <job folder>", file=sys.stderr)  # noqa: T201
        return EXIT_SPEC
    redactor = Redactor()
    _make_log_readable(redactor)
    folder = Path(arguments[0])
    stop = StopState()
    try:
        platform = current_platform()
        spec, problem = read_spec(folder)
        nonce = spec.get("nonce")
        platform.prepare(f"Local\\LegalEagle-{nonce}", stop.by_system)
        heartbeat = Heartbeat(folder, nonce if isinstance(nonce, str) else "", platform)
        writer = EventWriter(folder / EVENTS_FILE, clean_text=redactor.text)
    except FileExistsError:
        print(f"{folder} was run before; a job folder is run once", file=sys.stderr)  # noqa: T201
        return EXIT_SPEC
    except (OSError, JobError) as error:
        print(f"cannot start in {folder}: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_DISK_FULL if is_disk_full(error) else EXIT_SPEC
    return _run(folder, spec, problem, stop, heartbeat, writer, handlers, redactor)


def read_spec(folder: Path) -> tuple[dict[str, Any], JobError | None]:
    """The spec with its defaults as far as it can be read, and what is wrong with it."""
    try:
        spec = json.loads((folder / SPEC_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return {}, _spec_error([Issue("", str(error), "")])
    parsed, issues = parse(spec, "JobSpec")
    return (parsed if isinstance(parsed, dict) else {}), (_spec_error(issues) if issues else None)


def _spec_error(issues: Sequence[Issue]) -> JobError:
    first = issues[0]
    return JobError(
        "job.spec_invalid",
        f"{SPEC_FILE}: " + "; ".join(str(issue) for issue in issues[:_MAX_ISSUES]),
        exit_code=EXIT_SPEC,
        params={"field": first.path, "reason": first.reason, "allowed": first.allowed},
    )


def _run(
    folder: Path,
    spec: dict[str, Any],
    problem: JobError | None,
    stop: StopState,
    heartbeat: Heartbeat,
    writer: EventWriter,
    handlers: Mapping[str, str],
    redactor: Redactor,
) -> int:
    _install_signals(stop)
    inbox: ControlInbox | None = None
    try:
        heartbeat.start()
        writer.emit("started", _identity(heartbeat))
        inbox = ControlInbox(folder, writer, stop.by_control)
        inbox.start()
        if problem is not None:
            raise problem

        def end_now(failure: JobError) -> NoReturn:
            print(failure.detail or failure, file=sys.stderr)  # noqa: T201
            _emit_error(writer, failure)
            os._exit(_end(writer, heartbeat, "failed", failure.exit_code))

        context = JobContext(spec, folder, writer, inbox, stop_flag=stop.is_set, end_now=end_now)
        _connect_channels(context, stop, redactor)
        handler = cast(Handler, importlib.import_module(handlers[spec["kind"]]))
        outcome = handler.run(context)
        status, exit_code = ("done", EXIT_DONE) if outcome == "done" else ("stopped", stop.exit_code())
    except BaseException as error:
        failure = to_job_error(error)
        print(failure.detail or failure, file=sys.stderr)  # noqa: T201
        status, exit_code = "failed", failure.exit_code
        _emit_error(writer, failure)
    finally:
        if inbox is not None:
            inbox.stop()
    return _end(writer, heartbeat, status, exit_code)


def _emit_error(writer: EventWriter, failure: JobError) -> None:
    # On a full disk the exit code alone has to tell the story.
    with contextlib.suppress(OSError):
        writer.emit(
            "error",
            {
                "code": failure.code,
                "message": failure.message,
                "params": failure.params,
                "detail": failure.detail,
            },
        )


def _end(writer: EventWriter, heartbeat: Heartbeat, status: str, exit_code: int) -> int:
    try:
        writer.end({"status": status, "exitCode": exit_code})
    except OSError as error:
        print(f"cannot write the last event: {error}", file=sys.stderr)  # noqa: T201
        if is_disk_full(error):
            exit_code = EXIT_DISK_FULL
    heartbeat.stop()
    return exit_code


def _identity(heartbeat: Heartbeat) -> dict[str, object]:
    return {
        "pid": heartbeat.pid,
        "osStartTime": heartbeat.os_start_time,
        "bootId": heartbeat.boot_id,
        "nonce": heartbeat.nonce,
        "platform": python_platform.platform(),
        "python": python_platform.python_version(),
    }


def _connect_channels(context: JobContext, stop: StopState, redactor: Redactor) -> None:
    if context.spec["kind"] == "chat":
        context.output = take_stdout()
    if context.spec["kind"] in _SURVIVES_CORE or not stdin_is_life_line():
        return

    def core_is_gone() -> None:
        stop.by_system()
        guard = threading.Timer(ORPHAN_GRACE_SECONDS, kill_own_group, (EXIT_RESUMABLE,))
        guard.daemon = True
        guard.start()

    line_input = LineInput(0, core_is_gone)
    context.secrets = read_secrets(line_input)
    redactor.learn(context.secrets.values())
    if context.spec["kind"] == "chat":
        context.input = cast(BinaryIO, line_input)
    else:
        drain_until_end(line_input)


def _install_signals(stop: StopState) -> None:
    def request_stop(_signal: int, _frame: object) -> None:
        stop.by_system()

    # Ray runs training in a thread that is not the main one, where Python takes no handlers.
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGINT"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), request_stop)
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # A hung job is asked for its stacks with SIGUSR1; a native crash leaves them in the log by itself.
    faulthandler.enable()
    if hasattr(signal, "SIGUSR1") and hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGUSR1, all_threads=True)


def _make_log_readable(redactor: Redactor) -> None:
    """UTF-8, a line at a time, without secrets: whatever Python code of the job prints goes to its log."""
    # None: started without that descriptor, and a print is to go nowhere.
    if cast(object, sys.stdout) is not None:
        sys.stdout = redacted_stream(1, redactor)
    if cast(object, sys.stderr) is not None:
        sys.stderr = redacted_stream(2, redactor)
