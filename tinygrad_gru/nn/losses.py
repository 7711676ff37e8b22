"""Losses: how wrong a prediction is, as one number L, the mean over all N elements.

Each takes a `mask`: weights w from 0 up, of the shape of the single losses or of its first axes, such as (T, B). Then
L = Σ w·loss / Σ w, and what has weight 0 counts for nothing, even where it is NaN.

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
from ..core.support.scopes import scope
from ..core.tensor import Tensor
from .support.weighted_mean import classes_or_probabilities, fitting, weighted_mean

__all__ = ["binary_cross_entropy_with_logits", "cross_entropy", "mae", "mse"]


def mse(prediction: Any, target: Any, mask: Any = None) -> Any:
    """L = Σ (y − t)² / N, for a prediction y and a target t of one shape: broadcasting would compare each with all."""
    with scope("loss", role="loss"):
        y, t, w = fitting("mse", prediction, target, mask)
        return weighted_mean(square(y - t), w)


def mae(prediction: Any, target: Any, mask: Any = None) -> Any:
    """L = Σ |y − t| / N, for a prediction y and a target t of one shape; derivative 0 where both are equal."""
    with scope("loss", role="loss"):
        y, t, w = fitting("mae", prediction, target, mask)
        return weighted_mean(absolute(y - t), w)


def binary_cross_entropy_with_logits(logits: Any, target: Any, mask: Any = None) -> Any:
    """L = −Σ (t ln σ(x) + (1 − t) ln(1 − σ(x))) / N, for logits x and targets t from 0 to 1; exact for any x.

    Since −ln σ(x) = softplus(−x) and −ln(1 − σ(x)) = softplus(x), no σ is computed that could round to 0 or 1.
    """
    with scope("loss", role="loss"):
        x, t, w = fitting("binary_cross_entropy_with_logits", logits, target, mask)
        return weighted_mean(t * softplus(-x) + (1 - t) * softplus(x), w)


def cross_entropy(logits: Any, target: Any, mask: Any = None) -> Any:
    """L = −Σ ln softmax(x)ₜ / N, for logits x (..., C) and classes t (...), whole numbers from 0 to C − 1.

    Or L = −Σ t ⊙ ln softmax(x) / N, for probabilities t (..., C), which are floats of the shape of x; they may be a
    tensor, and then the gradient reaches it too.
    """
    with scope("loss", role="loss"):
        x, t, w = classes_or_probabilities(logits, target, mask)
        if isinstance(t, Tensor):
            return weighted_mean(-sum(log_softmax(x) * t, axis=-1), w)
        log_p = take_along_axis(log_softmax(x), t[..., None], axis=-1)  # (..., 1)
        return weighted_mean(-squeeze(log_p, axis=-1), w)
