"""The chat job: loads a model once, then answers requests from standard input until it ends."""

from __future__ import annotations

from pathlib import Path

import torch

from legal_eagle.engine.devices import DeviceChoice, choose_device, hardware_with
from legal_eagle.jobs.context import JobContext, Outcome
from legal_eagle.jobs.errors import EXIT_SPEC, JobError
from legal_eagle.protocol.chat_types import ChatReplyReadyIdentity, ChatReplyReadyIdentityMerged
from legal_eagle.serve.chat_session import ChatModel, ChatSession
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
    choice = choose_device(hardware_with({"device": params["device"], "cpuThreads": params["cpuThreads"]}))
    torch.set_num_threads(choice.cpu_threads)
    replies = ReplyWriter(context.output)
    try:
        model = load_chat_model(
            Path(params["modelPath"]), adapter, params["template"], choice, LoadProgress(context, replies)
        )
    except LoadCutOffError:
        return "stopped"
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
    try:
        replies.ready(params["modelPath"], params["adapterPath"], identity_of(model, choice))
        return ChatLoop(context, inbox, replies, ChatSession(model)).serve()
    except OutputClosedError:
        # Nobody reads the answers any more: the core is gone.
        return "stopped"


class LoadCutOffError(Exception):
    """Nobody wants the model any more that is being loaded."""


class LoadProgress:
    """Tells how far loading is, and ends it between two layers where a stop was asked for."""

    def __init__(self, context: JobContext, replies: ReplyWriter) -> None:
        self._context = context
        self._replies = replies

    def __call__(self, layers: int, total_layers: int) -> None:
        if self._context.stop_requested():
            raise LoadCutOffError
        try:
            self._replies.loading(layers, total_layers)
        except OutputClosedError as error:
            raise LoadCutOffError from error


def identity_of(model: ChatModel, choice: DeviceChoice) -> ChatReplyReadyIdentity:
    record = model.record
    run_id, step = record.origin
    made_of: ChatReplyReadyIdentityMerged = {
        "baseName": record.base_name,
        "baseFingerprint": record.base_fingerprint,
    }
    return {
        "template": model.template.name,
        "modelFingerprint": model.fingerprint,
        "merged": made_of if record.is_merged else None,
        "fineTuned": made_of if record.is_fine_tuned else None,
        "runId": run_id,
        "step": step,
        "thinking": _thinking(model),
        "systemPrompt": record.system_prompt,
        "maxPositions": model.max_positions,
        "device": str(choice.device),
        "deviceName": choice.name,
        "precision": choice.precision,
    }


def _thinking(model: ChatModel) -> str | None:
    """None where nobody has said how these weights think, and their family does not."""
    mode = model.template.thinking
    return None if mode == "none" and model.record.thinking is None else mode


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
                use_recorded_system=request["useRecordedSystem"],
                should_stop=lambda: self._inbox.is_cancelled(request_id) or self._context.stop_requested(),
            )
        except JobError as error:
            self._replies.error(request_id, error)
            return False
        finally:
            self._inbox.close(request_id)
        self._replies.done(request_id, answer)
        return answer.finish == "cancelled" and self._context.stop_requested()
