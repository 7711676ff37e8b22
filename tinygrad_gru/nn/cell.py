"""What all recurrent cells are: the base class, and the checks of what a cell is given."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.support.arguments import brief, finite, some_text
from ..core.support.random import generator
from ..core.support.scopes import here
from ..core.tensor import Tensor
from ..errors import ArgumentError, DtypeError, ShapeError
from .activations import name_of
from .checks import checked_float, checked_size
from .initialisers import recurrent_weights, uniform, zeros
from .module import Module, Parameter

__all__ = ["Bias", "Cell", "checked_input"]

Bias = bool | str  # True, False, "single" or "double"


class Cell(Module):
    """Base class of recurrent cells: say how large the states are, and write one `step`.

    Calling a cell does one step with its arguments checked: `(h,) = cell(x, h)`, `h, c = cell(x, h, c)` where there are
    two states. Left out, they are zeros. Two things are optional. A cell whose gates depend on x and h alone may
    compute them in `gates(x, h)`, named by `gate_names`: then layers can hand them back. And a `step(x, *state, seen)`
    whose matrix products use `seen` instead of h, unless it is None, can have recurrent dropout.
    """

    gate_names: tuple[str, ...] = ()
    bias = "none"

    def __init__(self, input_size: int, hidden_size: int, states: tuple[str, ...] = ("h",)) -> None:
        self.input_size = checked_size(self, "input_size", input_size)
        self.hidden_size = checked_size(self, "hidden_size", hidden_size)
        if not isinstance(states, tuple | list) or not states or not all(isinstance(name, str) for name in states):
            raise ArgumentError(f"{type(self).__name__}: states: got {brief(states)}, wanted names. try: states=('h',)")
        self.state_names = tuple(states)
        self.state_sizes = (self.hidden_size,) * len(states)

    def step(self, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """`step(x, *state)`: the next states, the output first. Checks nothing: that is up to the caller."""
        raise NotImplementedError(f"{type(self).__name__} needs a step(self, x, *state) method")

    def gates(self, x: Any, h: Any) -> tuple[Any, ...]:
        """What `gate_names` names, for x (..., I) and h (..., H)."""
        raise ArgumentError(f"{type(self).__name__} has no gates. try: a gates(self, x, h) method, and gate_names")

    def forward(self, x: Any, *state: Any) -> tuple[Any, ...]:
        """One step: x (B, I) and the states, each (B, H), to the next states."""
        x = self.checked_input(x, "B")
        return self.step(x, *self.checked_state(state or None, (len(x),)))

    @property
    def dtype(self) -> Any:
        """The dtype of the parameters, and so of inputs and states."""
        for value in vars(self).values():  # nearly always one of them is right here
            if isinstance(value, Parameter):
                return value.dtype
        return next((p.dtype for _, p in self.named_parameters()), np.dtype(np.float32))

    # --- parameters --------------------------------------------------------------------------------------------------

    def b(self, gate: str) -> Any:
        """The bias of a gate: b_r, or b_xr + b_hr where there are two vectors, or the number 0: the equations stay."""
        if self.bias == "single":
            return getattr(self, f"b_{gate}")
        if self.bias == "double":
            return getattr(self, f"b_x{gate}") + getattr(self, f"b_h{gate}")
        return 0.0

    def _weights(self, gates: int, init: str, dtype: Any) -> list[Any]:
        """A matrix (H+I, H) for each gate."""
        dtype = checked_float(type(self).__name__, dtype)
        arrays = recurrent_weights(init, self.input_size, self.hidden_size, gates, generator(), dtype)
        return [Parameter(W, copy=False) for W in arrays]

    def _biases(self, *gates: str, kind: str, init: str, dtype: Any) -> None:
        """One vector (H,) for each gate, or two."""
        dtype = checked_float(type(self).__name__, dtype)
        start = zeros if init == "keras" else uniform
        for name in (name for gate in gates for name in _bias_names(gate, kind)):
            setattr(self, name, Parameter(start((self.hidden_size,), generator(), dtype), copy=False))

    def start_bias(self, gate: str, value: float) -> None:
        """Set all biases of a gate to one value; where there are two vectors, that on the side of x."""
        value = finite(f"{type(self).__name__}: the bias", value)
        names = _bias_names(some_text("start_bias: gate", gate), self.bias)
        if not all(isinstance(getattr(self, name, None), Parameter) for name in names):
            hint = "try: the letter of a gate, 'z'"
            raise ArgumentError(f"{type(self).__name__}: there is no gate {brief(gate)} with a bias. {hint}")
        if not names:
            raise ArgumentError(f"{type(self).__name__}: there is no bias to start at {value}. try: bias=True")
        for name, start in zip(names, (value, 0.0), strict=False):
            p = getattr(self, name)
            p.assign(np.full(p.shape, start, p.dtype))

    def _kind_of_bias(self, bias: Bias, usual: str = "single") -> str:
        """How many vectors a gate has: "none", "single" or "double"."""
        if not isinstance(bias, bool) and not (isinstance(bias, str) and bias in ("single", "double")):
            wanted = 'wanted True, False, "single" or "double"'
            raise ArgumentError(f"{type(self).__name__}: bias: got {brief(bias)}, {wanted}")
        return usual if bias is True else "none" if bias is False else str(bias)

    # --- what it is given --------------------------------------------------------------------------------------------

    def checked_input(self, x: Any, *lead: str, who: str = "") -> Any:
        """x as a tensor of shape (*lead, I), and of the parameters' dtype."""
        who = who or type(self).__name__
        x = checked_input(who, x, (*lead, self.input_size))
        if x.dtype != self.dtype:
            raise DtypeError(
                f"{who}: input {x.brief} is {x.dtype}, the parameters are {self.dtype}{here()}. "
                f"try: x.astype(np.{self.dtype}), or .astype(...) of the module"
            )
        return x

    def checked_state(self, given: tuple[Any, ...] | None, lead: tuple[int, ...], who: str = "") -> tuple[Any, ...]:
        """The states to start from, as tensors of shape (*lead, H): those given, or zeros."""
        who = who or type(self).__name__
        if given is None:
            start = [np.zeros((*lead, size), self.dtype) for size in self.state_sizes]
            return tuple(Tensor(z, name=name, copy=False) for z, name in zip(start, self.state_names, strict=True))
        if len(given) != len(self.state_sizes):
            wanted = f"{len(self.state_sizes)}: {', '.join(self.state_names)}"
            raise ArgumentError(f"{who}: got {len(given)} states, wanted {wanted}{here()}")
        states = []
        for value, name, size in zip(given, self.state_names, self.state_sizes, strict=True):
            t = value if isinstance(value, Tensor) else Tensor(value, name=name)
            got = f"{who}: state {name} is {t.dtype} {t.shape}"
            if t.shape != (*lead, size):
                raise ShapeError(f"{got}, wanted {(*lead, size)}{here()}")
            if t.dtype != self.dtype:
                raise DtypeError(f"{got}, the parameters are {self.dtype}{here()}. try: h.astype(np.{self.dtype})")
            states.append(t)
        return tuple(states)

    # --- for people --------------------------------------------------------------------------------------------------

    def describe(self) -> str:
        """The sizes."""
        return f"{self.input_size}, {self.hidden_size}"

    def _chosen(self, **usual: Any) -> str:
        """The options that are not as usual, `, bias=False, activation='relu'`."""
        chosen = {option: getattr(self, option) for option in usual}
        for option, value in chosen.items():
            if callable(value):
                chosen[option] = name_of(value) or getattr(value, "__name__", type(value).__name__)
        chosen = {option: False if value == "none" else value for option, value in chosen.items()}
        return "".join(f", {option}={value!r}" for option, value in chosen.items() if value != usual[option])


def _bias_names(gate: str, kind: str) -> list[str]:
    return {"none": [], "single": [f"b_{gate}"], "double": [f"b_x{gate}", f"b_h{gate}"]}[kind]


def checked_input(who: str, x: Any, wanted: tuple[Any, ...]) -> Any:
    """The input as a tensor, if its shape is the one wanted; letters stand for any size."""
    x = x if isinstance(x, Tensor) else Tensor(x, name="x")
    if x.ndim != len(wanted) or any(isinstance(n, int) and n != m for n, m in zip(wanted, x.shape, strict=True)):
        shape = f"({', '.join(str(n) for n in wanted)})"
        raise ShapeError(f"{who}: input {x.brief} does not fit, wanted {shape}{here()}")
    return x
