"""Random programs made directly of instructions, in which the passes find work: sums, products, blocks, cuts, gates."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

from hypothesis import strategies as st

from tinygrad_gru.compiler.ir import Instruction, Program, Stage

__all__ = ["choices", "layer_of", "program_of"]

INPUTS = {
    "x": (("B", 2), Stage.INPUT), "y": (("B", 2), Stage.INPUT), "h": (("B", 2), Stage.STATE),
    "k": (("B", 2), Stage.STATE), "dh": (("B", 2), Stage.GRADIENT), "dk": (("B", 2), Stage.GRADIENT),
    "U": ((2, 2), Stage.FIXED), "V": ((2, 2), Stage.FIXED), "W": ((4, 2), Stage.FIXED), "b": ((2,), Stage.FIXED),
    "c": ((2,), Stage.FIXED),
}  # fmt: skip
NUMBERS = (0.5, 1.0, 0.0, 2.0, -0.25)

choices = st.lists(st.integers(0, 2**16), min_size=1, max_size=150)


def program_of(numbers: Iterable[int]) -> Program:
    """The program that a list of numbers chooses; the last four values are its outputs."""
    maker = _made(numbers, INPUTS)
    values = [i for i in maker.values if i.args]
    maker.p.outputs = {f"out {n}": i for n, i in enumerate(values[-4:])}
    return maker.p


STATES = ("h", "k")


def layer_of(numbers: Sequence[int]) -> Program:
    """A program as of a cell with states h and k: the first numbers choose its outputs among the newest values."""
    maker = _made(numbers[24:], {name: sizes for name, sizes in INPUTS.items() if name != "y"})
    chosen, p = chain(numbers[:24], repeat(0)), maker.p

    def newest(stages: Collection[Stage]) -> Instruction:
        fitting = [i for i in maker.values if i.dims == ("B", 2) and i.stage in stages]
        return fitting[-1 - next(chosen) % min(len(fitting), 5)]

    def gradient() -> Instruction:
        return newest([Stage.GRADIENT])

    before = [Stage.INPUT, Stage.STATE]
    p.outputs = {f"new {s}": p.make("tanh", newest(before)) if next(chosen) % 2 else newest(before) for s in STATES}
    p.outputs |= {name: gradient() for name in ("grad x", "grad h", "grad k") if next(chosen) % 8}
    p.outputs |= {f"grad {n}": p.make("outer", newest(before), gradient()) for n in range(2)}  # of U and V
    p.outputs["grad 2"] = p.make("stack_rows", *(p.make("outer", newest(before), gradient()) for _ in range(2)))  # of W
    p.outputs |= {f"grad {n}": p.make("sum_batch", gradient()) for n in (3, 4)}  # of b and c
    return p


def _made(numbers: Iterable[int], inputs: Mapping[str, Any]) -> _Maker:
    maker = _Maker(numbers, inputs)
    while not maker.ended:
        KINDS[maker.choose(len(KINDS))](maker)
    return maker


def rows(i: Instruction) -> bool:
    """(B, n)."""
    return len(i.dims) == 2 and i.dims[0] == "B"


def block(i: Instruction) -> bool:
    """(G, B, n)."""
    return len(i.dims) == 3 and i.dims[1] == "B"


def matrix(i: Instruction) -> bool:
    """A parameter (n, m)."""
    return i.stage is Stage.FIXED and len(i.dims) == 2


def square(i: Instruction) -> bool:
    """A parameter (2, 2)."""
    return matrix(i) and i.dims == (2, 2)


def broadcasts(i: Instruction, a: Instruction) -> bool:
    """Of the size of `a`, or a column beside it, or a row of parameters."""
    return i.dims in (a.dims, (*a.dims[:-1], 1)) or (i.stage is Stage.FIXED and i.dims == a.dims[-1:])


class _Maker:
    """Values so far, the newest last; a kind of value that is not there yet is not made use of."""

    def __init__(self, numbers: Iterable[int], inputs: Mapping[str, Any]) -> None:
        self.numbers = iter(numbers)
        self.ended = False
        self.p = Program()
        self.values = [self.p.input(name, *sizes) for name, sizes in inputs.items()]

    def choose(self, n: int) -> int:
        number = next(self.numbers, None)
        self.ended = self.ended or number is None
        return (number or 0) % n

    def pick(self, fits: Callable[[Instruction], bool]) -> Instruction | None:
        """A value that fits, as a rule one of the newest."""
        fitting = [i for i in self.values if fits(i)]
        fitting = fitting if self.choose(2) else fitting[-3:]
        return fitting[self.choose(len(fitting))] if fitting else None

    def like(self, i: Instruction | None, before: Stage = Stage.GRADIENT) -> Instruction | None:
        """A value of the same size, known before that stage."""
        return self.pick(lambda j: i is not None and j.dims == i.dims and j.stage < before)

    def number(self) -> Instruction:
        return self.p.number(NUMBERS[self.choose(len(NUMBERS))])

    def make(self, op: str, *args: Instruction | None, **options: Any) -> Instruction | None:
        """A new value, if its arguments are there."""
        if any(a is None for a in args):
            return None
        return self.keep(self.p.make(op, *(a for a in args if a is not None), **options))

    def keep(self, i: Instruction) -> Instruction:
        self.values = [*(j for j in self.values if j is not i), i]
        return i


def _arithmetic(m: _Maker) -> None:
    a = m.pick(lambda i: rows(i) or block(i))
    b = m.pick(lambda i: a is not None and broadcasts(i, a))
    b = b if m.choose(4) else m.number()
    m.make(("add", "add", "subtract", "multiply")[m.choose(4)], *((a, b) if m.choose(2) else (b, a)))


def _of_one(m: _Maker) -> None:
    m.make(("tanh", "negative", "sin")[m.choose(3)], m.pick(lambda i: True))


def _product(m: _Maker) -> None:
    a = m.pick(rows)
    m.make("matmul", a, m.pick(lambda i: a is not None and matrix(i) and i.dims[0] == a.width))


def _products_of_one(m: _Maker) -> None:
    """f(a U)·b and f(a V)·b: what becomes a block."""
    a = m.pick(lambda i: rows(i) and i.width == 2)
    pair = [m.make("matmul", a, m.pick(square)) for _ in range(2)]
    if m.choose(2):
        pair = [m.make("tanh", i) for i in pair]
    if m.choose(2):
        b = m.like(pair[0])
        pair = [m.make("multiply", i, b) for i in pair]


def _scaled_sum(m: _Maker) -> None:
    """n·(a U + b V + c)."""
    total = m.make("add", *(m.make("matmul", m.pick(lambda i: rows(i) and i.width == 2), m.pick(square)) for _ in "UV"))
    if m.choose(2):
        total = m.make("add", total, m.pick(lambda i: i.stage is Stage.FIXED and i.dims == (2,)))
    m.make("multiply", m.number(), total)


def _interpolation(m: _Maker) -> None:
    """(1 − z)·a + z·b."""
    z = m.pick(lambda i: rows(i) and i.stage < Stage.GRADIENT)
    mixed = [m.make("multiply", m.make("subtract", m.p.number(1.0), z), m.like(z)), m.make("multiply", z, m.like(z))]
    m.make("add", *(mixed if m.choose(2) else mixed[::-1]))


def _gradients(m: _Maker) -> None:
    """g·p and g·q: multiplied again, negative, added or subtracted."""
    g = m.pick(lambda i: rows(i) and i.stage is Stage.GRADIENT)
    p, q = m.like(g), m.like(g)
    gp, gq = m.make("multiply", g, p), m.make("multiply", q, g)
    if m.choose(3) == 0:
        gq = m.make("negative", gq)
    kind = m.choose(4)
    if kind < 2:
        m.make("add" if kind else "subtract", gp, gq)
    elif kind == 2:
        m.make("multiply", gp, q)
    else:
        m.make("negative", gp)


def _products_of_gradients(m: _Maker) -> None:
    """d U + e V."""

    def pick() -> Instruction | None:
        return m.pick(lambda i: rows(i) and i.width == 2 and i.stage is Stage.GRADIENT)

    m.make("add", m.make("matmul", pick(), m.pick(square)), m.make("matmul", pick(), m.pick(square)))


def _sum_over_the_batch(m: _Maker) -> None:
    g = m.pick(lambda i: rows(i) or block(i))
    m.make("outer", m.pick(rows), g) if m.choose(2) else m.make("sum_batch", g)


def _sums_of_each_part(m: _Maker) -> None:
    a, g = m.pick(rows), m.pick(block)
    kind = m.choose(2)
    for k in range(0 if g is None else g.dims[0]):
        part = None if g is None else m.p.part(g, k)
        m.make("outer", a, part) if kind else m.make("sum_batch", part)


def _cut(m: _Maker) -> None:
    """Columns, or rows of a parameter; not all of them, and of these perhaps some."""
    a, axis = m.pick(lambda i: len(i.dims) == 2), -m.choose(2)
    for _ in range(1 + m.choose(2)):
        size = 1 if a is None or a.dims[axis] == "B" else a.dims[axis]
        start = m.choose(size)
        stop = start + 1 + m.choose(size - start)
        if stop - start < size:
            a = m.make("columns" if axis else "rows", a, start=start, stop=stop)


def _transpose(m: _Maker) -> None:
    m.make("transpose", m.pick(matrix))


def _reshaped(m: _Maker) -> None:
    """A row as a matrix with one row, or a matrix as a row."""
    a = m.pick(lambda i: "B" not in i.dims and len(i.dims) in (1, 2))
    size = 1 if a is None else math.prod(a.dims)
    m.make("reshape", a, dims=(1, size) if a is None or len(a.dims) == 1 else (size,))


def _side_by_side(m: _Maker) -> None:
    m.make("concat", *(m.pick(rows) for _ in range(2 + m.choose(2))))


def _one_below_the_other(m: _Maker) -> None:
    a = m.pick(matrix)
    m.make("stack_rows", a, m.pick(lambda i: a is not None and matrix(i) and i.width == a.width))


def _block(m: _Maker) -> None:
    a = m.pick(lambda i: rows(i) or block(i))
    others = [m.pick(lambda i: a is not None and i.dims[-2:] == a.dims[-2:]) for _ in range(1 + m.choose(2))]
    m.keep(m.p.stack([i for i in (a, *others) if i is not None]))


def _part(m: _Maker) -> None:
    a = m.pick(block)
    if a is not None:
        start = m.choose(a.dims[0])
        m.keep(m.p.part(a, start, start + 1 + m.choose(a.dims[0] - start) if m.choose(2) else None))


KINDS = [
    _arithmetic, _arithmetic, _arithmetic, _of_one, _product, _products_of_one, _scaled_sum, _interpolation, _gradients,
    _gradients, _products_of_gradients, _sum_over_the_batch, _sums_of_each_part, _cut, _cut, _transpose, _reshaped,
    _side_by_side, _one_below_the_other, _block, _part, _part,
]  # fmt: skip
