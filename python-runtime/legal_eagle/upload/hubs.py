"""Which hub an upload goes to."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from legal_eagle.hub.place import Place, check_place
from legal_eagle.jobs.context import JobContext
from legal_eagle.upload.huggingface import HuggingFaceUpload
from legal_eagle.upload.modelscope import ModelScopeUpload
from legal_eagle.upload.refusals import mirror_refused, token_needed
from legal_eagle.upload.upload_hub import UploadHub

# By this name the core hands the token over; the token itself stands nowhere.
_TOKEN_NAME: Final = "hubToken"  # noqa: S105
_MODELSCOPE_COOKIE: Final = "m_session_id"
# Of a mirror nobody but its owner knows what it does with a token.
_MIRRORS: Final = ("hf-mirror.com",)


def place_of(context: JobContext) -> Place:
    """Raises ``upload.token_needed``, ``upload.mirror_refused`` and what ``check_place`` does."""
    params = context.params
    is_modelscope = params["hub"] == "modelscope"
    place = Place(
        params["endpoint"],
        context.secrets.get(_TOKEN_NAME),
        params["proxy"],
        token_cookie=_MODELSCOPE_COOKIE if is_modelscope else None,
    )
    check_place(place, params["tokenOrigin"])
    host = urlsplit(place.origin).hostname or ""
    if any(f".{host}".endswith(f".{mirror}") for mirror in _MIRRORS):
        raise mirror_refused(place.origin)
    if place.token is None:
        raise token_needed(place.origin)
    return place


def hub_of(params: dict[str, Any], repository: str) -> UploadHub:
    kind = ModelScopeUpload if params["hub"] == "modelscope" else HuggingFaceUpload
    return kind(repository, params["endpoint"])
