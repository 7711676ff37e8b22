"""The parts common to all losses: checked operands, the mask, and the weighted mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.ops import astype, mean, sum, where
from ...core.support.arguments import brief_shape
from ...core.support.arrays import Array, as_array
from ...core.support.operands import value_of
from ...core.support.scopes import current_mode, here
from ...core.tensor import Tensor
from ...errors import ArgumentError, DtypeError, GraphError, ShapeError
from .checks import array_of

__all__ = ["classes_or_probabilities", "fitting", "weighted_mean"]

Operands = tuple[Any, Any, Array | None]


def weighted_mean(losses: Any, w: Array | None) -> Any:
    """L = Σ w·loss / Σ w; without weights the mean."""
    if w is None:
        return mean(losses).named("L")
    total = float(w.sum(dtype=np.float64))
    return (sum(losses * w.astype(losses.dtype)) / total).named("L")


def fitting(name: str, prediction: Any, target: Any, mask: Any) -> Operands:
    """Prediction and target as tensors of one shape, and the mask as weights of that shape.

    A target that is not a tensor takes the prediction's dtype.
    """
    y = prediction if isinstance(prediction, Tensor) else Tensor(prediction)
    t = target if isinstance(target, Tensor) else Tensor(as_array(target).astype(y.dtype), name="target")
    if y.shape != t.shape:
        differ = f"{y.summary} and {t.summary}{here()}"
        raise ShapeError(f"{name}: shapes differ: {differ}. try: target.reshape(prediction.shape)")
    w = weights(name, mask, y.shape)
    return masked(y, w), masked(t, w), w


def classes_or_probabilities(logits: Any, target: Any, mask: Any) -> Operands:
    """Logits x (..., C), and as target classes (...), an integer array, or probabilities (..., C), a tensor."""
    x = logits if isinstance(logits, Tensor) else Tensor(logits)
    if not isinstance(target, Tensor):
        target = array_of("cross_entropy: target", target)
    t = value_of(target)
    if t.dtype.kind == "f" and t.shape == x.shape and x.ndim:
        p = astype(target, x.dtype) if isinstance(target, Tensor) else Tensor(t.astype(x.dtype), name="target")
        w = weights("cross_entropy", mask, x.shape[:-1])
        return masked(x, w, rows=True), masked(p, w, rows=True), w
    if t.dtype.kind not in "iu":
        raise DtypeError(f"cross_entropy: targets are whole numbers, got {t.dtype}. try: target.astype(int)")
    if x.ndim == 0 or t.shape != x.shape[:-1]:
        got = f"targets {brief_shape(t.shape)} do not fit logits {brief_shape(x.shape)}"
        raise ShapeError(f"cross_entropy: {got}, wanted {brief_shape(x.shape[:-1])}{here()}")
    w = weights("cross_entropy", mask, t.shape)
    if w is not None:
        t = np.where(w != 0, t, 0)
    if t.size and not 0 <= t.min() <= t.max() < x.shape[-1]:
        wrong = t.min() if t.min() < 0 else t.max()
        raise ArgumentError(f"cross_entropy: targets must be from 0 to {x.shape[-1] - 1}, got {wrong}{here()}")
    return masked(x, w, rows=True), t, w


def weights(name: str, mask: Any, shape: tuple[int, ...]) -> Array | None:
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


def masked(x: Any, w: Array | None, rows: bool = False) -> Any:
    """x with zeros where the weight is 0: there it may hold NaN, and 0·NaN is NaN.

    With `rows` each weight is that of a row of x.
    """
    if w is None:
        return x
    return where((w[..., None] if rows else w) != 0, x, 0.0)
