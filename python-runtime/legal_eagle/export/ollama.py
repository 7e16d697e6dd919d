"""Making an exported model known to the Ollama on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from legal_eagle.export.child_program import find_program, run_program
from legal_eagle.export.modelfile import MODELFILE
from legal_eagle.jobs.errors import EXIT_ENVIRONMENT, EXIT_SPEC, JobError

_PROGRAM = "ollama"


def find_ollama(format_: str, source_is_adapter: bool) -> Path:
    """Before anything is written. Raises JobError ``export.ollama_missing``, ``export.ollama_adapter`` or
    ``export.ollama_format``."""
    if not format_.startswith("gguf-"):
        raise JobError(
            "export.ollama_format",
            f"{format_} is no GGUF",
            exit_code=EXIT_SPEC,
            params={"format": format_},
        )
    if source_is_adapter:
        raise JobError(
            "export.ollama_adapter",
            "the base's name in Ollama is not known",
            exit_code=EXIT_SPEC,
            params={"format": format_},
        )
    found = find_program(_PROGRAM)
    if found is None:
        raise JobError("export.ollama_missing", f"{_PROGRAM} is not on the PATH", exit_code=EXIT_ENVIRONMENT)
    return found


def create_in_ollama(program: Path, name: str, folder: Path, stop_point: Callable[[], None]) -> None:
    """``ollama create`` from the Modelfile in ``folder``, and a look whether the model is there. Raises
    JobError ``export.ollama_failed``."""
    for arguments in (["create", name, "-f", MODELFILE], ["show", name]):
        code, said = run_program(program, arguments, folder, stop_point)
        if code != 0:
            last = said.splitlines()[-1] if said else f"code {code}"
            raise JobError(
                "export.ollama_failed",
                f"{_PROGRAM} {arguments[0]} ended with code {code}",
                exit_code=EXIT_ENVIRONMENT,
                params={"reason": last, "path": str(folder)},
                detail=said,
            )
