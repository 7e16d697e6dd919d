"""One commit, and what the hub lists after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from legal_eagle.hub.listing import RemoteFile
from legal_eagle.hub.refusals import TryAgain
from legal_eagle.upload.asking import Asking
from legal_eagle.upload.local_files import is_at_hub
from legal_eagle.upload.refusals import verify_mismatch
from legal_eagle.upload.upload_hub import Blob, UploadHub

# A listing may be some seconds behind the commit.
_LISTINGS: Final = 4


def commit_files(
    asking: Asking, hub: UploadHub, blobs: Sequence[Blob], deletes: Sequence[str], message: str
) -> str:
    """The commit's name; empty where its answer was lost and the listing says that it was carried out.

    Raises FileChanged, ``upload.commit_refused``, ``upload.commit_too_large`` …
    """
    while True:
        asking.stop_if_asked()
        try:
            name = asking.once(lambda session: hub.commit(session, blobs, deletes, message))
        except TryAgain as failure:
            asking.wait_after(failure)
            # Nobody knows whether it was carried out; a second commit would be one too many.
            listed = asking.ask(hub.list_files, is_contact=False)
            if _is_carried_out(blobs, deletes, listed):
                asking.answered()
                return ""
        else:
            asking.answered()
            return name


def compare_listing(
    asking: Asking,
    hub: UploadHub,
    blobs: Sequence[Blob],
    deletes: Sequence[str],
    before: Mapping[str, RemoteFile],
) -> bool:
    """Whether some files are still under review: taken, and not listed yet.

    Raises ``upload.verify_mismatch`` where other bytes are listed, or nothing of what was sent.
    """
    held: list[str] = []
    for number in range(_LISTINGS):
        listed = asking.ask(hub.list_files, is_contact=False)
        wrong = [blob.path for blob in blobs if is_at_hub(blob, listed.get(blob.path)) is False]
        wrong += [path for path in deletes if path in listed]
        if not wrong:
            asking.answered()
            return False
        # As it was before: not changed yet, rather than changed into something else.
        held = [path for path in wrong if listed.get(path) == before.get(path)]
        if number + 1 < _LISTINGS:
            asking.wait_after(TryAgain("server", f"{len(wrong)} files are not listed yet"))
    asking.answered()
    if len(held) < len(wrong) or len(held) >= len(blobs) + len(deletes):
        raise verify_mismatch(sorted(wrong))
    return True


def _is_carried_out(blobs: Sequence[Blob], deletes: Sequence[str], listed: Mapping[str, RemoteFile]) -> bool:
    return all(is_at_hub(blob, listed.get(blob.path)) is True for blob in blobs) and not any(
        path in listed for path in deletes
    )
