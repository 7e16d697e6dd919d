"""The job `download`: one repository of a hub as one folder. See ``downloadParams`` of the job spec."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import Any, Final

from legal_eagle.engine.disk import is_disk_full
from legal_eagle.hub import huggingface, modelscope
from legal_eagle.hub.choose_files import ORIGIN_FILE, choose_files
from legal_eagle.hub.fetch_file import Hub
from legal_eagle.hub.fetch_files import FetchFiles
from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.listing import Listing
from legal_eagle.hub.partial_folder import (
    DISK_MARGIN_BYTES,
    PartialFolder,
    disk_full,
    free_bytes_at,
    refuse_existing,
)
from legal_eagle.hub.patience import Patience, Stopped, Waits
from legal_eagle.hub.place import Place, check_place
from legal_eagle.hub.refusals import TryAgain
from legal_eagle.hub.reports import origin_record, say_listing, say_result, say_verified
from legal_eagle.hub.transfer_meter import TransferMeter
from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.jobs.errors import JobError

# By this name the core hands the token over; the token itself stands nowhere.
_TOKEN_NAME: Final = "hubToken"  # noqa: S105
_MODELSCOPE_COOKIE: Final = "m_session_id"


def run(context: JobContext, waits: Waits | None = None) -> Outcome:
    """Fetch what ``params`` ask for. The result event is ``DownloadResult`` of the protocol."""
    params = context.params
    started = time.monotonic()
    final = Path(params["outPath"])
    token = context.secrets.get(_TOKEN_NAME)
    is_modelscope = params["hub"] == "modelscope"
    place = Place(
        params["endpoint"], token, params["proxy"], token_cookie=_MODELSCOPE_COOKIE if is_modelscope else None
    )
    check_place(place, params["tokenOrigin"])
    repository = params["repository"]
    hub: Hub = modelscope.ModelScope(repository) if is_modelscope else huggingface.HuggingFace(repository)
    patience = Patience(context.reporter, place.origin, context.stop_requested, waits or Waits())
    try:
        if params["listOnly"]:
            refuse_existing(final)
            listing = _list(context, hub, place, patience, params["revision"])
            taken = choose_files(listing.files, params["include"], pickle_weights=params["pickleWeights"])
            say_listing(context, listing, taken, present_bytes=0)
            say_result(context, listing, taken, {}, path=None, received_bytes=0, started=started)
            return "done"
        return _download(context, hub, place, patience, final, started)
    except Stopped:
        return "stopped"


def _download(
    context: JobContext, hub: Hub, place: Place, patience: Patience, final: Path, started: float
) -> Outcome:
    params = context.params
    with PartialFolder(final) as folder:
        try:
            listing = _list(
                context, hub, place, patience, _revision_to_ask(params, folder), params["revision"]
            )
            taken = choose_files(listing.files, params["include"], pickle_weights=params["pickleWeights"])
            _say_source(params, folder, listing)
            meter = TransferMeter(context.reporter, {file.path: file.bytes for file in taken})
            context.reporter.emit("phase", {"name": "compare"})
            hashes = folder.keep(taken, lambda _: _stop_if_asked(context))
            present = folder.present_bytes(taken, hashes)
            say_listing(context, listing, taken, present)
            needed = sum(file.bytes for file in taken) - present + DISK_MARGIN_BYTES
            free = free_bytes_at(final.parent)
            if free < needed:
                raise disk_full(final, needed, free)
            for file in taken:
                if file.path in hashes:
                    meter.reset(file.path, file.bytes)
                    say_verified(context, file, hashes[file.path], kept=True)
                else:
                    meter.reset(file.path, folder.part_bytes(file))
            context.reporter.emit("phase", {"name": "fetch"})
            rest = deque(file for file in taken if file.path not in hashes)
            fetching = FetchFiles(context, hub, place, listing, folder, patience, meter, rest, hashes)
            fetching.run(params["connections"])
            meter.finish()
            folder.publish(ORIGIN_FILE, origin_record(params, listing, taken, hashes))
        except OSError as error:
            if is_disk_full(error):
                raise disk_full(final, DISK_MARGIN_BYTES, free_bytes_at(final.parent)) from error
            raise
    say_result(
        context, listing, taken, hashes, path=final, received_bytes=meter.received_bytes, started=started
    )
    return "done"


def _list(
    context: JobContext,
    hub: Hub,
    place: Place,
    patience: Patience,
    ask: str | None,
    asked_for: str | None = None,
) -> Listing:
    """The listing of ``ask``; of ``asked_for`` where the hub no longer has what an earlier job began with."""
    context.reporter.emit("phase", {"name": "list"})
    with HubSession(place) as session:
        while True:
            _stop_if_asked(context)
            try:
                listing = hub.list_files(session, ask)
            except TryAgain as failure:
                patience.wait_after(failure)
            except JobError as error:
                if error.code != "hub.not_found" or ask == asked_for or ask is None:
                    raise
                ask = asked_for
            else:
                patience.answered()
                return listing


def _revision_to_ask(params: dict[str, Any], folder: PartialFolder) -> str | None:
    """The commit that an earlier attempt at the same thing was given: the branch may have moved since."""
    known, revision = folder.source, params["revision"]
    same = (known.get("hub"), known.get("repository"), known.get("asked")) == (
        params["hub"],
        params["repository"],
        revision,
    )
    commit = known.get("commit")
    return commit if same and isinstance(commit, str) else revision


def _say_source(params: dict[str, Any], folder: PartialFolder, listing: Listing) -> None:
    folder.say_source(
        {
            "hub": params["hub"],
            "repository": params["repository"],
            "asked": params["revision"],
            "commit": listing.commit,
        }
    )


def _stop_if_asked(context: JobContext) -> None:
    if context.stop_requested():
        raise Stopped
