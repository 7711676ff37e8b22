"""Forecasting waves: what comes next in a noisy sine whose period must be heard from what has been seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ... import nn
from ...core.support.arrays import Array
from ...core.tensor import Tensor
from ...errors import DataError
from ..base import Batch, Rows
from ..models import AtEachStep, outputs
from .generated import TEST_SEED, OneLine

__all__ = ["NOISE", "Sine", "sine_batch"]

NOISE = 0.1  # the standard deviation of what cannot be foreseen
PERIODS = (8.0, 32.0)  # in steps
LAGS = 8  # values that the linear forecast sees
UNCLEAR = re.compile(r"[+-]?(\d+,\d+|\d{1,3}(,\d{3})+(\.\d*)?),?")  # 1,5 and 1,200.5; 0.1,0.35 is clear, and 1, 5 too
STARTED = 16  # steps after which the error counts: before, nobody can know the period


def sine_batch(rng: np.random.Generator, length: int, batch: int) -> Batch:
    """Sines of random period and phase with noise, (T, B, 1), and each one step later, (T, B, 1)."""
    period = rng.uniform(*PERIODS, size=batch)
    phase = rng.uniform(0, 2 * np.pi, size=batch)
    t = np.arange(length + 1)[:, None]
    noise = NOISE * rng.standard_normal((length + 1, batch))
    wave = (np.sin(2 * np.pi * t / period + phase) + noise).astype(np.float32)[:, :, None]  # (T+1, B, 1)
    return Batch(wave[:-1], wave[1:])


class Sine(OneLine):
    """The next value of a noisy sine, at each step.

    >>> import numpy as np
    >>> x, y = Sine(length=30).make(np.random.default_rng(0), batch=2)
    >>> x.shape, y.shape, bool((x[1:] == y[:-1]).all())
    ((30, 2, 1), (30, 2, 1), True)
    """

    name = "sine"
    teaches = "a state can hold what a sequence is like, its period here, and not only its last values"
    metric = "test MSE"
    compare = "the last value again; the best linear forecast from the last 8 values"
    expect = f"0.013 for gru, where the linear forecast has 0.038 and the noise alone costs {NOISE**2:g}"
    accepts = "numbers, such as 0.1 0.35 0.6 0.79; the next eight are forecast"
    shortest = STARTED + LAGS
    defaults: ClassVar[Mapping[str, Any]] = {"hidden": 32, "updates": 800, "batch": 32, "lr": 0.01, "length": 60}

    @cached_property
    def _errors(self) -> dict[str, float]:
        """The mean squared errors of the simple forecasts; the linear one is fitted to 1,000 waves of its own."""
        known, test = sine_batch(np.random.default_rng(TEST_SEED + 1), self.length, 1000), self._test
        weights, *_ = np.linalg.lstsq(_lagged(known.x), known.y[STARTED:].ravel(), rcond=None)
        linear = float(np.mean((_lagged(test.x) @ weights - test.y[STARTED:].ravel()) ** 2))
        same = float(np.mean((test.x[STARTED:] - test.y[STARTED:]) ** 2))
        return {"the last value again": same, f"linear in the last {LAGS}": linear}

    @property
    def baselines(self) -> dict[str, float]:
        """Answering the last value, and the linear forecast with the least squared error on other sequences."""
        return dict(self._errors)

    @property
    def goal(self) -> float:
        """Nearer to the noise than to the linear forecast."""
        return (min(self._errors.values()) + NOISE**2) / 2

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any]) -> AtEachStep:
        """An untrained model; it fits sequences of any length."""
        return AtEachStep(cell, 1, hidden, 1)

    def make(self, rng: np.random.Generator, batch: int) -> Batch:
        """Fresh waves."""
        return sine_batch(rng, self.length, batch)

    def loss(self, model: Any, batch: Batch, state: Any = None) -> tuple[Any, None]:
        """The mean squared error over the steps at which the period can be known."""
        prediction = model(Tensor(batch.x, name="x"))[STARTED:]
        return nn.losses.mse(prediction, Tensor(batch.y[STARTED:], name="y")), None

    def evaluate(self, model: Any) -> float:
        """The mean squared error of the next value over 1,000 waves."""
        wrong = outputs(model, self._test.x)[STARTED:] - self._test.y[STARTED:]
        return float(np.mean(wrong**2, dtype=np.float64))

    def tables(self, model: Any) -> dict[str, Rows]:
        """The error of forecasts 1, 2, 4 … steps ahead, each made from the forecasts before it."""
        ahead = 16
        x, _ = sine_batch(np.random.default_rng(TEST_SEED + 2), self.length + ahead, 200)
        said = forecast(model, x[: self.length], ahead)  # (16, B)
        wrong = np.mean((said - x[self.length :, :, 0]) ** 2, axis=1)
        same = np.mean((x[self.length - 1, :, 0] - x[self.length :, :, 0]) ** 2, axis=1)
        return {
            "steps ahead": [
                {"ahead": k, "MSE": float(wrong[k - 1]), "the last value again": float(same[k - 1])}
                for k in (1, 2, 4, 8, 16)
            ]
        }

    def examples(self, model: Any, rng: np.random.Generator, count: int) -> Rows:
        """Waves, how they go on, and how the model goes on by itself, fed with its own forecasts."""
        x, _ = sine_batch(rng, self.length + 8, count)
        said = forecast(model, x[: self.length], 8)
        return [
            {
                "input": _text(x[self.length - 12 : self.length, b, 0]),
                "true": _text(x[self.length :, b, 0]),
                "predicted": _text(said[:, b]),
            }
            for b in range(count)
        ]

    @classmethod
    def read(cls, text: str, facts: Mapping[str, Any]) -> Array:
        """Numbers; a comma that may stand for the decimal point, or between thousands, is asked about."""
        if unclear := next(filter(UNCLEAR.fullmatch, text.split()), None):
            one, two = unclear.replace(",", ".", 1), unclear.replace(",", " ")
            raise DataError(f"{unclear[:40]!r} may be one number or several, wanted {one[:40]} or {two[:40]}")
        try:
            values = [float(word) for word in text.replace(",", " ").split()]
        except ValueError:
            raise DataError(f"got {text[:40]!r}, wanted {cls.accepts}") from None
        if not all(abs(value) <= 1000 for value in values):
            raise DataError(f"wanted numbers such as those of a sine, from -1000 to 1000: {cls.accepts}")
        return np.array(values, np.float32)[:, None, None]

    @classmethod
    def answer(cls, model: Any, x: Array) -> dict[str, Any]:
        """The next eight values."""
        return {"predicted": _text(forecast(model, x, 8)[:, 0])}


def forecast(model: Any, x: Array, ahead: int) -> Array:
    """The next values (ahead, B) after the waves x (T, B, 1): each forecast is what the model reads next."""
    made = []
    for _ in range(ahead):  # the whole wave again each time: slow, and right for any model
        made.append(outputs(model, x)[-1])  # (B, 1)
        x = np.concatenate([x, made[-1][None]])
    return np.stack(made)[:, :, 0]


def _lagged(x: Array) -> Array:
    """For each step that counts a row of the last values, the present one included, and a 1."""
    steps = len(x)
    columns = [x[STARTED - k : steps - k].ravel() for k in range(LAGS)]
    return np.stack([*columns, np.ones_like(columns[0])], axis=1)


def _text(values: Array) -> str:
    return " ".join(f"{v:.2f}" for v in values)
