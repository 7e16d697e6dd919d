"""Answers to the recipe's fixed prompts: what the curve means in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from legal_eagle.engine import rng_state
from legal_eagle.engine.token_source import Rendering
from legal_eagle.engine.trainable import Trainable
from legal_eagle.models.templates import encode_chat

Finish = Literal["stop", "length", "cancelled"]


@dataclass(frozen=True, slots=True)
class SampleAnswer:
    prompt: str
    answer: str
    finish: Finish
    tokens: int


def answer_prompt(
    model: Trainable,
    rendering: Rendering,
    prompt: str,
    stop_ids: Sequence[int],
    max_new_tokens: int,
    should_stop: Callable[[], bool],
) -> SampleAnswer:
    """A greedy answer, so that a change between two steps comes from the training and not from chance.

    Raises JobError `model.beyond_positions` for a prompt that does not fit the model.
    """
    ids, _ = encode_chat(
        rendering.tokenizer,
        rendering.template,
        [{"role": "user", "content": prompt}],
        system=rendering.system_prompt,
        add_generation_prompt=True,
    )
    with rng_state.untouched():
        produced = list(
            model.generate(ids, max_new_tokens=max_new_tokens, stop_ids=stop_ids, should_stop=should_stop)
        )
    stopped = bool(produced) and produced[-1] in stop_ids
    text = rendering.tokenizer.decode(produced[:-1] if stopped else produced).rstrip("\ufffd")
    # Short without a stop token: the model's last position, or the person.
    cancelled = not stopped and len(produced) < max_new_tokens and should_stop()
    finish: Finish = "stop" if stopped else "cancelled" if cancelled else "length"
    return SampleAnswer(prompt, text, finish, len(produced))
