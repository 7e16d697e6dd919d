"""A fake hub for tests of other languages: a JSON line asks, a JSON line answers, until its input ends."""

from __future__ import annotations

import json
import sys
import threading
from collections import deque
from typing import Any

from fake_hub import FakeHub, Question, sha256
from fake_huggingface import FakeHuggingFace
from fake_modelscope import FakeModelScope

# A cap on how long a held request waits, never an expectation.
_HOLD_SECONDS = 120


class CommandedHub:
    """One of the fake hubs, and what its test may ask of it."""

    def __init__(self, name: str) -> None:
        self._hub: FakeHub
        if name == "modelscope":
            self._modelscope = FakeModelScope()
            self._hub = self._modelscope
        else:
            self._modelscope = None
            self._hub = FakeHuggingFace()
        self._may_answer = threading.Event()
        self._may_answer.set()
        take_status = self._hub.take_status

        def when_let(route: str) -> tuple[int, dict[str, str]] | None:
            self._may_answer.wait(_HOLD_SECONDS)
            return take_status(route)

        # Asked before each answer, so here an answer can be kept back.
        self._hub.take_status = when_let  # type: ignore[method-assign]
        self._may_take = threading.Event()
        self._most_bytes: int | None = None
        self._hub.faults.on_received = self._received

    def serve(self) -> None:
        with self._hub as hub:
            self._say({"endpoint": hub.endpoint})
            for line in sys.stdin:
                wanted = json.loads(line)
                try:
                    self._say(getattr(self, f"do_{wanted.pop('do')}")(**wanted))
                except AssertionError as error:
                    self._say({"failed": str(error) or repr(error)})

    def do_facts(self) -> dict[str, Any]:
        """What has come so far: PUTs of content, what is kept, commits, and each repository."""
        hub = self._hub
        uploads = hub.uploads  # type: ignore[attr-defined]
        with hub.lock:
            questions = list(hub.questions)
        return {
            "puts": [question.path.split("?")[0] for question in questions if _is_content(question)],
            "kept": sorted(uploads.blobs),
            "receivedBytes": hub.received_bytes,
            "commits": list(uploads.messages if self._modelscope else uploads.commits),
            "private": {name: one.private for name, one in hub.repositories.items()},
            "files": {
                name: {path: sha256(content) for path, content in one.files.items()}
                for name, one in hub.repositories.items()
            },
            "withToken": sum("Authorization" in question.headers for question in questions),
        }

    def do_check(self) -> dict[str, Any]:
        """The hub's own rules over everything that it was asked."""
        assert self._modelscope is not None, "only the ModelScope one has such rules"
        self._modelscope.uploads.check_order()
        return {}

    def do_hold(self) -> dict[str, Any]:
        self._may_answer.clear()
        return {}

    def do_let(self) -> dict[str, Any]:
        self._may_answer.set()
        return {}

    def do_stop_at(self, received: int) -> dict[str, Any]:
        """Bodies stand still from this count of received bytes on; what was sent stays on its line."""
        self._may_take.clear()
        self._most_bytes = received
        return {}

    def do_go_on(self) -> dict[str, Any]:
        self._most_bytes = None
        self._may_take.set()
        return {}

    def do_slow(self, seconds: float) -> dict[str, Any]:
        """A pause before each 64 KiB of a body."""
        self._hub.faults.slow_seconds = seconds
        return {}

    def do_expire(self, route: str) -> dict[str, Any]:
        """The token is refused from the next request of this route on."""
        assert self._modelscope is not None
        self._modelscope.uploads.faults.expires_at = route
        return {}

    def do_renew(self) -> dict[str, Any]:
        assert self._modelscope is not None
        self._modelscope.uploads.faults.expires_at = None
        self._modelscope.uploads.renew_token()
        return {}

    def do_commits(self, faults: list[str]) -> dict[str, Any]:
        """How the next commits are answered, as `UploadFaults.commits` says."""
        assert self._modelscope is not None
        self._modelscope.uploads.faults.commits = deque(faults)
        return {}

    def _received(self, count: int) -> None:
        most = self._most_bytes
        if most is not None and count >= most:
            self._may_take.wait(_HOLD_SECONDS)

    def _say(self, answer: dict[str, Any]) -> None:
        print(json.dumps(answer), flush=True)


def _is_content(question: Question) -> bool:
    return question.method == "PUT" and (question.host == "storage" or question.path.startswith("/lfs/"))


if __name__ == "__main__":
    CommandedHub(sys.argv[1]).serve()
