"""The job `upload`: files as one commit of one repository. See ``uploadParams`` of the job spec.

The order is what keeps a person's weights private: nothing leaves before the repository was read again and
is private, and nothing is committed before the last file is there.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.patience import Patience, Stopped, Waits
from legal_eagle.hub.place import Place
from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.upload.asking import Asking
from legal_eagle.upload.check_files import check_files, check_repository_name
from legal_eagle.upload.commit_files import commit_files, compare_listing
from legal_eagle.upload.file_body import FileChanged
from legal_eagle.upload.hubs import hub_of, place_of
from legal_eagle.upload.local_files import LocalFiles
from legal_eagle.upload.plan import Plan, make_plan, negotiated_blobs, say_plan
from legal_eagle.upload.refusals import file_changed, read_only_token
from legal_eagle.upload.repository import Repository
from legal_eagle.upload.send_files import SendFiles
from legal_eagle.upload.upload_hub import Blob, UploadHub
from legal_eagle.upload.upload_state import UploadState

# A file that is written on while it leaves is sent again so often.
_ROUNDS: Final = 3


def run(context: JobContext, waits: Waits | None = None) -> Outcome:
    """Upload what ``params`` ask for. The result event is ``UploadResult`` of the protocol."""
    params = context.params
    place = place_of(context)
    check_repository_name(params["repository"])
    check_files(params["hub"], params["files"], params["deletes"])
    hub = hub_of(params, params["repository"])
    patience = Patience(context.reporter, place.origin, context.stop_requested, waits or Waits())
    try:
        with HubSession(place) as session:
            asking = Asking(session, patience, context.stop_requested, params["repository"])
            _Upload(context, place, hub, patience, asking).run()
    except Stopped:
        return "stopped"
    return "done"


class _Upload:
    def __init__(
        self, context: JobContext, place: Place, hub: UploadHub, patience: Patience, asking: Asking
    ) -> None:
        self._context = context
        self._params = context.params
        self._place = place
        self._hub = hub
        self._patience = patience
        self._asking = asking
        self._started = time.monotonic()
        self._state = UploadState(
            Path(self._params["statePath"]), self._params["hub"], place.origin, self._params["repository"]
        )
        self._files = LocalFiles(self._params["files"], self._state, context.reporter, asking.stop_if_asked)
        self._said: set[str] = set()
        self._sent_bytes = self._reused_bytes = self._resent_bytes = 0

    def run(self) -> None:
        self._phase("account")
        account = self._asking.ask(self._hub.account)
        self._asking.had_account = True
        if account.can_write is False:
            raise read_only_token(self._place.origin, account.username)
        self._phase("repository")
        repository = Repository(self._asking, self._hub, self._state, self._params, account.username)
        repository.open()
        self._phase("hash")
        blobs = [self._files.blob(path) for path in self._files.paths]
        plan = make_plan(
            self._asking,
            self._hub,
            repository.state,
            blobs,
            self._params["deletes"],
            delete_others=self._params["deleteOthers"],
        )
        say_plan(self._context, plan)
        if self._params["planOnly"]:
            self._say_result(plan, repository, {blob.path: blob for blob in blobs}, None)
            return
        same = {blob.path: blob for blob in blobs if plan.changes[blob.path] == "same"}
        for blob in same.values():
            self._say_sent(blob, reused=True)
        if plan.is_empty:
            self._say_result(plan, repository, same, None)
            return
        # Somebody may have opened it since.
        repository.assert_closed()
        commit, committed = self._send_and_commit(plan, repository)
        self._phase("verify")
        after = [*same.values(), *committed]
        under_review = compare_listing(self._asking, self._hub, after, plan.deletes, plan.before)
        self._state.mark(self._files.paths, "committed")
        repository.assert_closed()
        now = {blob.path: blob for blob in after}
        self._say_result(plan, repository, now, commit, under_review=under_review)

    def _send_and_commit(self, plan: Plan, repository: Repository) -> tuple[str, list[Blob]]:
        """The commit's name and what is in it. Files that change meanwhile are taken as they end up."""
        missing: Sequence[str] = plan.missing
        changed = plan.changed_paths
        for _ in range(_ROUNDS):
            self._phase("send")
            self._send(missing)
            blobs, missing = negotiated_blobs(
                self._asking, self._hub, [self._files.blob(path) for path in changed]
            )
            if missing:
                continue
            repository.assert_closed()
            self._phase("commit")
            message = self._params["commitMessage"]
            try:
                name = commit_files(self._asking, self._hub, blobs, plan.deletes, message)
            except FileChanged:
                for blob in blobs:
                    if blob.inline:
                        self._files.forget(blob.path)
                continue
            for blob in blobs:
                if blob.inline:
                    self._sent_bytes += blob.bytes
                    self._say_sent(blob, reused=False)
                elif blob.path not in self._said:
                    self._say_sent(blob, reused=True)
            return name, blobs
        raise file_changed(missing[0] if missing else changed[0])

    def _send(self, paths: Sequence[str]) -> None:
        sizes = {path: self._files.blob(path).bytes for path in paths}
        sending = SendFiles(
            self._context, self._hub, self._place, self._patience, self._files, self._state, sizes
        )
        try:
            sending.run(self._params["connections"])
        finally:
            self._sent_bytes += sending.sent_bytes
            self._resent_bytes += sending.resent_bytes
            self._reused_bytes += sum(blob.bytes for blob in sending.reused.values())
            self._said |= {*sending.sent, *sending.reused}

    def _say_sent(self, blob: Blob, *, reused: bool) -> None:
        self._said.add(blob.path)
        if reused:
            self._reused_bytes += blob.bytes
        self._context.reporter.emit(
            "file-sent", {"path": blob.path, "bytes": blob.bytes, "sha256": blob.sha256, "reused": reused}
        )

    def _say_result(
        self,
        plan: Plan,
        repository: Repository,
        blobs: dict[str, Blob],
        commit: str | None,
        *,
        under_review: bool = False,
    ) -> None:
        self._context.reporter.emit(
            "result",
            {
                "hub": self._params["hub"],
                "endpoint": self._params["endpoint"],
                "repository": self._params["repository"],
                "url": self._hub.page_url(),
                "commit": commit,
                "created": repository.created,
                "visibility": plan.state,
                "files": [
                    {"path": blob.path, "bytes": blob.bytes, "sha256": blob.sha256}
                    for blob in sorted(blobs.values(), key=lambda blob: blob.path)
                ],
                "sentBytes": self._sent_bytes,
                "reusedBytes": self._reused_bytes,
                "resentBytes": self._resent_bytes,
                "underReview": under_review,
                "seconds": time.monotonic() - self._started,
            },
        )

    def _phase(self, name: str) -> None:
        self._asking.stop_if_asked()
        self._context.reporter.emit("phase", {"name": name})
