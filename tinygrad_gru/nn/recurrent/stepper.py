"""A recurrent layer one step at a time, for sampling, without recording a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...compiler import compiled
from ...core.support.arguments import brief, count
from ...core.support.arrays import Array
from ...core.support.modes import no_grad
from ...core.support.operands import value_of
from ...core.support.scopes import here
from ...core.tensor import Tensor
from ...errors import ArgumentError, ShapeError
from ..cell_base import Cell
from .layer import Recurrent, check_engine

__all__ = ["Stepper"]


class Stepper:
    """A layer, step by step, in its present weights: `h = step(x)` for x (B, I) is the output (B, H), an array.

    The state stays inside, from one call to the next: `step.state` is that of all layers as `layer(x, h0)` takes it,
    (L, B, H) or a tuple of those, and `step.reset(h0)` starts again. The cells are compiled where they can be, and then
    weights that change afterwards are not seen; with `engine="eager"` their own lines run.

    >>> import numpy as np, tinygrad_gru as tg
    >>> layer = tg.nn.GRU(2, 3)
    >>> step = tg.nn.Stepper(layer, batch=1)
    >>> x = np.ones((4, 1, 2), np.float32)
    >>> outputs = [step(x_t).copy() for x_t in x]
    >>> np.allclose(outputs, layer(x)[0].data, atol=1e-6)
    True
    """

    def __init__(self, layer: Recurrent, batch: int = 1, h0: Any = None, engine: str = "compiled") -> None:
        check_engine("Stepper", engine)
        if not isinstance(layer, Recurrent):
            raise ArgumentError(f"Stepper: got {brief(layer)}, wanted a recurrent layer. try: nn.GRU(2, 3)")
        if layer.bidirectional or layer.go_backwards:
            raise ArgumentError("Stepper: the layer reads backwards, from an end that is not there yet")
        self.layer = layer
        self.batch = batch = count("Stepper: batch", batch, 0, 2**31 - 1)
        self._cells = [next(iter(cells.values())) for cells in layer.layers]
        self._steps = [_step_of(cell, batch, engine) for cell in self._cells]
        self._size = (batch, layer.input_size)
        self._dtype = layer.cell.dtype
        self.reset(h0)

    def reset(self, h0: Any = None) -> None:
        """Start from this state, or from zeros."""
        count = len(self._cells[0].state_sizes)
        if h0 is None:
            initial_states = [
                [np.zeros((self.batch, n), self._dtype) for n in cell.state_sizes] for cell in self._cells
            ]
        else:
            states = h0 if isinstance(h0, tuple) else (h0,)
            checked = self._cells[0].checked_state(states, (len(self._cells), self.batch), "Stepper")
            initial_states = [[s.numpy()[depth] for s in checked] for depth in range(len(self._cells))]
        # two of each, in turns: the state before the step, and after it
        self._states = [(states, [np.empty_like(s) for s in states]) for states in initial_states]
        self._several = count > 1

    @property
    def state(self) -> Any:
        """The state of all layers, (L, B, H), or a tuple of those: a copy."""
        columns = zip(*[states for states, _ in self._states], strict=True)
        states = tuple(np.stack(column) for column in columns)
        return states if self._several else states[0]

    def __call__(self, x: Any) -> Array:
        """The output of the last layer for x (B, I); the array is written over by the call after the next."""
        x = x if type(x) is np.ndarray else value_of(x)
        if x.shape != self._size or x.dtype != self._dtype:
            raise ShapeError(f"Stepper: x is {x.dtype} {x.shape}, wanted {self._dtype} {self._size}{here()}")
        for depth, (step, (now, then)) in enumerate(zip(self._steps, self._states, strict=True)):
            if len(now) == 1:
                step(x, now[0], then[0])
            else:
                step(x, *[s for pair in zip(now, then, strict=True) for s in pair])
            self._states[depth] = (then, now)
            x = then[0]
        return x  # type: ignore[no-any-return]


def _step_of(cell: Cell, batch: int, engine: str) -> Callable[..., None]:
    """A function of x, and of each state before and after; the last are written into."""
    program = engine if engine == "eager" else compiled(cell)
    if not isinstance(program, str):
        return program.stepper(batch)  # type: ignore[no-any-return]

    def step(x: Array, *states: Array) -> None:
        with no_grad():
            new = cell.step(Tensor(x), *[Tensor(s) for s in states[::2]])
        for after, s in zip(states[1::2], new, strict=True):
            after[...] = s.data

    return step
