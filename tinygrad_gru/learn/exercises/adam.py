"""Adam: a step of about lr, whatever the gradient.

    m ← 0.9·m + 0.1·g          m̂ = m / (1 − 0.9ⁿ)
    v ← 0.999·v + 0.001·g²     v̂ = v / (1 − 0.999ⁿ)
    x ← x − 0.1·m̂ / (√v̂ + 1e-8)

m and v start from 0, and n counts the updates from 1. `gs` are the gradients of one update after the other. Return x
after each of them.
"""

from collections.abc import Iterator

import numpy as np

CHAPTER = 11
Array = np.ndarray


def adam(x: Array, gs: list[Array]) -> list[Array]:
    """x after each update."""
    m, v = np.zeros_like(x), np.zeros_like(x)
    path = []
    for n, g in enumerate(gs, 1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        m_hat, v_hat = m / (1 - 0.9**n), v / (1 - 0.999**n)
        x = x - 0.1 * m_hat / (np.sqrt(v_hat) + 1e-8)
        path.append(x)
    return path


def _adam(
    x: Array, gs: list[Array], corrected: bool = True, eps_inside: bool = False, first: int = 1, squared: bool = True,
    rooted: bool = True, rate: float = -0.1,
) -> list[Array]:  # fmt: skip
    m, v = np.zeros_like(x), np.zeros_like(x)
    path = []
    for n, g in enumerate(gs, first):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * (g * g if squared else np.abs(g))
        m_hat, v_hat = (m / (1 - 0.9**n), v / (1 - 0.999**n)) if corrected else (m, v)
        root = np.sqrt(v_hat) if rooted else v_hat
        x = x + rate * m_hat / (np.sqrt(v_hat + 1e-8) if eps_inside else root + 1e-8)
        path.append(x)
    return path


def cases() -> Iterator[tuple[Array, list[Array]]]:
    """x, and the gradients: tiny and large ones."""
    yield np.array([1.0, 2.0]), [np.array([50.0, -0.1]), np.array([20.0, -0.3])]
    x = np.random.default_rng(3).standard_normal(3)
    yield x, [np.array([1e-5, 1.0, -2.0]) * k for k in (1.0, 2.0, 0.5, 1.0)]


HINTS = (
    "Two running means, of g and of g², both from zeros.",
    "Means that start from 0 are too small at first: dividing by 1 − 0.9ⁿ and 1 − 0.999ⁿ corrects that.",
    "n is 1 in the first update, and 1e-8 is added to the root.",
)


def uncorrected(x: Array, gs: list[Array]) -> list[Array]:
    """Without the corrections m̂ and v̂ the first steps are wrong: m and v start from 0."""
    return _adam(x, gs, corrected=False)


def eps_inside(x: Array, gs: list[Array]) -> list[Array]:
    """ε stands outside the root: √v̂ + ε."""
    return _adam(x, gs, eps_inside=True)


def not_squared(x: Array, gs: list[Array]) -> list[Array]:
    """v is the mean of g², not of |g|."""
    return _adam(x, gs, squared=False)


def counted_from_two(x: Array, gs: list[Array]) -> list[Array]:
    """The first update is n = 1; you counted from 2."""
    return _adam(x, gs, first=2)


def counted_from_zero(x: Array, gs: list[Array]) -> list[Array]:
    """The first update is n = 1: with n = 0, 1 − 0.9ⁿ is 0, and you divide by it."""
    return _adam(x, gs, first=0)


def not_rooted(x: Array, gs: list[Array]) -> list[Array]:
    """m̂ is divided by the ROOT of v̂."""
    return _adam(x, gs, rooted=False)


def uphill(x: Array, gs: list[Array]) -> list[Array]:
    """Against the gradient: x − 0.1·m̂ / (…), or the loss grows."""
    return _adam(x, gs, rate=0.1)


def small_rate(x: Array, gs: list[Array]) -> list[Array]:
    """The learning rate is 0.1 here; yours is PyTorch's default, 0.001."""
    return _adam(x, gs, rate=-0.001)


def without_power(x: Array, gs: list[Array]) -> list[Array]:
    """The corrections fade with n: 1 − 0.9ⁿ and 1 − 0.999ⁿ, in Python 0.9**n. Yours stay as they are at n = 1."""
    m, v = np.zeros_like(x), np.zeros_like(x)
    path = []
    for g in gs:
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        x = x - 0.1 * (m / (1 - 0.9)) / (np.sqrt(v / (1 - 0.999)) + 1e-8)
        path.append(x)
    return path


def betas_swapped(x: Array, gs: list[Array]) -> list[Array]:
    """0.9 and 0.999 are exchanged: m forgets fast, with 0.9, and v slowly, with 0.999."""
    m, v = np.zeros_like(x), np.zeros_like(x)
    path = []
    for n, g in enumerate(gs, 1):
        m, v = 0.999 * m + 0.001 * g, 0.9 * v + 0.1 * g * g
        x = x - 0.1 * (m / (1 - 0.999**n)) / (np.sqrt(v / (1 - 0.9**n)) + 1e-8)
        path.append(x)
    return path


def begun_anew(x: Array, gs: list[Array]) -> list[Array]:
    """m and v begin at zero ONCE, before the loop; yours are set to zero in each update, and remember nothing."""
    path = []
    for n, g in enumerate(gs, 1):
        m, v = 0.1 * g, 0.001 * g * g
        x = x - 0.1 * (m / (1 - 0.9**n)) / (np.sqrt(v / (1 - 0.999**n)) + 1e-8)
        path.append(x)
    return path


def mean_begun_anew(x: Array, gs: list[Array]) -> list[Array]:
    """m begins at zero ONCE, before the loop; yours is set to zero in each update, and remembers nothing."""
    v = np.zeros_like(x)
    path = []
    for n, g in enumerate(gs, 1):
        m, v = 0.1 * g, 0.999 * v + 0.001 * g * g
        x = x - 0.1 * (m / (1 - 0.9**n)) / (np.sqrt(v / (1 - 0.999**n)) + 1e-8)
        path.append(x)
    return path


def last_only(x: Array, gs: list[Array]) -> Array:
    """That is x after the last update; wanted is a list, x after each of them."""
    return _adam(x, gs)[-1]


def one_array_again(x: Array, gs: list[Array]) -> list[Array]:
    """Every entry is the same array, which changed afterwards (x -= …): append x.copy(), or write x = x - …"""
    return [_adam(x, gs)[-1]] * len(gs)


def corrected_twice(x: Array, gs: list[Array]) -> list[Array]:
    """m̂ and v̂ are only used for the step; m and v themselves go on uncorrected."""
    m, v = np.zeros_like(x), np.zeros_like(x)
    path = []
    for n, g in enumerate(gs, 1):
        m, v = (0.9 * m + 0.1 * g) / (1 - 0.9**n), (0.999 * v + 0.001 * g * g) / (1 - 0.999**n)
        x = x - 0.1 * m / (np.sqrt(v) + 1e-8)
        path.append(x)
    return path


def largest_so_far(x: Array, gs: list[Array]) -> list[Array]:
    """That is AMSGrad, which divides by the largest v̂ so far: Adam's v̂ may fall again."""
    m, v, largest = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    path = []
    for n, g in enumerate(gs, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        largest = np.maximum(largest, v / (1 - 0.999**n))
        x = x - 0.1 * m / (1 - 0.9**n) / (np.sqrt(largest) + 1e-8)
        path.append(x)
    return path


TWINS = (
    largest_so_far, uncorrected, eps_inside, not_squared, counted_from_two, counted_from_zero, not_rooted, uphill,
    small_rate, without_power, betas_swapped, begun_anew, mean_begun_anew,
    last_only, one_array_again, corrected_twice,
)  # fmt: skip
OURS = ("optim.adam.Adam", "new *= -self.lr / (1 - beta1**t)  # −lr·m̂ / (√v̂ + ε)")
TORCH = "torch.optim.Adam([x], lr=0.1)"
