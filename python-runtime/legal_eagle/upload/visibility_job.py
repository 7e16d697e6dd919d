"""The job `visibility`: a repository is opened to everybody, or closed again, and read once more."""

from __future__ import annotations

from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.patience import Patience, Stopped, Waits
from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.upload.asking import Asking
from legal_eagle.upload.check_files import check_repository_name
from legal_eagle.upload.hubs import hub_of, place_of
from legal_eagle.upload.refusals import repository_missing, visibility_unchanged


def run(context: JobContext, waits: Waits | None = None) -> Outcome:
    """The result event is ``VisibilityResult`` of the protocol."""
    params = context.params
    repository, wanted = params["repository"], params["visibility"]
    place = place_of(context)
    check_repository_name(repository)
    hub = hub_of(params, repository)
    patience = Patience(context.reporter, place.origin, context.stop_requested, waits or Waits())
    try:
        with HubSession(place) as session:
            asking = Asking(session, patience, context.stop_requested, repository)
            asking.ask(hub.account)
            asking.had_account = True
            state = asking.ask(hub.state)
            if state == "absent":
                raise repository_missing(repository)
            if state != wanted:
                asking.ask(lambda session: hub.set_visibility(session, wanted))
                state = asking.ask(hub.state)
            if state != wanted:
                raise visibility_unchanged(repository, state)
    except Stopped:
        return "stopped"
    context.reporter.emit("result", {"repository": repository, "url": hub.page_url(), "visibility": state})
    return "done"
