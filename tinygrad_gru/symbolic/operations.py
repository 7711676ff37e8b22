"""How each operation is written: its sign, or the function, with what it is told beside its operands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.op import Op
from ..core.ops.activations import GeluTanh
from ..core.ops.arithmetic import Add, Clip, Divide, Multiply, Negative, Pow, Square, Subtract, Where
from ..core.ops.elementary import Exp2, Expm1, Log1p, Reciprocal
from ..core.ops.indexing import Diagonal, Getitem, Scatter, Take, TakeAlongAxis, Tril, Triu
from ..core.ops.joining import Concat, Pad, Stack
from ..core.ops.linalg.spectral import SingularVectors
from ..core.ops.products import Einsum, Matmul
from ..core.ops.reductions import (
    LogSoftmax,
    Logsumexp,
    Prod,
    Reduction,
    Softmax,
    Std,
    Sum,
    Var,
    VectorNorm,
    VectorPNorm,
)
from ..core.ops.rounding import FloorDivide, Round
from ..core.ops.shapes import (
    Astype,
    BroadcastTo,
    ExpandDims,
    MatrixTranspose,
    PermuteDims,
    Reshape,
    Roll,
    Squeeze,
    Tile,
)
from ..core.ops.trigonometric import Hypot
from ..core.tensor import Tensor
from .expression import (
    ONE,
    ZERO,
    Expression,
    call,
    divide,
    element,
    matmul,
    minus,
    named,
    number,
    outer,
    part,
    plus,
    power,
    raised,
    setting,
    sum_over,
    times,
    transpose,
    value_of_number,
    where,
)
from .parts import is_inserting
from .short import number as short
from .short import symbol_of

if TYPE_CHECKING:
    from .reader import Reader

__all__ = [
    "derivative_name", "function_name", "is_boundless", "is_outer", "of_nothing", "operation", "reduction",
    "same_numbers", "transposition",
]  # fmt: skip

BOUNDLESS = 1e30
SAME_NUMBERS = (Reshape, ExpandDims, Squeeze, Astype)  # in another shape, which the reader puts right
WORDS = {"^": "pow", "|·|": "abs", "‖·‖": "norm", "Π": "prod", "√": "sqrt", "svdvecs": "svd", "floordiv": "floor"}


def operation(reader: Reader, op: Op, xs: list[Expression], inputs: Any, t: Tensor) -> Expression:
    """An operation on these."""
    if isinstance(op, Reduction):
        return reduction(op, xs[0], reader.axes(op, inputs[0]))
    if same_numbers(op) or isinstance(op, BroadcastTo):
        return xs[0]
    elementwise = _elementwise(reader, op, xs, inputs)
    if elementwise is not None:
        return elementwise
    name, axes = function_name(op), reader.axes(op, t if isinstance(op, Stack) else inputs[0])
    match op:
        case Matmul():
            return matmul(*xs)
        case MatrixTranspose():
            return transpose(xs[0])
        case PermuteDims() if transposition(op, t):
            return transpose(xs[0])
        case PermuteDims():
            order = tuple(axis % t.ndim for axis in op.axes)
            return xs[0] if order == tuple(range(t.ndim)) else call(name, xs[0], _numbers(order))
        case Concat():
            return Expression("join", tuple(xs), "rows" if op.axis % t.ndim < t.ndim - 1 else "columns")
        case Stack() if not op.axis % t.ndim:
            return call(name, *xs)
        case Einsum():
            return einsum(op, xs)
        case Getitem():
            return _part(reader, op.key, xs[0], inputs[0])
        case Take():
            key = (slice(None),) * (op.axis % inputs[0].ndim) + (inputs[1].data,)
            return element(xs[0], _with_name(reader, key, xs[1], inputs[1]))
        case TakeAlongAxis():
            letters = ["i", "j", "k", "l", "m", "n"][: t.ndim]
            letters[op.axis % t.ndim] = _with_name(reader, inputs[1].data, xs[1], inputs[1])
            return element(xs[0], ", ".join(letters))
        case Scatter():  # the parts, each with where it goes
            return reader.scattered(op, xs, t)
        case Roll():
            shifts = op.shift if isinstance(op.shift, tuple) else (op.shift,)
            return call(name + "_" * bool(axes) + axes, xs[0], _numbers(shifts))
        case Tile():
            return call(name, xs[0], _numbers(op.repetitions)) if op.repetitions else xs[0]
        case Pad():
            widths = [setting(f"({before}, {after})") for before, after in op.widths]
            return call(name, xs[0], *widths, *([setting(f"filled with {short(op.value, 6)}")] if op.value else []))
        case Diagonal() | Tril() | Triu():
            return call(name, xs[0], *([_numbers((op.offset,))] if op.offset else []))
    return call(name + "_" * bool(axes) + axes, *xs)


def _elementwise(reader: Reader, op: Op, xs: list[Expression], inputs: Any) -> Expression | None:
    """An operation that works element by element and has signs of its own; None for what is written as a function."""
    match op:
        case Add():
            return plus(*xs, factored=reader.factored)
        case Subtract():
            return plus(xs[0], minus(xs[1]), factored=reader.factored)
        case Multiply():
            return matmul(*xs) if is_outer(op, inputs) else times(*xs)
        case Divide():
            return divide(*xs)
        case Reciprocal():
            return divide(ONE, xs[0])
        case Negative():
            return minus(xs[0])
        case Square():
            return power(xs[0], 2)
        case Pow() if (exponent := value_of_number(xs[1])) is not None:
            return power(xs[0], exponent)
        case Pow():
            return raised(*xs)
        case Exp2():
            return raised(number(2.0), xs[0])
        case Expm1():
            return plus(call("exp", xs[0]), minus(ONE), factored=False)
        case Log1p():
            return call("log", plus(ONE, xs[0], factored=False))
        case Hypot():
            return call("√", plus(power(xs[0], 2), power(xs[1], 2), factored=False))
        case FloorDivide():
            return call("floor", divide(*xs))
        case Where():
            return where(*xs)
        case Clip():
            return _clipped(op, xs[0])
        case GeluTanh():
            return call("gelu", xs[0], setting("tanh"))
        case Round() if op.decimals:
            return call("round", xs[0], setting(short(op.decimals)))
    return None


def _clipped(op: Clip, x: Expression) -> Expression:
    """Held between two bounds, either of which may be missing."""
    low, high = (None if b is None or abs(b) == float("inf") else b for b in (op.low, op.high))
    if is_boundless(op) or (low is None and high is None):
        return x
    if low is None or high is None:
        return call("min", x, number(high)) if high is not None else call("max", x, number(low or 0.0))
    return call("clip", x, setting(f"{short(low, 6)}, {short(high, 6)}"))


def is_boundless(op: Clip) -> bool:
    """Whether its bounds are such as only keep infinities away."""
    return op.low is not None and op.high == -op.low >= BOUNDLESS


def of_nothing(op: Reduction, x: Expression) -> Expression:
    """What reduces no axis at all, each number by itself."""
    if isinstance(op, VectorNorm | VectorPNorm):
        return call("|·|", x)
    return ONE if isinstance(op, Softmax) else ZERO if isinstance(op, Var | LogSoftmax) else x


def reduction(op: Reduction, x: Expression, axes: str) -> Expression:
    """A sum, a mean, a softmax … along these axes, along all if none are said."""
    along = "_" * bool(axes) + axes
    match op:
        case Sum():
            return sum_over(x, axes)
        case Prod():
            return sum_over(x, axes, "Π")
        case VectorPNorm():
            return power(sum_over(power(call("|·|", x), op.p), axes), 1 / op.p)
        case VectorNorm() if axes:  # ‖x‖₁ would be another norm
            return call("√", sum_over(power(x, 2), axes))
        case LogSoftmax():
            return call("log", call("softmax" + along, x))
        case Logsumexp():
            return call("log", sum_over(call("exp", x), axes))
        case Var() | Std() if op.correction:
            return call(symbol_of(op) + along, x, setting(f"n − {short(op.correction)}"))
    return call(symbol_of(op) + along, x)


def einsum(op: Einsum, xs: list[Expression]) -> Expression:
    """A sum of products by its letters, `ij,jk→ik`, or as a product of matrices where it is one."""
    order = {letter: i for i, letter in enumerate(dict.fromkeys("".join(op.terms) + op.result))}
    *terms, result = ("".join(chr(ord("i") + order[c]) for c in term) for term in (*op.terms, op.result))
    alone = [x for x, term in zip(xs, terms, strict=True) if not term]  # numbers multiply
    if alone and len(terms) > len(alone):
        left = [(x, term) for x, term in zip(xs, terms, strict=True) if term]
        rest = Einsum(tuple(term for _, term in left), result)
        return times(*alone, einsum(rest, [x for x, _ in left]))
    if all(term == result for term in terms):
        return times(*xs)
    x, y = xs[0], xs[-1]
    match ",".join([*terms, result]):
        case "ij,jk,ik" | "i,i," | "ij,j,i":
            return matmul(x, y)
        case "ij,ik,jk" | "ij,i,j":
            return matmul(transpose(x), y)
        case "ij,ik,kj":
            return matmul(transpose(y), x)
        case "ij,kj,ik":
            return matmul(x, transpose(y))
        case "ij,kj,ki":
            return matmul(y, transpose(x))
        case "i,ij,ij" if y == named("I"):
            return call("diag", x)
        case "i,j,ij":
            return element(x, ":, None") if y == ONE else outer(x, y)
        case "i,j,ji":
            return outer(y, x)
        case "ij,ji":
            return transpose(x)
        case "i," if x.value == "diag" and len(x.operands) == 1:
            return call("tr", x.operands[0])
        case "ii,":
            return call("tr", x)
        case "ii,i":
            return call("diag", x)
    over = [str(axis) for axis, letter in enumerate(terms[0]) if letter not in result]
    if len(terms) == 1 and len(set(terms[0])) == len(terms[0]) and [c for c in terms[0] if c in result] == list(result):
        return sum_over(x, ",".join(over) if result else "")
    return call("einsum", *xs, setting(f"{','.join(terms)}→{result}"))


def same_numbers(op: Op | None) -> bool:
    """Whether it makes the same numbers in the same order, in another shape."""
    return isinstance(op, SAME_NUMBERS) or (isinstance(op, Getitem) and is_inserting(op.key))


def transposition(op: Op, t: Tensor) -> bool:
    """Whether it swaps the last two axes: of rows and columns, in each matrix of a stack."""
    swapped = (*range(t.ndim - 2), t.ndim - 1, t.ndim - 2)
    return isinstance(op, PermuteDims) and t.ndim > 1 and tuple(a % t.ndim for a in op.axes) == swapped


def is_outer(op: Op, inputs: Any) -> bool:
    """Whether it is a column times a row: a product of matrices in all but its name."""
    if not isinstance(op, Multiply):
        return False
    x, y = inputs
    if not (x.ndim == y.ndim == 2 and x.shape[1] == 1 == y.shape[0]):
        return False
    return isinstance(x.op, MatrixTranspose) or (x.shape[0] > 1 and y.shape[1] > 1)


def function_name(op: Op) -> str:
    """What an operation is called as a function: σ, log₂, diag."""
    name = symbol_of(op).replace(" ", "_")
    return {"log2": "log₂", "log10": "log₁₀", "diagonal": "diag"}.get(name, name)


def derivative_name(op: Op, position: int | None) -> str:
    """`relu′`, `max′₁`: the derivative of the whole operation, by which input of several."""
    name = function_name(op)
    return WORDS.get(name, name) + "′" + ("" if position is None else "₁₂₃₄₅₆₇₈₉"[min(position, 8)])


def _numbers(values: tuple[int, ...]) -> Expression:
    return setting(", ".join(short(n, 6) for n in values))


def _with_name(reader: Reader, key: Any, x: Expression, t: Tensor) -> str:
    """The key with the name that its array has as a tensor."""
    if x.kind == "name" and x.value != "const":
        prefix = ":, " * (len(key) - 1) if isinstance(key, tuple) else ""
        return prefix + str(x.value)
    return reader.key(key, ())


def _part(reader: Reader, key: Any, x: Expression, t: Tensor) -> Expression:
    """A slice along the rows or the columns of a matrix, or some other part."""
    keys = key if isinstance(key, tuple) else (key,)
    if not keys:  # x[()] is x
        return x
    if x.kind == "call" and x.value == "slogdet":  # an array of both
        determinant = call("det", x.operands[0])
        return call("sign", determinant) if keys[1:] == (0,) else call("log", call("|·|", determinant))
    if isinstance(t.op, SingularVectors) and t not in reader.names:  # U above V
        return call("U" if keys[1].start is None else "V", x.operands[0])
    if t.ndim in (1, 2) and all(isinstance(k, slice) and k.step is None for k in keys):
        for axis, n, k in zip(("rows", "columns"), t.shape, keys, strict=False):
            start, stop, _ = k.indices(n)
            if (start, stop) != (0, n):
                ends = reader.size(start) if start else "", reader.size(stop) if stop < n else ""
                x = part(x, axis, ":".join(ends))
        return x
    return element(x, reader.key(key, t.shape))
