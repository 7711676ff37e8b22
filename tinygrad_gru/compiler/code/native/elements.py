"""Where the values of a step are, and an element of each as an expression.

A value is in a matrix of its own, or it is computed from what is, in the loops over rows and columns that read it. A
block is as many matrices, or one in which they stand side by side. Sizes are those of the arrays, and other numbers are
arguments, so that the text is the same for all sizes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...ir import Instruction, Stage
from ...ir.names import comment
from ..statements import Backward, Forward
from ..writer import named
from .forms import form_of
from .loop import Loop

__all__ = ["Elements", "matrix_name", "view_of"]


class Elements:
    """The matrices of a step, and the expressions of their elements and of what is computed from them."""

    def __init__(self, tree: Forward | Backward, loop: Loop, guarded: Iterable[Instruction] = ()) -> None:
        self.layout, self.names, self.loop = tree.layout, tree.layout.names, loop
        self.taken = {*self.names.values(), *(b.name for b in self.layout.buffers.values())}
        self.guarded = set(guarded)  # gradients that are 0 in rows that stay
        self.at_hand: dict[Instruction, str] = {}  # the matrix (B, n) of this step, or the beginning of their names
        self.tops: dict[str, tuple[str, str]] = {}  # views of this step: the array, and the expression
        self.read: set[str] = set()
        self.targets: dict[Instruction, list[str]] = {}  # where a value is written
        self.stays: dict[str, str] = {}  # what is written into a matrix whose rows may stay
        self.wide: dict[str, str] = {}  # matrices that hold those of a block side by side, and their columns each
        self.summed: set[Instruction] = set()  # products of a block of which the sum is all that is read
        self.into: dict[Instruction, Instruction] = {}  # terms of a sum of products, and its first term

    # --- arrays ------------------------------------------------------------------------------------------------------

    def over_time(self, i: Instruction, name: str, array: str, steps: str, block_first: bool, written: bool) -> str:
        """Let the matrices of an array over time be those of this step; returns their name."""
        blocks = len(i.dims) == 3
        for k in range(i.dims[0]) if blocks else [None]:
            index = steps if k is None else f"{k}, {steps}" if block_first else f"{steps}, {k}"
            self.tops[matrix_name(name, k)] = array, view_of(array, index, i.is_boolean)
        self.loop.take(array, _kind(i, 1), written=written)
        return name

    def scratch(self, i: Instruction) -> str:
        """Matrices for one step."""
        name = self.unused(f"{self.names[i]}_row")
        blocks = [matrix_name(name, k) for k in range(i.dims[0])] if len(i.dims) == 3 else [name]
        dtype = "np.bool_" if i.is_boolean else "real"
        self.loop.allocations += [f"{each} = np.empty((B, {self.size(i)}), {dtype})" for each in blocks]
        return name

    def unused(self, name: str) -> str:
        """A name for an array that nothing else has."""
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    def size(self, i: Instruction) -> str:
        """The number of columns of a value, as an argument of the loop."""
        return "1" if i.width == 1 else self.whole(i.width, self.loop.sizes.of(i))

    def width(self, i: Instruction) -> str:
        """The number of columns as an argument, also where it is 1."""
        return self.whole(i.width, self.loop.sizes.of(i))

    def start(self, i: Instruction) -> str:
        """The first of the columns that are cut."""
        return self.whole(i.option("start"), ("start", i))

    def whole(self, value: int, key: Any) -> str:
        """A whole number as an argument, so that the text does not depend on it: the same one for the same key."""
        name = self.loop.wholes.setdefault(key, f"n{len(self.loop.wholes) + 1}")
        before = self.loop.arguments.setdefault(name, ("int64", str(value)))
        assert before == ("int64", str(value)), f"{name} is {before[1]}, and cannot be {value} too"
        return name

    def number(self, i: Instruction) -> str:
        """A number: by its name, or as an argument."""
        value = i.option("value")
        if named(value):
            return named(value)
        name = f"number_{sum(k == 'real0' for k, _ in self.loop.arguments.values()) + 1}"
        before = [n for n, (kind, passed) in self.loop.arguments.items() if (kind, passed) == ("real0", _passed(value))]
        if not before:
            self.loop.arguments[name] = ("real0", _passed(value))
        return before[0] if before else name

    def readable(self, i: Instruction) -> bool:
        """Whether a value is written where it can be read: a new state's matrix has other numbers in rows that stay."""
        return i in self.targets and self.targets[i][0] not in self.stays

    def matrix_of(self, a: Instruction, k: int | None) -> tuple[str, str]:
        """The matrix in memory that a product reads, and its first column there."""
        k = k if len(a.dims) == 3 else None
        while a not in self.at_hand and not self.readable(a):
            k = a.option("index") if a.op == "part" else a.option("start") + (k or 0)
            a = a.args[0]
        in_memory = a in self.at_hand and a not in self.guarded
        name = self.at_hand[a] if in_memory else self.targets[a][0]
        if name in self.wide:
            return self.use(name), f"{k} * {self.wide[name]}" if k else "0"
        return self.use(matrix_name(name, k)), "0"

    def use(self, name: str) -> str:
        self.read.add(name)
        return name

    # --- elements -----------------------------------------------------------------------------------------------------

    def element(
        self, i: Instruction, k: int | None, column: str, variables: dict[Any, str], statements: list[str]
    ) -> str:
        """The expression of an element of a value, or of matrix k of a block, with the statements that it needs.

        `column` is j, that of the loop, or one that is computed from it, or that of a value with one column, 0.
        """
        if i.op == "number":
            return self.number(i)
        if i.width == 1:
            column = "0"
        if (i, k, column) in variables:
            return variables[i, k, column]

        def of(a: Instruction, k: int | None = k, column: str = column) -> str:
            return self.element(a, k if len(a.dims) == 3 else None, column, variables, statements)

        if i in self.at_hand:
            value = self._stored_element(i, k, column)
            if i in self.guarded:
                value = f"zero if stays else {value}"
        elif i.stage == Stage.FIXED:
            value = self._fixed_element(i, k, column)
        elif i.op == "part":
            return self.element(i.args[0], i.option("index"), column, variables, statements)
        elif i.op == "parts":
            return self.element(i.args[0], i.option("start") + (k or 0), column, variables, statements)
        elif i.op == "stack":
            return of(*_member(i, k or 0))
        elif i.op == "columns":
            start = i.option("start")
            return of(i.args[0], column=f"{column} + {self.start(i)}" if start else column)
        elif i.op == "broadcast_columns":
            return of(i.args[0])
        elif i.op == "add" and any(map(self._is_added_already, i.args)):
            return of(next(a for a in i.args if not self._is_added_already(a)))
        else:
            value = form_of(i, [of(a) for a in i.args])
        name = self._variable(i, k, variables)
        variables[i, k, column] = name
        note = ", ".join(part for part in (i.label, i.scope) if part and i.op != "input")
        statements.append(f"{name} = {value}" + (f"  {comment(note)}" if note else ""))
        return name

    def _stored_element(self, i: Instruction, k: int | None, index: str) -> str:
        return self.cell(self.at_hand[i], i, k, index)

    def cell(self, name: str, i: Instruction, k: int | None, index: str) -> str:
        """An element of a matrix in memory."""
        if name in self.wide:
            return f"{self.use(name)}[b, {index}{f' + {k} * {self.wide[name]}' if k else ''}]"
        return f"{self.use(name if i in self.summed else matrix_name(name, k))}[b, {index}]"

    def _is_added_already(self, i: Instruction) -> bool:
        """Whether a term of a sum is in the first term already, since the product added it up."""
        if i.op == "add":
            return all(map(self._is_added_already, i.args))
        return i in self.into or (i.op == "part" and i.args[0] in self.summed and i.option("index") > 0)

    def _variable(self, i: Instruction, k: int | None, variables: dict[Any, str]) -> str:
        name = f"{matrix_name(self.names[i], k)}_j"
        while name in variables.values() or name in self.taken:
            name += "_"
        return name

    def _fixed_element(self, i: Instruction, k: int | None, index: str) -> str:
        if i.is_constant and not i.dims:
            self.loop.arguments[self.names[i]] = (_kind(i, 0), f"memory.scalar({self.names[i]})")
            return self.names[i]
        rows = {"B": "lo + b"}
        axes = [index] if len(i.dims) < 2 else [rows.get(i.dims[-2], "0"), index]
        if len(i.dims) == 3:
            axes = [str(k), *axes]
        return f"{self._parameter(i, max(1, len(i.dims)))}[{', '.join(axes)}]"

    def _parameter(self, i: Instruction, axes: int) -> str:
        name = self.names[i]
        self.loop.take(name, f"real{axes}")
        return name


def view_of(array: str, index: str, boolean: bool = False) -> str:
    """The rows of this thread, of the matrix at an index: by a function, which Numba compiles faster than a slice."""
    if boolean:
        return f"{array}[{index}, lo:hi]"
    return f"{'step_of' if index.count(', ') == 0 else 'matrix_of'}({array}, {index}, lo, hi)"


def _member(stack: Instruction, k: int) -> tuple[Instruction, int | None]:
    """The member of a block that matrix k is, or is a part of."""
    for a in stack.args:
        size = a.dims[0] if len(a.dims) == 3 else 1
        if k < size:
            return a, k if len(a.dims) == 3 else None
        k -= size
    raise AssertionError("a matrix of a block lies in one of its members")


def matrix_name(name: str, k: int | None) -> str:
    """The name of matrix k of a block, or of a value that is none."""
    return name if k is None else f"{name}_{k}"


def _kind(i: Instruction, more: int) -> str:
    return f"{'bool' if i.is_boolean else 'real'}{len(i.dims) + more}"


def _passed(value: Any) -> str:
    text = f"float({str(value)!r})" if value != value or value in (float("inf"), -float("inf")) else repr(value)
    return f"memory.scalar({text})"
