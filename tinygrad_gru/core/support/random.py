"""Random numbers: one seeded generator for initial weights and dropout, never NumPy's global one."""

from __future__ import annotations

from contextvars import ContextVar

import numpy as np

from ...errors import ArgumentError
from .arguments import brief
from .scopes import current_mode

__all__ = ["generator", "seed"]

_generator: ContextVar[np.random.Generator] = ContextVar("tinygrad_gru.generator")


def generator() -> np.random.Generator:
    """The generator in use; like the modes it belongs to the thread, which gets an unseeded one of its own."""
    current_mode().draw()
    rng = _generator.get(None)
    if rng is None:
        rng = np.random.default_rng()
        _generator.set(rng)
    return rng


class seed:
    """Start the random numbers afresh from `n`: `tg.seed(0)`, or `with tg.seed(0):` for the block only.

    `n` is a whole number from 0 to 2**63 − 1, or a NumPy Generator to draw from.
    """

    def __init__(self, n: int | np.random.Generator) -> None:
        if not isinstance(n, np.random.Generator):
            if isinstance(n, bool) or not isinstance(n, int | np.integer) or not 0 <= n < 2**63:
                raise ArgumentError(f"seed: wants a whole number from 0 to 2**63 - 1, got {brief(n)}. try: tg.seed(0)")
            n = int(n)
        self._n = n
        self._token = _generator.set(n if isinstance(n, np.random.Generator) else np.random.default_rng(n))

    def __repr__(self) -> str:
        return f"seed({self._n!r})"

    def __enter__(self) -> np.random.Generator:
        return _generator.get()

    def __exit__(self, *exc: object) -> None:
        _generator.reset(self._token)
