"""Losses and metrics by Keras's names: what they mean is computed by `nn.losses`.

Keras divides a weighted loss by the number of predictions, not by the sum of their weights, and so does this; steps
that the mask leaves out are no predictions.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.arrays import Array
from ..core.op import value_of
from ..core.ops import clip, log
from ..errors import ArgumentError, ShapeError
from ..nn import losses

__all__ = ["Loss", "loss_of", "metric_of"]

EPSILON = 1e-7  # Keras's: probabilities are held this far away from 0 and 1 before a logarithm

LOSSES = {
    "binary_crossentropy": "binary",
    "categorical_crossentropy": "categorical",
    "sparse_categorical_crossentropy": "sparse",
    "mse": "mse",
    "mean_squared_error": "mse",
    "mae": "mae",
    "mean_absolute_error": "mae",
}


class Loss:
    """A loss: `loss(y, prediction, logits, weights)`; `wants` names the activation whose input it takes as logits."""

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind
        self.wants = {"binary": "sigmoid", "categorical": "softmax", "sparse": "softmax"}.get(kind)

    def __call__(self, y: Any, prediction: Any, logits: Any, weights: Array | None) -> Any:
        """The loss as a tensor. `logits` is what became the prediction by `wants`, or None; weights (B,) or (B, T)."""
        if self.kind in ("mse", "mae", "binary"):
            y = as_targets(y, prediction)
        value: Any
        if self.kind == "binary":
            if logits is None:
                p = clip(prediction, EPSILON, 1 - EPSILON)
                logits = log(p) - log(1 - p)
            value = losses.binary_cross_entropy_with_logits(logits, y, mask=weights)
        elif self.kind in ("categorical", "sparse"):
            if logits is None:
                logits = log(clip(prediction, EPSILON, 1 - EPSILON))
            value = losses.cross_entropy(logits, self._classes(y, logits.shape), mask=weights)
        else:
            value = getattr(losses, self.kind)(prediction, y, mask=weights)
        if weights is None:
            return value
        counted = np.count_nonzero(~np.isnan(weights)) or 1
        return value * float(weights.sum() / counted)

    def _classes(self, y: Array, shape: tuple[int, ...]) -> Array:
        if self.kind == "categorical":
            if y.shape != shape:
                hint = "try: sparse_categorical_crossentropy, for whole numbers"
                raise ShapeError(f"{self.name}: y has shape {y.shape}, wanted {shape}, one-hot. {hint}")
            return y.astype(np.float32)
        y = y[..., 0] if y.shape == (*shape[:-1], 1) else y
        if y.shape != shape[:-1]:
            hint = "try: categorical_crossentropy, for one-hot rows"
            raise ShapeError(f"{self.name}: y has shape {y.shape}, wanted {shape[:-1]}, whole numbers. {hint}")
        return y.astype(np.int64)


def as_targets(y: Any, prediction: Any) -> Array:
    """y in the shape of the prediction: (B,) stands for (B, 1)."""
    y = np.asarray(y)
    if y.shape != prediction.shape and (*y.shape, 1) == prediction.shape:
        y = y[..., None]
    if y.shape != prediction.shape:
        raise ShapeError(f"y has shape {y.shape}, but the model's output {prediction.shape}")
    return y.astype(prediction.dtype)


def loss_of(given: Any) -> Loss:
    """The loss of this name."""
    if isinstance(given, Loss):
        return given
    if given not in LOSSES:
        near = difflib.get_close_matches(str(given), LOSSES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"try: {', '.join(LOSSES)}"
        raise ArgumentError(f"compile: unknown loss {given!r}. {hint}")
    return Loss(given, LOSSES[given])


Metric = Callable[[Array, Array], Array]


def metric_of(given: str) -> tuple[str, Metric]:
    """A metric by its name: a function of y and the prediction to one number for each prediction."""
    known: dict[str, tuple[str, Metric]] = {
        "accuracy": ("accuracy", accuracy),
        "acc": ("acc", accuracy),
        "binary_accuracy": ("binary_accuracy", _binary_accuracy),
        "categorical_accuracy": ("categorical_accuracy", accuracy),
        "sparse_categorical_accuracy": ("sparse_categorical_accuracy", accuracy),
        "mae": ("mae", lambda y, p: np.abs(as_targets(y, p) - p).mean(axis=-1)),
        "mse": ("mse", lambda y, p: np.square(as_targets(y, p) - p).mean(axis=-1)),
    }
    if given not in known:
        near = difflib.get_close_matches(str(given), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"try: {', '.join(known)}"
        raise ArgumentError(f"compile: unknown metric {given!r}. {hint}")
    return known[given]


def accuracy(y: Any, prediction: Array) -> Array:
    """Whether each prediction is right: binary for one output, else by class, one-hot or whole numbers, as Keras."""
    y, p = np.asarray(y), value_of(prediction)
    if p.shape[-1] == 1:
        return _binary_accuracy(y, p)
    classes = y.argmax(axis=-1) if y.shape == p.shape else y[..., 0] if y.ndim == p.ndim else y
    return (p.argmax(axis=-1) == classes).astype(np.float64)


def _binary_accuracy(y: Array, p: Array) -> Array:
    return ((p > 0.5) == (as_targets(y, p) > 0.5)).mean(axis=-1)
