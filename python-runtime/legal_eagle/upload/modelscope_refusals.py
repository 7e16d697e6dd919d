"""What ModelScope's refusals mean: its codes stand in bodies, on HTTP 400 and on HTTP 200 alike."""

from __future__ import annotations

from typing import Any, Final

from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.refusals import Answer, TryAgain, said_by
from legal_eagle.upload.refusals import (
    commit_refused,
    commit_too_large,
    create_refused,
    name_taken,
    namespace_refused,
    quota_exceeded,
    read_only_token,
    token_refused,
)

_FINE: Final = (200, "200", 0, None)
_NAME_TAKEN: Final = frozenset({"10010101001", "10010202004"})
_TOKEN_REFUSED: Final = "10010103009"  # noqa: S105
_POLICY: Final = "10030000001"
_TRANSIENT_CREATE: Final = "record not found"
_TRANSIENT_COMMIT: Final = ("could not update refs", "try again")
# A refusal by rule is tried again: the hub takes back some of them.
_POLICY_TRIES: Final = 3


def is_refusal(answer: Answer) -> bool:
    """Whether the answer says no, by its status or inside a body on HTTP 200."""
    if not answer.is_success:
        return True
    body: Any = answer.json()
    if not isinstance(body, dict):
        return False
    return body.get("Success") is False or body.get("success") is False or body.get("Code") not in _FINE


def is_quota(answer: Answer) -> bool:
    return answer.status == 403 and "quota" in " ".join(said_by(answer)).lower()


def is_transient_create(answer: Answer) -> bool:
    """A known hiccup of the hub (modelscope issue 870)."""
    return is_refusal(answer) and _TRANSIENT_CREATE in said_by(answer)[1].lower()


def refusal(session: HubSession, answer: Answer) -> Exception:
    """What a refusal means wherever it is met."""
    where = session.place.origin
    if answer.status == 401 or said_by(answer)[0] == _TOKEN_REFUSED:
        return token_refused(where)
    if is_quota(answer):
        return quota_exceeded(where, answer)
    return session.refuse(answer)


def create_refusal(session: HubSession, answer: Answer, repository: str, username: str) -> Exception:
    code, words = said_by(answer)
    owner = repository.split("/")[0]
    if code in _NAME_TAKEN or answer.status == 409:
        return name_taken(repository)
    if answer.status == 401 or is_quota(answer):
        return refusal(session, answer)
    if answer.status == 403 and owner == username:
        return read_only_token(session.place.origin, username)
    if owner != username:
        return namespace_refused(owner, words or f"HTTP {answer.status}")
    return create_refused(repository, answer)


def commit_refusal(session: HubSession, answer: Answer, times: int) -> Exception:
    """``times``: how often this commit was refused by now."""
    code, words = said_by(answer)
    if answer.status in (413, 422):
        return commit_too_large(answer)
    if answer.status == 401 or is_quota(answer):
        return refusal(session, answer)
    may_pass = code == _POLICY or any(sign in words.lower() for sign in _TRANSIENT_COMMIT)
    if may_pass and times < _POLICY_TRIES:
        return TryAgain("server", f"HTTP {answer.status} {code} {words}".strip())
    return commit_refused(answer)
