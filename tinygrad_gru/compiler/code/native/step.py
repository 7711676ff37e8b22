"""The loops over time for Numba: the same statement trees, element by element.

Between two matrix products everything is elementwise, so it becomes one pair of loops over rows and columns, in which a
value is a variable and not an array. A block is as many matrices; the result of a product with a block of weights has
them side by side, in one matrix with whole panels of columns (see kernel.py), and a sum of products of a block is added
up by the product itself. What stands before and after the loop is that of the NumPy program.

A value is computed as late as possible, from arrays in memory: arrays over time, states, products. A costly one (tanh,
exp, a division) that is read again behind a product is stored for the step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...ir import Instruction, Stage
from ..statements import Backward, Forward
from .elements import Elements, matrix_name
from .joined import of_blocks, only_summed, sums_above
from .loop import Loop

__all__ = ["Step"]

PRODUCTS = {"matmul", "sum_columns", "max_columns", "concat"}  # operations that need whole rows in memory
COSTLY = {"tanh", "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "power", "divide", "logaddexp"}


class Step(Elements):
    """The statements of one step: products, and loops over rows and columns between them."""

    def __init__(self, tree: Forward | Backward, loop: Loop, guarded: Iterable[Instruction] = ()) -> None:
        super().__init__(tree, loop, guarded)
        self.results = tree.phases.program.outputs.values()
        self.levels: dict[Instruction, int] = {}
        self.joined: dict[Instruction, list[Instruction]] = {}  # the first term of a sum of products, and all its terms
        self.body: list[str] = []

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

    def _in_memory(self, a: Instruction) -> bool:
        """Whether the matrices of a value are in memory at this step, as a product needs them."""
        while a.op in ("part", "parts"):
            a = a.args[0]
        return self.readable(a) or (a in self.at_hand and a not in self.guarded)

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
            if self.readable(here) and self.level(here) < level:
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
        blocks = [name] if shared or i in self.summed else [matrix_name(name, k) for k in range(i.dims[0])]
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
                self._side_by_side(i, k, self.use(matrix_name(out, k)))
            elif i.op != "matmul":
                self._over_columns(i, k, self.use(matrix_name(out, k)))
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
            matrix = out if len(a.dims) == 2 or i in self.summed else matrix_name(out, k)
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
                    body.append(f"{self.cell(array, i, k, index)} = {value}")
        for width, (body, _) in loops.items():
            self._loop(width, body)
        for i in here:
            if self.readable(i):
                self.at_hand.setdefault(i, self.targets[i][0])

    def _loop(self, width: str, body: list[str]) -> None:
        self.body += ["for b in range(B):", "    stays = masked and stay[t, lo + b]",
                      f"    for j in range({width}):", *[f"        {s}" for s in body]]  # fmt: skip


def _root(a: Instruction) -> Instruction:
    """The value whose matrices are stored when a product reads a part of it."""
    while a.op in ("part", "parts"):
        a = a.args[0]
    return a
