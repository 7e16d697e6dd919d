"""Where the shared assets lie: `../shared` beside the repository, or LEGAL_EAGLE_SHARED."""

import os
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[3]


def shared_folder() -> Path:
    return Path(os.environ.get("LEGAL_EAGLE_SHARED", _REPOSITORY.parent / "shared"))
