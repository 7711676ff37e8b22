"""A linear forecast as the start of a network: what the last rows tell of the next ones by least squares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core.ops import concat, pad, permute_dims
from ..core.support.arrays import Array
from ..core.tensor import Tensor
from ..errors import CheckpointError
from .baselines import ridge_regression

__all__ = ["LinearForecast"]

PENALTY = 1e-3
MOST_FEATURES = 200
WINDOWS_PER_FEATURE = 4
MOST_WEIGHTS = 20_000  # of a network's start


class LinearForecast:
    """The change from the last row, as a linear map of that row and of how those before it differ from it."""

    def __init__(self, weights: Array) -> None:
        """`weights` (lags · C + 1, O), the last row of them added."""
        self.weights = weights.astype(np.float32)
        self._W, self._b = Tensor(self.weights[:-1], name="W_linear"), Tensor(self.weights[-1], name="b_linear")

    @classmethod
    def of(cls, x: Array, change: Array) -> LinearForecast:
        """That of windows x (T, B, C), and what follows (B, O) less the last row; few windows have few weights."""
        lags = max(1, min(len(x), MOST_FEATURES // x.shape[2], x.shape[1] // WINDOWS_PER_FEATURE // x.shape[2]))
        features = _features(x, lags).astype(np.float64)
        ones = np.ones((len(features), 1))
        return cls(ridge_regression(np.concatenate([features, ones], axis=1), change.astype(np.float64), PENALTY))

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any], columns: int, outputs: int) -> LinearForecast | None:
        """That of a run, if it has one."""
        if (known := facts.get("linear")) is None:
            return None
        try:
            weights = np.array([[float(w) for w in line.split()] for line in known], np.float32).T
            sound = weights.ndim == 2 and weights.shape[1] == outputs and len(weights) > 1
            sound = sound and (len(weights) - 1) % columns == 0 and bool(np.isfinite(weights).all())
        except (AttributeError, TypeError, ValueError, OverflowError):
            sound = False
        if not sound:
            raise CheckpointError("the checkpoint's linear forecast cannot be used, wanted weights. try: another one")
        return cls(weights)

    @staticmethod
    def can_be_told(windows: int, columns: int) -> bool:
        """Whether there are windows enough for the weights of one row alone; of fewer it knows them by heart."""
        return windows >= WINDOWS_PER_FEATURE * columns

    @property
    def is_small(self) -> bool:
        """Whether a network may start from it."""
        return self.weights.size <= MOST_WEIGHTS

    def as_facts(self) -> list[str]:
        """For a checkpoint: the weights of each output."""
        return [" ".join(f"{w:.9g}" for w in column) for column in self.weights.T]

    def __call__(self, x: Any) -> Any:
        """Windows (T, B, C) to changes (B, O); rows that a shorter one lacks count as equal to its last."""
        return _features(x, len(self.weights[:-1]) // x.shape[2]) @ self._W + self._b


def _features(x: Any, lags: int) -> Any:
    """The last row of each window, and before it how the rows differ from it, side by side: (B, lags · C)."""
    last = x[-1]  # (B, C)
    if lags == 1:
        return last
    before = pad(x[-lags:-1] - x[-1:], ((lags - 1, 0), (0, 0), (0, 0)))[1 - lags :]  # zeros for rows that x lacks
    before = permute_dims(before, (1, 0, 2))  # (B, lags − 1, C)
    return concat([before.reshape((-1, before.shape[1] * before.shape[2])), last], axis=1)
