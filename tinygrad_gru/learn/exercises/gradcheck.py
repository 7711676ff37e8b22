"""Who checks the derivatives? Write the judge.

Is `vjp` the derivative of f at x?

`f(x)` maps an array of eight numbers to an array of eight; `vjp(x, g)` claims to be ∂L/∂x for g = ∂L/∂f(x). Return
True if it is right to one part in 100,000, False if not. Take a direction v in which x moves and a direction u in
which the result is looked at: ⟨u, (f(x + εv) − f(x − εv)) / 2ε⟩ and ⟨vjp(x, u), v⟩ are the same number if the
derivative is right. ε = 6e-6 is good.
"""

from collections.abc import Callable, Iterator

import numpy as np

CHAPTER = 7
Array = np.ndarray
Function = Callable[[Array], Array]
Vjp = Callable[[Array, Array], Array]
EPS, RTOL = 6e-6, 1e-5


def gradcheck(f: Function, vjp: Vjp, x: Array) -> bool:
    """Whether vjp(x, g) is the derivative of f at x."""
    u, v = np.random.default_rng(0).standard_normal((2, *x.shape))
    moved = (f(x + EPS * v) - f(x - EPS * v)) / (2 * EPS)  # how the result moves if x moves along v
    pushed, pulled = np.sum(u * moved), np.sum(vjp(x, u) * v)
    return bool(abs(pushed - pulled) <= RTOL * abs(pushed))


def _agree(f: Function, vjp: Vjp, x: Array, u: Array, v: Array, two_sided: bool = True, relative: bool = True) -> bool:
    """Whether both numbers are the same, along u and v."""
    if two_sided:
        moved = (f(x + EPS * v) - f(x - EPS * v)) / (2 * EPS)
    else:
        moved = (f(x + EPS * v) - f(x)) / EPS
    pushed, pulled = np.sum(u * moved), np.sum(vjp(x, u) * v)
    return bool(abs(pushed - pulled) <= RTOL * (abs(pushed) if relative else 1.0))


def _product(x: Array) -> Array:
    return np.asarray(np.tanh(x) * x)


def _product_vjp(x: Array, g: Array) -> Array:
    """right"""
    return np.asarray(g * (np.tanh(x) + x * (1 - np.tanh(x) ** 2)))


def _planted(mistake: str, change: Callable[[Array], None]) -> Vjp:
    """The derivative of `_product` with a mistake, which is its docstring: the learner is told it with the case."""

    def vjp(x: Array, g: Array) -> Array:
        out = _product_vjp(x, g)
        change(out)
        return out

    vjp.__doc__ = mistake
    return vjp


def _scaled(factor: float) -> Callable[[Array], None]:
    def change(out: Array) -> None:
        out *= factor

    return change


def _last(out: Array) -> None:
    out[-1] *= 2.0


def _cancelling(out: Array) -> None:
    out[0] += 1.0
    out[1] -= 1.0


def _of_linear(A: Array, transposed: bool) -> tuple[Function, Vjp]:
    """f(x) = A x, of which every output depends on every input, and its vjp Aᵀ g, or a wrong one."""
    back = A.T if transposed else A

    def vjp(x: Array, g: Array) -> Array:
        return np.asarray(back @ g)

    vjp.__doc__ = "right, of f(x) = A x" if transposed else "wrong, A g for f(x) = A x"
    return lambda x: np.asarray(A @ x), vjp


def _times(factor: float, of_vjp: float, remark: str) -> tuple[Function, Vjp]:
    """The product times a factor, and a vjp that believes in another one, perhaps."""

    def vjp(x: Array, g: Array) -> Array:
        return of_vjp * _product_vjp(x, g)

    vjp.__doc__ = remark
    return lambda x: factor * _product(x), vjp


def _steep(x: Array) -> Array:
    return np.asarray(np.exp(30 * x))


def _steep_vjp(x: Array, g: Array) -> Array:
    """right, of a steep f"""
    return np.asarray(g * 30 * np.exp(30 * x))


def cases() -> Iterator[tuple[Function, Vjp, Array]]:
    """f, vjp and x: right ones, and wrong ones, in which a mistake is so large that no random direction hides it."""
    x = np.random.default_rng(5).standard_normal(8)
    yield _product, _product_vjp, x
    yield _product, _planted("wrong, 0.1 % too large", _scaled(1.001)), x
    yield _product, _planted("wrong in the last element", _last), x
    yield _product, _planted("wrong, 0.003 % too large", _scaled(1.00003)), x
    yield _product, _planted("wrong, of the other sign", _scaled(-1.0)), x
    yield _product, _planted("wrong in two elements that cancel", _cancelling), x
    yield *_times(1e-9, 1.01e-9, "wrong, 1 % too large, of a tiny f"), x
    yield *_times(1e6, 1e6, "right, of a huge f"), x
    yield _steep, _steep_vjp, x
    A = np.random.default_rng(6).standard_normal((8, 8))
    yield *_of_linear(A, transposed=True), x
    yield *_of_linear(A, transposed=False), x
    yield *_of_linear(np.stack([np.roll(A[0], n) for n in range(8)]), transposed=True), x  # its rows add up alike
    yield *_times(1.0, 2.0, "wrong, twice too large"), x
    for eps in (EPS, 1e-5, 1e-6):  # what (…) / 2 * eps comes to, without the brackets
        yield *_times(1.0, eps * eps, "wrong, much too small"), x


HINTS = (
    "Two points: (f(x + εv) − f(x − εv)) / 2ε errs by ε², a difference to one side by ε.",
    "Take u and v at RANDOM: then mistakes in two elements cannot cancel, and none is looked past.",
    "Compare relatively: |a − b| ≤ 1e-5·|a|.",
)


def one_sided(f: Function, vjp: Vjp, x: Array) -> bool:
    """The steep f was refused. Take BOTH sides, f(x + εv) − f(x − εv). Or ε is too large: 6e-6; or 1e-5 is not used."""
    u, v = np.random.default_rng(0).standard_normal((2, *x.shape))
    return _agree(f, vjp, x, u, v, two_sided=False)


def first_element(f: Function, vjp: Vjp, x: Array) -> bool:
    """You looked at one element; the mistake was in another."""
    first = np.eye(len(x))[0]
    return _agree(f, vjp, x, first, first)


def all_ones(f: Function, vjp: Vjp, x: Array) -> bool:
    """Along (1, 1, …) two mistakes cancel each other. Take a RANDOM direction."""
    return _agree(f, vjp, x, np.ones_like(x), np.ones_like(x))


def absolute(f: Function, vjp: Vjp, x: Array) -> bool:
    """Tolerate a SHARE of the slope: 1e-5 is nothing beside a million, and everything beside 1e-6."""
    u, v = np.random.default_rng(0).standard_normal((2, *x.shape))
    return _agree(f, vjp, x, u, v, relative=False)


def too_strict(f: Function, vjp: Vjp, x: Array) -> bool:
    """You refuse all, the right ones too: u is for the result and for vjp, v for x, in both; and the tolerance 1e-5."""
    u, v = np.random.default_rng(0).standard_normal((2, *x.shape))
    moved = (f(x + EPS * v) - f(x - EPS * v)) / (2 * EPS)
    pushed, pulled = np.sum(u * moved), np.sum(vjp(x, u) * v)
    return bool(abs(pushed - pulled) <= 1e-14 * abs(pushed))


def too_wide(f: Function, vjp: Vjp, x: Array) -> bool:
    """0.1 % is a mistake, and 1e-5 was asked for: your tolerance, perhaps that of PyTorch's gradcheck, is too wide."""
    moves = np.eye(len(x))
    J = np.stack([(f(x + EPS * v) - f(x - EPS * v)) / (2 * EPS) for v in moves], axis=1)
    return bool(np.allclose(J, [vjp(x, u) for u in moves], rtol=1e-3, atol=1e-5))


def element_by_element(f: Function, vjp: Vjp, x: Array) -> bool:
    """You move all inputs and hand back ones: where outputs depend on several inputs, that is no element's slope."""
    slope = (f(x + EPS) - f(x - EPS)) / (2 * EPS)
    return bool(np.allclose(slope, vjp(x, np.ones_like(x)), rtol=RTOL, atol=0))


def accepts_all(f: Function, vjp: Vjp, x: Array) -> bool:
    """You accept all, the wrong ones too: are two numbers compared that come by two different ways?"""
    return True


def without_brackets(f: Function, vjp: Vjp, x: Array) -> bool:
    """The brackets are missing: (…) / 2 * eps divides by 2 and MULTIPLIES by eps. Write (…) / (2 * eps)."""
    u, v = np.random.default_rng(0).standard_normal((2, *x.shape))
    moved = (f(x + EPS * v) - f(x - EPS * v)) / 2 * EPS
    pushed, pulled = np.sum(u * moved), np.sum(vjp(x, u) * v)
    return bool(abs(pushed - pulled) <= RTOL * abs(pushed))


def without_two(f: Function, vjp: Vjp, x: Array) -> bool:
    """From x − εv to x + εv it is 2ε: you divide by ε, so what is twice as large passes and what is right does not."""
    u, v = np.random.default_rng(0).standard_normal((2, *x.shape))
    moved = (f(x + EPS * v) - f(x - EPS * v)) / EPS
    pushed, pulled = np.sum(u * moved), np.sum(vjp(x, u) * v)
    return bool(abs(pushed - pulled) <= RTOL * abs(pushed))


def exchanged(f: Function, vjp: Vjp, x: Array) -> bool:
    """u and v are exchanged in one of the two: x moves along v, vjp is handed u, and its result is multiplied by v."""
    u, v = np.random.default_rng(0).standard_normal((2, *x.shape))
    moved = (f(x + EPS * v) - f(x - EPS * v)) / (2 * EPS)
    pushed, pulled = np.sum(u * moved), np.sum(vjp(x, v) * u)
    return bool(abs(pushed - pulled) <= RTOL * abs(pushed))


def one_direction(f: Function, vjp: Vjp, x: Array) -> bool:
    """You took A g for right where Aᵀ g is: with u = v both give the same number. Take TWO random directions."""
    v = np.random.default_rng(0).standard_normal(x.shape)
    return _agree(f, vjp, x, v, v)


def without_abs(f: Function, vjp: Vjp, x: Array) -> bool:
    """Without abs(…) any difference below zero is small enough: |a − b| ≤ 1e-5·|a|."""
    u, v = np.random.default_rng(0).standard_normal((2, *x.shape))
    moved = (f(x + EPS * v) - f(x - EPS * v)) / (2 * EPS)
    pushed, pulled = np.sum(u * moved), np.sum(vjp(x, u) * v)
    return bool(pushed - pulled <= RTOL * abs(pushed))


def isclose(f: Function, vjp: Vjp, x: Array) -> bool:
    """np.isclose and np.allclose also tolerate 1e-8, whatever the numbers: compare relatively, rtol=1e-5 and atol=0."""
    u, v = np.random.default_rng(0).standard_normal((2, *x.shape))
    moved = (f(x + EPS * v) - f(x - EPS * v)) / (2 * EPS)
    return bool(np.isclose(np.sum(u * moved), np.sum(vjp(x, u) * v), rtol=RTOL))


TWINS = (
    one_sided, first_element, all_ones, absolute, too_strict, too_wide, element_by_element, accepts_all,
    without_brackets, without_two, exchanged, one_direction, without_abs, isclose,
)  # fmt: skip
OURS = ("core.tools.gradcheck", "return [(b - a) / (2 * self.eps) for a, b in pairs]")
TORCH = "torch.autograd.gradcheck(f, (x,))  # x in float64, with requires_grad"
