"""Learning-rate schedules, as multiples of the recipe's learning rate.

The formulas are those of transformers (optimization.py: get_linear_schedule_with_warmup,
get_cosine_schedule_with_warmup, get_constant_schedule_with_warmup), so that an imported recipe follows the
curve it had in the tool it came from. In particular the first step of a warm-up has the rate 0.
"""

from __future__ import annotations

import math
from typing import Literal

ScheduleKind = Literal["linear", "cosine", "constant"]


def warmup_steps(total_steps: int, warmup_ratio: float) -> int:
    """Steps of the warm-up: ceil(total × ratio), as `TrainingArguments.get_warmup_steps` counts them."""
    return math.ceil(round(total_steps * warmup_ratio, 9))


def learning_rate_factor(kind: ScheduleKind, step: int, total_steps: int, warmup: int) -> float:
    """The factor for the optimizer step with index `step` (from 0) of `total_steps`."""
    if step < warmup:
        return step / max(1, warmup)
    if kind == "constant":
        return 1.0
    progress = (step - warmup) / max(1, total_steps - warmup)
    if kind == "linear":
        return max(0.0, 1.0 - progress)
    return max(0.0, 0.5 * (1.0 + math.cos(math.pi * progress)))
