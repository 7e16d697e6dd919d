"""The job `account-check`: whose token it is and whether it may write. Changes nothing at the hub."""

from __future__ import annotations

from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.listing import answer_invalid
from legal_eagle.hub.patience import Patience, Stopped, Waits
from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.jobs.errors import JobError
from legal_eagle.upload.asking import Asking
from legal_eagle.upload.hubs import hub_of, place_of

# No repository is asked about.
_NO_REPOSITORY = "—/—"


def run(context: JobContext, waits: Waits | None = None) -> Outcome:
    """The result event is ``AccountCheckResult`` of the protocol."""
    place = place_of(context)
    hub = hub_of(context.params, _NO_REPOSITORY)
    patience = Patience(context.reporter, place.origin, context.stop_requested, waits or Waits())
    try:
        with HubSession(place) as session:
            asking = Asking(session, patience, context.stop_requested, _NO_REPOSITORY)
            account = asking.ask(hub.account)
    except Stopped:
        return "stopped"
    except JobError as error:
        if error.code != "upload.repository_missing":
            raise
        # Nobody asked for a repository: the address is no hub's.
        raise answer_invalid(place.origin, "it does not know whose token this is") from error
    context.reporter.emit(
        "result",
        {
            "username": account.username,
            "canWrite": account.can_write,
            "namespaces": list(account.namespaces),
        },
    )
    return "done"
