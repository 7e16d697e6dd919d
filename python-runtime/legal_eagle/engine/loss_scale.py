"""Dynamic loss scaling for fp16, whose smallest gradients would otherwise become zero.

The rules are torch.amp.GradScaler's (Micikevicius et al. 2018, arXiv:1710.03740, section 3.2): start at 2^16,
double after 2,000 clean steps in a row, halve on overflow and leave that step out.
"""

from __future__ import annotations

from legal_eagle.engine.train_state import TrainState

INITIAL_SCALE = 65536.0
GROWTH_INTERVAL = 2000
# Below it the gradients themselves no longer fit into fp16: the run has diverged.
LOWEST_SCALE = 1.0


class LossScaler:
    """The scale lives in the run's state, so that a resumed run goes on with it."""

    def __init__(self, state: TrainState) -> None:
        self._state = state
        if state.loss_scale is None:
            state.loss_scale = INITIAL_SCALE

    @property
    def scale(self) -> float:
        return INITIAL_SCALE if self._state.loss_scale is None else self._state.loss_scale

    def after_update(self) -> None:
        """A step with finite gradients was taken."""
        self._state.clean_steps += 1
        if self._state.clean_steps >= GROWTH_INTERVAL:
            self._state.loss_scale, self._state.clean_steps = self.scale * 2.0, 0

    def after_overflow(self) -> bool:
        """Gradients were not finite: False where the scale was at its lowest already and not the cause."""
        self._state.clean_steps = 0
        if self.scale <= LOWEST_SCALE:
            return False
        self._state.loss_scale = max(LOWEST_SCALE, self.scale / 2.0)
        return True
