"""The adding problem: remember two numbers among many, and add them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ... import nn
from ...core.support.arrays import Array
from ...core.tensor import Tensor
from ...errors import DataError
from ..base import Batch, Rows
from ..metrics import mean_squared_error
from ..models import AtTheEnd, outputs
from .generated import OneLine

__all__ = ["Adding", "adding_batch"]


def adding_batch(rng: np.random.Generator, length: int, batch: int) -> Batch:
    """Sequences of pairs (value, mark), and the sum of the two marked values.

    Values are uniform between 0 and 1, and two different steps anywhere in the sequence are marked with 1, as in
    Bai, Kolter and Koltun 2018 (others put one mark into each half, or draw values between −1 and 1).
    """
    values = rng.random((length, batch), dtype=np.float32)
    first = rng.integers(length, size=batch)
    second = (first + rng.integers(1, length, size=batch)) % length  # any other step
    each = np.arange(batch)
    x = np.zeros((length, batch, 2), np.float32)  # (T, B, 2)
    x[..., 0] = values
    x[first, each, 1] = x[second, each, 1] = 1
    y = (values[first, each] + values[second, each])[:, None]  # (B, 1)
    return Batch(x, y)


LONG = 100  # steps over which the gradient all but vanishes at first


class Adding(OneLine):
    """The adding problem with two marks anywhere.

    >>> import numpy as np
    >>> x, y = next(Adding(length=5).batches(np.random.default_rng(0), batch=1))
    >>> print(x[:, 0].round(2))
    [[0.85 1.  ]
     [0.64 1.  ]
     [0.51 0.  ]
     [0.27 0.  ]
     [0.31 0.  ]]
    >>> print(y.round(2))
    [[1.49]]
    """

    name = "adding"
    teaches = "gates carry what matters over many steps, where a plain RNN learns nothing"
    metric = "test MSE"
    compare = "always answering 1: 1/6"
    expect = "below 0.001 for gru; lstm takes a little longer, rnn stays at 1/6"
    accepts = "numbers, the marked ones with a star: 0.5 0.31* 0.7 0.2*"
    shortest = 2  # steps to mark
    defaults: ClassVar[Mapping[str, Any]] = {"hidden": 64, "updates": 1000, "batch": 32, "lr": 0.015, "length": 50}

    @classmethod
    def suited(cls, length: int) -> dict[str, Any]:
        """Long sequences take longer to learn, and gates that start open for the past."""
        return dict(cls.defaults) | ({"updates": 2400, "keep_bias": 2.0} if length >= LONG else {})

    @property
    def baselines(self) -> dict[str, float]:
        """Always answering 1, the mean: the error is the variance of the sum of two uniform numbers, 2/12."""
        return {"always answering 1": 1 / 6}

    @property
    def goal(self) -> float:
        """An error of about 0.03 in the sum."""
        return 0.001

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any], keep_bias: float | None = None) -> AtTheEnd:
        """An untrained model; it fits sequences of any length."""
        return AtTheEnd(cell, 2, hidden, 1, keep_bias)

    def make(self, rng: np.random.Generator, batch: int) -> Batch:
        """Fresh random sequences."""
        return adding_batch(rng, self.length, batch)

    def loss(self, model: Any, batch: Batch, state: Any = None) -> tuple[Any, None]:
        """The mean squared error; no state is carried on, each sequence stands for itself."""
        prediction = model(Tensor(batch.x, name="x")).named("ŷ")  # (B, 1)
        return nn.losses.mse(prediction, Tensor(batch.y, name="y")), None

    def evaluate(self, model: Any) -> float:
        """The mean squared error over 1,000 sequences."""
        return mean_squared_error(outputs(model, self._test.x), self._test.y)

    def tables(self, model: Any) -> dict[str, Rows]:
        """The error by how long the first number had to be remembered."""
        x, y = self._test
        marked = x[:, :, 1] > 0  # (T, B)
        first = marked.argmax(axis=0)
        wrong = (outputs(model, x) - y)[:, 0] ** 2
        rows = []
        for early in range(4):  # a quarter of the sequence each
            chosen = first * 4 // self.length == early
            if chosen.any():
                steps = self.length - first[chosen]
                lag = f"{steps.min()} to {steps.max()}"
                rows.append({"steps to keep the first": lag, "MSE": float(wrong[chosen].mean())})
        return {"error per lag": rows}

    def examples(self, model: Any, rng: np.random.Generator, count: int) -> Rows:
        """The marked numbers, their sum, and the model's."""
        x, y = self.make(rng, count)
        predicted = outputs(model, x)  # (B, 1)
        return [
            {
                "input": " + ".join(f"{v:.3f}" for v in x[x[:, b, 1] > 0, b, 0]),
                "true": round(float(y[b, 0]), 3),
                "predicted": round(float(predicted[b, 0]), 3),
            }
            for b in range(count)
        ]

    @classmethod
    def read(cls, text: str, facts: Mapping[str, Any]) -> Array:
        """Numbers with stars."""
        pairs = []
        for word in text.split():
            try:
                value = float(word.removesuffix("*"))
            except ValueError:
                value = np.nan
            if not 0 <= value <= 1:
                raise DataError(f"got {word[:40]!r}, wanted {cls.accepts}, each from 0 to 1")
            pairs.append((value, float(word.endswith("*"))))
        if sum(mark for _, mark in pairs) != 2:
            raise DataError(f"{int(sum(mark for _, mark in pairs))} numbers have a star, wanted 2: {cls.accepts}")
        return np.array(pairs, np.float32)[:, None]

    @classmethod
    def answer(cls, model: Any, x: Array) -> dict[str, Any]:
        """The sum."""
        return {"predicted": round(float(outputs(model, x)[0, 0]), 4)}
