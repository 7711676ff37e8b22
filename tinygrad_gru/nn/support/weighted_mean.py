"""The parts common to all losses: checked operands, the mask, and the weighted mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.ops import astype, mean, sum, where
from ...core.support.arguments import brief, brief_shape, integer
from ...core.support.arrays import Array, as_array, real_numbers
from ...core.support.operands import value_of
from ...core.support.scopes import current_mode, here
from ...core.tensor import Tensor
from ...errors import ArgumentError, DtypeError, GraphError, ShapeError
from .checks import array_of

__all__ = ["class_weights", "classes_or_probabilities", "fitting", "positive_weights", "reduced", "weighted_mean"]

Operands = tuple[Any, Any, Array | None]


def weighted_mean(losses: Any, w: Array | None) -> Any:
    """L = Σ w·loss / Σ w; without weights the mean."""
    if w is None:
        return mean(losses).named("L")
    total = float(w.sum(dtype=np.float64))
    return (sum(losses * w.astype(losses.dtype)) / total).named("L")


def reduced(losses: Any, w: Array | None, reduction: str, of_classes: Array | None = None) -> Any:
    """The losses as `reduction` says: their weighted mean or sum, or each w·loss; `of_classes` are contained already.

    The mean is Σ w·loss / Σ w·c, with c the weights of the classes, or 1.
    """
    if not isinstance(reduction, str) or reduction not in ("mean", "sum", "none"):
        raise ArgumentError(f'reduction: got {brief(reduction)}, wanted "mean", "sum" or "none"{here()}')
    if reduction == "mean" and of_classes is None:
        return weighted_mean(losses, w)
    each = losses if w is None else losses * w.astype(losses.dtype)
    if reduction == "none":
        return each
    if reduction == "sum":
        return sum(each).named("L")
    divisors: Any = of_classes if w is None else w * of_classes
    total = float(np.sum(divisors, dtype=np.float64))
    if not total:
        raise ArgumentError(f"cross_entropy: the weights of all classes that occur are 0{here()}. try: weight=None")
    return (sum(each) / total).named("L")


def class_weights(weight: Any, x: Tensor) -> Array:
    """The weights of the classes (C,), in the dtype of the logits x (..., C)."""
    c = positive_weights("weight", weight, x)
    if c.shape != x.shape[-1:]:
        raise ShapeError(
            f"cross_entropy: weight {c.shape} does not fit logits {x.summary}, wanted {x.shape[-1:]}{here()}"
        )
    return c


def positive_weights(name: str, weight: Any, x: Tensor) -> Array:
    """Weights from 0 up, as an array that broadcasts to the shape of x, in its dtype."""
    if isinstance(weight, Tensor) and weight.requires_grad and current_mode().grad:
        raise GraphError(f"{name} requires a gradient, and none comes through it{here()}. try: {name}.detach()")
    array = real_numbers(weight.data if isinstance(weight, Tensor) else weight).astype(x.dtype)
    if not (np.isfinite(array).all() and (array >= 0).all()):
        raise ArgumentError(f"{name}: wants finite numbers from 0 up{here()}")
    if array.ndim > x.ndim or any(n not in (1, m) for n, m in zip(array.shape[::-1], x.shape[::-1], strict=False)):
        raise ShapeError(f"{name} {array.shape} does not fit {x.summary}{here()}. try: one number for each class")
    return array


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


def classes_or_probabilities(logits: Any, target: Any, mask: Any, ignore_index: int | None = None) -> Operands:
    """Logits x (..., C), and as target classes (...), an integer array, or probabilities (..., C), a tensor.

    Where a class is `ignore_index` the weight is 0.
    """
    x = logits if isinstance(logits, Tensor) else Tensor(logits)
    if not isinstance(target, Tensor):
        target = array_of("cross_entropy: target", target)
    t = value_of(target)
    if t.dtype.kind == "f" and t.shape == x.shape and x.ndim:
        if ignore_index is not None:
            raise ArgumentError(f"cross_entropy: ignore_index is for classes, got probabilities{here()}. try: mask=")
        p = astype(target, x.dtype) if isinstance(target, Tensor) else Tensor(t.astype(x.dtype), name="target")
        w = weights("cross_entropy", mask, x.shape[:-1])
        return masked(x, w, rows=True), masked(p, w, rows=True), w
    if t.dtype.kind not in "iu":
        raise DtypeError(f"cross_entropy: targets are whole numbers, got {t.dtype}. try: target.astype(int)")
    if x.ndim == 0 or t.shape != x.shape[:-1]:
        got = f"targets {brief_shape(t.shape)} do not fit logits {brief_shape(x.shape)}"
        raise ShapeError(f"cross_entropy: {got}, wanted {brief_shape(x.shape[:-1])}{here()}")
    w = weights("cross_entropy", mask, t.shape)
    if ignore_index is not None:
        counts = t != integer("cross_entropy: ignore_index", ignore_index)
        w = counts.astype(x.dtype) if w is None else w * counts
        if not w.any():
            raise ArgumentError(f"cross_entropy: all targets are ignore_index={ignore_index}: nothing is left{here()}")
    if w is not None:
        t = np.where(w != 0, t, 0)
    if t.size and not 0 <= t.min() <= t.max() < x.shape[-1]:
        wrong = t.min() if t.min() < 0 else t.max()
        hint = f". try: ignore_index={wrong}" if wrong < 0 else ""
        raise ArgumentError(f"cross_entropy: targets must be from 0 to {x.shape[-1] - 1}, got {wrong}{here()}{hint}")
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
