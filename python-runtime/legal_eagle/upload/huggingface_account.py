"""What ``whoami-v2`` of Hugging Face says of an account and of the token that asked."""

from __future__ import annotations

from typing import Any, Final

from legal_eagle.hub.listing import answer_invalid
from legal_eagle.upload.upload_hub import Account

# Roles of classic tokens, and of members of an organisation: all but `read` may make repositories.
_WRITING_ROLES: Final = frozenset({"admin", "write", "contributor"})
# The permission of a fine-grained token that lets it create and fill repositories.
_WRITE_PERMISSION: Final = "repo.write"


def account_of(body: Any, where: str, repository: str) -> Account:
    """``repository`` counts where a token may write into it alone. Raises ``hub.answer_invalid``."""
    name = body.get("name") if isinstance(body, dict) else None
    if not isinstance(name, str) or not name:
        raise answer_invalid(where, "the account has no name")
    organisations = tuple(
        org["name"]
        for org in _objects(body.get("orgs"))
        if isinstance(org.get("name"), str) and org.get("roleInOrg", "write") in _WRITING_ROLES
    )
    token = _object(_object(body.get("auth")).get("accessToken"))
    role = token.get("role")
    if role == "fineGrained":
        return _fine_grained(name, organisations, _object(token.get("fineGrained")), repository)
    if role == "read":
        return Account(name, can_write=False, namespaces=(name,))
    return Account(name, True if role in _WRITING_ROLES else None, (name, *organisations))


def _fine_grained(
    name: str, organisations: tuple[str, ...], rights: dict[str, Any], repository: str
) -> Account:
    writable = {
        (str(entity.get("type")), str(entity.get("name")))
        for scope in _objects(rights.get("scoped"))
        if _WRITE_PERMISSION in _list(scope.get("permissions"))
        for entity in [_object(scope.get("entity"))]
    }
    own = (name,) if ("user", name) in writable else ()
    namespaces = own + tuple(org for org in organisations if ("org", org) in writable)
    # A token for single repositories: it may fill this one, though it could make no other beside it.
    if not namespaces and ("model", repository) in writable:
        namespaces = (repository.split("/")[0],)
    return Account(name, bool(namespaces), namespaces)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in _list(value) if isinstance(entry, dict)]
