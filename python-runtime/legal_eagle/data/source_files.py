"""Which files an import reads: the named ones, and the data files of named folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from legal_eagle.data.source_bytes import text_suffix
from legal_eagle.jobs.errors import EXIT_DATA, JobError

_DATA_SUFFIXES = frozenset(
    {".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".arrow", ".xlsx", ".xls"}
)
# Files that stand beside data and describe it.
_NOT_DATA = frozenset(
    {"dataset_info.json", "dataset_infos.json", "state.json", "package.json", "config.json"}
)


@dataclass(frozen=True)
class SourceFile:
    """A file to read and the name under which a person knows it."""

    path: Path
    name: str
    bytes: int


def find_source_files(sources: Sequence[str]) -> list[SourceFile]:
    """Files in the given order, those of a folder (and below) by name; each file once.

    A folder may come from anybody: a link in it that leads to a file elsewhere is refused, not followed.

    Raises JobError data.source_not_found, data.source_unreadable, data.link_leads_out, data.no_data_files.
    """
    found: dict[Path, SourceFile] = {}
    for source in sources:
        path = Path(source)
        try:
            if path.is_dir():
                inside = _places_of(path)
                for file in sorted(path.rglob("*")):
                    if _is_data(file.relative_to(path)) and file.is_file():
                        name = (Path(path.name) / file.relative_to(path)).as_posix()
                        target = file.resolve()
                        if not any(target.is_relative_to(place) for place in inside):
                            raise _leads_out(name)
                        found.setdefault(target, SourceFile(file, name, file.stat().st_size))
            elif path.exists():
                found.setdefault(path.resolve(), SourceFile(path, path.name, path.stat().st_size))
            else:
                raise JobError(
                    "data.source_not_found",
                    f"{path} does not exist.",
                    exit_code=EXIT_DATA,
                    params={"file": str(path)},
                )
        except OSError as error:
            raise unreadable(path, error) from error
    if not found:
        raise JobError(
            "data.no_data_files",
            "The folder holds no data file.",
            exit_code=EXIT_DATA,
            params={"folder": ", ".join(sources), "suffixes": ", ".join(sorted(_DATA_SUFFIXES))},
        )
    return list(found.values())


def _places_of(folder: Path) -> tuple[Path, ...]:
    """Where the files of a folder may lie; a snapshot of a hub's cache is made of links to its blobs."""
    real = folder.resolve()
    if real.parent.name == "snapshots":
        return real, real.parent.parent / "blobs"
    return (real,)


def _leads_out(name: str) -> JobError:
    return JobError(
        "data.link_leads_out",
        f"{name} is a link to a file outside the folder.",
        exit_code=EXIT_DATA,
        params={"file": name},
    )


def _is_data(path: Path) -> bool:
    hidden = any(part.startswith((".", "~$", "__MACOSX")) for part in path.parts)
    return not hidden and path.name not in _NOT_DATA and text_suffix(path) in _DATA_SUFFIXES


def unreadable(path: Path, error: OSError) -> JobError:
    return JobError(
        "data.source_unreadable",
        f"{path} cannot be read: {error.strerror or error}",
        exit_code=EXIT_DATA,
        params={"file": str(path), "reason": error.strerror or str(error)},
    )
