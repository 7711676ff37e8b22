"""The equations of a recorded graph, forward and backward: what `tg.equations` returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np

from ..core.backward import toposort
from ..core.support.arguments import brief, some_text
from ..core.support.arguments import count as count_of
from ..core.support.arrays import Array
from ..core.support.modes import record
from ..core.tensor import Tensor
from ..core.tools.fused import unfuse
from ..errors import ArgumentError
from ..nn.cell_base import Cell
from .derive import Derived, arguments_of_functions, derive, gradient_name
from .document import Equation, Equations
from .expression import named
from .names import is_parameter, letters, letters_of_layer, names_of
from .reader import LARGEST, Reader
from .short import is_number

__all__ = ["equations", "equations_of_cell", "small_numbers"]

MOST_REPEATED = 9  # parts of a gradient that several lines need
MOST_ROWS = 1000  # of the example's numbers


def equations(tensors: Tensor | Sequence[Tensor], title: str = "", sizes: Mapping[int, str] | None = None) -> Equations:
    """The equations of the graph behind a tensor, and of its gradients.

    Each tensor with a name has a line; what has none stands in the lines of others. The gradients are derived by the
    operations' own rules; that of a single number, the loss, is 1. `sizes` are letters to write shapes with, such as
    `{64: "H"}`; those of a recurrent layer are known: B, I and H, where they differ.

    >>> import tinygrad_gru as tg
    >>> x = tg.Tensor([2.0, 3.0], requires_grad=True, name="x")
    >>> a = tg.Tensor([0.5, 0.1], requires_grad=True, name="a")
    >>> y = (a * tg.tanh(x)).named("y")
    >>> print(tg.equations((y * y).sum().named("L")))
    Given
      x (2)   a (2)
    <BLANKLINE>
    Forward
      y = a ⊙ tanh(x)                     (2)
      L = Σ y²                            ()
    <BLANKLINE>
    Backward
      ∂L/∂y = 2 y                         (2)
      ∂L/∂a = ∂L/∂y ⊙ tanh(x)             (2)
      ∂L/∂x = ∂L/∂y ⊙ a ⊙ (1 − tanh(x)²)  (2)
    """
    outputs = [tensors] if isinstance(tensors, Tensor) else list(tensors) if isinstance(tensors, Sequence) else []
    if not outputs or not all(isinstance(t, Tensor) for t in outputs):
        raise ArgumentError("equations: wants a tensor, or several in a list. try: tg.equations(loss)")
    some_text("equations: title", title)
    if not isinstance(sizes, Mapping | None):
        raise ArgumentError(f"equations: sizes: got {brief(sizes)}, wanted letters by size. try: sizes={{64: 'H'}}")
    unfuse(outputs)
    order = toposort(outputs, everything=True)[::-1]  # in creation order
    for i, t in enumerate(outputs):
        if not t.name and t.op is not None:
            t.name = "L" if len(outputs) == 1 and t.size == 1 else f"y_{i + 1}" if len(outputs) > 1 else "y"
    sizes = letters_of_layer(order) if sizes is None else sizes
    names = _names(order, sizes)
    reader = Reader({t: named(name) for t, name in names.items()}, sizes, factored=False)
    inner = arguments_of_functions(names)
    forward = _forward(names, inner, reader)
    seeds = _incoming(outputs, order, names)
    derived = derive(outputs, seeds, names, inner, sizes, MOST_REPEATED)
    leaves = {name: t for t, name in names.items() if t.op is None}
    known = [(name, reader.shape(t), t.data) for name, t in leaves.items()]
    known += [(name, reader.shape(g), g.data) for name, g in seeds.values() if name != "1"]
    backward = [Equation(line.name, line.expression, reader.shape(line.of), line.value) for line in _sorted(derived)]
    return Equations(forward, backward, known, title, {letter: size for size, letter in sizes.items()})


def _forward(names: Mapping[Tensor, str], inner: Mapping[Tensor, str], reader: Reader) -> list[Equation]:
    """An equation for each named result; with numbers, a function's argument has one too."""
    forward: list[Equation] = []
    taken = set(names.values())
    for t, name in names.items():
        if t.op is None:
            continue
        of_a, below = None, t.inputs[0]
        if inner.get(below) == f"δ_{name}":
            a = f"a_{name}" if f"a_{name}" not in taken else unused(f"a_{name}", taken)
            forward.append(Equation(a, reader.line(below), reader.shape(below), below.data, detail=True))
            of_a = reader.operation(t.op, [named(a)], t.inputs, t)
        forward.append(Equation(name, reader.expression_of(t), reader.shape(t), t.data, in_detail=of_a))
    return forward


def _sorted(derived: list[Derived]) -> list[Derived]:
    """In the order of the backward pass, but the parameters, which nothing depends on, at the end."""
    parameters = sorted((d for d in derived if is_parameter(d.of)), key=lambda d: d.of.serial)  # as in the module
    return [d for d in derived if not is_parameter(d.of)] + parameters


def _names(order: list[Tensor], sizes: Mapping[int, str]) -> dict[Tensor, str]:
    """The names there are, and new ones for what would make a line too long to read."""
    names = names_of(order)
    used = set(names.values())
    same: dict[Any, str] = {}
    for t in order:  # arrays in the code, such as a table or a mask: c_1, c_2
        if t not in names and t.op is None and (not is_number(t) or t.dtype == bool):
            key = (t.shape, t.dtype, t.data.tobytes() if t.size <= MOST_ROWS else t.serial)
            names[t] = same[key] = same.get(key) or unused("c", used)
    reader = Reader({t: named(name) for t, name in names.items()}, sizes, factored=False)
    for t in order:
        if t not in names and t.op is not None and reader(t).size > LARGEST:
            names[t] = unused("u", used)
            reader.names[t] = named(names[t])
    return {t: names[t] for t in order if t in names}


def unused(letter: str, used: set[str]) -> str:
    """`u_1`, or the first number that no name has yet; it is used from now on."""
    name = next(name for i in count(1) if (name := f"{letter}_{i}") not in used)
    used.add(name)
    return name


def _incoming(
    outputs: list[Tensor], order: list[Tensor], names: Mapping[Tensor, str]
) -> dict[Tensor, tuple[str, Tensor]]:
    """The gradient that each output begins with: 1 for a loss, otherwise one from outside, with small numbers."""
    used = {i for t in order for i in t.inputs}
    rng = np.random.default_rng(1)
    seeds = {}
    for t in outputs:
        if not t.requires_grad:
            continue
        if t.size == 1 and len(outputs) == 1:
            seeds[t] = "1", Tensor(np.ones(t.shape, t.dtype))
            continue
        name = gradient_name(names[t])
        if t in used:  # what comes from outside is not all of it
            name = name.replace("∂L", "∂L⁺", 1)
        seeds[t] = name, Tensor(small_numbers(rng, t.shape).astype(t.dtype))
    return seeds


def small_numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Numbers that can be followed on paper: −0.9 to 0.9 in tenths, without 0."""
    return rng.choice([-1, 1], shape) * rng.integers(1, 10, shape) / 10


def equations_of_cell(cell: Any, batch: int = 3, values: Callable[[tuple[int, ...]], Any] | None = None) -> Equations:
    """The equations of one step of a recurrent cell, with letters for its sizes: B, I and H.

    `values` makes the numbers of x and of the states, from a shape.
    """
    if not isinstance(cell, Cell):
        hint = "try: layer.cell" if hasattr(cell, "cell") else "try: nn.GRUCell(2, 3)"
        raise ArgumentError(f"equations_of_cell: got {brief(cell)}, wanted a recurrent cell. {hint}")
    count_of("equations_of_cell: batch", batch, 1, MOST_ROWS)
    if values is not None and (not callable(values) or isinstance(values, type)):
        raise ArgumentError(f"equations_of_cell: values: got {brief(values)}, wanted a function. try: np.ones")
    rng = np.random.default_rng(0)
    make = values or (lambda shape: small_numbers(rng, shape))

    def numbers_of(shape: tuple[int, ...]) -> Array:
        numbers = np.asarray(make(shape))
        if numbers.dtype.kind not in "biuf" or numbers.shape != shape:
            got = f"{numbers.dtype} {numbers.shape}"
            raise ArgumentError(f"equations_of_cell: values returned {got}, wanted numbers {shape}. try: np.ones")
        return numbers.astype(cell.dtype)

    x = Tensor(numbers_of((batch, cell.input_size)), requires_grad=True, name="x")
    states = [
        Tensor(numbers_of((batch, size)), requires_grad=True, name=name)
        for name, size in zip(cell.state_names, cell.state_sizes, strict=True)
    ]
    with record():
        result = cell.step(x, *states)
    if not isinstance(result, tuple) or len(result) != len(states) or not all(isinstance(t, Tensor) for t in result):
        got = f"{len(result)} results" if isinstance(result, tuple) else f"a {type(result).__name__}"
        wanted = f"a tuple of {len(states)}: {', '.join(cell.state_names)}"
        raise ArgumentError(f"{type(cell).__name__}.step gave {got}, wanted {wanted}. try: return (h,)")
    new = list(result)
    for t, name in zip(new, cell.state_names, strict=True):
        if not t.name and t.op is not None:
            t.name = name
    sizes = letters(batch, cell.input_size, cell.hidden_size)
    if any(batch in p.shape for p in cell.parameters()):  # which is the size of something else
        sizes.pop(batch, None)
    return equations(new, f"{type(cell).__name__}({cell.describe()})" if batch == 1 else type(cell).__name__, sizes)
