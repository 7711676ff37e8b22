"""How far a run has come, and the one rule for when it is at its end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from .config import Config

__all__ = ["Position"]


class Position(NamedTuple):
    """A run after `update` updates; `best` is the lowest metric so far, measured after `best_update`."""

    config: Config
    update: int
    best: float = math.inf
    best_update: int = 0
    facts: Mapping[str, Any] = MappingProxyType({})  # about its data, their fingerprint among them

    @property
    def ended_by(self) -> str:
        """The setting that ends the run here: `updates`, or `patience` if nothing got better; "" if it goes on."""
        if self.update >= self.config.updates:
            return "updates"
        patience = self.config.patience
        if patience is not None and self.update - self.best_update >= patience * self.config.measure_every:
            return "patience"
        return ""

    @property
    def is_measured(self) -> bool:
        """Whether the metric is measured, and a checkpoint saved, after this update."""
        return self.update > 0 and (self.update % self.config.measure_every == 0 or self.update == self.config.updates)
