"""What Hugging Face's refusals of questions that write mean: codes of their own, or the session's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.refusals import Answer, TryAgain, said_by
from legal_eagle.jobs.errors import JobError
from legal_eagle.upload.refusals import (
    commit_refused,
    commit_too_large,
    create_refused,
    name_taken,
    namespace_refused,
    quota_exceeded,
    read_only_token,
    repository_missing,
)
from legal_eagle.upload.upload_hub import Account

# The hub has no codes for these: words of its answers (huggingface_hub issues 3049 and 3366; `create_repo`).
_QUOTA_WORDS: Final = ("storage limit", "storage patterns", "upgrade your plan", "quota")
_BUSY_WORDS: Final = "conflicting operation is in progress"


def create_refusal(
    answer: Answer, session: HubSession, repository: str, account: Callable[[], Account]
) -> Exception:
    """Why a repository was not made. ``account`` asks the hub, where its answer tells causes apart."""
    if answer.status == 409:
        if _BUSY_WORDS in said_by(answer)[1]:
            return TryAgain("server", "another repository is just being made")
        return name_taken(repository)
    if answer.status in (400, 422):
        return create_refused(repository, answer)
    return write_refusal(answer, session, repository, account)


def commit_refusal(
    answer: Answer, session: HubSession, repository: str, account: Callable[[], Account]
) -> Exception:
    """Why a commit was not made; TryAgain where another came between."""
    if answer.status in (409, 412):
        return TryAgain("server", "another commit came between")
    if answer.status == 413:
        return commit_too_large(answer)
    if answer.status in (400, 422):
        return commit_refused(answer)
    return write_refusal(answer, session, repository, account)


def write_refusal(
    answer: Answer, session: HubSession, repository: str, account: Callable[[], Account]
) -> Exception:
    """A 403 means quota, token or role: its words and the account tell them apart."""
    where = session.place.origin
    words = said_by(answer)[1]
    if answer.status in (402, 403) and any(word in words.lower() for word in _QUOTA_WORDS):
        return quota_exceeded(where, answer)
    if answer.status == 403:
        return _forbidden(words, repository, where, account())
    if answer.status == 404:
        return repository_missing(repository)
    return session.refuse(answer)


def _forbidden(words: str, repository: str, where: str, account: Account) -> JobError:
    owner = repository.split("/")[0]
    own_but_closed = owner == account.username and owner not in account.namespaces
    if account.can_write is False or own_but_closed:
        return read_only_token(where, account.username)
    return namespace_refused(owner, words or "HTTP 403")
