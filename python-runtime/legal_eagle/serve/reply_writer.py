"""One JSON line per reply on the chat job's private output."""

from __future__ import annotations

import json
from typing import BinaryIO

from legal_eagle.jobs.errors import JobError
from legal_eagle.protocol.chat_types import ChatReplyReadyIdentity
from legal_eagle.serve.chat_session import Answer


class OutputClosedError(Exception):
    """The reader of the replies is gone."""


class ReplyWriter:
    def __init__(self, output: BinaryIO) -> None:
        self._output = output

    def loading(self, layers: int, total_layers: int) -> None:
        self._write({"kind": "loading", "layers": layers, "totalLayers": total_layers})

    def ready(self, model: str, adapter: str | None, identity: ChatReplyReadyIdentity) -> None:
        self._write({"kind": "ready", "model": model, "adapter": adapter, "identity": identity})

    def delta(self, request_id: str, text: str) -> None:
        self._write({"id": request_id, "kind": "delta", "text": text})

    def done(self, request_id: str, answer: Answer) -> None:
        self._write(
            {
                "id": request_id,
                "kind": "done",
                "finish": answer.finish,
                "text": answer.text,
                "promptTokens": answer.prompt_tokens,
                "answerTokens": answer.answer_tokens,
                "answerMs": answer.answer_ms,
            }
        )

    def error(self, request_id: str | None, error: JobError) -> None:
        body = {"code": error.code, "message": error.message, "params": error.params}
        self._write({"id": request_id, "kind": "error", "error": body})

    def _write(self, reply: dict[str, object]) -> None:
        # ASCII escapes keep a lone surrogate from a request's id or text from breaking the encoding.
        view = memoryview(json.dumps(reply, ensure_ascii=True).encode("ascii") + b"\n")
        try:
            while view:
                # An unbuffered pipe may take less than it was given.
                view = view[self._output.write(view) or 0 :]
            self._output.flush()
        except (BrokenPipeError, ConnectionResetError, ValueError) as error:
            raise OutputClosedError from error
