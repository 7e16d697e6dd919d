"""One loaded model, with or without an adapter, answering conversations."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch

from legal_eagle.engine.conversation import Conversation
from legal_eagle.jobs.errors import EXIT_DATA, EXIT_OUT_OF_GPU_MEMORY, JobError
from legal_eagle.models.templates import Message, Template, encode_chat
from legal_eagle.models.tokenizer import ChatTokenizer, StreamDecoder
from legal_eagle.protocol.chat_types import ChatRequestGenerateSampling as Sampling
from legal_eagle.release.adapter_record import WeightsRecord
from legal_eagle.serve.answer_tokens import answer_tokens
from legal_eagle.serve.stop_text import StopText

Finish = Literal["stop", "length", "cancelled"]
Target = Literal["base", "adapter"]


@dataclass(frozen=True)
class Answer:
    """``text`` is everything that was shown, without stop token and stop text.

    ``answer_ms`` is from the first token to the last; two equal answers may differ in it.
    """

    text: str
    finish: Finish
    prompt_tokens: int
    answer_tokens: int
    answer_ms: int = field(compare=False)


@dataclass(frozen=True)
class ChatModel:
    """What answers: weights, tokenizer, template, and the ids that end an answer.

    `record` is what the adapter's folder, or else the model's, says of its training.
    """

    # A conversation with the adapter (True) or the base (False).
    new_conversation: Callable[[bool], Conversation]
    tokenizer: ChatTokenizer
    template: Template
    stop_ids: tuple[int, ...]
    max_positions: int
    has_adapter: bool
    fingerprint: str
    record: WeightsRecord


class ChatSession:
    """Answers one request at a time. Never trims a conversation: what does not fit is refused."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self._caches: dict[bool, Conversation] = {}

    def answer(
        self,
        messages: Sequence[Message],
        target: Target,
        sampling: Sampling,
        *,
        on_text: Callable[[str], None],
        should_stop: Callable[[], bool],
        use_recorded_system: bool = True,
    ) -> Answer:
        """Stream the answer to ``on_text``; ``should_stop`` is asked before every token.

        Raises JobError ``chat.context_too_long``, ``chat.out_of_memory``, ``chat.out_of_host_memory``; the
        session can be used on.
        """
        model = self._model
        prompt_ids, _ = encode_chat(
            model.tokenizer,
            model.template,
            messages,
            system=model.record.system_prompt if use_recorded_system else None,
            add_generation_prompt=True,
        )
        limit = min(sampling["maxNewTokens"], self._room(len(prompt_ids)))
        stream = AnswerStream(model, sampling["stop"], on_text)
        seed = sampling["seed"]
        generator = torch.Generator().manual_seed(secrets.randbits(48) if seed is None else seed)
        cache = self._cache(use_adapter=target == "adapter" and model.has_adapter)
        tokens = answer_tokens(cache, prompt_ids, sampling, limit, generator, should_stop)
        first_seconds = last_seconds = 0.0
        try:
            for token in tokens:
                last_seconds = time.monotonic()
                first_seconds = first_seconds or last_seconds
                stream.push(token)
                if stream.ended:
                    break
        except (MemoryError, RuntimeError) as error:
            code = _out_of_memory(error)
            if code is None:
                raise
            self._caches.clear()
            raise JobError(
                code,
                f"no memory for {len(prompt_ids) + stream.tokens} tokens",
                exit_code=EXIT_OUT_OF_GPU_MEMORY,
                params={"tokens": len(prompt_ids) + stream.tokens},
            ) from error
        stream.finish()
        finish: Finish = "stop" if stream.ended else "length" if stream.tokens == limit else "cancelled"
        answer_ms = round((last_seconds - first_seconds) * 1000)
        return Answer(stream.text, finish, len(prompt_ids), stream.tokens, answer_ms)

    def _cache(self, *, use_adapter: bool) -> Conversation:
        if use_adapter not in self._caches:
            self._caches[use_adapter] = self._model.new_conversation(use_adapter)
        return self._caches[use_adapter]

    def _room(self, prompt_tokens: int) -> int:
        """Positions that are left for the answer; an answer longer than that ends by length."""
        room = self._model.max_positions - prompt_tokens
        if room > 0:
            return room
        raise JobError(
            "chat.context_too_long",
            f"the conversation has {prompt_tokens} tokens, the model holds {self._model.max_positions}",
            exit_code=EXIT_DATA,
            params={"promptTokens": prompt_tokens, "maxPositions": self._model.max_positions},
        )


def _out_of_memory(error: Exception) -> str | None:
    """The code of an error that says that memory ran out, of the card or of the machine."""
    if isinstance(error, torch.OutOfMemoryError):
        return "chat.out_of_memory"
    # torch has no type of its own for a processor's allocation that failed.
    if isinstance(error, MemoryError) or "DefaultCPUAllocator" in str(error):
        return "chat.out_of_host_memory"
    return None


class AnswerStream:
    """Token ids in, shown text out: stop ids first, stop texts second, whole characters only."""

    def __init__(self, model: ChatModel, stops: Sequence[str], on_text: Callable[[str], None]) -> None:
        self._stop_ids = frozenset(model.stop_ids)
        self._decoder = StreamDecoder(model.tokenizer)
        self._stop_text = StopText(stops)
        self._on_text = on_text
        self._shown: list[str] = []
        self.ended = False
        self.tokens = 0

    @property
    def text(self) -> str:
        return "".join(self._shown)

    def push(self, token: int) -> None:
        self.tokens += 1
        if token in self._stop_ids:
            self.ended = True
            return
        self._show(self._stop_text.push(self._decoder.push(token)))
        self.ended = self._stop_text.found

    def finish(self) -> None:
        """Show what was held back: it turned out to be neither half a character nor a stop text."""
        self._show(self._stop_text.push(self._decoder.flush()))
        self.ended = self.ended or self._stop_text.found
        if not self._stop_text.found:
            self._show(self._stop_text.finish())

    def _show(self, text: str) -> None:
        if text:
            self._shown.append(text)
            self._on_text(text)
