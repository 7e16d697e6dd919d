"""Questions to a hub that are asked again until they are answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from legal_eagle.hub.hub_session import HubSession
from legal_eagle.hub.patience import Patience, Stopped
from legal_eagle.hub.refusals import FileGone, TryAgain
from legal_eagle.jobs.errors import JobError
from legal_eagle.upload.refusals import repository_missing, token_expired, token_refused

Value = TypeVar("Value")


class Asking:
    """One a thread, because a session is. ``had_account``: the token was good when the job began."""

    def __init__(
        self,
        session: HubSession,
        patience: Patience,
        should_stop: Callable[[], bool],
        repository: str,
        *,
        had_account: bool = False,
    ) -> None:
        self.session = session
        self._patience = patience
        self._should_stop = should_stop
        self._repository = repository
        self.had_account = had_account

    def ask(self, question: Callable[[HubSession], Value], *, is_contact: bool = True) -> Value:
        """Raises Stopped, and what an answer means. Not ``is_contact``: the answer is no sign that what
        failed before would go well now."""
        while True:
            self.stop_if_asked()
            try:
                answer = self.once(question)
            except TryAgain as failure:
                self._patience.wait_after(failure)
            else:
                if is_contact:
                    self._patience.answered()
                return answer

    def once(self, question: Callable[[HubSession], Value]) -> Value:
        """Raises TryAgain too."""
        try:
            return question(self.session)
        except FileGone as error:
            raise repository_missing(self._repository) from error
        except JobError as error:
            where = self.session.place.origin
            if error.code in ("hub.token_refused", "hub.token_needed", "upload.token_refused"):
                raise (token_expired if self.had_account else token_refused)(where) from error
            raise

    def wait_after(self, failure: TryAgain) -> None:
        self._patience.wait_after(failure)

    def answered(self) -> None:
        self._patience.answered()

    def stop_if_asked(self) -> None:
        if self._should_stop():
            raise Stopped
