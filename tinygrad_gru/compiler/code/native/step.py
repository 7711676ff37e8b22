"""The loops over time for Numba: the same statement trees, element by element.

Between two matrix products everything is elementwise, so it becomes one pair of loops over rows and columns, in which a
value is a variable and not an array. A block is as many matrices; the result of a product with a block of weights has
them side by side, in one matrix with whole panels of columns (see kernel.py), and a sum of products of a block is added
up by the product itself. What stands before and after the loop is that of the NumPy program.

A value is computed as late as possible, from arrays in memory: arrays over time, states, products. A costly one (tanh,
exp, a division) that is read again behind a product is stored for the step. Sizes are those of the arrays, and other
numbers are arguments, so that the text is the same for all sizes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...ir import Instruction, Stage
from ...ir.names import comment
from ..statements import Backward, Forward
from ..writer import named
from .forms import form_of
from .joined import of_blocks, only_summed, sums_above
from .loop import Loop

__all__ = ["Step", "view_of"]

PRODUCTS = {"matmul", "sum_columns", "max_columns", "concat"}  # operations that need whole rows in memory
COSTLY = {"tanh", "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "power", "divide", "logaddexp"}

Element = tuple[Instruction, int | None]  # a matrix of a block, or all of a value that is none


class Step:
    """The statements of one step: products, and loops over rows and columns between them."""

    def __init__(self, tree: Forward | Backward, loop: Loop, guarded: Iterable[Instruction] = ()) -> None:
        self.layout, self.names, self.loop = tree.layout, tree.layout.names, loop
        self.taken = {*self.names.values(), *(b.name for b in self.layout.buffers.values())}
        self.results = tree.phases.program.outputs.values()
        self.guarded = set(guarded)  # gradients that are 0 in rows that stay
        self.at_hand: dict[Instruction, str] = {}  # the matrix (B, n) of this step, or the beginning of their names
        self.tops: dict[str, tuple[str, str]] = {}  # views of this step: the array, and the expression
        self.read: set[str] = set()
        self.targets: dict[Instruction, list[str]] = {}  # where a value is written
        self.stays: dict[str, str] = {}  # what is written into a matrix whose rows may stay
        self.levels: dict[Instruction, int] = {}
        self.wide: dict[str, str] = {}  # matrices that hold those of a block side by side, and their columns each
        self.summed: set[Instruction] = set()  # products of a block of which the sum is all that is read
        self.into: dict[Instruction, Instruction] = {}  # terms of a sum of products, and its first term
        self.joined: dict[Instruction, list[Instruction]] = {}  # the first term of a sum of products, and all its terms
        self.body: list[str] = []

    # --- arrays ------------------------------------------------------------------------------------------------------

    def over_time(self, i: Instruction, name: str, array: str, steps: str, block_first: bool, written: bool) -> str:
        """Let the matrices of an array over time be those of this step; returns their name."""
        blocks = len(i.dims) == 3
        for k in range(i.dims[0]) if blocks else [None]:
            index = steps if k is None else f"{k}, {steps}" if block_first else f"{steps}, {k}"
            self.tops[_matrix(name, k)] = array, view_of(array, index, i.is_boolean)
        self.loop.take(array, _kind(i, 1), written=written)
        return name

    def scratch(self, i: Instruction) -> str:
        """Matrices for one step."""
        name = self.unused(f"{self.names[i]}_row")
        blocks = [_matrix(name, k) for k in range(i.dims[0])] if len(i.dims) == 3 else [name]
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

    # --- the step ----------------------------------------------------------------------------------------------------

    def write(self, phase: Sequence[Instruction]) -> list[str]:
        """The statements that compute the targets."""
        self.order = {i: n for n, i in enumerate(phase)}
        products = [i for i in phase if i.op in PRODUCTS and i.stage != Stage.FIXED]
        self._join_products([i for i in products if i.op == "matmul" and len(i.args[0].dims) == 2])
        for i in products:
            for a in i.args if i.op != "concat" else ():
                if a.stage != Stage.FIXED and not self._in_memory(a):
                    self.targets[_root(a)] = [self.scratch(_root(a)), *self.targets.get(_root(a), [])]
            if i in self.into:
                self.targets[i] = [self.panels(i, into=self.targets[self.into[i]][0])]
            elif i.op == "matmul":
                self.targets[i] = [self.panels(i), *self.targets.get(i, [])]
            elif i not in self.targets or self.targets[i][0] in self.stays:
                self.targets[i] = [self.scratch(i), *self.targets.get(i, [])]
        for i in list(self.targets):
            self._store_costly(i, self.level(i))
        for level in range(1 + max((self.level(i) for i in self.targets), default=0)):
            for i in products:
                if self.level(i) == level:
                    self.product(i)
            self.fused(level)
        return self.body

    def _readable(self, i: Instruction) -> bool:
        """Whether a value is written where it can be read: a new state's matrix has other numbers in rows that stay."""
        return i in self.targets and self.targets[i][0] not in self.stays

    def _in_memory(self, a: Instruction) -> bool:
        """Whether the matrices of a value are in memory at this step, as a product needs them."""
        while a.op in ("part", "parts"):
            a = a.args[0]
        return self._readable(a) or (a in self.at_hand and a not in self.guarded)

    def level(self, i: Instruction) -> int:
        """The length of the longest chain of products before a value."""
        pending = [i]
        while pending:
            here = pending[-1]
            args = [] if here in self.at_hand or here in self.levels else [a for a in here.args if a not in self.levels]
            if args:
                pending += args
                continue
            pending.pop()
            if here not in self.levels:
                below = 0 if here in self.at_hand else max((self.levels[a] for a in here.args), default=0)
                self.levels[here] = below + (here.op in PRODUCTS and here.stage != Stage.FIXED)
        return self.levels[i]

    def _store_costly(self, i: Instruction, level: int) -> None:
        """Store costly values that are computed before an earlier product than the one behind which they are read."""
        visited, pending = {i}, list(i.args)
        while pending:
            here = pending.pop()
            if here in visited or here in self.at_hand or here.stage == Stage.FIXED or here.op in PRODUCTS:
                continue
            if self._readable(here) and self.level(here) < level:
                continue
            visited.add(here)
            if here.op in COSTLY and self.level(here) < level:
                self.targets[here] = [self.scratch(here), *self.targets.get(here, [])]
            pending += here.args

    def _join_products(self, products: Sequence[Instruction]) -> None:
        """Let products that one sum adds up be written into one matrix: x W + h U."""
        first: dict[Instruction, Instruction] = {}
        stored = self._stored()
        for i in products:
            if i in self.targets or len(self.layout.users.get(i, [])) != 1:
                continue
            total = sums_above(i, self.layout.users, stored)[-1]
            if total is not i and total in first and self.level(first[total]) == self.level(i):
                self.into[i] = first[total]
                self.joined.setdefault(first[total], [first[total]]).append(i)
            elif total is not i:
                first.setdefault(total, i)

    def _stored(self) -> set[Instruction]:
        """What is read elsewhere too: the results of the step, and what is written anyway."""
        return {*self.targets, *self.results}

    def panels(self, i: Instruction, rows: str = "B", into: str = "") -> str:
        """The matrix that a product is written into, in whole panels, with so many rows."""
        name = into or self.unused(f"{self.names[i]}_row")
        n, W, shared = self.width(i), i.args[1], len(i.args[0].dims) == 2
        self.loop.take(f"weights_{self.names[W]}", "real3", f"{self.names[W]}{'' if len(W.dims) == 3 else '[None]'}")
        if into:
            return name
        if i not in self.joined:
            pack = f"{self.packed(i)} = {'pack_rows' if of_blocks(i) else 'pack'}(weights_{self.names[W]})"
            self.loop.allocations += [pack] if pack not in self.loop.allocations else []
        if shared and len(W.dims) == 3:
            self.wide[name] = n
            self.loop.allocations.append(f"{name} = np.empty(({rows}, padded({W.dims[0]} * {n})), real)")
            return name
        if not shared and only_summed(i, self.layout.users, self._stored()):
            self.summed.add(i)
        blocks = [name] if shared or i in self.summed else [_matrix(name, k) for k in range(i.dims[0])]
        self.loop.allocations += [f"{each} = np.empty(({rows}, padded({n})), real)" for each in blocks]
        return name

    def packed(self, i: Instruction) -> str:
        """The packed weights of a product: the matrices of a block stand side by side, or one below the other."""
        return f"packed_{'below_' if of_blocks(i) else ''}{self.names[i.args[1]]}"

    def product(self, i: Instruction) -> None:
        """The calls of a matrix product, or the loops of a sum over columns or of what stands side by side."""
        out = self.targets[i][0]
        if i in self.joined:
            self._sum_of_products(self.joined[i], out)
        elif i.op == "matmul" and i not in self.into:
            self._matmul(i, out)
        for k in range(i.dims[0]) if len(i.dims) == 3 else [None]:
            if i.op == "concat":
                self._side_by_side(i, k, self.use(_matrix(out, k)))
            elif i.op != "matmul":
                self._over_columns(i, k, self.use(_matrix(out, k)))
        self.at_hand[i] = out

    def _matmul(self, i: Instruction, out: str) -> None:
        """One call, also for a block that one value is multiplied by; otherwise a call for each matrix of the block."""
        a = i.args[0]
        K, weights, G = self.width(a), self.packed(i), i.dims[0] if len(a.dims) == 3 else 1
        if of_blocks(i) and i in self.summed:
            left, column = self.matrix_of(a, 0)
            if left in self.wide:  # side by side in one matrix, and the weights one below the other
                self.body.append(f"product({left}, {column}, {G} * {K}, {weights}, {G} * {K}, 0, {out}, False)")
                return
        height = f"{G} * {K}" if of_blocks(i) else K
        for k in range(G):
            left, column = self.matrix_of(a, k)
            first = f"{k} * {K}" if of_blocks(i) and k else "0"
            matrix = out if len(a.dims) == 2 or i in self.summed else _matrix(out, k)
            more = i in self.summed and k > 0
            self.body.append(f"product({left}, {column}, {K}, {weights}, {height}, {first}, {matrix}, {more})")

    def _sum_of_products(self, products: Sequence[Instruction], out: str) -> None:
        """One call for x W + h U, of x and h side by side and W above U: the sums stay in the registers."""
        left, weights = self.unused(f"{out}_left"), self.unused(f"packed_{out}")
        K = " + ".join(self.width(i.args[0]) for i in products)
        W, n = products[0].args[1], self.width(products[0])
        columns = f"{W.dims[0]} * {n}" if len(W.dims) == 3 else n
        self.loop.allocations += [f"{left} = np.empty((B, {K}), real)",
                                  f"{weights} = np.zeros(padded({columns}) * ({K}), real)"]  # fmt: skip
        first = "0"
        for i in products:
            a, column = self.matrix_of(i.args[0], None)
            width = self.width(i.args[0])
            self.loop.allocations.append(f"pack_into({weights}, weights_{self.names[i.args[1]]}, {K}, {first})")
            self.body.append(f"copy_columns({left}, {first}, {a}, {column}, {width})")
            first = width if first == "0" else f"{first} + {width}"
        self.body.append(f"product({left}, 0, {K}, {weights}, {K}, 0, {out}, False)")

    def _over_columns(self, i: Instruction, k: int | None, matrix: str) -> None:
        """The loops of a sum, or of the largest number, over the columns."""
        left, column = self.matrix_of(i.args[0], k)
        item = "row[j]" if column == "0" else f"row[{column} + j]"
        better, start = {"sum_columns": (f"total + {item}", "0.0"),
                         "max_columns": (f"np.maximum(total, {item})", "-np.inf")}[i.op]  # fmt: skip
        self.body += ["for b in range(B):", f"    row, total = {left}[b], real({start})",
                      f"    for j in range({self.size(i.args[0])}):", f"        total = {better}",
                      f"    {matrix}[b, 0] = total"]  # fmt: skip

    def _side_by_side(self, i: Instruction, k: int | None, matrix: str) -> None:
        at = 0
        for a in i.args:
            statements: list[str] = []
            value = self.element(a, k, "j", {}, statements)
            offset = f"j + {self.whole(at, (i, at))}" if at else "j"
            self._loop(self.size(a), [*statements, f"{matrix}[b, {offset}] = {value}"])
            at += a.width

    def matrix_of(self, a: Instruction, k: int | None) -> tuple[str, str]:
        """The matrix in memory that a product reads, and its first column there."""
        k = k if len(a.dims) == 3 else None
        while a not in self.at_hand and not self._readable(a):
            k = a.option("index") if a.op == "part" else a.option("start") + (k or 0)
            a = a.args[0]
        in_memory = a in self.at_hand and a not in self.guarded
        name = self.at_hand[a] if in_memory else self.targets[a][0]
        if name in self.wide:
            return self.use(name), f"{k} * {self.wide[name]}" if k else "0"
        return self.use(_matrix(name, k)), "0"

    def use(self, name: str) -> str:
        self.read.add(name)
        return name

    # --- loops over rows and columns ---------------------------------------------------------------------------------

    def fused(self, level: int) -> None:
        """A loop for the values of each width that are stored behind the products of this level."""
        here = sorted((i for i in self.targets if self.level(i) == level), key=lambda i: self.order.get(i, -1))
        loops: dict[str, tuple[list[str], dict[Any, str]]] = {}
        for i in here:
            arrays = self.targets[i][self.at_hand.get(i) == self.targets[i][0] :]  # a product is there already
            for k in range(i.dims[0]) if len(i.dims) == 3 else [None]:
                for array in arrays:
                    body, variables = loops.setdefault(self.size(i), ([], {}))
                    value = self.element(i, k, "j", variables, body)
                    index = "0" if i.width == 1 else "j"
                    if array in self.stays:
                        value = self.stays[array].format(value=value, index=index)
                    body.append(f"{self._cell(array, i, k, index)} = {value}")
        for width, (body, _) in loops.items():
            self._loop(width, body)
        for i in here:
            if self._readable(i):
                self.at_hand.setdefault(i, self.targets[i][0])

    def _loop(self, width: str, body: list[str]) -> None:
        self.body += ["for b in range(B):", "    stays = masked and stay[t, lo + b]",
                      f"    for j in range({width}):", *[f"        {s}" for s in body]]  # fmt: skip

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
        return self._cell(self.at_hand[i], i, k, index)

    def _cell(self, name: str, i: Instruction, k: int | None, index: str) -> str:
        """An element of a matrix in memory."""
        if name in self.wide:
            return f"{self.use(name)}[b, {index}{f' + {k} * {self.wide[name]}' if k else ''}]"
        return f"{self.use(name if i in self.summed else _matrix(name, k))}[b, {index}]"

    def _is_added_already(self, i: Instruction) -> bool:
        """Whether a term of a sum is in the first term already, since the product added it up."""
        if i.op == "add":
            return all(map(self._is_added_already, i.args))
        return i in self.into or (i.op == "part" and i.args[0] in self.summed and i.option("index") > 0)

    def _variable(self, i: Instruction, k: int | None, variables: dict[Any, str]) -> str:
        name = f"{_matrix(self.names[i], k)}_j"
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


def _root(a: Instruction) -> Instruction:
    """The value whose matrices are stored when a product reads a part of it."""
    while a.op in ("part", "parts"):
        a = a.args[0]
    return a


def _member(stack: Instruction, k: int) -> tuple[Instruction, int | None]:
    """The member of a block that matrix k is, or is a part of."""
    for a in stack.args:
        size = a.dims[0] if len(a.dims) == 3 else 1
        if k < size:
            return a, k if len(a.dims) == 3 else None
        k -= size
    raise AssertionError("a matrix of a block lies in one of its members")


def _matrix(name: str, k: int | None) -> str:
    return name if k is None else f"{name}_{k}"


def _kind(i: Instruction, more: int) -> str:
    return f"{'bool' if i.is_boolean else 'real'}{len(i.dims) + more}"


def _passed(value: Any) -> str:
    text = f"float({str(value)!r})" if value != value or value in (float("inf"), -float("inf")) else repr(value)
    return f"memory.scalar({text})"
