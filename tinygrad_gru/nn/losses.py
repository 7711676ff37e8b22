"""Losses: how wrong a prediction is, as one number L, the mean over all N elements.

Each takes a `mask`: weights w from 0 up, of the shape of the single losses or of its first axes, such as (T, B). Then
L = Σ w·loss / Σ w, and what has weight 0 counts for nothing, even where it is NaN. With `reduction="sum"` L is
Σ w·loss, and with "none" there are all w·loss, in their own shape.

>>> import tinygrad_gru as tg
>>> float(tg.nn.losses.mse(tg.Tensor([1.0, 5.0]), [2.0, 9.0]))
8.5
>>> float(tg.nn.losses.mse(tg.Tensor([1.0, 5.0]), [2.0, 9.0], mask=[1, 0]))
1.0
"""

from __future__ import annotations

from typing import Any

from ..core.ops import abs as absolute
from ..core.ops import log_softmax, softplus, square, squeeze, sum, take_along_axis
from ..core.support.arguments import fraction
from ..core.support.scopes import scope
from ..core.tensor import Tensor
from .support.weighted_mean import class_weights, classes_or_probabilities, fitting, positive_weights, reduced

__all__ = ["binary_cross_entropy_with_logits", "cross_entropy", "mae", "mse"]


def mse(prediction: Any, target: Any, mask: Any = None, reduction: str = "mean") -> Any:
    """L = Σ (y − t)² / N, for a prediction y and a target t of one shape: broadcasting would compare each with all."""
    with scope("loss", role="loss"):
        y, t, w = fitting("mse", prediction, target, mask)
        return reduced(square(y - t), w, reduction)


def mae(prediction: Any, target: Any, mask: Any = None, reduction: str = "mean") -> Any:
    """L = Σ |y − t| / N, for a prediction y and a target t of one shape; derivative 0 where both are equal."""
    with scope("loss", role="loss"):
        y, t, w = fitting("mae", prediction, target, mask)
        return reduced(absolute(y - t), w, reduction)


def binary_cross_entropy_with_logits(
    logits: Any, target: Any, mask: Any = None, reduction: str = "mean", *, pos_weight: Any = None
) -> Any:
    """L = −Σ (t ln σ(x) + (1 − t) ln(1 − σ(x))) / N, for logits x and targets t from 0 to 1; exact for any x.

    `pos_weight` p, a number or an array that broadcasts, multiplies the first term: t counts p times as much as 1 − t.
    Since −ln σ(x) = softplus(−x) and −ln(1 − σ(x)) = softplus(x), no σ is computed that could round to 0 or 1.
    """
    with scope("loss", role="loss"):
        x, t, w = fitting("binary_cross_entropy_with_logits", logits, target, mask)
        p = 1.0 if pos_weight is None else positive_weights("pos_weight", pos_weight, x)
        return reduced(t * p * softplus(-x) + (1 - t) * softplus(x), w, reduction)


def cross_entropy(
    logits: Any, target: Any, mask: Any = None, reduction: str = "mean", *, weight: Any = None,
    ignore_index: int | None = None, label_smoothing: float = 0.0,
) -> Any:  # fmt: skip
    """L = −Σ ln softmax(x)ₜ / N, for logits x (..., C) and classes t (...), whole numbers from 0 to C − 1.

    Or L = −Σ t ⊙ ln softmax(x) / N, for probabilities t (..., C), which are floats of the shape of x; they may be a
    tensor, and then the gradient reaches it too.

    As in PyTorch: `weight` c (C,) multiplies the term of each class, and for classes the mean is divided by Σ cₜ. What
    has the class `ignore_index` counts for nothing. `label_smoothing` s puts (1 − s)·t + s/C in the place of t.
    """
    with scope("loss", role="loss"):
        x, t, w = classes_or_probabilities(logits, target, mask, ignore_index)
        log_p = log_softmax(x)  # (..., C)
        c = None if weight is None else class_weights(weight, x)
        s = fraction("cross_entropy: label_smoothing", label_smoothing)
        weighted = log_p if c is None else log_p * c
        if isinstance(t, Tensor):
            t = t * (1 - s) + s / x.shape[-1] if s else t
            return reduced(-sum(weighted * t, axis=-1), w, reduction)
        losses = -squeeze(take_along_axis(weighted, t[..., None], axis=-1), axis=-1)  # (...)
        if s:
            losses = (1 - s) * losses - s / x.shape[-1] * sum(weighted, axis=-1)
        return reduced(losses, w, reduction, None if c is None else c[t])
