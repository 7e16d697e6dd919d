"""A folder of results as one zip file: stored, because weights do not shrink, and of any size.

Entries of 4 GiB and more, archives beyond that and more than 65,535 entries take zip64 fields (PKWARE APPNOTE
6.3.10, section 4.5.3), which unpackers of this century read.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

_CHUNK_BYTES = 4 << 20
# Local and central header, zip64 fields in both, and the name in both, of at most 255 bytes and a folder's.
_HEADER_BYTES = 30 + 46 + 20 + 28
_END_BYTES = 22 + 56 + 20
# 1980-01-01, the earliest the format knows: an archive of the same files is the same bytes.
_DATE = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100644


def archive_bytes(folder: Path) -> int:
    """Bytes of the archive of ``folder`` at most."""
    names = _entries(folder)
    headers = sum(_HEADER_BYTES + 2 * len(name.encode()) for name, _ in names)
    return sum(path.stat().st_size for _, path in names) + headers + _END_BYTES


def write_archive(
    folder: Path,
    target: Path,
    *,
    on_bytes: Callable[[int], None] = lambda _: None,
    stop_point: Callable[[], None] = lambda: None,
) -> None:
    """Write every regular file below ``folder`` into ``target`` (which is absent), sorted, below the folder's
    name. ``stop_point`` may raise; what is written by then is the caller's to remove."""
    with zipfile.ZipFile(target, "x", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, path in _entries(folder):
            info = zipfile.ZipInfo(name, _DATE)
            info.external_attr = _REGULAR_FILE << 16
            # Decides whether the header has room for 64-bit sizes.
            info.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(info, "w") as entry:
                while chunk := source.read(_CHUNK_BYTES):
                    stop_point()
                    entry.write(chunk)
                    on_bytes(len(chunk))


def _entries(folder: Path) -> list[tuple[str, Path]]:
    found = [
        (f"{folder.name}/{path.relative_to(folder).as_posix()}", path)
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    ]
    return sorted(found, key=lambda one: one[0].encode())
