"""The chat job: loads a model once, then answers requests from standard input until it ends."""

from __future__ import annotations

from pathlib import Path

import torch

from legal_eagle.engine.devices import choose_device
from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.jobs.errors import EXIT_SPEC, JobError
from legal_eagle.serve.chat_session import ChatSession
from legal_eagle.serve.load_chat_model import load_chat_model
from legal_eagle.serve.reply_writer import OutputClosedError, ReplyWriter
from legal_eagle.serve.request_inbox import GenerateRequest, Rejected, RequestInbox

# How long a stop command can go unnoticed while nobody asks anything.
_IDLE_SECONDS = 0.2


def run(context: JobContext) -> Outcome:
    """Answer in order until stdin ends or a stop command comes. ``stopped`` if that cut anything off."""
    if context.input is None or context.output is None:
        raise JobError("chat.no_input", "a chat job needs pipes on stdin and stdout", exit_code=EXIT_SPEC)
    params = context.params
    adapter = None if params["adapterPath"] is None else Path(params["adapterPath"])
    # Requests are read from the start, so that the end of stdin also ends a model that loads for minutes.
    inbox = RequestInbox(context.input)
    inbox.start()
    context.reporter.emit("phase", {"name": "load"})
    choice = choose_device(
        {
            "device": params["device"],
            "precision": "auto",
            "cpuThreads": params["cpuThreads"],
            "maxTokensPerMicroBatch": 0,
        }
    )
    torch.set_num_threads(choice.cpu_threads)
    model = load_chat_model(Path(params["modelPath"]), adapter, params["template"], choice)
    context.reporter.emit(
        "device",
        {
            "device": str(choice.device),
            "name": choice.name,
            "precision": choice.precision,
            "cpuThreads": choice.cpu_threads,
            "reasons": list(choice.reasons),
        },
    )
    context.reporter.emit("phase", {"name": "answer"})
    replies = ReplyWriter(context.output)
    try:
        replies.ready(params["modelPath"], params["adapterPath"], model.template.name)
        return ChatLoop(context, inbox, replies, ChatSession(model)).serve()
    except OutputClosedError:
        # Nobody reads the answers any more: the core is gone.
        return "stopped"


class ChatLoop:
    """Takes requests in order; every one gets exactly one last reply, ``done`` or ``error``."""

    def __init__(
        self, context: JobContext, inbox: RequestInbox, replies: ReplyWriter, session: ChatSession
    ) -> None:
        self._context = context
        self._inbox = inbox
        self._replies = replies
        self._session = session

    def serve(self) -> Outcome:
        cut_off = False
        while True:
            if self._context.stop_requested():
                return "stopped" if cut_off or self._inbox.waiting() else "done"
            self._context.control.poll()
            incoming = self._inbox.next(_IDLE_SECONDS)
            if isinstance(incoming, Rejected):
                self._replies.error(incoming.id, incoming.error)
            elif incoming is not None:
                cut_off = self._answer(incoming)
            elif self._inbox.ended:
                return "done"

    def _answer(self, request: GenerateRequest) -> bool:
        """Answer one request; True where the end of the job cut it off."""
        request_id: str = request["id"]
        try:
            answer = self._session.answer(
                request["messages"],
                request["target"],
                request["sampling"],
                on_text=lambda text: self._replies.delta(request_id, text),
                should_stop=lambda: self._inbox.is_cancelled(request_id) or self._context.stop_requested(),
            )
        except JobError as error:
            self._replies.error(request_id, error)
            return False
        finally:
            self._inbox.close(request_id)
        self._replies.done(request_id, answer)
        return answer.finish == "cancelled" and self._context.stop_requested()
