"""Data for a model, checked once and handed out in batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.support.arguments import brief
from ...core.support.arrays import Array
from ...errors import ArgumentError, ShapeError

__all__ = ["Data", "data_of", "weighted_by_class"]


@dataclass(frozen=True)
class Data:
    """Inputs x (N, ...), targets y (N, ...) and weights (N,) or (N, T), where there are any."""

    x: Array
    y: Array | None = None
    weights: Array | None = None

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: Any) -> Data:
        return Data(*(None if a is None else a[rows] for a in (self.x, self.y, self.weights)))  # type: ignore[arg-type]

    def split(self, fraction: float) -> tuple[Data, Data]:
        """Without the last fraction, and that: Keras takes the last ones too, before anything is shuffled."""
        if not isinstance(fraction, int | float) or not 0 < fraction < 1:
            raise ArgumentError(f"fit: validation_split: got {brief(fraction)}, wanted a number between 0 and 1")
        cut = int(len(self) * (1 - fraction))
        if cut in (0, len(self)):
            raise ArgumentError(f"fit: validation_split={fraction} of {len(self)} samples leaves one side empty")
        return self[:cut], self[cut:]

    def batches(self, size: int, rng: np.random.Generator | None = None) -> Iterator[Data]:
        """Batches of so many samples, the last one may be smaller; in a new order if `rng` is given."""
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            got = f"got {brief(size)}, wanted a whole number from 1 up"
            raise ArgumentError(f"batch_size: {got}. try: batch_size=32")
        order = np.arange(len(self)) if rng is None else rng.permutation(len(self))
        for start in range(0, len(self), size):
            yield self[order[start : start + size]]


def data_of(
    name: str, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Mapping[int, float] | None = None
) -> Data:
    """The arrays of a call of fit, evaluate or predict, of equal length and finite."""
    if y is None and name != "predict":
        raise ArgumentError(f"{name}: y is missing. try: an array of targets, one for each sample")
    inputs, targets = _array(name, "x", x), None if y is None else _array(name, "y", y)
    for argument, a in (("x", inputs), ("y", targets)):
        if a is not None and a.ndim == 0:
            raise ShapeError(f"{name}: {argument} is a single number. try: an array of samples")
    if targets is not None and len(targets) != len(inputs):
        raise ShapeError(f"{name}: x has {len(inputs)} samples, but y {len(targets)}")
    if not len(inputs):
        raise ShapeError(f"{name}: x has no samples")
    weights = None
    if sample_weight is not None:
        weights = _array(name, "sample_weight", sample_weight).astype(np.float64)
        if weights.ndim > 1 and weights.shape[-1] == 1:  # (N, 1) stands for (N,), and (N, T, 1) for (N, T)
            weights = weights[..., 0]
        if weights.ndim == 0 or len(weights) != len(inputs):
            raise ShapeError(f"{name}: sample_weight has shape {weights.shape}, wanted ({len(inputs)},)")
        if (weights < 0).any():
            raise ArgumentError(f"{name}: sample_weight holds negative numbers")
    return weighted_by_class(name, Data(inputs, targets, weights), class_weight)


def weighted_by_class(name: str, data: Data, class_weight: Mapping[int, float] | None) -> Data:
    """The data, each sample weighing as much more as its class does."""
    if class_weight is None:
        return data
    if not isinstance(class_weight, Mapping):
        raise ArgumentError(
            f"{name}: class_weight: got {brief(class_weight)}, wanted a dictionary. try: {{0: 1.0, 1: 2.0}}"
        )
    weights = _by_class(name, data.y, class_weight)  # (N,)
    if data.weights is not None:
        weights = data.weights * weights.reshape(weights.shape + (1,) * (data.weights.ndim - 1))
    return Data(data.x, data.y, weights)


def _array(name: str, argument: str, value: Any) -> Array:
    try:
        array = np.asarray(value)
    except ValueError:
        raise ShapeError(f"{name}: {argument} has rows of unequal length. try: to pad them with 0") from None
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise ArgumentError(f"{name}: {argument} holds NaN or infinity")
        return array.astype(np.float32, copy=False)
    if array.dtype.kind not in "iub":
        raise ArgumentError(f"{name}: {argument} holds {array.dtype}, wanted numbers")
    return array.astype(np.int64, copy=False)


def _by_class(name: str, y: Array | None, class_weight: Mapping[int, float]) -> Array:
    """The weight of each sample's class, its target rounded; classes that are not listed weigh 1."""
    if y is None:
        raise ArgumentError(f"{name}: class_weight needs y")
    if y.ndim > 1 and y.shape[-1] > 1:
        if (y < 0).any() or not np.allclose(y.sum(axis=-1), 1, atol=1e-3):  # classes of steps, say, or several labels
            hint = "try: sample_weight, or y one-hot"
            raise ArgumentError(f"{name}: class_weight: a row of y {y.shape} is not one class. {hint}")
        y = y.argmax(axis=-1)
    classes = y.reshape(len(y), -1)
    if classes.shape[1] != 1:
        raise ShapeError(f"{name}: class_weight wants one class for each sample, y has shape {y.shape}")
    if not all(isinstance(weight, int | float | np.number) for weight in class_weight.values()):
        raise ArgumentError(
            f"{name}: class_weight: got {brief(dict(class_weight))}, wanted numbers. try: {{0: 1.0, 1: 2.0}}"
        )
    return np.array([float(class_weight.get(int(c), 1.0)) for c in np.round(classes[:, 0])])
