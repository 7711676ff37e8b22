"""The adding problem: remember two numbers among many, and add them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from .. import nn
from ..core.scopes import no_grad
from ..core.tensor import Tensor
from ..errors import ConfigError
from .task import Batch, Task, recurrent

__all__ = ["Adding", "AddingModel", "adding_batch"]

TEST_SEQUENCES = 1000
TEST_SEED = 271828  # the same test set whatever the seed of the run


def adding_batch(rng: np.random.Generator, length: int, batch: int) -> Batch:
    """Sequences of pairs (value, mark), and the sum of the two marked values.

    Values are uniform between 0 and 1, and two different steps anywhere in the sequence are marked with 1, as in
    Bai, Kolter and Koltun 2018 (others put one mark into each half, or draw values between −1 and 1).
    """
    values = rng.random((length, batch), dtype=np.float32)
    first = rng.integers(length, size=batch)
    second = (first + rng.integers(1, length, size=batch)) % length  # any other step
    marks = np.zeros((length, batch), np.float32)
    marks[first, np.arange(batch)] = 1
    marks[second, np.arange(batch)] = 1
    x = np.stack([values, marks], axis=-1)  # (T, B, 2)
    y = (values * marks).sum(axis=0)[:, None]  # (B, 1)
    return Batch(x, y)


class AddingModel(nn.Module):
    """A recurrent layer, and a linear map of its last state to one number."""

    def __init__(self, cell: str, hidden: int) -> None:
        self.recurrent = recurrent(cell, 2, hidden)
        self.output = nn.Linear(hidden, 1)

    def forward(self, x: Any) -> Any:
        """x (T, B, 2) to the predicted sums (B, 1)."""
        _, state = self.recurrent(x)
        h = state[0] if isinstance(state, tuple) else state  # (1, B, H), of an LSTM the first of h and c
        return self.output(h[0]).named("ŷ")  # (B, 1)


class Adding(Task):
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
    defaults: ClassVar[Mapping[str, Any]] = {"hidden": 64, "updates": 1000, "batch": 32, "lr": 0.015, "length": 50}

    def __init__(self, length: int) -> None:
        if length < 2:
            raise ConfigError(f"length: adding needs 2 steps to mark, got {length}. try: --length 50")
        self.length = length
        self._test = adding_batch(np.random.default_rng(TEST_SEED), length, TEST_SEQUENCES)

    @classmethod
    def create(cls, length: int, file: Path | None = None) -> Adding:
        """The problem with sequences of `length` steps; it makes its own data."""
        if file is not None:
            raise ConfigError(
                f"file: adding makes its own data, got {file}. try: tinygrad-gru train chars --file {file}"
            )
        return cls(length)

    @property
    def baselines(self) -> dict[str, float]:
        """Always answering 1, the mean: the error is the variance of the sum of two uniform numbers, 2/12."""
        return {"always answering 1": 1 / 6}

    @property
    def goal(self) -> float:
        """An error of about 0.03 in the sum."""
        return 0.001

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any]) -> AddingModel:
        """An untrained model; it fits sequences of any length."""
        return AddingModel(cell, hidden)

    def batches(self, rng: np.random.Generator, batch: int) -> Iterator[Batch]:
        """Fresh random sequences each time."""
        while True:
            yield adding_batch(rng, self.length, batch)

    def loss(self, model: Any, batch: Batch, state: Any = None) -> tuple[Any, None]:
        """The mean squared error; nothing is carried on, each sequence stands for itself."""
        prediction = model(Tensor(batch.x, name="x"))  # (B, 1)
        return nn.losses.mse(prediction, Tensor(batch.y, name="y")), None

    def evaluate(self, model: Any) -> float:
        """The mean squared error over 1,000 sequences."""
        with no_grad():
            return float(self.loss(model, self._test)[0].item())
