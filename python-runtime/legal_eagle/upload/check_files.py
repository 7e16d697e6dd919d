"""What may leave this rig, said before a byte is hashed."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from legal_eagle.hub.file_names import refuse_unsafe
from legal_eagle.jobs.errors import JobError
from legal_eagle.upload.refusals import (
    file_missing,
    file_refused,
    file_too_large,
    path_collision,
    path_unsafe,
    repository_name_invalid,
    too_many_files,
)

# Both hubs take names of this form (huggingface_hub's rule, which is the narrower one).
_NAME: Final = re.compile(r"(?!.*(?:--|\.\.))[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?")
# Files of a release by their last name; everything else is somebody's own.
_RELEASED: Final = re.compile(
    r"(?:.+\.(?:safetensors|gguf|json|jsonl|model|tiktoken|jinja|txt|md|py|png|jpe?g|webp|svg|csv|ya?ml)"
    r"|(?:licen[cs]e|notice|use_policy|readme|sha256sums)(?:[-._].*)?"
    r"|modelfile|template|system|params|\.gitattributes)",
    re.IGNORECASE,
)
# Names under which trainers keep what is no part of a model, whatever their format.
_NEVER: Final = re.compile(
    r"(?:optimi[sz]er|scheduler|scaler|rng[-_]state|training[-_]args|trainer[-_]state)(?:[-_.].*)?"
    r"|(?:credentials?|secrets?|cookies?|id_rsa|id_ed25519)(?:[-_.].*)?"
    r"|.*\.log(?:\..*)?",
    re.IGNORECASE,
)
# ModelScope's pages say 50 GB a file; Hugging Face advises 200 GB.
MAX_FILE_BYTES: Final[Mapping[str, int]] = {"modelscope": 50_000_000_000, "huggingface": 200_000_000_000}
# ModelScope's servers refuse a commit with more actions.
MAX_ACTIONS: Final = 2000


def check_repository_name(repository: str) -> None:
    """Raises ``upload.repository_name_invalid``."""
    parts = repository.split("/")
    if len(parts) != 2 or any(_NAME.fullmatch(part) is None for part in parts):
        raise repository_name_invalid(repository)


def check_files(hub: str, files: Sequence[Mapping[str, Any]], deletes: Sequence[str]) -> None:
    """``files`` and ``deletes`` as in ``uploadParams``. Raises ``upload.file_refused``, ``…path_unsafe``,
    ``…path_collision``, ``…file_missing``, ``…file_too_large``, ``…too_many_files``."""
    count = len(files) + len(deletes)
    if count > MAX_ACTIONS:
        raise too_many_files(count, MAX_ACTIONS)
    paths = [file["path"] for file in files]
    try:
        refuse_unsafe((), [*paths, *(path for path in deletes if path not in set(paths))])
    except JobError as error:
        if error.code == "hub.unsafe_name":
            raise path_unsafe(str(error.params["path"]), str(error.params["reason"])) from error
        raise path_collision(str(error.params["path"]), str(error.params["other"])) from error
    if len(set(paths)) < len(paths):
        twice = next(path for path in paths if paths.count(path) > 1)
        raise path_collision(twice, twice)
    for file in files:
        path = file["path"]
        if not _may_leave(path) or _is_own(Path(file["localPath"]).name):
            raise file_refused(path)
        size = _size_of(path, Path(file["localPath"]))
        if size > MAX_FILE_BYTES[hub]:
            raise file_too_large(path, size, MAX_FILE_BYTES[hub])


def _may_leave(path: str) -> bool:
    *folders, name = path.split("/")
    hidden = any(folder.startswith(".") for folder in folders)
    return not hidden and _RELEASED.fullmatch(name) is not None and _NEVER.fullmatch(name) is None


def _is_own(local_name: str) -> bool:
    """Whether a file's name here says that it is nobody else's, under whatever name it would be released."""
    is_hidden = local_name.startswith(".") and local_name != ".gitattributes"
    return is_hidden or _NEVER.fullmatch(local_name) is not None


def _size_of(path: str, local_path: Path) -> int:
    try:
        found = local_path.lstat()
    except OSError as error:
        raise file_missing(path, error) from error
    # A link may lead to anything on this rig.
    if not stat.S_ISREG(found.st_mode):
        raise file_refused(path)
    return found.st_size
