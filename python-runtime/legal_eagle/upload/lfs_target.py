"""Where one blob goes by Git LFS: one address, or numbered parts and the address that joins them.

https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md; parts as in huggingface_hub 1.33, ``lfs.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from legal_eagle.hub.listing import answer_invalid
from legal_eagle.jobs.errors import JobError
from legal_eagle.upload.upload_hub import Blob


@dataclass(frozen=True, slots=True, repr=False)
class LfsTarget:
    """Without ``part_bytes``, ``href`` takes the whole blob; with it, it is told when all parts lie there.

    The addresses are signed and stand in no log: there is no ``repr``.
    """

    href: str
    part_bytes: int | None
    part_hrefs: tuple[str, ...]
    verify_href: str | None


def read_target(said: dict[str, Any], blob: Blob, where: str) -> LfsTarget | None:
    """One object of a batch answer; None where the hub has these bytes. Raises ``hub.answer_invalid``."""
    actions = said.get("actions")
    if actions is None:
        return None
    upload = actions.get("upload") if isinstance(actions, dict) else None
    if upload is None:
        # Present, and to be verified at most: nothing is asked for.
        return None
    header = _header_of(upload, blob, where)
    verify = actions.get("verify")
    verify_href = None if verify is None else _href_of(verify, blob, where)
    chunk = header.get("chunk_size")
    if chunk is None:
        return LfsTarget(_href_of(upload, blob, where), None, (), verify_href)
    if not str(chunk).isdigit() or int(chunk) < 1:
        raise _invalid(blob, where)
    part_bytes = int(chunk)
    parts = {int(name): href for name, href in header.items() if name.isdigit()}
    count = -(-blob.bytes // part_bytes)
    if sorted(parts) != list(range(1, count + 1)):
        raise _invalid(blob, where)
    hrefs = tuple(_address(parts[number], blob, where) for number in sorted(parts))
    return LfsTarget(_href_of(upload, blob, where), part_bytes, hrefs, verify_href)


def _header_of(action: Any, blob: Blob, where: str) -> dict[str, Any]:
    header = action.get("header") if isinstance(action, dict) else None
    if header is None:
        return {}
    if not isinstance(header, dict):
        raise _invalid(blob, where)
    return header


def _href_of(action: Any, blob: Blob, where: str) -> str:
    return _address(action.get("href") if isinstance(action, dict) else None, blob, where)


def _address(href: Any, blob: Blob, where: str) -> str:
    # A hub reached by https has no business with an address that is not.
    schemes = ("https://",) if where.startswith("https://") else ("https://", "http://")
    if not isinstance(href, str) or not href.startswith(schemes):
        raise _invalid(blob, where)
    return href


def _invalid(blob: Blob, where: str) -> JobError:
    return answer_invalid(where, f"no usable address for {blob.path!r}")
