"""The floor: the matrix products of a recurrent layer and nothing else, by each BLAS that is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Product = Callable[[], object]

# The blocks of H columns in each product with the state: r, z and candidate at once, or the candidate's after r.
BLOCKS = {"GRU, reset after": (3,), "GRU": (2, 1), "LSTM": (4,), "RNN": (1,)}


def by_numpy(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> Product:
    """out = a b."""
    return lambda: np.dot(a, b, out=out)


def by_scipy(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> Product:
    """outᵀ = bᵀ aᵀ, since BLAS reads columns first: an array of C is its transpose there, and nothing is copied."""
    from scipy.linalg.blas import sgemm

    turned = [not m.flags.c_contiguous for m in (b, a)]
    left, right = (m if turn else m.T for m, turn in zip((b, a), turned, strict=True))  # columns first
    return lambda: sgemm(1.0, left, right, 0.0, out.T, trans_a=turned[0], trans_b=turned[1], overwrite_c=True)


def by_torch(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> Product:
    """out = a b by MKL, where PyTorch is built with it."""
    import torch

    left, right, result = (torch.from_numpy(m) for m in (a, b, out))
    return lambda: torch.mm(left, right, out=result)


BY = {"NumPy": by_numpy, "SciPy": by_scipy, "torch": by_torch}


def products(layer: str, shape: tuple[int, ...], training: bool, by: Any = by_numpy) -> Callable[[], None]:
    """A function that does the products of all steps, and with `training` those of the gradients."""
    steps, outside, inside = _products(BLOCKS[layer], shape, training, by)

    def run() -> None:
        for product in outside:
            product()
        for _ in range(steps):
            for product in inside:
                product()

    return run


def _products(
    blocks: tuple[int, ...], shape: tuple[int, ...], training: bool, by: Any
) -> tuple[int, list[Product], list[Product]]:
    """The number of steps, the products over all steps at once, and those of one step."""
    B, T, I, H = shape

    def ones(*size: int) -> np.ndarray:
        return np.ones(size, np.float32)

    x, W, a = ones(T * B, I), ones(I, sum(blocks) * H), ones(T * B, sum(blocks) * H)
    states = ones(T * B, H)
    outside, inside = [by(x, W, a)], []
    if training:
        outside += [by(a, W.T, ones(T * B, I)), by(x.T, a, ones(I, sum(blocks) * H))]  # gradients of x and W
    for n in blocks:
        inside.append(by(ones(B, H), ones(H, n * H), ones(B, n * H)))
        if training:
            inside.append(by(ones(B, n * H), ones(n * H, H), ones(B, H)))
            outside.append(by(states.T, ones(T * B, n * H), ones(H, n * H)))  # gradient of U
    return T, outside, inside
