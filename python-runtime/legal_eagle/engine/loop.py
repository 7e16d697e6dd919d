"""One optimizer step at a time: forward and backward over the step's micro-batches, guard, clip, AdamW.

The loop knows nothing of files, events or control messages; `train_job` does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from legal_eagle.data.pack_plan import Plan, StepPlan, with_limit
from legal_eagle.engine import rng_state
from legal_eagle.engine.distributed.exchange import Exchanged, StepExchange, alone
from legal_eagle.engine.loss_scale import LossScaler
from legal_eagle.engine.optimizer import AdapterOptimizer
from legal_eagle.engine.out_of_memory import is_out_of_memory
from legal_eagle.engine.train_state import TrainState

# One overflow is noise; three steps without an update in a row are a run that has diverged.
MAX_NON_FINITE_IN_A_ROW = 3

LossOf = Callable[[Sequence[int], int], torch.Tensor]
"""(documents of a micro-batch, answer tokens of the whole step) -> Σ cross-entropy / answer tokens."""


class OutOfMemoryError(Exception):
    """Even the longest document alone does not fit, with every layer recomputed."""

    def __init__(self, step: int, longest_tokens: int, cause: str) -> None:
        super().__init__(f"step {step}: a micro-batch of {longest_tokens} tokens does not fit ({cause})")
        self.step = step
        self.longest_tokens = longest_tokens
        self.cause = cause


def nothing_to_recompute() -> bool:
    """`recompute_more` of a loop whose passes keep as little as they can."""
    return False


class LimitObserver(Protocol):
    """Told when a micro-batch did not fit and the limit was lowered."""

    def __call__(self, *, old_tokens: int, new_tokens: int) -> None: ...


@dataclass(frozen=True, slots=True)
class StepResult:
    """What happened in one optimizer step. loss is the mean over the step's answer tokens."""

    step: int
    epoch: float
    loss: float
    learning_rate: float
    grad_norm: float
    tokens: int
    answer_tokens: int
    micro_batches: int
    # Of `tokens`, those that this rank computed.
    rank_tokens: int
    seconds: float
    # Of `seconds`, what this rank computed before it waited for the others.
    compute_seconds: float
    skipped: bool
    # The run cannot go on: MAX_NON_FINITE_IN_A_ROW steps in a row were skipped.
    diverged: bool


class TrainingLoop:
    """Runs the steps of a plan, of each the passes of `rank`. `state` is advanced in place; `generator` is
    the one that feeds dropout; `exchange` adds up what all ranks computed."""

    def __init__(
        self,
        *,
        plan: Plan,
        lengths: npt.NDArray[np.int64],
        loss_of: LossOf,
        optimizer: AdapterOptimizer,
        learning_rate: Callable[[int], float],
        state: TrainState,
        generator: torch.Generator,
        on_limit_lowered: LimitObserver,
        scaler: LossScaler | None = None,
        recompute_more: Callable[[], bool] = nothing_to_recompute,
        exchange: StepExchange = alone,
        rank: int = 0,
    ) -> None:
        self.plan = plan
        self.state = state
        self._lengths = lengths
        self._loss_of = loss_of
        self._optimizer = optimizer
        self._learning_rate = learning_rate
        self._generator = generator
        self._on_limit_lowered = on_limit_lowered
        self._scaler = scaler
        self._recompute_more = recompute_more
        self._exchange = exchange
        self._rank = rank
        self._done_in_epoch = _tokens_before_each_step(plan)

    @property
    def finished(self) -> bool:
        return self.state.step >= len(self.plan.steps)

    def remaining_tokens(self) -> int:
        return self.plan.tokens - self.state.tokens

    def step(self) -> StepResult:
        """The next optimizer step.

        A step without a finite loss or gradient updates nothing; after the third in a row the result says
        `diverged`. In fp16 a step that only overflowed its loss scale updates nothing and is none of these.
        Raises OutOfMemoryError where the longest document alone does not fit. Adapter, Adam and `state` are
        consistent for a checkpoint after both.
        """
        index = self.state.step
        started = time.perf_counter()
        summed = self._forward_backward(index)
        loss = summed.loss
        if self._scaler is not None:
            self._optimizer.unscale(self._scaler.scale)
        # After it: the limit may have been lowered on the way.
        planned = self.plan.steps[index]
        grad_norm = float(self._optimizer.clip())
        learning_rate = self._learning_rate(index)
        skipped = not (math.isfinite(loss) and math.isfinite(grad_norm))
        if not skipped:
            self._optimizer.step(learning_rate)
        self._optimizer.zero_grad()
        seconds = time.perf_counter() - started
        self._advance(planned, loss, skipped, self._rescale(loss, skipped), seconds)
        return StepResult(
            step=self.state.step,
            epoch=self._done_in_epoch[self.state.step],
            loss=loss,
            learning_rate=learning_rate,
            grad_norm=grad_norm,
            tokens=planned.tokens,
            answer_tokens=planned.answer_tokens,
            micro_batches=len(planned.micro_batches),
            rank_tokens=sum(
                int(self._lengths[list(members)].sum()) for members in planned.passes(self._rank)
            ),
            seconds=seconds,
            compute_seconds=summed.compute_seconds,
            skipped=skipped,
            diverged=self.state.non_finite_in_a_row >= MAX_NON_FINITE_IN_A_ROW,
        )

    def _rescale(self, loss: float, skipped: bool) -> bool:
        """Moves the loss scale; True where the step was skipped for nothing but a scale too large."""
        if self._scaler is None:
            return False
        if not skipped:
            self._scaler.after_update()
            return False
        # A loss is never scaled: where it is not finite itself, a lower scale changes nothing.
        return math.isfinite(loss) and self._scaler.after_overflow()

    def _advance(
        self, planned: StepPlan, loss: float, skipped: bool, overflowed: bool, seconds: float
    ) -> None:
        state = self.state
        state.step += 1
        state.tokens += planned.tokens
        state.answer_tokens += planned.answer_tokens
        state.train_seconds += seconds
        if skipped:
            state.skipped_steps += 1
            state.non_finite_in_a_row += 0 if overflowed else 1
        else:
            state.non_finite_in_a_row = 0
            state.add_loss(loss)

    def _forward_backward(self, index: int) -> Exchanged:
        """Gradients of the whole global batch; starts again with smaller passes when memory runs out on any
        rank."""
        generators = rng_state.capture(self._generator)
        while True:
            planned, started = self.plan.steps[index], time.perf_counter()
            loss, cause = None, "another rank ran out of memory"
            try:
                # Summed on the device: reading the loss of each micro-batch would make the GPU wait.
                losses = [
                    self._backward(members, planned.answer_tokens) for members in planned.passes(self._rank)
                ]
                loss = torch.stack(losses).sum() if losses else torch.zeros(())
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                cause = str(error).splitlines()[0] if str(error) else type(error).__name__
            # Outside `except`: its traceback would keep the tensors of the failed pass alive.
            if loss is None:
                self._forget_step()
            summed = self._exchange(loss, started)
            if not summed.out_of_memory:
                return summed
            self._forget_step()
            self._make_room(index, cause)
            rng_state.restore(generators, self._generator)

    def _forget_step(self) -> None:
        self._optimizer.zero_grad()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _backward(self, members: Sequence[int], answer_tokens: int) -> torch.Tensor:
        loss = self._loss_of(members, answer_tokens)
        scale = None if self._scaler is None else torch.full_like(loss, self._scaler.scale)
        loss.backward(scale)  # type: ignore[no-untyped-call]
        return loss.detach()

    def _make_room(self, index: int, cause: str) -> None:
        """Smaller passes, then passes that keep less; neither changes what is optimised."""
        longest = int(self._lengths.max())
        old = self.plan.max_tokens_per_micro_batch
        # A limit above what the step really holds would be halved several times without any effect.
        largest = max(
            int(self._lengths[list(members)].sum()) for members in self.plan.steps[index].micro_batches
        )
        new = max(longest, largest // 2)
        if new >= largest:
            if self._recompute_more():
                return
            raise OutOfMemoryError(index + 1, longest, cause)
        self.plan = with_limit(self.plan, self._lengths, new, from_step=index)
        self.state.max_tokens_per_micro_batch = new
        self._on_limit_lowered(old_tokens=old, new_tokens=new)


def _tokens_before_each_step(plan: Plan) -> list[float]:
    """Epochs done after n steps, for n = 0 … steps, counted in steps of the epoch."""
    per_epoch = max(1, plan.steps_per_epoch)
    epochs = [0.0]
    first_of_epoch = 0
    for index, step in enumerate(plan.steps):
        if index and step.epoch != plan.steps[index - 1].epoch:
            first_of_epoch = index
        epochs.append(step.epoch + min(1.0, (index + 1 - first_of_epoch) / per_epoch))
    return epochs
