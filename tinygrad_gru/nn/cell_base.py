"""The base class of all recurrent cells: sizes, states, the step, parameters, and the checks around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.support.arguments import brief, kind_of
from ..core.support.random import generator
from ..core.support.scopes import here
from ..core.tensor import Tensor
from ..errors import ArgumentError, DtypeError, ShapeError
from .initialisers import recurrent_weights, uniform, zeros
from .module import Module, Parameter
from .support.checks import checked_size

__all__ = ["Cell", "checked_input"]


class Required:
    """An attribute that the __init__ of Cell sets: where it is missing, __init__ was not called."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, cell: Any, owner: type | None = None) -> Any:
        if cell is None:
            return self
        raise ArgumentError(
            f"{type(cell).__name__} has no {self.name}: its __init__ has not called that of Cell. "
            "try: super().__init__(input_size, hidden_size) as its first line"
        )


class Cell(Module):
    """Base class of recurrent cells: say how large the states are, and write one `step`.

    Calling a cell does one step with its arguments checked: `(h,) = cell(x, h)`, `h, c = cell(x, h, c)` where there are
    two states. Left out, they are zeros.

    A step may also be written in two halves, and then it is `update(gates(x, h), *state)`: `gates(x, h)` takes the
    matrix products, and `update` makes the next states of them. Layers can return such gates, by `gate_names`, and
    put recurrent dropout between the halves: the gates see h with holes, the update sees h itself.
    """

    input_size: int = Required()  # type: ignore[assignment]
    hidden_size: int = Required()  # type: ignore[assignment]
    state_names: tuple[str, ...] = Required()  # type: ignore[assignment]
    state_sizes: tuple[int, ...] = Required()  # type: ignore[assignment]
    gate_names: tuple[str, ...] = ()
    bias: str = "single"  # the number of vectors per gate: "none", "single" or "double"
    init: str = "torch"  # the scheme of the initial weights: torch or keras
    _float: str = "float32"  # the dtype of the parameters

    def __init__(self, input_size: int, hidden_size: int, states: tuple[str, ...] = ("h",)) -> None:
        self.input_size = checked_size(self, "input_size", input_size)
        self.hidden_size = checked_size(self, "hidden_size", hidden_size)
        if not isinstance(states, tuple | list) or not states or not all(isinstance(name, str) for name in states):
            raise ArgumentError(f"{type(self).__name__}: states: got {brief(states)}, wanted names. try: states=('h',)")
        self.state_names = tuple(states)
        self.state_sizes = (self.hidden_size,) * len(states)

    def step(self, x: Any, *state: Any) -> tuple[Any, ...]:
        """The next states for x (B, I) and the states (B, H), the output first. Checks nothing: callers do."""
        return self.update(self.gates(x, state[0]), *state)

    def gates(self, x: Any, h: Any) -> tuple[Any, ...]:
        """The gates from x (..., I) and h (..., H), by matrix products; `gate_names` are their names."""
        raise self._stepless()

    def update(self, gates: tuple[Any, ...], *state: Any) -> tuple[Any, ...]:
        """The next states, the output first, from the gates and the previous states."""
        raise self._stepless()

    def masked_step(self, recurrent_mask: Any) -> Callable[..., tuple[Any, ...]]:
        """The step for recurrent dropout: the gates see h ⊙ mask, the update sees h."""

        def step(x: Any, h: Any, *others: Any) -> tuple[Any, ...]:
            return self.update(self.gates(x, h * recurrent_mask), h, *others)

        return step

    def forward(self, x: Any, *state: Any) -> tuple[Any, ...]:
        """One step: x (B, I) and the states, each (B, H), to the next states."""
        x = self.checked_input(x, "B")
        before = self.checked_state(state or None, (len(x),))
        return self.checked_result(self.step(x, *before), before)

    @property
    def dtype(self) -> Any:
        """The dtype of the parameters, and so of inputs and states."""
        for value in vars(self).values():  # nearly always one of them is right here
            if isinstance(value, Parameter):
                return value.dtype
        return next((p.dtype for _, p in self.named_parameters()), np.dtype(np.float32))

    # --- parameters --------------------------------------------------------------------------------------------------

    def weights(self, gates: int) -> list[Any]:
        """A matrix (H+I, H) for each gate, rows of h first."""
        arrays = recurrent_weights(
            self.init, self.input_size, self.hidden_size, gates, generator(), np.dtype(self._float)
        )
        return [Parameter(W, copy=False) for W in arrays]

    def biases(self, *gates: str, kind: str | None = None) -> list[Any]:
        """For each gate a vector (H,), a pair of them, or the number 0, as `kind` (by default `bias`) says."""
        start = zeros if self.init == "keras" else uniform

        def vector(name: str) -> Any:
            return Parameter(start((self.hidden_size,), generator(), np.dtype(self._float)), name=name, copy=False)

        kind = kind or self.bias
        if kind == "none":
            return [0.0 for _ in gates]
        if kind == "single":
            return [vector(f"b_{gate}") for gate in gates]
        return [(vector(f"b_x{gate}"), vector(f"b_h{gate}")) for gate in gates]

    # --- checks of arguments and results -----------------------------------------------------------------------------

    def checked_input(self, x: Any, *lead: str, who: str = "") -> Any:
        """x as a tensor of shape (*lead, I), and of the parameters' dtype."""
        who = who or type(self).__name__
        x = checked_input(who, x, (*lead, self.input_size))
        if x.dtype != self.dtype:
            raise DtypeError(
                f"{who}: input {x.summary} is {x.dtype}, the parameters are {self.dtype}{here()}. "
                f"try: x.astype(np.{self.dtype}), or .astype(...) of the module"
            )
        return x

    def checked_state(
        self, initial_states: tuple[Any, ...] | None, lead: tuple[int, ...], who: str = ""
    ) -> tuple[Any, ...]:
        """The initial states as tensors of shape (*lead, H): `initial_states`, or zeros."""
        who = who or type(self).__name__
        if initial_states is None:
            start = [np.zeros((*lead, size), self.dtype) for size in self.state_sizes]
            return tuple(Tensor(z, name=name, copy=False) for z, name in zip(start, self.state_names, strict=True))
        if len(initial_states) != len(self.state_sizes):
            names = ", ".join(self.state_names)
            got = f"got {len(initial_states)} states, wanted {len(self.state_sizes)}: {names}"
            raise ArgumentError(f"{who}: {got}{here()}. try: cell(x, {names}), or a tuple of them for a layer")
        states = []
        for value, name, size in zip(initial_states, self.state_names, self.state_sizes, strict=True):
            t = value if isinstance(value, Tensor) else Tensor(value, name=name)
            got = f"{who}: state {name} is {t.dtype} {t.shape}"
            if t.shape != (*lead, size):
                raise ShapeError(f"{got}, wanted {(*lead, size)}{here()}")
            if t.dtype != self.dtype:
                raise DtypeError(f"{got}, the parameters are {self.dtype}{here()}. try: h.astype(np.{self.dtype})")
            states.append(t)
        return tuple(states)

    def checked_result(self, after: Any, before: tuple[Any, ...]) -> tuple[Any, ...]:
        """The states after a step, if their shapes and dtypes are those of the states before."""
        if not isinstance(after, tuple) or len(after) != len(before):
            raise self._wrong_result(after)
        for name, s, initial in zip(self.state_names, after, before, strict=True):
            if not isinstance(s, Tensor):
                got = f"{kind_of(s)}, which carries no gradient"
                raise ArgumentError(f"{self._step}: state {name} came back as {got}, wanted a Tensor{here()}")
            if s.shape != initial.shape:
                hint = "try: matrices whose columns are as many as the state"
                got = f"went in as {initial.shape} and came back as {s.shape}"
                raise ShapeError(f"{self._step}: state {name} {got}, wanted the same{here()}. {hint}")
            if s.dtype != initial.dtype:
                got = f"went in as {initial.dtype} and came back as {s.dtype}"
                hint = f"try: constants of {initial.dtype}, or Python numbers, which take any dtype"
                raise DtypeError(f"{self._step}: state {name} {got}, wanted the same{here()}. {hint}")
        return after

    def _wrong_result(self, after: Any) -> ArgumentError:
        names = ", ".join(self.state_names)
        several = f"a tuple of {len(self.state_names)} state{'s' * (len(self.state_names) > 1)}: {names}"
        got = after.summary if isinstance(after, Tensor) else kind_of(after)
        got = f"{len(after)} states" if isinstance(after, tuple) else got
        hint = f"return ({names}{',' * (len(self.state_names) == 1)})"
        return ArgumentError(f"{self._step} returned {got}, wanted {several}{here()}. try: {hint}")

    @property
    def _step(self) -> str:
        return f"{type(self).__name__}.step"

    def _stepless(self) -> NotImplementedError:
        return NotImplementedError(
            f"{type(self).__name__} needs a step(self, x, *state) method, or gates(self, x, h) and "
            "update(self, gates, *state)"
        )

    # --- for repr ----------------------------------------------------------------------------------------------------

    def describe(self) -> str:
        """The sizes."""
        return f"{self.input_size}, {self.hidden_size}"


def checked_input(who: str, x: Any, shape: tuple[Any, ...]) -> Any:
    """The input as a tensor, if it has this shape; letters stand for any size."""
    x = x if isinstance(x, Tensor) else Tensor(x, name="x")
    if x.ndim != len(shape) or any(isinstance(n, int) and n != m for n, m in zip(shape, x.shape, strict=True)):
        expected = f"({', '.join(str(n) for n in shape)})"
        raise ShapeError(f"{who}: input {x.summary} does not fit, wanted {expected}{here()}")
    return x
