"""K-quants by `llama-quantize` of a llama.cpp release: the gguf package computes none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gguf

from legal_eagle.export.child_program import find_program, run_program
from legal_eagle.jobs.errors import EXIT_ENVIRONMENT, JobError

_PROGRAM = "llama-quantize"


def find_quantiser(format_: str) -> Path:
    """Raises JobError ``export.quantiser_missing``."""
    found = find_program(_PROGRAM)
    if found is None:
        raise JobError(
            "export.quantiser_missing",
            f"{_PROGRAM} is not on the PATH",
            exit_code=EXIT_ENVIRONMENT,
            params={"format": format_},
        )
    return found


def quantise(
    program: Path,
    source: Path,
    target: Path,
    wanted: gguf.LlamaFileType,
    tensors: set[str],
    stop_point: Callable[[], None],
) -> None:
    """Makes ``target`` of ``source`` and looks whether it is what was asked for. Raises JobError
    ``export.quantiser_failed``."""
    arguments = [str(source), str(target), wanted.name.removeprefix("MOSTLY_")]
    code, said = run_program(program, arguments, target.parent, stop_point)
    if code != 0:
        raise _failed(f"it ended with code {code}", said)
    try:
        reader = gguf.GGUFReader(target)
        found = reader.get_field(gguf.Keys.General.FILE_TYPE)
        kind = None if found is None else found.contents()
        held = {tensor.name for tensor in reader.tensors}
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise _failed("its file cannot be read", f"{said}\n{error}") from error
    if kind != int(wanted):
        raise _failed(f"its file says type {kind}", said)
    if held != tensors:
        raise _failed("tensors are missing from its file", said)


def _failed(reason: str, said: str) -> JobError:
    return JobError(
        "export.quantiser_failed",
        f"{_PROGRAM}: {reason}",
        exit_code=EXIT_ENVIRONMENT,
        params={"reason": reason},
        detail=said,
    )
