"""What all recurrent cells are: the base classes, how an equation and its bias are written, and what is checked."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

import numpy as np

from ..core.support.arguments import brief, finite, flag, kind_of, some_text, text
from ..core.support.random import generator
from ..core.support.scopes import here, scope
from ..core.tensor import Tensor
from ..errors import ArgumentError, DtypeError, ShapeError
from .activations import Activation, name_of
from .activations import activation as named_activation
from .initialisers import recurrent_weights, uniform, zeros
from .module import Module, Parameter
from .support.checks import checked_float, checked_size

__all__ = ["Bias", "BiasKind", "Cell", "StandardCell", "TwoDialects", "checked_input", "equation"]

BiasKind = bool | str  # True, False, "single" or "double"


def equation(place: str, role: str | None = None, name: str | None = None) -> Callable[[Any], Any]:
    """One equation of a cell, written as a method: its result is named by the method's letter, in a scope of its own.

    `place` and `role` are those of the scope, for pictures and errors; `name` is for letters that code spells out.

        @equation("reset gate", role="reset")
        def r(self, hx):
            return self.σ(hx @ self.W_r + self.b_r)  # (B, H)
    """

    some_text("equation: place", place)
    text("equation: role", role)
    text("equation: name", name)

    def decorate(method: Any) -> Any:
        letter = name or method.__name__

        def in_its_scope(self: Any, *inputs: Any) -> Any:
            with scope(place, None, role):
                return method(self, *inputs).named(letter)

        def of_one_input(self: Any, x: Any) -> Any:  # the same; a star call is slow
            with scope(place, None, role):
                return method(self, x).named(letter)

        return wraps(method)(of_one_input if method.__code__.co_argcount == 2 else in_its_scope)

    return decorate


class Bias:
    """The bias of a gate as its equation has it: a vector b_r; or two, of which it sees the sum b_xr + b_hr; or 0."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name  # b_r
        self.of_x, self.of_h = f"b_x{name[2:]}", f"b_h{name[2:]}"

    def __set__(self, cell: Any, value: Any) -> None:
        """Keep one vector under its name, a pair under theirs, and of the number 0 nothing: parameters are kept."""
        kept = vars(cell)
        if isinstance(value, tuple):
            kept[self.of_x], kept[self.of_h] = value
        elif isinstance(value, Parameter) and self.of_x not in kept:
            kept[self.name] = value
        elif type(value) is not float or value != 0.0:
            two = f"{self.of_x} and {self.of_h}, which it adds up" if self.of_x in kept else "a Parameter"
            hint = f"try: cell.{self.of_x if self.of_x in kept else self.name}.assign(array)"
            raise ArgumentError(f"{type(cell).__name__}.{self.name}: got {brief(value)}, wanted {two}. {hint}")

    def __get__(self, cell: Any, owner: type | None = None) -> Any:
        if cell is None:
            return self
        if (b := vars(cell).get(self.name)) is not None:
            return b
        if self.of_x in vars(cell):
            return getattr(cell, self.of_x) + getattr(cell, self.of_h)
        return 0.0


class Required:
    """An attribute that the __init__ of Cell sets: where it is missing, that was not called."""

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

    A step may also be written in two halves, and then it is `update(gates(x, h), *state)`: `gates(x, h)` is what comes
    of matrix products, and `update` makes the next states of it. Layers can hand such gates back, by `gate_names`, and
    put recurrent dropout between the halves: the gates see h with holes, the update sees h itself.
    """

    input_size: int = Required()  # type: ignore[assignment]
    hidden_size: int = Required()  # type: ignore[assignment]
    state_names: tuple[str, ...] = Required()  # type: ignore[assignment]
    state_sizes: tuple[int, ...] = Required()  # type: ignore[assignment]
    gate_names: tuple[str, ...] = ()
    bias: str = "single"  # how many vectors a gate has: "none", "single" or "double"
    init: str = "torch"  # how weights start
    _float: str = "float32"  # what parameters are made as

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
        """What comes of x (..., I) and h (..., H) by matrix products; `gate_names` names it."""
        raise self._stepless()

    def update(self, gates: tuple[Any, ...], *state: Any) -> tuple[Any, ...]:
        """The next states, the output first, made of the gates and the states before."""
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

    # --- what it is given and what it returns ------------------------------------------------------------------------

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

    def checked_result(self, after: Any, before: tuple[Any, ...]) -> tuple[Any, ...]:
        """The states that a step made, if they are like those it was given."""
        if not isinstance(after, tuple) or len(after) != len(before):
            raise self._wrong_result(after)
        for i, s in enumerate(after):
            old = before[i]
            if (
                not isinstance(s, Tensor)
                or s._array.shape != old._array.shape
                or s._array.dtype is not old._array.dtype
            ):
                self._check_state(self.state_names[i], s, old)
        return after

    def _check_state(self, name: str, s: Any, old: Any) -> None:
        """Raise for a state that a step made unlike the one that it was given."""
        if not isinstance(s, Tensor):
            got = f"{kind_of(s)}, which carries no gradient"
            raise ArgumentError(f"{self._step}: state {name} came back as {got}, wanted a Tensor{here()}")
        if s.shape != old.shape:
            hint = "try: matrices whose columns are as many as the state"
            got = f"went in as {old.shape} and came back as {s.shape}"
            raise ShapeError(f"{self._step}: state {name} {got}, wanted the same{here()}. {hint}")
        if s.dtype != old.dtype:
            got = f"went in as {old.dtype} and came back as {s.dtype}"
            hint = f"try: constants of {old.dtype}, or Python numbers, which take any dtype"
            raise DtypeError(f"{self._step}: state {name} {got}, wanted the same{here()}. {hint}")

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

    # --- for people --------------------------------------------------------------------------------------------------

    def describe(self) -> str:
        """The sizes."""
        return f"{self.input_size}, {self.hidden_size}"


class StandardCell(Cell):
    """What the cells of cells.py share: how many biases, which activations, how parameters start.

    `bias` is True or False, or says how many vectors there are: "single", a vector b_r; or "double", one on the side of
    x and one on the side of h, and b_r in the equation is their sum b_xr + b_hr, as in PyTorch: `b_r = Bias()` sees to
    that. Only the sum counts for the output; but each of two gets the whole gradient, so that an optimiser moves their
    sum twice as far. True is what others do: "double" for the GRU with reset_after, otherwise "single". The options of
    all cells are `dtype`, `init` ("torch" or "keras", see initialisers.py), and for σ and φ `gate_activation` and
    `activation`.
    """

    usual: ClassVar[dict[str, Any]] = {"bias": "single"}  # the options as they are mostly; "bias" is what True means

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: BiasKind = True,
        states: tuple[str, ...] = ("h",),
        *,
        activation: str | Activation = "tanh",
        gate_activation: str | Activation = "sigmoid",
        dtype: Any = np.float32,
        init: str = "torch",
    ) -> None:
        super().__init__(input_size, hidden_size, states)
        self.activation = named_activation(activation)
        self.gate_activation = named_activation(gate_activation)
        self.init = init
        self._float = checked_float(type(self).__name__, dtype).name
        self.bias = self._kind_of_bias(bias)

    @property
    def σ(self) -> Any:
        """The activation of gates: the sigmoid, unless another was chosen."""
        return self.gate_activation

    @property
    def φ(self) -> Any:
        """The activation of candidates: tanh, unless another was chosen."""
        return self.activation

    def start_bias(self, gate: str, value: float) -> None:
        """Set all biases of a gate to one value; where there are two vectors, that on the side of x."""
        value = finite(f"{type(self).__name__}: the bias", value)
        gate = some_text("start_bias: gate", gate)
        names = {"none": [], "single": [f"b_{gate}"], "double": [f"b_x{gate}", f"b_h{gate}"]}[self.bias]
        if not all(isinstance(vars(self).get(name), Parameter) for name in names):
            hint = "try: the letter of a gate, 'z'"
            raise ArgumentError(f"{type(self).__name__}: there is no gate {brief(gate)} with a bias. {hint}")
        if not names:
            raise ArgumentError(f"{type(self).__name__}: there is no bias to start at {value}. try: bias=True")
        for name, start in zip(names, (value, 0.0), strict=False):
            p = getattr(self, name)
            p.assign(np.full(p.shape, start, p.dtype))

    def _kind_of_bias(self, bias: BiasKind) -> str:
        """How many vectors a gate has: "none", "single" or "double"."""
        if not isinstance(bias, bool) and not (isinstance(bias, str) and bias in ("single", "double")):
            wanted = 'wanted True, False, "single" or "double"'
            raise ArgumentError(f"{type(self).__name__}: bias: got {brief(bias)}, {wanted}")
        return str(self.usual["bias"]) if bias is True else "none" if bias is False else str(bias)

    def describe(self) -> str:
        """The sizes, and the options that are not as usual: `2, 3, bias=False, activation='relu'`."""
        chosen = {option: getattr(self, option) for option in self.usual}
        for option, value in chosen.items():
            if callable(value):
                chosen[option] = name_of(value) or getattr(value, "__name__", type(value).__name__)
        chosen = {option: False if value == "none" else value for option, value in chosen.items()}
        options = [f"{option}={value!r}" for option, value in chosen.items() if value != self.usual[option]]
        return ", ".join([super().describe(), *options])


class TwoDialects(StandardCell):
    """A cell of which there are two: `reset_after` says which, and its subclass with the other one is made for it."""

    reset_after = False
    other_dialect: ClassVar[type | None] = None

    def __new__(
        cls, input_size: Any = None, hidden_size: Any = None, bias: Any = True, reset_after: Any = False, **options: Any
    ) -> Any:
        """`GRUCell(…, reset_after=True)` is a ResetAfterGRUCell."""
        after = flag(f"{cls.__name__}: reset_after", reset_after)
        return super().__new__(vars(cls).get("other_dialect", cls) if after and not cls.reset_after else cls)

    def __init__(self, input_size: int, hidden_size: int, bias: BiasKind, reset_after: bool | None, **options: Any):
        super().__init__(input_size, hidden_size, bias, **options)
        if reset_after is not None and bool(reset_after) != self.reset_after:
            raise ArgumentError(
                f"{type(self).__name__}: got reset_after={reset_after!r}, which is an equation of another class. "
                f"try: tg.nn.{getattr(self.other_dialect, '__name__', 'Recurrent')}"
            )


def checked_input(who: str, x: Any, wanted: tuple[Any, ...]) -> Any:
    """The input as a tensor, if its shape is the one wanted; letters stand for any size."""
    x = x if isinstance(x, Tensor) else Tensor(x, name="x")
    if x.ndim != len(wanted) or any(isinstance(n, int) and n != m for n, m in zip(wanted, x.shape, strict=True)):
        shape = f"({', '.join(str(n) for n in wanted)})"
        raise ShapeError(f"{who}: input {x.summary} does not fit, wanted {shape}{here()}")
    return x
