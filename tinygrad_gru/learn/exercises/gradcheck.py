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
    return np.asarray(g * (np.tanh(x) + x * (1 - np.tanh(x) ** 2)))


def _planted(change: Callable[[Array], None]) -> Vjp:
    """The right derivative, with a mistake."""

    def vjp(x: Array, g: Array) -> Array:
        out = _product_vjp(x, g)
        change(out)
        return out

    return vjp


def _last(out: Array) -> None:
    out[-1] *= 1.001


def _cancelling(out: Array) -> None:
    out[0] += 0.01
    out[1] -= 0.01


def _all(out: Array) -> None:
    out *= 1.001


def _slightly(out: Array) -> None:
    out *= 1.00003


def cases() -> Iterator[tuple[Function, Vjp, Array]]:
    """f, vjp and x: right ones, and wrong ones."""
    x = np.random.default_rng(5).standard_normal(8)
    yield _product, _product_vjp, x
    yield _product, _planted(_all), x
    yield _product, _planted(_last), x
    yield _product, _planted(_slightly), x
    yield _product, lambda x, g: -_product_vjp(x, g), x
    yield _product, _planted(_cancelling), x
    yield lambda x: 1e-6 * _product(x), lambda x, g: 1.01e-6 * _product_vjp(x, g), x  # tiny, and wrong
    yield lambda x: 1e6 * _product(x), lambda x, g: 1e6 * _product_vjp(x, g), x  # huge, and right
    yield lambda x: np.exp(30 * x), lambda x, g: g * 30 * np.exp(30 * x), x  # steep, and right
    A = np.random.default_rng(6).standard_normal((8, 8))
    yield lambda x: A @ x, lambda x, g: A.T @ g, x  # every output of every input, and right
    yield lambda x: A @ x, lambda x, g: A @ g, x  # the same, untransposed


HINTS = (
    "Two points: (f(x + εv) − f(x − εv)) / 2ε errs by ε², a difference to one side by ε.",
    "Take u and v at RANDOM: then mistakes in two elements cannot cancel, and none is looked past.",
    "Compare relatively: |a − b| ≤ 1e-5·|a|.",
)


def one_sided(f: Function, vjp: Vjp, x: Array) -> bool:
    """A difference to one side errs by ε itself: a right derivative was rejected. Take (f(x + εv) − f(x − εv)) / 2ε."""
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
    """Your tolerance is too tight: finite differences have about ten digits, and 1e-5 was asked for."""
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


TWINS = (one_sided, first_element, all_ones, absolute, too_strict, too_wide, element_by_element)
OURS = ("core.tools.gradcheck", "return [(b - a) / (2 * self.eps) for a, b in pairs]")
TORCH = "torch.autograd.gradcheck(f, (x,))  # x in float64, with requires_grad"
