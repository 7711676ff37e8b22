"""Losses and metrics by Keras's names: what they mean is computed by `nn.losses`; and those of the user's own.

Keras divides a weighted loss by the number of predictions, not by the sum of their weights, and so does this; steps
that the mask leaves out are no predictions. Metrics take no weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.ops import clip, log, mean, reshape, squeeze, sum, take_along_axis, where
from ...core.support.arguments import brief
from ...core.support.arrays import Array
from ...core.support.operands import value_of
from ...core.support.scopes import scope
from ...core.tensor import Tensor
from ...errors import ArgumentError, ShapeError, did_you_mean
from ...nn import losses
from ...nn.support.weighted_mean import classes_or_probabilities, reduced

__all__ = ["Loss", "Mean", "OwnLoss", "loss_of", "metric_of", "name_of_metric"]

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


@dataclass(frozen=True)
class Loss:
    """A loss; `wants` names the activation whose input it takes as logits, which is exact where that rounds to 1."""

    name: str
    kind: str

    @property
    def wants(self) -> str | None:
        """The activation before which the logits are."""
        return {"binary": "sigmoid", "categorical": "softmax", "sparse": "softmax"}.get(self.kind)

    def __call__(
        self, y: Array, prediction: Any, logits: Any = None, weights: Array | None = None, mask: Array | None = None
    ) -> Any:
        """The loss as a tensor; weights (B,) or (B, T), mask (B, T)."""
        counted = mask  # None counts all
        if weights is not None and mask is not None:
            mask = weights.reshape(weights.shape + (1,) * (mask.ndim - weights.ndim)) * mask
        elif weights is not None:
            mask = weights
        if mask is not None and not mask.any():
            return sum(where(np.zeros(prediction.shape, bool), prediction, 0.0))  # nothing counts, NaN included
        value = self._mean(y, prediction, logits, mask)
        if weights is None or mask is None:
            return value
        return value * float(mask.sum() / (mask.size if counted is None else counted.sum()))

    def _mean(self, y: Array, prediction: Any, logits: Any, mask: Array | None) -> Any:
        if self.kind in ("mse", "mae"):
            return getattr(losses, self.kind)(prediction, as_targets(y, prediction), mask=mask)
        if self.kind == "binary":
            if logits is None:
                p = clip(prediction, EPSILON, 1 - EPSILON)
                logits = log(p) - log(1 - p)
            return losses.binary_cross_entropy_with_logits(logits, as_targets(y, prediction), mask=mask)
        if logits is None:
            return self._of_probabilities(y, prediction, mask)
        return losses.cross_entropy(logits, self._classes(y, logits.shape), mask=mask)

    def _of_probabilities(self, y: Array, prediction: Any, mask: Array | None) -> Any:
        """−Σ t ln p / N for outputs that are no softmax: divided by their sum, as in Keras, they are the p."""
        with scope("loss", role="loss"):
            p = clip(prediction / sum(prediction, axis=-1, keepdims=True), EPSILON, 1 - EPSILON)  # (..., C)
            log_p, t, w = classes_or_probabilities(log(p), self._classes(y, prediction.shape), mask)
            if isinstance(t, Tensor):
                return reduced(-sum(t * log_p, axis=-1), w, "mean")
            return reduced(-squeeze(take_along_axis(log_p, t[..., None], axis=-1), axis=-1), w, "mean")

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


@dataclass(frozen=True)
class OwnLoss:
    """A loss of the user's own: a function of y and the prediction, to a number for each prediction or one for all."""

    name: str
    function: Callable[[Any, Any], Any]
    wants: None = None  # it sees the output as it is

    def __call__(
        self, y: Array, prediction: Any, logits: Any = None, weights: Array | None = None, mask: Array | None = None
    ) -> Any:
        """The mean of its numbers, weighted; steps that the mask leaves out are no predictions."""
        values = self.function(as_own_targets(y, prediction), prediction)
        if not isinstance(values, Tensor):
            hint = "try: tg.mean(tg.square(y_true - y_pred), axis=-1)"
            raise ArgumentError(f"{self.name}: returned {brief(values)}, wanted a tensor made of y_pred. {hint}")
        for factor in (None if weights is None else weights, mask):
            if factor is None:
                continue
            rank = min(values.ndim, factor.ndim)
            if values.shape[:rank] != factor.shape[:rank]:
                raise ShapeError(f"{self.name}: returned shape {values.shape}, wanted one number per prediction")
            wide = values if values.ndim >= factor.ndim else reshape(values, values.shape + (1,) * (factor.ndim - rank))
            scale = factor.astype(values.dtype).reshape(factor.shape + (1,) * (wide.ndim - factor.ndim))
            if factor is mask:  # what is left out may be NaN
                scale = scale * (mask.size / max(mask.sum(), 1))
                wide = where(np.broadcast_to(scale > 0, np.broadcast_shapes(scale.shape, wide.shape)), wide, 0.0)
            values = wide * scale.astype(values.dtype)
        return mean(values)


class Mean:
    """A mean that grows with what is added to it."""

    def __init__(self) -> None:
        self.total = self.count = 0.0

    def add(self, value: float, count: float) -> None:
        """Add the mean of so many more."""
        if count:
            self.total += value * count
            self.count += count

    @property
    def value(self) -> float:
        """The mean so far; 0 of nothing."""
        return self.total / self.count if self.count else 0.0


def as_targets(y: Any, prediction: Any) -> Array:
    """y in the shape of the prediction: (B,) stands for (B, 1)."""
    y = np.asarray(y)
    if y.shape != prediction.shape and (*y.shape, 1) == prediction.shape:
        y = y[..., None]
    if y.shape != prediction.shape:
        raise ShapeError(f"y has shape {y.shape}, but the model's output {prediction.shape}")
    targets: Array = y.astype(prediction.dtype)
    return targets


def as_own_targets(y: Any, prediction: Any) -> Array:
    """y as a function of the user's own gets it: float32, with as many axes as the prediction, if one is of size 1."""
    y = np.asarray(y)
    if y.ndim + 1 == prediction.ndim and prediction.shape[-1] == 1:
        y = y[..., None]
    elif y.ndim == prediction.ndim + 1 and y.shape[-1] == 1:
        y = y[..., 0]
    targets: Array = y.astype(prediction.dtype)
    return targets


def loss_of(loss: Any) -> Loss | OwnLoss:
    """The loss of this name, or of a function."""
    if callable(loss) and not isinstance(loss, type):
        return OwnLoss(getattr(loss, "__name__", type(loss).__name__), loss)
    if not isinstance(loss, str) or loss not in LOSSES:
        raise ArgumentError(f"compile: unknown loss {brief(loss)}. {did_you_mean(loss, LOSSES)}")
    return Loss(loss, LOSSES[loss])


Metric = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class OwnMetric:
    """A metric of the user's own: a function of arrays, to a number for each prediction or one for all."""

    name: str
    function: Callable[[Any, Any], Any]

    def __call__(self, y: Array, prediction: Any) -> Array:
        """Its numbers."""
        numbers = self.function(as_own_targets(y, prediction), value_of(prediction))
        try:
            values: Array = np.asarray(numbers.data if isinstance(numbers, Tensor) else numbers, np.float64)
        except (TypeError, ValueError):  # a text, say
            hint = "try: np.abs(y_true - y_pred).mean(axis=-1)"
            raise ArgumentError(f"{self.name}: returned {brief(numbers)}, wanted numbers. {hint}") from None
        return values


def name_of_metric(metric: Any) -> str:
    """What a metric is called in the history."""
    if callable(metric) and not isinstance(metric, type):
        return str(getattr(metric, "__name__", type(metric).__name__))
    return metric if isinstance(metric, str) else ""


def metric_of(metric: Any, default: Any = ...) -> Metric:
    """A metric by its name, or of a function: y and the prediction to one number for each prediction."""
    if callable(metric) and not isinstance(metric, type):
        return OwnMetric(name_of_metric(metric), metric)
    if not isinstance(metric, str) or metric not in METRICS:
        if default is not ...:
            return default  # type: ignore[no-any-return]
        raise ArgumentError(f"compile: unknown metric {brief(metric)}. {did_you_mean(metric, METRICS)}")
    return METRICS[metric]


def accuracy(y: Any, prediction: Any) -> Array:
    """Whether each prediction is right: binary for one output, else by class, one-hot or whole numbers, as in Keras."""
    y, p = np.asarray(y), value_of(prediction)
    if p.shape[-1] == 1:
        return _binary_accuracy(y, p)
    return _categorical_accuracy(y, p) if y.shape == p.shape else _sparse_categorical_accuracy(y, p)


def _binary_accuracy(y: Array, p: Array) -> Array:
    """A target that is neither 0 nor 1 is never met, as in Keras."""
    right: Array = ((p > 0.5) == as_targets(y, p)).mean(axis=-1)
    return right


def _categorical_accuracy(y: Array, p: Array) -> Array:
    _refuse_one_column("categorical_accuracy", p)
    if y.shape != p.shape:
        hint = "try: sparse_categorical_accuracy, for whole numbers"
        raise ShapeError(f"categorical_accuracy: y has shape {y.shape}, wanted {p.shape}, one-hot. {hint}")
    right: Array = (p.argmax(axis=-1) == y.argmax(axis=-1)).astype(np.float64)
    return right


def _sparse_categorical_accuracy(y: Array, p: Array) -> Array:
    _refuse_one_column("sparse_categorical_accuracy", p)
    classes = y[..., 0] if y.shape == (*p.shape[:-1], 1) else y
    if classes.shape != p.shape[:-1]:
        hint = "try: categorical_accuracy, for one-hot rows"
        raise ShapeError(
            f"sparse_categorical_accuracy: y has shape {y.shape}, wanted {p.shape[:-1]}, whole numbers. {hint}"
        )
    right: Array = (p.argmax(axis=-1) == classes).astype(np.float64)
    return right


def _refuse_one_column(name: str, p: Array) -> None:
    if p.shape[-1] == 1:
        hint = "try: accuracy, or binary_accuracy"
        raise ArgumentError(
            f"{name}: of the one column of the output {p.shape} the largest is always the first. {hint}"
        )


def _absolute_error(y: Array, p: Array) -> Array:
    error: Array = np.abs(as_targets(y, p) - p).mean(axis=-1)
    return error


def _squared_error(y: Array, p: Array) -> Array:
    error: Array = np.square(as_targets(y, p) - p).mean(axis=-1)
    return error


METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "acc": accuracy,
    "binary_accuracy": _binary_accuracy,
    "categorical_accuracy": _categorical_accuracy,
    "sparse_categorical_accuracy": _sparse_categorical_accuracy,
    "mae": _absolute_error,
    "mean_absolute_error": _absolute_error,
    "mse": _squared_error,
    "mean_squared_error": _squared_error,
}
