"""Losses: how far a prediction is from its target, as one number L.

Each is the mean over all elements, or with a `mask` (weights that broadcast over the elements, usually 0 and 1) the
mean over those that count. Masked elements may hold anything, NaN included.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.ops import expand_dims, log_softmax, mean, softplus, square, squeeze, sum, take_along_axis, where
from ..core.scopes import scope
from ..core.tensor import Tensor
from ..errors import ArgumentError, DtypeError, ShapeError

__all__ = ["binary_cross_entropy_with_logits", "cross_entropy", "mse"]


def mse(prediction: Any, target: Any, mask: Any = None) -> Any:
    """The mean squared error, mean (ŷ − y)²; the shapes must be equal."""
    _same_shape("mse", prediction, target)
    with scope("loss", role="loss"):
        prediction, target = _masked(mask, prediction, target)
        return _mean(square(prediction - target), mask).named("L")


def binary_cross_entropy_with_logits(logits: Any, target: Any, mask: Any = None) -> Any:
    """−mean (y ln σ(a) + (1 − y) ln(1 − σ(a))) for logits a and targets y between 0 and 1; stable for any a.

    Computed as softplus(a) − a·y, which is the same.
    """
    _same_shape("binary_cross_entropy_with_logits", logits, target)
    with scope("loss", role="loss"):
        logits, target = _masked(mask, logits, target)
        return _mean(softplus(logits) - logits * target, mask).named("L")


def cross_entropy(logits: Any, target: Any, mask: Any = None) -> Any:
    """−mean ln softmax(a)[y] for logits a (..., V) and targets y (...), whole numbers below V; in nats."""
    classes, wanted = np.shape(logits)[-1:], np.shape(logits)[:-1]
    target = np.asarray(target.data if isinstance(target, Tensor) else target)
    if target.dtype.kind not in "iu":
        raise DtypeError(f"cross_entropy: targets must be whole numbers, got {target.dtype}. try: target.astype(int)")
    if target.shape != wanted or not classes:
        raise ShapeError(f"cross_entropy: for logits {np.shape(logits)} targets must be {wanted}, got {target.shape}")
    if mask is not None:
        target = np.where(np.asarray(mask) != 0, target, 0)  # what is masked need not be a class
    if target.size and not 0 <= target.min() <= target.max() < classes[0]:
        raise ArgumentError(f"cross_entropy: targets must be from 0 to {classes[0] - 1}, got {target.max()}")
    with scope("loss", role="loss"):
        if mask is not None:
            logits = where(np.expand_dims(np.asarray(mask) != 0, -1), logits, 0.0)
        picked = take_along_axis(log_softmax(logits, axis=-1), expand_dims(target, -1), axis=-1)  # (..., 1)
        return _mean(-squeeze(picked, -1), mask).named("L")


def _same_shape(name: str, prediction: Any, target: Any) -> None:
    if np.shape(prediction) != np.shape(target):
        raise ShapeError(f"{name}: the target must be {np.shape(prediction)}, got {np.shape(target)}")


def _masked(mask: Any, *values: Any) -> tuple[Any, ...]:
    """The values with zeros where the mask is 0, so that what is masked cannot spoil the sum."""
    if mask is None:
        return values
    return tuple(where(np.asarray(mask) != 0, v, 0.0) for v in values)


def _mean(values: Any, mask: Any) -> Any:
    """The mean, weighted by the mask."""
    if mask is None:
        return mean(values)
    weights = np.broadcast_to(np.asarray(mask), values.shape).astype(values.dtype)
    if not weights.any():
        raise ArgumentError("loss: the mask leaves nothing to average")
    return sum(values * weights) / float(weights.sum())
