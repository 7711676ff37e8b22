"""One update: backward, clip, step. Everything that trains goes through here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from .. import optim

__all__ = ["Step", "take_step"]


class Step(NamedTuple):
    """What an update saw: the loss, and the norm of its gradient before clipping."""

    loss: float
    norm: float

    @property
    def finite(self) -> bool:
        """Whether both are finite; if not, the weights are as they were."""
        return math.isfinite(self.loss) and math.isfinite(self.norm)


def take_step(
    loss: Any, parameters: Sequence[Any], optimizer: Any, clip: float = math.inf, schedule: Any = None
) -> Step:
    """Move the parameters against the gradient of the loss, whose norm is first brought down to `clip`.

    Without a finite loss and gradient nothing is moved.
    """
    optimizer.zero_grad()
    loss.backward()
    step = Step(loss.item(), optim.clip_grad_norm_(parameters, clip))
    if step.finite:
        optimizer.step()
        if schedule is not None:
            schedule.step()
    return step
