"""Sums over time within the backward loop: chunk by chunk, while the gates' gradients are in the cache.

The values of a chunk of steps that the sums read stand in one matrix, a row for each step and sequence, the gates of a
block side by side. After the steps of the chunk, products over all its rows add to the parameters' gradients and give
those of the input; so nothing of the size of all steps is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...ir import Instruction, Stage
from ...plan import Phases, base
from ..statements import Backward
from .elements import view_of
from .step import Step

__all__ = ["SUMS", "Chunks", "sums_in_chunks"]

SUMS = {"outer", "sum_batch"}


def sums_in_chunks(p: Phases) -> bool:
    """Whether all sums, and the gradient of the input, can be computed from values of the steps, chunk by chunk."""
    late = set(p.late)
    read = [a for i in p.sums if i.op in SUMS for a in i.args]
    products = [i for i in p.late if i.op not in ("part", "parts", "columns") and i.op == "matmul"]
    other = [i for i in p.late if i.op in ("sum_columns", "max_columns", "concat")]
    left = [i.args[0] for i in products]
    whole = all(len(base(a).dims) == len(a.dims) or a.op == "part" for a in read)
    return (
        not other and whole
        and all(base(a) not in late and a.stage != Stage.FIXED and not a.is_boolean for a in [*read, *left])
    )  # fmt: skip


@dataclass
class Chunks:
    """The matrices of a chunk, and the statements after its steps."""

    tree: Backward
    step: Step
    matrices: dict[Instruction, str] = field(default_factory=dict)
    after: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        p = self.tree.phases
        out = p.program.outputs.get("grad x")
        read = [a for i in [*p.sums, *p.late] if i.op in SUMS or i in p.late for a in i.args]
        read += [out] if out is not None and out not in p.late else []
        summed = {base(a) for i in p.sums if i.op in SUMS for a in i.args}
        late = set(p.late)
        for i in dict.fromkeys(base(a) for a in read):
            at_hand = i in self.step.at_hand and i not in self.step.guarded
            if i.stage != Stage.FIXED and i not in late and (i in summed or not at_hand) and i.op != "number":
                self._keep(i)

    def _keep(self, i: Instruction) -> None:
        """A matrix for the values of a chunk, of which the step writes its rows."""
        name = self.step.unused(f"{self.step.names[i]}_rows")
        n = self.step.width(i)
        columns = f"{i.dims[0]} * {n}" if len(i.dims) == 3 else n
        # zeros, also in the columns that fill up a panel; and a row more, which a panel may read
        self.step.loop.allocations.append(f"{name} = np.zeros((chunk * B + 1, padded({columns})), real)")
        self.matrices[i] = name
        now = f"{name}_now"
        self.step.wide[now] = n
        self.step.targets.setdefault(i, []).append(now)

    def views(self, read: set[str]) -> list[str]:
        """The rows of one step, of the matrices that are written or read there."""
        at = "(t - start) * B"
        return [
            f"{name}_now = rows_of({name}, {at}, {at} + B)" for name in self.matrices.values() if f"{name}_now" in read
        ]

    # --- after the steps of a chunk ----------------------------------------------------------------------------------

    def statements(self) -> list[str]:
        """Sums of the rows from first_row to past_rows, and the gradients of the input at these steps."""
        lines = [line for i in self.tree.phases.sums if i.op in SUMS for line in self._sum(i)]
        return [*lines, *self._gradients_of_x()]

    def _place(self, a: Instruction) -> tuple[str, str]:
        """The matrix that a value stands in, and its first column."""
        column = "0"
        while a not in self.matrices:
            if a.op == "columns":
                column = self.step.start(a)
            else:
                n = self.step.width(a)
                column = f"{a.option('index') if a.op == 'part' else a.option('start')} * {n}"
            a = a.args[0]
        return self.matrices[a], column

    def _sum(self, i: Instruction) -> list[str]:
        """The statement that adds the chunk to a sum; the sum of each thread goes where the caller adds them."""
        loop, g = self.step.loop, i.args[-1]
        out, total = f"sum_{self.step.names[i]}", f"{self.step.names[i]}_total"
        n = self.step.width(g)
        columns = f"{g.dims[0]} * {n}" if len(g.dims) == 3 else n
        D, column = self._place(g)
        if i.op == "sum_batch":
            loop.arguments[out] = ("double2", out)
            loop.allocations.append(f"{total} = np.zeros({columns}, np.float64)")
            loop.after.append(f"for j in range(len({total})):\n        {out}[shard, j] = {total}[j]")
            return [f"add_rows({_of_chunk(D)}, {column}, {total})"]
        m = self.step.width(i.args[0])
        A, first = self._place(i.args[0])
        loop.arguments[out] = ("real3", out)
        loop.allocations.append(f"{total} = np.zeros(({m}, padded({columns})), real)")
        loop.after.append(f"copy_into({out}[shard], {total})")
        columns_of_A = f"{total}_tiles"
        loop.allocations.append(f"{columns_of_A} = np.empty(BLOCK * ({m} + ROWS), real)")
        if (panel := "panel = np.empty(BLOCK * PANEL, real)") not in loop.allocations:
            loop.allocations.append(panel)
        rows = "first_row, past_rows - first_row"
        return [f"add_outer({A}, {first}, {D}, {column}, {rows}, {total}, panel, {columns_of_A})"]

    def _gradients_of_x(self) -> list[str]:
        p, loop = self.tree.phases, self.step.loop
        out = p.program.outputs.get("grad x")
        if out is None:
            return []
        late = Step(self.tree, loop, self.step.guarded)
        late.taken, late.wide = self.step.taken, self.step.wide
        late.at_hand = {i: name for i, name in self.step.at_hand.items() if i not in self.step.guarded}
        late.at_hand |= {i: f"{name}_now" for i, name in self.matrices.items()}
        late.tops = dict(self.step.tops)
        late.order = {i: n for n, i in enumerate(p.late)}
        products, views = [], []
        for i in p.late:
            if i.op == "matmul":
                name = late.panels(i, "chunk * B")
                products.append(self._product(late, i, name))
                late.at_hand[i] = f"{name}_now"
                if name in late.wide:
                    late.wide[f"{name}_now"] = late.wide[name]
                single = name in late.wide or i in late.summed or len(i.dims) == 2
                for matrix in [""] if single else [f"_{k}" for k in range(i.dims[0])]:
                    rows = f"rows_of({name}{matrix}, (t - start) * B, (t - start + 1) * B)"
                    views.append(f"{name}_now{matrix} = {rows}")
        loop.arguments["d_x"] = ("real3", "d_x")
        loop.arguments["want_x"] = ("bool0", "d_x is not None")
        late.targets[out] = ["d_x_now"]
        late.levels = dict.fromkeys(late.at_hand, 0)
        late.fused(0)
        tops = [f"{name} = {view}" for name, (_, view) in late.tops.items() if name in late.read]
        self.step.read |= {name for name in late.tops if name in late.read}
        inner = [*tops, *self.views(late.read), *views, f"d_x_now = {view_of('d_x', 't')}", *late.body]
        steps = ["for t in range(t + 1, stop):", *[f"    {s}" for s in inner]]
        return ["if want_x:", *[f"    {s}" for s in [*(s for lines in products for s in lines), *steps]]]

    def _product(self, late: Step, i: Instruction, name: str) -> list[str]:
        """A product of all rows of the chunk."""
        a, W = i.args
        K, weights = late.width(a), late.packed(i)
        A, column = self._place(a)
        rows = _of_chunk(A)
        if len(a.dims) == 2:
            return [f"product({rows}, {column}, {K}, {weights}, {K}, 0, {_of_chunk(name)}, False)"]
        several = len(W.dims) == 3
        height = f"{W.dims[0]} * {K}" if several else K
        if several and i in late.summed:
            out = _of_chunk(name)
            return [f"product({rows}, {column}, {height}, {weights}, {height}, 0, {out}, False)"]
        lines = []
        for k in range(a.dims[0]):
            out, add = (name, bool(k)) if i in late.summed else (f"{name}_{k}", False)
            of_block = f"{column} + {k} * {K}, {K}, {weights}, {height}, {f'{k} * {K}' if several else 0}"
            lines.append(f"product({rows}, {of_block}, {_of_chunk(out)}, {add})")
        return lines


def _of_chunk(matrix: str) -> str:
    """The rows of the steps of a chunk."""
    return f"rows_of({matrix}, first_row, past_rows)"
