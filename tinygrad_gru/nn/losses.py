"""Losses: how wrong a prediction is, as one number L, the mean over all elements.

Each takes a `mask`: weights from 0 up, of the shape of the single losses or of its first axes, such as (T, B). The mean
is then Σ weight·loss / Σ weight, and what has weight 0 counts for nothing, even where it is NaN.

>>> import tinygrad_gru as tg
>>> float(tg.nn.losses.mse(tg.Tensor([1.0, 5.0]), [2.0, 9.0]))
8.5
>>> float(tg.nn.losses.mse(tg.Tensor([1.0, 5.0]), [2.0, 9.0], mask=[1, 0]))
1.0
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.ops import abs as absolute
from ..core.ops import astype, log_softmax, mean, softplus, square, squeeze, sum, take_along_axis, where
from ..core.support.arguments import brief_shape
from ..core.support.arrays import Array, as_array
from ..core.support.operands import value_of
from ..core.support.scopes import current_mode, here, scope
from ..core.tensor import Tensor
from ..errors import ArgumentError, DtypeError, GraphError, ShapeError
from .checks import array_of

__all__ = ["binary_cross_entropy_with_logits", "cross_entropy", "mae", "mse"]


def mse(prediction: Any, target: Any, mask: Any = None) -> Any:
    """The mean of (prediction − target)²; both of one shape, since broadcasting would compare each with all."""
    with scope("loss", role="loss"):
        y, wanted = _pair("mse", prediction, target)
        weights = _weights("mse", mask, y.shape)
        y, wanted = _kept(y, weights), _kept(wanted, weights)
        return _average(square(y - wanted), weights)


def mae(prediction: Any, target: Any, mask: Any = None) -> Any:
    """The mean of |prediction − target|; derivative 0 where both are equal."""
    with scope("loss", role="loss"):
        y, wanted = _pair("mae", prediction, target)
        weights = _weights("mae", mask, y.shape)
        y, wanted = _kept(y, weights), _kept(wanted, weights)
        return _average(absolute(y - wanted), weights)


def binary_cross_entropy_with_logits(logits: Any, target: Any, mask: Any = None) -> Any:
    """The mean of −y ln σ(x) − (1 − y) ln(1 − σ(x)), for logits x and targets y from 0 to 1; exact for any x.

    Since −ln σ(x) = softplus(−x) and −ln(1 − σ(x)) = softplus(x), no σ is computed that could round to 0 or 1.
    """
    with scope("loss", role="loss"):
        x, y = _pair("binary_cross_entropy_with_logits", logits, target)
        weights = _weights("binary_cross_entropy_with_logits", mask, x.shape)
        x, y = _kept(x, weights), _kept(y, weights)
        return _average(y * softplus(-x) + (1 - y) * softplus(x), weights)


def cross_entropy(logits: Any, target: Any, mask: Any = None) -> Any:
    """The mean of −ln softmax(x)[target], for logits x (..., C) and whole numbers target (...) from 0 to C − 1.

    Or of −Σ target ⊙ ln softmax(x), for probabilities target (..., C), which are floats of the shape of x; they may be
    a tensor, and then the gradient reaches it too.
    """
    with scope("loss", role="loss"):
        x = logits if isinstance(logits, Tensor) else Tensor(logits)
        given = target if isinstance(target, Tensor) else array_of("cross_entropy: target", target)
        target = value_of(given)
        if target.dtype.kind == "f" and target.shape == x.shape and x.ndim:
            y = astype(given, x.dtype) if isinstance(given, Tensor) else Tensor(target.astype(x.dtype), name="target")
            weights = _weights("cross_entropy", mask, x.shape[:-1])
            if weights is not None:
                x, y = _kept(x, weights[..., None]), _kept(y, weights[..., None])
            return _average(-sum(log_softmax(x) * y, axis=-1), weights)
        if target.dtype.kind not in "iu":
            raise DtypeError(f"cross_entropy: targets are whole numbers, got {target.dtype}. try: target.astype(int)")
        if x.ndim == 0 or target.shape != x.shape[:-1]:
            wanted = f"wanted {brief_shape(x.shape[:-1])}{here()}"
            got = f"targets {brief_shape(target.shape)} do not fit logits {brief_shape(x.shape)}"
            raise ShapeError(f"cross_entropy: {got}, {wanted}")
        weights = _weights("cross_entropy", mask, target.shape)
        if weights is not None:
            x, target = _kept(x, weights[..., None]), np.where(weights != 0, target, 0)
        if target.size and not 0 <= target.min() <= target.max() < x.shape[-1]:
            wrong = target.min() if target.min() < 0 else target.max()
            raise ArgumentError(f"cross_entropy: targets must be from 0 to {x.shape[-1] - 1}, got {wrong}{here()}")
        logs = take_along_axis(log_softmax(x), target[..., None], axis=-1)  # (..., 1)
        return _average(-squeeze(logs, axis=-1), weights)


def _pair(name: str, prediction: Any, target: Any) -> tuple[Any, Any]:
    """Prediction and target as tensors of one shape; a target that is not a tensor takes the prediction's dtype."""
    prediction = prediction if isinstance(prediction, Tensor) else Tensor(prediction)
    if not isinstance(target, Tensor):
        target = Tensor(as_array(target).astype(prediction.dtype), name="target")
    if prediction.shape != target.shape:
        differ = f"{prediction.brief} and {target.brief}{here()}"
        raise ShapeError(f"{name}: shapes differ: {differ}. try: target.reshape(prediction.shape)")
    return prediction, target


def _weights(name: str, mask: Any, shape: tuple[int, ...]) -> Array | None:
    """The mask as weights of this shape, that of the single losses."""
    if 0 in shape:
        raise ShapeError(f"{name}: there is nothing to average in shape {shape}{here()}")
    if mask is None:
        return None
    if isinstance(mask, Tensor) and mask.requires_grad and current_mode().grad:
        raise GraphError(f"{name}: the mask requires a gradient, and none comes through it{here()}. try: mask.detach()")
    mask = value_of(mask)
    if mask.dtype.kind not in "biuf":
        raise DtypeError(f"{name}: a mask holds numbers, got {mask.dtype}{here()}. try: mask.astype(np.float32)")
    if mask.shape != shape[: mask.ndim]:
        raise ShapeError(f"{name}: mask {mask.shape} does not fit, wanted {shape} or its first axes{here()}")
    if not (np.isfinite(mask).all() and (mask >= 0).all() and mask.any()):
        raise ArgumentError(f"{name}: a mask holds finite weights from 0 up, not all of them 0{here()}")
    return np.broadcast_to(mask.reshape(mask.shape + (1,) * (len(shape) - mask.ndim)), shape)


def _kept(x: Any, weights: Array | None) -> Any:
    """x with zeros where the weight is 0: there it may hold NaN, of which a product with 0 would make NaN again."""
    return x if weights is None else where(weights != 0, x, 0.0)


def _average(losses: Any, weights: Array | None) -> Any:
    """L, the mean of the losses by their weights."""
    if weights is None:
        return mean(losses).named("L")
    total = float(weights.sum(dtype=np.float64))
    return (sum(losses * weights.astype(losses.dtype)) / total).named("L")
