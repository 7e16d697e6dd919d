"""Other people's programs as children: found on the PATH, run without a shell, ended when the job is."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

# What such a program may see of this process: where it is, whose it is, and where its service listens.
_PASSED = (
    "PATH",
    "HOME",
    "USERPROFILE",
    "LOCALAPPDATA",
    "APPDATA",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "LANG",
    "OLLAMA_HOST",
    "OLLAMA_MODELS",
)
_POLL_SECONDS = 0.2
_TAIL_CHARACTERS = 2000


def find_program(name: str) -> Path | None:
    """The program's absolute path, or None."""
    found = shutil.which(name)
    return None if found is None else Path(found).absolute()


def run_program(
    program: Path, arguments: Sequence[str], folder: Path, stop_point: Callable[[], None]
) -> tuple[int, str]:
    """Exit code and the end of what it said. ``stop_point`` may raise, which ends the child."""
    environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(  # noqa: S603 - no shell; the program was found by its fixed name
            [str(program), *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            while True:
                try:
                    code = child.wait(_POLL_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    stop_point()
        except BaseException:
            child.kill()
            child.wait()
            raise
        said.seek(0)
        text = said.read().decode("utf-8", errors="replace")
    return code, text[-_TAIL_CHARACTERS:].strip()
