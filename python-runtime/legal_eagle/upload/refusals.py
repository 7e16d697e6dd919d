"""What stands in the way of an upload, in one form for both hubs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from legal_eagle.hub.refusals import Answer, said_by
from legal_eagle.jobs.errors import EXIT_DATA, EXIT_RESUMABLE, EXIT_SPEC, JobError

_MAX_PATHS_NAMED: Final = 20


def token_needed(origin: str) -> JobError:
    return JobError(
        "upload.token_needed", f"{origin} wants a token", exit_code=EXIT_SPEC, params={"origin": origin}
    )


def token_refused(origin: str) -> JobError:
    return JobError(
        "upload.token_refused", f"{origin} refuses the token", exit_code=EXIT_SPEC, params={"origin": origin}
    )


def token_expired(origin: str) -> JobError:
    """The token was good when the job began."""
    return JobError(
        "upload.token_expired",
        f"{origin} refuses the token it accepted before",
        exit_code=EXIT_RESUMABLE,
        params={"origin": origin},
    )


def read_only_token(origin: str, username: str) -> JobError:
    return JobError(
        "upload.read_only_token",
        f"the token of {username} may not write",
        exit_code=EXIT_SPEC,
        params={"origin": origin, "username": username},
    )


def wrong_site(origin: str, other: str) -> JobError:
    return JobError(
        "upload.wrong_site",
        f"{origin} refuses the token; {other} is another site",
        exit_code=EXIT_SPEC,
        params={"origin": origin, "other": other},
    )


def repository_name_invalid(repository: str) -> JobError:
    return JobError(
        "upload.repository_name_invalid",
        f"{repository} is no name",
        exit_code=EXIT_SPEC,
        params={"repository": repository},
    )


def name_taken(repository: str) -> JobError:
    return JobError(
        "upload.name_taken",
        f"{repository} is taken",
        exit_code=EXIT_SPEC,
        params={"repository": repository},
    )


def namespace_refused(owner: str, reason: str) -> JobError:
    return JobError(
        "upload.namespace_refused",
        f"{owner}: {reason}",
        exit_code=EXIT_SPEC,
        params={"owner": owner, "reason": reason},
    )


def create_refused(repository: str, answer: Answer) -> JobError:
    return _refused("upload.create_refused", answer, {"repository": repository})


def repository_missing(repository: str) -> JobError:
    return JobError(
        "upload.repository_missing",
        f"{repository} is not there",
        exit_code=EXIT_SPEC,
        params={"repository": repository},
    )


def repository_exists(repository: str) -> JobError:
    return JobError(
        "upload.repository_exists",
        f"{repository} exists",
        exit_code=EXIT_SPEC,
        params={"repository": repository},
    )


def repository_public(repository: str) -> JobError:
    return JobError(
        "upload.repository_public",
        f"{repository} is public",
        exit_code=EXIT_SPEC,
        params={"repository": repository},
    )


def not_private(repository: str, state: str) -> JobError:
    return JobError(
        "upload.not_private",
        f"{repository} was to be private and is {state}",
        exit_code=EXIT_DATA,
        params={"repository": repository, "state": state},
    )


def visibility_unchanged(repository: str, state: str) -> JobError:
    return JobError(
        "upload.visibility_unchanged",
        f"{repository} is still {state}",
        exit_code=EXIT_RESUMABLE,
        params={"repository": repository, "state": state},
    )


def quota_exceeded(origin: str, answer: Answer) -> JobError:
    return _refused("upload.quota_exceeded", answer, {"origin": origin})


def commit_too_large(answer: Answer) -> JobError:
    return _refused("upload.commit_too_large", answer, {})


def commit_refused(answer: Answer) -> JobError:
    return _refused("upload.commit_refused", answer, {})


def blob_refused(path: str, origin: str, answer: Answer) -> JobError:
    return _refused("upload.blob_refused", answer, {"path": path, "origin": origin}, EXIT_RESUMABLE)


def mirror_refused(origin: str) -> JobError:
    return JobError(
        "upload.mirror_refused", f"{origin} is a mirror", exit_code=EXIT_SPEC, params={"origin": origin}
    )


def file_refused(path: str) -> JobError:
    return JobError(
        "upload.file_refused", f"{path} is never uploaded", exit_code=EXIT_SPEC, params={"path": path}
    )


def path_unsafe(path: str, reason: str) -> JobError:
    return JobError(
        "upload.path_unsafe",
        f"{path!r} ({reason})",
        exit_code=EXIT_SPEC,
        params={"path": path, "reason": reason},
    )


def path_collision(path: str, other: str) -> JobError:
    return JobError(
        "upload.path_collision",
        f"{path!r} and {other!r} are one name on some systems",
        exit_code=EXIT_SPEC,
        params={"path": path, "other": other},
    )


def file_missing(path: str, error: OSError) -> JobError:
    reason = error.strerror or type(error).__name__
    return JobError(
        "upload.file_missing",
        f"{path}: {reason}",
        exit_code=EXIT_DATA,
        params={"path": path, "reason": reason},
    )


def file_changed(path: str) -> JobError:
    return JobError(
        "upload.file_changed", f"{path} keeps changing", exit_code=EXIT_RESUMABLE, params={"path": path}
    )


def file_too_large(path: str, size: int, limit: int) -> JobError:
    return JobError(
        "upload.file_too_large",
        f"{path} has {size} bytes, more than {limit}",
        exit_code=EXIT_DATA,
        params={"path": path, "bytes": size, "limitBytes": limit},
    )


def too_many_files(count: int, limit: int) -> JobError:
    return JobError(
        "upload.too_many_files",
        f"{count} files, more than {limit}",
        exit_code=EXIT_DATA,
        params={"files": count, "limit": limit},
    )


def verify_mismatch(paths: Sequence[str]) -> JobError:
    named = ", ".join(paths[:_MAX_PATHS_NAMED]) + (" …" if len(paths) > _MAX_PATHS_NAMED else "")
    return JobError(
        "upload.verify_mismatch",
        f"the hub lists {len(paths)} files otherwise: {named}",
        exit_code=EXIT_RESUMABLE,
        params={"count": len(paths), "paths": named},
    )


def _refused(code: str, answer: Answer, params: dict[str, object], exit_code: int = EXIT_DATA) -> JobError:
    own_code, reason = said_by(answer)
    detail = f"HTTP {answer.status} {own_code} {reason}".strip()
    return JobError(
        code,
        detail,
        exit_code=exit_code,
        params={**params, "status": answer.status, "reason": reason or own_code},
        detail=detail,
    )
