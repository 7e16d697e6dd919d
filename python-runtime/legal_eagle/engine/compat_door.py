"""The engine's one way to the compat engine, taken only when a run needs it.

transformers and peft take seconds to load and are an optional part of an environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from legal_eagle.jobs.errors import EXIT_ENVIRONMENT, JobError

if TYPE_CHECKING:
    from legal_eagle.compat.compat_engine import CompatEngine

_PACKAGES = ("transformers", "peft")


def compat_engine(architecture: str) -> CompatEngine:
    """Raises JobError `model.compat_missing` where the environment lacks the libraries."""
    try:
        from legal_eagle.compat.compat_engine import CompatEngine
    except ModuleNotFoundError as error:
        missing = (error.name or "").split(".")[0]
        if missing not in _PACKAGES:
            raise
        raise JobError(
            "model.compat_missing",
            f"{architecture} needs {missing}, which this environment has not",
            exit_code=EXIT_ENVIRONMENT,
            params={"architecture": architecture, "package": missing},
        ) from error
    return CompatEngine()
