"""Expressions, the right-hand sides of equations, simplified by their constructors.

`plus`, `times` and the others below are the only constructors. They do what a person does without thinking: 1 ⊙ x is x,
x ⊙ x is x², signs come to the front, and a factor that all terms share is put before a bracket. Nothing is ever
rounded, and nothing is reordered but terms and numbers, so that the result can still be read off against the code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "ONE", "ZERO", "Expression", "call", "divide", "element", "kept", "matmul", "minus", "named", "number", "outer",
    "part", "placed", "plus", "power", "raised", "setting", "sum_over", "times", "transpose", "value_of_number",
    "where",
]  # fmt: skip


@dataclass(frozen=True)
class Expression:
    """A kind, its operands, and what else it needs to know: a name, a number, the key of a part, the axes of a sum.

    Kinds: name, number, sum, minus, product, outer, divide, matmul, transpose, power, raised, call, setting, join,
    part, placed, total, kept.
    """

    kind: str
    operands: tuple[Expression, ...] = ()
    value: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", 1 + sum(operand.size for operand in self.operands))
        object.__setattr__(self, "_hash", hash((self.kind, self.operands, str(self.value))))

    size: int = field(default=0, init=False, compare=False)  # how much there is to write

    def __hash__(self) -> int:
        return int(getattr(self, "_hash"))  # noqa: B009


def named(name: str) -> Expression:
    """Something with a name."""
    return Expression("name", value=name)


def number(value: float) -> Expression:
    """A number; a negative one is minus a positive one."""
    return minus(number(-value)) if value < 0 else Expression("number", value=float(value))


def call(function: str, *operands: Expression) -> Expression:
    """A function of these; the exponential of a logarithm is what that is taken of."""
    if function == "exp" and operands[0].kind == "call" and operands[0].value == "log":
        return operands[0].operands[0]
    return Expression("call", operands, function)


def setting(text: str) -> Expression:
    """What a function is told beside its operands, `roll(x; 2)`; it stands last."""
    return Expression("setting", value=text)


ELEMENTWISE = {"where", "exp", "log", "tanh", "σ", "√", "|·|"}  # functions that a choice may be taken out of
ZERO, ONE = Expression("number", value=0.0), Expression("number", value=1.0)


def value_of_number(x: Expression) -> float | None:
    """The value of a number, or of minus a number."""
    if x.kind == "minus" and x.operands[0].kind == "number":
        return -float(x.operands[0].value)
    return float(x.value) if x.kind == "number" else None


def minus(x: Expression) -> Expression:
    """−x."""
    if x.kind == "minus":
        return x.operands[0]
    if x == ZERO:
        return x
    if x.kind == "sum" and any(term.kind == "minus" for term in x.operands):
        return plus(*[minus(term) for term in x.operands], factored=False)
    if x.kind == "divide" and (turned := minus(x.operands[0])).kind == "sum":  # (1 − y)/p, not −(y − 1)/p
        return divide(turned, x.operands[1])
    return Expression("minus", (x,))


def plus(*terms: Expression, factored: bool = True) -> Expression:
    """The sum, without zeros; if `factored`, like terms are one, and what they share stands before a bracket."""
    every = [x for term in terms for x in (term.operands if term.kind == "sum" else (term,)) if x != ZERO]
    counts: dict[Expression, float] = {}  # 2 y + y is 3 y, and y − y nothing
    for x in every:
        count, rest = _counted(x)
        counts[rest] = counts.get(rest, 0.0) + count
    flat = [times(number(count), rest) for rest, count in counts.items() if count != 0]
    if not factored and len(flat) < len(every):
        flat = every  # as it was written: y + y, and y − y does not vanish
    if len(flat) < 2:
        return flat[0] if flat else ZERO
    if factored and len(together := _chosen_together(flat)) < len(flat):
        return plus(*together)
    if factored and (shared := _factored(flat)) is not None:
        return shared
    flat.sort(key=lambda x: x.kind == "minus")  # a − b, not −b + a
    if all(x.kind == "minus" for x in flat):
        return minus(Expression("sum", tuple(minus(x) for x in flat)))
    return Expression("sum", tuple(flat))


def _chosen_together(terms: list[Expression]) -> list[Expression]:
    """The terms, but where(c, x, 0) + where(c, 0, y) as where(c, x, y)."""
    together: list[Expression] = []
    for term in terms:
        count, x = _counted(term)
        if x.kind == "call" and x.value == "where" and ZERO in x.operands[1:]:
            c, *branches = x.operands
            branches = [times(number(count), branch) for branch in branches]
            for i, other in enumerate(together):
                if (
                    other.value == "where"
                    and other.operands[0] == c
                    and other.operands[1 + (branches[0] != ZERO)] == ZERO
                ):
                    together[i] = where(
                        c, *[a if b == ZERO else b for a, b in zip(other.operands[1:], branches, strict=True)]
                    )
                    break
            else:
                together.append(where(c, *branches) if count != 1 else x)
        else:
            together.append(term)
    return together


def _counted(x: Expression) -> tuple[float, Expression]:
    """A term as a number times the rest of it."""
    if x.kind == "minus":
        count, rest = _counted(x.operands[0])
        return -count, rest
    if x.kind == "number":
        return x.value, ONE
    if x.kind == "product" and x.operands[0].kind == "number":
        return x.operands[0].value, times(*x.operands[1:])
    return 1.0, x


def _factored(terms: list[Expression]) -> Expression | None:
    """The common factors times the sum of the remaining terms; None if there are none."""
    split = [_factors(minus(t) if t.kind == "minus" else t) for t in terms]
    shared = [f for f in split[0] if f.kind != "number" and all(f in other for other in split[1:])]
    shared = [f for i, f in enumerate(shared) if f not in shared[:i]]
    if not shared:
        return None
    left = []
    for term, factors in zip(terms, split, strict=True):
        rest = list(factors)
        for f in shared:
            rest.remove(f)
        left.append(minus(times(*rest)) if term.kind == "minus" else times(*rest))
    return times(*shared, plus(*left))


def _factors(x: Expression) -> list[Expression]:
    factors = list(x.operands) if x.kind == "product" else [x]
    return [y for f in factors for y in ([f.operands[0]] * 2 if f.kind == "power" and f.value == 2 else [f])]


def times(*factors: Expression) -> Expression:
    """The elementwise product: the number first, the sign before it, equal factors as powers."""
    sign, count = False, 1.0
    flat: list[Expression] = []
    for factor in factors:
        if factor.kind == "minus":
            sign, factor = not sign, factor.operands[0]
        for x in factor.operands if factor.kind == "product" else (factor,):
            if x.kind == "divide" and (over := _counted(x.operands[0]))[0] not in (0, 1):  # 2 (½ g / s) is g / s
                count *= over[0]
                x = divide(over[1], x.operands[1])
            if x.kind == "number":
                count *= x.value
            elif (at := _same_base(x, flat)) is not None:
                flat[at] = power(_base(x), _exponent(flat[at]) + _exponent(x))
            else:
                flat.append(x)
    if count == 0:
        return ZERO
    if count != 1 or not flat:
        flat.insert(0, Expression("number", value=count))
    product = flat[0] if len(flat) == 1 else Expression("product", tuple(flat))
    return minus(product) if sign else product


def _base(x: Expression) -> Expression:
    return x.operands[0] if _exponent(x) != 1 else x


def _exponent(x: Expression) -> float:
    """2 of a square, 1 of what is no power; roots and the like are left alone."""
    return float(x.value) if x.kind == "power" and x.value in (2, 3, 4, 5, 6) else 1.0


def _same_base(x: Expression, factors: list[Expression]) -> int | None:
    return next((i for i, factor in enumerate(factors) if _base(factor) == _base(x)), None)


def power(x: Expression, exponent: float) -> Expression:
    """x to a number; the square of a root is what that is taken of."""
    if x.kind == "call" and x.value == "√" and exponent == 2:
        return x.operands[0]
    if x == ONE or exponent == 0:
        return ONE
    return x if exponent == 1 else Expression("power", (x,), exponent)


def raised(x: Expression, y: Expression) -> Expression:
    """x to something that is no number."""
    return Expression("raised", (x, y))


def divide(x: Expression, y: Expression) -> Expression:
    """x / y, elementwise; what is divided by a number is multiplied by it, if that is exact to read."""
    if y == ONE or x == ZERO:
        return x
    if x.kind == "minus":
        return minus(divide(x.operands[0], y))
    if x.kind == y.kind == "number" and y != ZERO:
        return number(x.value / y.value)
    if x.kind == "divide" and x.operands[1].kind == y.kind == "call" and x.operands[1] == y:  # (g / √s) / √s is g / s
        return divide(x.operands[0], power(y, 2))
    return Expression("divide", (x, y))


def matmul(x: Expression, y: Expression) -> Expression:
    """The product of matrices."""
    if x.kind == "minus":
        return minus(matmul(x.operands[0], y))
    if y.kind == "minus":
        return minus(matmul(x, y.operands[0]))
    if "number" in (x.kind, y.kind):  # a matrix of one number
        return times(x, y)
    return Expression("matmul", (x, y))


def outer(x: Expression, y: Expression) -> Expression:
    """The matrix of all products of two vectors, x down and y across."""
    for factor, other in ((x, y), (y, x)):
        if factor.kind == "number":
            return times(factor, other)
    return Expression("outer", (x, y))


def transpose(x: Expression) -> Expression:
    """xᵀ, the sign as far inside as it vanishes there: (Aᵀ B)ᵀ is Bᵀ A, and (2 Aᵀ)ᵀ is 2 A."""
    if x.kind in ("number", "transpose"):
        return x.operands[0] if x.operands else x
    if x.kind == "minus":
        return minus(transpose(x.operands[0]))
    if x.kind == "divide" and x.operands[1].kind == "number":
        return divide(transpose(x.operands[0]), x.operands[1])
    if x.kind == "product" and x.operands[0].kind == "number":
        return times(x.operands[0], transpose(times(*x.operands[1:])))
    if x.kind == "matmul" and any(factor.kind == "transpose" for factor in x.operands):
        return matmul(*map(transpose, x.operands[::-1]))
    if x.kind in ("sum", "product", "power", "divide") and all(map(_is_transposed, x.operands)):
        return Expression(x.kind, tuple(map(transpose, x.operands)), x.value)
    return Expression("transpose", (x,))


def _is_transposed(x: Expression) -> bool:
    return x.kind in ("number", "transpose") or (x.kind == "minus" and _is_transposed(x.operands[0]))


def part(x: Expression, axis: str, key: str) -> Expression:
    """The rows or columns of a matrix that `key`, such as `:H`, names; of a product those of one operand."""
    if x.kind in ("sum", "minus"):
        operands = [part(operand, axis, key) for operand in x.operands]
        return minus(operands[0]) if x.kind == "minus" else plus(*operands)
    if x.kind == "matmul":
        first, second = x.operands
        if axis == "columns":
            return matmul(first, part(second, axis, key))
        return matmul(part(first, axis, key), second)
    if x.kind == "transpose":
        return transpose(part(x.operands[0], "rows" if axis == "columns" else "columns", key))
    if x.kind == "part" and x.value[0] == "rows" and axis == "columns":
        return element(x.operands[0], f"{x.value[1]}, {key}")
    return Expression("part", (x,), (axis, key))


def sum_over(x: Expression, axes: str = "", sign: str = "Σ") -> Expression:
    """The sum over axes: `B`, `0`, or all of them if empty; or the product, Π."""
    if x.kind == "minus" and sign == "Σ":
        return minus(sum_over(x.operands[0], axes))
    return Expression("total", (x,), sign + "_" * bool(axes) + axes)


def element(x: Expression, key: str) -> Expression:
    """Any other part: `x[0]`, `x[:, None]`."""
    return Expression("part", (x,), ("element", key))


def placed(x: Expression, key: str) -> Expression:
    """x at its place, and zeros elsewhere: `x → [0]`, what comes back to x[0]."""
    return minus(placed(x.operands[0], key)) if x.kind == "minus" else Expression("placed", (x,), key)


def kept(x: Expression) -> Expression:
    """A sum, or the like, whose axis stays, with size 1: it is written without a sign for that."""
    return Expression("kept", (x,)) if x.kind in ("total", "call") else x


def where(c: Expression, x: Expression, y: Expression) -> Expression:
    """x where c holds, y elsewhere; in each of them a choice by the same c has been made."""
    if c.kind == "number":
        return x if c.value else y
    x, y = _chosen(c, x, 1), _chosen(c, y, 2)
    return x if x == y else Expression("call", (c, x, y), "where")


def _chosen(c: Expression, x: Expression, branch: int) -> Expression:
    """x with `where(c, …)` inside replaced by the branch that is taken."""
    if x.kind == "call" and x.value == "where" and x.operands[0] == c:
        return _chosen(c, x.operands[branch], branch)
    if not x.operands or not _holds(x, c):
        return x
    operands = [_chosen(c, operand, branch) for operand in x.operands]
    match x.kind:
        case "sum":
            return plus(*operands, factored=False)
        case "product":
            return times(*operands)
        case "minus":
            return minus(operands[0])
    return Expression(x.kind, tuple(operands), x.value)


def _holds(x: Expression, c: Expression) -> bool:
    """Whether a choice by c is elementwise inside of x."""
    elementwise = x.kind in ("sum", "product", "minus", "divide", "power") or x.value in ELEMENTWISE
    return elementwise and any((o.value == "where" and o.operands[:1] == (c,)) or _holds(o, c) for o in x.operands)
