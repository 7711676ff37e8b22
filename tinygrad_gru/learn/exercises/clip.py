"""A gradient that is never too long.

The gradient of a model is ONE vector, whose numbers lie in several arrays. If its norm is above `most`, shorten it to
`most` in the same direction; otherwise leave it as it is. Here there are two arrays. Return both.
"""

from collections.abc import Iterator

import numpy as np

CHAPTER = 11
RETURNS = ("a", "b")
RTOL = 1e-5  # PyTorch divides by the norm + 1e-6, and that is right too
Array = np.ndarray


def clip(a: Array, b: Array, most: float) -> tuple[Array, Array]:
    """a and b, by one factor, so that the norm of both together is at most `most`."""
    factor = min(1.0, most / np.sqrt(np.sum(a * a) + np.sum(b * b)))
    return a * factor, b * factor


def cases() -> Iterator[tuple[Array, Array, float]]:
    """a, b and the most: long gradients, short ones, a lopsided one, a matrix; with `most` above 1, at 1 and below."""
    yield np.array([3.0, 0.0]), np.array([4.0]), 1.0
    a, b = np.random.default_rng(1).standard_normal((2, 4))
    yield 1e-3 * a, 1e-3 * b, 1.0
    yield 5 * a, 0.1 * b, 2.5
    yield 1e-2 * a, 1e-2 * b, 5.0
    yield np.array([1.2, 0.0]), np.array([1.6]), 5.0
    yield np.array([0.3, 0.0]), np.array([0.4]), 0.25
    W, b = np.random.default_rng(2).standard_normal((2, 3)), np.array([0.5, -1.0, 2.0])
    yield W, b, 1.5


HINTS = (
    "The norm of everything: the root of the sum of all squares, over both arrays.",
    "One factor for both, or the direction changes.",
    "min(1, most / norm): a short gradient is not made longer.",
)


def each_alone(a: Array, b: Array, most: float) -> tuple[Array, Array]:
    """Each array for itself changes the direction: ONE norm over all of them."""
    return a * min(1.0, most / np.linalg.norm(a)), b * min(1.0, most / np.linalg.norm(b))


def by_value(a: Array, b: Array, most: float) -> tuple[Array, Array]:
    """That limits each number, not the norm, and changes the direction."""
    return np.clip(a, -most, most), np.clip(b, -most, most)


def stretched(a: Array, b: Array, most: float) -> tuple[Array, Array]:
    """A short gradient stays as it is: min(1, …)."""
    factor = most / np.sqrt(np.sum(a * a) + np.sum(b * b))
    return a * factor, b * factor


def not_rooted(a: Array, b: Array, most: float) -> tuple[Array, Array]:
    """The norm is the ROOT of the sum of squares."""
    factor = min(1.0, most / (np.sum(a * a) + np.sum(b * b)))
    return a * factor, b * factor


def to_one(a: Array, b: Array, most: float) -> tuple[Array, Array]:
    """You made the norm 1, not `most`."""
    norm = np.sqrt(np.sum(a * a) + np.sum(b * b))
    return (a / norm, b / norm) if norm > most else (a, b)


def sum_of_norms(a: Array, b: Array, most: float) -> tuple[Array, Array]:
    """The norm of both together is no sum of two norms: square everything, add, and take one root."""
    factor = min(1.0, most / (np.linalg.norm(a) + np.linalg.norm(b)))
    return a * factor, b * factor


def longest(a: Array, b: Array, most: float) -> tuple[Array, Array]:
    """The norm of both together is larger than that of the longer one: square everything, add, and take one root."""
    factor = min(1.0, most / max(np.linalg.norm(a), np.linalg.norm(b)))
    return a * factor, b * factor


def other_way_round(a: Array, b: Array, most: float) -> tuple[Array, Array]:
    """min(1, most / norm) shortens; with max(1, …) a short gradient is stretched and a long one stays."""
    factor = max(1.0, most / np.sqrt(np.sum(a * a) + np.sum(b * b)))
    return a * factor, b * factor


TWINS = (each_alone, by_value, stretched, not_rooted, to_one, sum_of_norms, longest, other_way_round)
OURS = ("optim.clipping.clip_grad_norm_", "scale = max_norm / (norm + 1e-6)")
TORCH = "torch.nn.utils.clip_grad_norm_(model.parameters(), most)"
