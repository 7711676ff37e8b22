"""The equations of a recorded graph, forward and backward: what `tg.equations` returns."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..core.engine import toposort
from ..core.folding import unfold
from ..core.scopes import record
from ..core.tensor import Tensor
from ..errors import ArgumentError
from .equations_backward import Derived, derive, gradient_name
from .equations_printing import LATEX, latex_name, written
from .equations_reading import LARGEST, Reader, names_of
from .expressions import Expression, named

__all__ = ["Equation", "Equations", "equations", "equations_of_cell", "small_numbers"]

FORMATS = ("unicode", "latex", "markdown")
LARGEST_SHOWN = 64  # numbers
DOCUMENT = r"""\documentclass{article}
\usepackage{amsmath}
\begin{document}
%s
\end{document}
"""


@dataclass(frozen=True)
class Equation:
    """A line: a name, what it is, the shape in letters, and the numbers there are at the moment."""

    name: str
    expression: Expression
    shape: str
    value: Any
    detail: bool = False  # what a function is taken of: shown with the numbers only
    in_detail: Expression | None = None  # the same, where that has a line of its own

    def stepwise(self) -> Equation:
        """`z = σ(a_z)`, for after the line of a_z."""
        return self if self.in_detail is None else replace(self, expression=self.in_detail)

    def __str__(self) -> str:
        """`z = σ([h, x] W_z + b_z)`."""
        return f"{self.name} = {written(self.expression)}"

    @property
    def latex(self) -> str:
        r"""`z = \sigma([h, x] \, W_{z} + b_{z})`."""
        return f"{latex_name(self.name)} = {written(self.expression, LATEX)}"


class Equations:
    """The equations of a graph: `.forward` and `.backward`, and all of it as text.

    `given` are the values and gradients they begin with: leaves, and what comes from outside.
    """

    def __init__(
        self, forward: list[Equation], backward: list[Equation], given: list[tuple[str, str, Any]], title: str = ""
    ) -> None:
        self.forward = forward
        self.backward = backward
        self.given = given
        self.title = title

    def text(self, form: str = "unicode", numbers: bool = False) -> str:
        """All equations as "unicode", "latex" (a document) or "markdown"; with `numbers` each with its values."""
        if form not in FORMATS:
            raise ArgumentError(f"equations: got the format {form!r}, wanted {', '.join(FORMATS)}. try: unicode")
        return {"unicode": self._unicode, "latex": self._latex, "markdown": self._markdown}[form](numbers)

    def __str__(self) -> str:
        """For the terminal."""
        return self._unicode(False)

    def __repr__(self) -> str:
        return self._unicode(False)

    def _repr_markdown_(self) -> str:
        return self._markdown(False)

    def _parts(self, numbers: bool) -> list[tuple[str, list[Equation]]]:
        forward = [line.stepwise() if numbers else line for line in self.forward if numbers or not line.detail]
        parts = [("Forward", forward), ("Backward", self.backward)]
        return [(title, lines) for title, lines in parts if lines]

    def _notes(self) -> list[str]:
        """What the letters that are ours alone mean."""
        names = {line.name for line in self.backward} | {name for name, _, _ in self.given}
        notes = []
        if any(name.startswith("δ") for name in names):
            notes.append("δ: the gradient of what the function is taken of: where r = σ(a), δ_r = ∂L/∂a")
        if any("⁺" in name for name in names):
            notes.append("∂L⁺: the part of a gradient that comes from the next step")
        return notes

    def _unicode(self, numbers: bool) -> str:
        text = [self.title] if self.title else []
        width = max((columns(str(line)) for _, lines in self._parts(numbers) for line in lines), default=0)
        if numbers:
            text += ["", "Given", *[line for name, _, value in self.given for line in _numbers(f"  {name} = ", value)]]
        else:
            there = "   ".join(f"{name} {shape}".replace(" ", "\xa0") for name, shape, _ in self.given)
            text += ["", "Given", *[f"  {line}".replace("\xa0", " ") for line in textwrap.wrap(there, 90)]]
        for title, lines in self._parts(numbers):
            text += ["", title]
            for line in lines:
                text.append(f"  {line!s:{min(width, 90)}}  {line.shape}".rstrip())
                if numbers:
                    text += _numbers("    = ", line.value)
        return "\n".join([*text, *(["", *self._notes()] if self._notes() else [])]).strip("\n")

    def _latex(self, numbers: bool) -> str:
        blocks = [rf"\section*{{{self.title}}}"] if self.title else []
        for title, lines in self._parts(numbers):
            rows = [_row(line, numbers) for line in lines]
            body = " \\\\\n".join(rows)
            blocks.append(f"\\subsection*{{{title}}}\n\\begin{{align*}}\n{body}\n\\end{{align*}}")
        return DOCUMENT % "\n".join(blocks)

    def _markdown(self, numbers: bool) -> str:
        text = [f"# {self.title}"] if self.title else []
        for title, lines in self._parts(numbers):
            text += [f"## {title}", *[f"$$ {line.latex} $$" + _beside(line, numbers) for line in lines]]
        return "\n\n".join([*text, *self._notes()]) + "\n"


def columns(text: str) -> int:
    """How wide a text is in a terminal: an accent stands above the letter before it."""
    return sum(not unicodedata.combining(c) for c in text)


def _row(line: Equation, numbers: bool) -> str:
    name, _, rest = line.latex.partition(" = ")
    text = f"{name} &= {rest}"
    if numbers:
        text += rf" = {shown(line.value, latex=True)}"
    return text + rf" && {line.shape}"


def _beside(line: Equation, numbers: bool) -> str:
    return f"\n\n`{line.name}` {line.shape}" + (f" = `{shown(line.value)}`" if numbers else "")


def shown(value: Any, latex: bool = False) -> str:
    """Numbers in a line: `[0.12  −0.5]`, rows of a matrix after each other."""
    array = np.asarray(value)
    if array.ndim == 0:
        text = f"{float(array):.4f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text.replace("-", "-" if latex else "−")
    if array.ndim > 1 and array.shape[0] == 1:  # a batch of one
        return shown(array[0], latex)
    if array.size > LARGEST_SHOWN:
        return f"{array.size} numbers between {array.min():.4f} and {array.max():.4f}"
    if latex and array.ndim == 2:
        rows = r" \\ ".join(" & ".join(shown(v, latex) for v in row) for row in array)
        return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"
    between = r" \;\, " if latex else "  "
    return f"[{between.join(shown(part, latex) for part in array)}]"


def _numbers(start: str, value: Any) -> list[str]:
    """The same in several lines where it is a matrix, its rows below each other."""
    array = np.asarray(value)
    if array.ndim != 2 or array.shape[0] == 1 or array.size > LARGEST_SHOWN:
        return [start + shown(array)]
    cells = [[shown(v) for v in row] for row in array]
    widths = [max(len(row[j]) for row in cells) for j in range(array.shape[1])]
    lines = ["  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in cells]
    indent = " " * columns(start)
    lines = [(start if i == 0 else indent) + ("[" if i == 0 else " ") + line for i, line in enumerate(lines)]
    return [*lines[:-1], lines[-1] + "]"]


def equations(tensors: Tensor | Sequence[Tensor], title: str = "", sizes: Mapping[int, str] | None = None) -> Equations:
    """The equations of the graph that a tensor was made by, and of its gradients.

    Each tensor with a name has a line; what has none stands in the lines of others. The gradients are derived by the
    operations' own rules; that of a single number, the loss, is 1. `sizes` are letters to write shapes with, such as
    `{64: "H"}`.

    >>> import tinygrad_gru as tg
    >>> x = tg.Tensor([2.0, 3.0], requires_grad=True, name="x")
    >>> a = tg.Tensor([0.5, 0.1], requires_grad=True, name="a")
    >>> y = (a * tg.tanh(x)).named("y")
    >>> print(tg.equations((y * y).sum().named("L")))
    Given
      x (2,)   a (2,)
    <BLANKLINE>
    Forward
      y = a ⊙ tanh(x)                     (2,)
      L = Σ y²                            ()
    <BLANKLINE>
    Backward
      ∂L/∂y = 2 y                         (2,)
      ∂L/∂a = ∂L/∂y ⊙ tanh(x)             (2,)
      ∂L/∂x = ∂L/∂y ⊙ a ⊙ (1 − tanh(x)²)  (2,)
    """
    outputs = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not outputs or not all(isinstance(t, Tensor) for t in outputs):
        raise ArgumentError("equations: wants a tensor, or several in a list. try: tg.equations(loss)")
    unfold(outputs)
    order = toposort(outputs, everything=True)[::-1]  # as they were made
    for i, t in enumerate(outputs):
        if not t.name and t.op is not None:
            t.name = "L" if len(outputs) == 1 and t.size == 1 else f"y_{i + 1}" if len(outputs) > 1 else "y"
    names = _names(order, sizes or {})
    reader = Reader({t: named(name) for t, name in names.items()}, sizes or {}, factored=False)
    forward: list[Equation] = []
    inner: dict[Tensor, str] = {}
    for t, name in names.items():
        if t.op is None:
            continue
        below = t.inputs[0]
        if t.op.elementwise and len(t.inputs) == 1 and below not in names and below.op is not None:
            inner[below] = f"δ_{name}"
            a = f"a_{name}"
            forward.append(Equation(a, reader(below), reader.shape(below), below.data, detail=True))
            taken = reader.operation(t.op, [named(a)], t.inputs, t)
            forward.append(Equation(name, reader.made(t), reader.shape(t), t.data, in_detail=taken))
            continue
        forward.append(Equation(name, reader.made(t), reader.shape(t), t.data))
    given = _incoming(outputs, order, names)
    derived = derive(outputs, given, names, inner, sizes or {})
    known = [(name, reader.shape(t), t.data) for t, name in names.items() if t.op is None]
    known += [(name, reader.shape(g), g.data) for name, g in given.values() if name != "1"]
    backward = [Equation(line.name, line.expression, reader.shape(line.of), line.value) for line in _sorted(derived)]
    return Equations(forward, backward, known, title)


def _sorted(derived: list[Derived]) -> list[Derived]:
    """As the walk goes, but the parameters, which nothing depends on, at the end."""
    parameters = sorted((d for d in derived if _is_parameter(d.of)), key=lambda d: d.of.index)  # as the module has them
    return [d for d in derived if not _is_parameter(d.of)] + parameters


def _is_parameter(t: Tensor) -> bool:
    return t.op is None and type(t) is not Tensor  # nn.Parameter


def _names(order: list[Tensor], sizes: Mapping[int, str]) -> dict[Tensor, str]:
    """The names there are, and new ones for what would make a line too long to read."""
    names = names_of(order)
    reader = Reader({t: named(name) for t, name in names.items()}, sizes, factored=False)
    count = 0
    for t in order:
        if t not in names and t.op is not None and reader(t).size > LARGEST:
            count += 1
            names[t] = f"u_{count}"
            reader.names[t] = named(names[t])
    return {t: names[t] for t in order if t in names}


def _incoming(
    outputs: list[Tensor], order: list[Tensor], names: Mapping[Tensor, str]
) -> dict[Tensor, tuple[str, Tensor]]:
    """The gradient that each output begins with: 1 for a loss, otherwise one from outside, with small numbers."""
    used = {i for t in order for i in t.inputs}
    rng = np.random.default_rng(1)
    given = {}
    for t in outputs:
        if not t.requires_grad:
            continue
        if t.size == 1 and len(outputs) == 1:
            given[t] = "1", Tensor(np.ones(t.shape, t.dtype))
            continue
        name = gradient_name(names[t])
        if t in used:  # what comes from outside is not all of it
            name = name.replace("∂L", "∂L⁺", 1)
        given[t] = name, Tensor(small_numbers(rng, t.shape).astype(t.dtype))
    return given


def small_numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Numbers that can be followed on paper: −0.9 to 0.9 in tenths, without 0."""
    return rng.choice([-1, 1], shape) * rng.integers(1, 10, shape) / 10


def equations_of_cell(cell: Any, batch: int = 3, values: Callable[[tuple[int, ...]], Any] | None = None) -> Equations:
    """The equations of one step of a recurrent cell, with letters for its sizes: B, I and H.

    `values` makes the numbers of x and of the states, from a shape.
    """
    rng = np.random.default_rng(0)
    make = values or (lambda shape: small_numbers(rng, shape))
    x = Tensor(np.asarray(make((batch, cell.input_size)), cell.dtype), requires_grad=True, name="x")
    states = [
        Tensor(np.asarray(make((batch, size)), cell.dtype), requires_grad=True, name=name)
        for name, size in zip(cell.state_names, cell.state_sizes, strict=True)
    ]
    with record():
        new = list(cell.step(x, *states))
    for t, name in zip(new, cell.state_names, strict=True):
        if not t.name and t.op is not None:
            t.name = name
    letters = (
        (batch, "B"),
        (cell.input_size, "I"),
        (cell.hidden_size, "H"),
        (cell.hidden_size + cell.input_size, "H+I"),
    )
    counted = [size for size, _ in letters]
    sizes = {size: letter for size, letter in letters if counted.count(size) == 1 and size > 1}
    return equations(new, f"{type(cell).__name__}({cell.describe()})" if batch == 1 else type(cell).__name__, sizes)
