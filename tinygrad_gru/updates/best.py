"""The best value of a figure so far: what patience waits for, and what a checkpoint keeps."""

from __future__ import annotations

import math

__all__ = ["Best"]


class Best:
    """The best value so far, and when it was measured; the lower the better, unless `higher`.

    A value must be better by more than `min_delta`. NaN never is.

    >>> best = Best()
    >>> [best.improves(value, at) for at, value in enumerate([3.0, 1.0, 2.0])]
    [True, True, False]
    >>> best.value, best.at
    (1.0, 1)
    """

    def __init__(
        self, value: float | None = None, at: int = 0, *, higher: bool = False, min_delta: float = 0.0
    ) -> None:
        self.higher, self.min_delta = higher, min_delta
        self.value = (-math.inf if higher else math.inf) if value is None else value
        self.at = at

    def improves(self, value: float, at: int) -> bool:
        """Whether a value, measured at update or epoch `at`, is the best so far, which it then becomes."""
        is_better = value - self.min_delta > self.value if self.higher else value + self.min_delta < self.value
        if is_better:
            self.value, self.at = value, at
        return is_better
