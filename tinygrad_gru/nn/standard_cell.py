"""StandardCell: the options that the cells of cells.py share (bias, σ and φ, dialects); your own cells need none."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..core.support.arguments import brief, finite, flag, some_text
from ..core.support.hints import in_our_words
from ..errors import ArgumentError
from .activations import Activation, name_of
from .activations import activation as named_activation
from .cell_base import Cell
from .equations import Bias
from .module import Parameter
from .support.checks import checked_float

__all__ = ["BiasKind", "StandardCell", "TwoDialects"]

BiasKind = bool | str  # True, False, "single" or "double"


class StandardCell(Cell):
    """Base class of the cells of cells.py: the kind of bias, the activations, the initial parameters.

    `bias` is True or False, or says how many vectors there are: "single", a vector b_r; or "double", one on the side of
    x and one on the side of h, and b_r in the equation is their sum b_xr + b_hr, as in PyTorch: `b_r = Bias()` sees to
    that. Only the sum counts for the output; but each of two gets the full gradient, so that an optimiser moves their
    sum twice as far. True is the usual: "double" for the GRU with reset_after, otherwise "single". The options of
    all cells are `dtype`, `init` ("torch" or "keras", see initialisers.py), and for σ and φ `gate_activation` and
    `activation`.
    """

    usual: ClassVar[dict[str, Any]] = {"bias": "single"}  # the options as they are mostly; "bias" is what True means
    letters: ClassVar[tuple[str, ...]] = ()  # of the gates, each of which has a W and a b: ("r", "z", "h")

    def __init_subclass__(cls, **options: Any) -> None:
        """The letters are those of the biases that the class declares: `b_r, b_z, b_h = Bias(), Bias(), Bias()`."""
        super().__init_subclass__(**options)
        own = [name.removeprefix("b_") for name, value in vars(cls).items() if isinstance(value, Bias)]
        cls.letters = (*cls.letters, *(letter for letter in own if letter not in cls.letters))

    @in_our_words
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
        """The number of bias vectors per gate, by name: "none", "single" or "double"."""
        if not isinstance(bias, bool) and not (isinstance(bias, str) and bias in ("single", "double")):
            values = 'True, False, "single" or "double"'
            raise ArgumentError(f"{type(self).__name__}: bias: got {brief(bias)}, wanted {values}")
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
    """A cell with two dialects: `reset_after` chooses between the class and its `other_dialect`, a subclass."""

    reset_after = False
    other_dialect: ClassVar[type | None] = None

    def __new__(
        cls, input_size: Any = None, hidden_size: Any = None, bias: Any = True, reset_after: Any = False, *more: Any,
        **options: Any,
    ) -> Any:  # fmt: skip
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
