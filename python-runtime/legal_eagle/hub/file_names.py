"""Names of a listing are strangers' text: which of them may become files on this disk."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from legal_eagle.jobs.errors import EXIT_DATA, JobError

# Windows opens a device under these names, with any extension and in any folder.
_RESERVED: Final = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])(?:\..*)?$",
    re.IGNORECASE,
)
_FORBIDDEN: Final = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
# 255 is the limit of file systems; room is left for the suffix of a partial file.
_MAX_COMPONENT_BYTES: Final = 240
_MAX_PATH_BYTES: Final = 300


def climbs(path: str) -> bool:
    """Whether the name points out of its folder: absolute, a drive, or a way up. Never an accident."""
    parts = re.split(r"[/\\]", path)
    return path.startswith(("/", "\\")) or ".." in parts or re.match(r"[A-Za-z]:", path) is not None


def unsafe_reason(path: str) -> str | None:
    """Why a relative POSIX path of a listing cannot be a file on every system; None if it can."""
    if climbs(path):
        return "outside"
    try:
        size = len(path.encode("utf-8"))
    except UnicodeEncodeError:
        return "not-text"
    if size > _MAX_PATH_BYTES:
        return "too-long"
    parts = path.split("/")
    for part in parts:
        if part in ("", "."):
            return "empty-part"
        if len(part.encode("utf-8")) > _MAX_COMPONENT_BYTES:
            return "too-long"
        if "\\" in part or _FORBIDDEN.search(part) is not None:
            return "character"
        if part[-1] in ". ":
            return "trailing"
        if _RESERVED.match(part) is not None:
            return "reserved"
    return None


def refuse_unsafe(listed: Iterable[str], taken: Iterable[str]) -> None:
    """Raises ``hub.unsafe_name`` for a taken name that is none, and for any listed one that climbs out;
    ``hub.name_collision`` where two taken names are one file on some system."""
    for path in listed:
        if climbs(path):
            raise _unsafe(path, "outside")
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for path in taken:
        reason = unsafe_reason(path)
        if reason is not None:
            raise _unsafe(path, reason)
        parts = path.split("/")
        name = _same_on_some_system(path)
        parents = {
            _same_on_some_system("/".join(parts[:end])): "/".join(parts[:end]) for end in range(1, len(parts))
        }
        other = files.get(name) or folders.get(name)
        if other is None:
            other = next((files[parent] for parent in parents if parent in files), None)
        if other is None:
            # Folders of two spellings are one folder on some systems, and two on others.
            other = next(
                (folders[key] for key, given in parents.items() if folders.get(key, given) != given), None
            )
        if other is not None:
            raise JobError(
                "hub.name_collision",
                f"{path!r} and {other!r} are one name on some systems",
                exit_code=EXIT_DATA,
                params={"path": path, "other": other},
            )
        files[name] = path
        folders.update(parents)


def _same_on_some_system(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _unsafe(path: str, reason: str) -> JobError:
    shown = path.encode("utf-8", "backslashreplace").decode("utf-8")
    shown = shown if len(shown) <= 200 else f"{shown[:200]}…"
    return JobError(
        "hub.unsafe_name",
        f"{shown!r} is no name for a file here ({reason})",
        exit_code=EXIT_DATA,
        params={"path": shown, "reason": reason},
    )
