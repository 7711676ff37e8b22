"""Parity: is the number of ones so far odd? One bit of state, flipped by each 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ... import nn
from ...core.support.arrays import Array
from ...core.tensor import Tensor
from ..base import Batch, Rows
from ..metrics import error_rate
from ..models import AtEachStep, outputs
from .generated import TEST_SEED, OneLine, codes_of

__all__ = ["Parity", "parity_batch"]


def parity_batch(rng: np.random.Generator, length: int, batch: int) -> Batch:
    """Random bits (T, B, 1), and at each step whether there were an odd number of ones so far (T, B)."""
    bits = rng.integers(2, size=(length, batch))
    return Batch(bits[:, :, None].astype(np.float32), bits.cumsum(axis=0) % 2)


class Parity(OneLine):
    """The parity of the bits so far, at each step.

    >>> import numpy as np
    >>> x, y = Parity(length=6).make(np.random.default_rng(1), batch=1)
    >>> print(x[:, 0, 0].astype(int), y[:, 0])
    [0 1 1 1 0 0] [0 1 0 1 1 1]
    """

    name = "parity"
    teaches = "one bit of state goes a long way: a rule learned on short sequences holds on long ones"
    metric = "share of steps wrong"
    compare = "always answering even: 0.5"
    expect = "0 for gru and lstm, and hardly more on sequences four times as long"
    classes = ("even", "odd")  # so far, at each step
    accepts = "bits such as 0110100"
    defaults: ClassVar[Mapping[str, Any]] = {"hidden": 32, "updates": 600, "batch": 32, "lr": 0.01, "length": 24}

    @property
    def baselines(self) -> dict[str, float]:
        """Half of all parities are even; a single unknown bit leaves nothing better to answer."""
        return {"always answering even": 0.5}

    @property
    def goal(self) -> float:
        """One step in a hundred."""
        return 0.01

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any], keep_bias: float | None = None) -> AtEachStep:
        """An untrained model; it fits sequences of any length."""
        return AtEachStep(cell, 1, hidden, 2, keep_bias)

    def make(self, rng: np.random.Generator, batch: int) -> Batch:
        """Fresh bits."""
        return parity_batch(rng, self.length, batch)

    def loss(self, model: Any, batch: Batch, state: Any = None) -> tuple[Any, None]:
        """The cross-entropy in nats, over all steps."""
        return nn.losses.cross_entropy(model(Tensor(batch.x, name="x")), batch.y), None

    def evaluate(self, model: Any) -> float:
        """The share of the steps of 1,000 sequences at which the answer is wrong."""
        return error_rate(outputs(model, self._test.x).argmax(-1), self._test.y)

    def tables(self, model: Any) -> dict[str, Rows]:
        """The error on sequences longer than those trained on, and at their last step."""
        rows = []
        for times in (1, 2, 4):
            x, y = parity_batch(np.random.default_rng(TEST_SEED), times * self.length, 500)
            predicted = outputs(model, x).argmax(-1)  # (T, B)
            last = error_rate(predicted[-1], y[-1])
            rows.append({"length": len(x), "steps wrong": error_rate(predicted, y), "last step wrong": last})
        return {"longer sequences": rows}

    def examples(self, model: Any, rng: np.random.Generator, count: int) -> Rows:
        """Bits, their parities, and those of the model."""
        x, y = self.make(rng, count)
        predicted = outputs(model, x).argmax(-1)
        return [
            {"input": _bits(x[:, b, 0]), "true": _bits(y[:, b]), "predicted": _bits(predicted[:, b])}
            for b in range(count)
        ]

    @classmethod
    def read(cls, text: str, facts: Mapping[str, Any]) -> Array:
        """A line of 0 and 1."""
        return codes_of(text, "01")[:, :, None].astype(np.float32)

    @classmethod
    def answer(cls, model: Any, x: Array) -> dict[str, Any]:
        """The parity at the end, and at each step."""
        predicted = outputs(model, x).argmax(-1)[:, 0]
        return {"predicted": "odd" if predicted[-1] else "even", "at each step": _bits(predicted)}


def _bits(values: Array) -> str:
    return "".join(str(int(v)) for v in values)
