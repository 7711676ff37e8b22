"""How far back does a plain cell's gradient reach?

`states` (T, B, H) are the states h₁ … h_T of a cell h_t = tanh(x_t W_x + h_{t−1} W + b), and L is the sum of the last
one, so ∂L/∂h_T is all ones. Return ‖∂L/∂h_t‖ for t = T, T−1, …, 1: one norm over batch and units for each step.
"""

from collections.abc import Iterator

import numpy as np

CHAPTER = 8
Array = np.ndarray


def reach(states: Array, W: Array) -> list[float]:
    """‖∂L/∂h_t‖ from the last state to the first."""
    g = np.ones_like(states[-1])  # (B, H)
    norms = []
    for h in states[::-1]:
        norms.append(float(np.linalg.norm(g)))
        g = (g * (1 - h * h)) @ W.T  # through the tanh that made h, then through h_{t−1} W
    return norms


def cases() -> Iterator[tuple[Array, Array]]:
    """The states (T, B, H), and W (H, H)."""
    for steps, batch, units in [(3, 1, 2), (12, 2, 4)]:
        rng = np.random.default_rng(steps)
        yield np.tanh(rng.standard_normal((steps, batch, units))), 0.5 * rng.standard_normal((units, units))


HINTS = (
    "Begin with g = ones, as large as the last state, and walk through the states from last to first.",
    "To come from h_t to h_{t−1}: first through tanh, whose slope is 1 − h_t², then through the product with W.",
    "g = (g * (1 - h * h)) @ W.T, and the norm is taken before that.",
)


def without_tanh(states: Array, W: Array) -> list[float]:
    """You left out the slope of tanh, 1 − h²: it is at most 1, so each step shrinks the gradient more than W alone."""
    g, norms = np.ones_like(states[-1]), []
    for _ in states:
        norms.append(float(np.linalg.norm(g)))
        g = g @ W.T
    return norms


def not_transposed(states: Array, W: Array) -> list[float]:
    """Back through h W goes g Wᵀ."""
    g, norms = np.ones_like(states[-1]), []
    for h in states[::-1]:
        norms.append(float(np.linalg.norm(g)))
        g = (g * (1 - h * h)) @ W
    return norms


def slope_before(states: Array, W: Array) -> list[float]:
    """1 − h² belongs to the state that the gradient is AT: the tanh that made it, not the one before."""
    g, norms = np.ones_like(states[-1]), []
    for t in range(len(states) - 1, -1, -1):
        norms.append(float(np.linalg.norm(g)))
        g = (g * (1 - states[t - 1] ** 2)) @ W.T
    return norms


def first_to_last(states: Array, W: Array) -> list[float]:
    """The numbers are right, and in the order of time: the list begins with the LAST state."""
    return reach(states, W)[::-1]


def product_first(states: Array, W: Array) -> list[float]:
    """The other way round: h_t was made by the tanh LAST, so on the way back its slope comes first, then W."""
    g, norms = np.ones_like(states[-1]), []
    for h in states[::-1]:
        norms.append(float(np.linalg.norm(g)))
        g = (g @ W.T) * (1 - h * h)
    return norms


def without_product(states: Array, W: Array) -> list[float]:
    """The way to the state before also goes through the product with W."""
    g, norms = np.ones_like(states[-1]), []
    for h in states[::-1]:
        norms.append(float(np.linalg.norm(g)))
        g = g * (1 - h * h)
    return norms


def inside_the_tanh(states: Array, W: Array) -> list[float]:
    """You take the norm inside the tanh, of δ: ∂L/∂h_t is what arrives at h_t, before its tanh."""
    g, norms = np.ones_like(states[-1]), []
    for h in states[::-1]:
        norms.append(float(np.linalg.norm(g * (1 - h * h))))
        g = (g * (1 - h * h)) @ W.T
    return norms


def squared(states: Array, W: Array) -> list[float]:
    """That is the sum of squares; the norm is its root."""
    return [norm * norm for norm in reach(states, W)]


def per_row(states: Array, W: Array) -> list[Array]:
    """ONE norm over batch and units for each step; yours is a norm for each row: np.linalg.norm(g), without an axis."""
    g, norms = np.ones_like(states[-1]), []
    for h in states[::-1]:
        norms.append(np.linalg.norm(g, axis=1))
        g = (g * (1 - h * h)) @ W.T
    return norms


def a_step_late(states: Array, W: Array) -> list[float]:
    """A step late: the first norm is that of ∂L/∂h_T, all ones, before any step back. Append the norm, then go on."""
    g, norms = np.ones_like(states[-1]), []
    for h in states[::-1]:
        g = (g * (1 - h * h)) @ W.T
        norms.append(float(np.linalg.norm(g)))
    return norms


TWINS = (
    without_tanh, not_transposed, slope_before, first_to_last, product_first, without_product, inside_the_tanh, squared,
    per_row, a_step_late,
)  # fmt: skip
OURS = (  # of any graph; this is the way through the two operations of a step
    ("core.backward.backward_pass", "for node in order:"),
    ("core.ops.activations.Tanh", "return g * (1 - out * out)"),
    ("core.ops.products.Matmul", "return lambda: g @ y.mT, lambda: x.mT @ g"),
)
TORCH = "h.retain_grad() for each h of an RNNCell in a loop; h.sum().backward(); h.grad.norm()"
