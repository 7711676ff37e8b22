"""Temporal order: of two signals far apart in a long noisy sequence, which came first?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ... import nn
from ...core.support.arrays import Array
from ...core.tensor import Tensor
from ..base import Ragged, Rows
from ..metrics import confusion, error_rate
from ..models import AtTheEnd, most_likely, outputs
from .generated import OneLine, codes_of

__all__ = ["ALPHABET", "CLASSES", "Order", "order_batch"]

ALPHABET = "abcdXYBE"  # noise, the two signals, beginning and end
CLASSES = ("XX", "XY", "YX", "YY")
NOISE, X, B, E = 4, 4, 6, 7  # how many symbols are noise, and the codes of some others


def order_batch(rng: np.random.Generator, length: int, batch: int) -> Ragged:
    """Codes (T, B) of sequences B … E of `length` to 1.1 `length` symbols, and their classes (B,).

    One signal stands between 0.1 and 0.2 of `length`, the other between 0.5 and 0.6; all the rest is noise. With
    length 100 this is experiment 6a of Hochreiter and Schmidhuber 1997. Past its end a sequence is padded with −1.
    """
    lengths = rng.integers(length, length + length // 10 + 1, size=batch)
    x = rng.integers(NOISE, size=(lengths.max(), batch))
    first = rng.integers(length // 10, length // 5 + 1, size=batch)
    second = rng.integers(length // 2, 3 * length // 5 + 1, size=batch)
    signals = rng.integers(2, size=(2, batch))
    columns = np.arange(batch)
    x[0] = B
    x[first, columns] = X + signals[0]
    x[second, columns] = X + signals[1]
    x[lengths - 1, columns] = E
    x[np.arange(len(x))[:, None] >= lengths] = -1
    return Ragged(x, 2 * signals[0] + signals[1], lengths)


class Order(OneLine):
    """Which two signals a sequence of symbols contains, in their order.

    >>> import numpy as np
    >>> x, y, _ = Order(length=10).make(np.random.default_rng(0), batch=1)
    >>> print("".join(ALPHABET[i] for i in x[:, 0]), CLASSES[y[0]])
    BcYbaaYadcE YY
    """

    name = "order"
    teaches = "which of two signals came first can be told long after, if a gate kept the door shut"
    alphabet = ALPHABET
    classes = CLASSES
    metric = "share wrong"
    compare = "guessing one of the four: 0.75"
    expect = "0 for gru; rnn and lstm keep guessing"
    accepts = "symbols such as BabXdcacYbE: noise a b c d, signals X and Y, B and E around"
    shortest = 10  # so that there are places for both signals
    test_sequences = 500
    defaults: ClassVar[Mapping[str, Any]] = {"hidden": 32, "updates": 1500, "batch": 32, "lr": 0.02, "length": 50}

    @property
    def baselines(self) -> dict[str, float]:
        """The four classes are equally frequent, and without the order XY is like YX."""
        return {"guessing one of the four": 0.75}

    @property
    def goal(self) -> float:
        """One sequence in a hundred."""
        return 0.01

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any], keep_bias: float | None = None) -> AtTheEnd:
        """An untrained model; it fits sequences of any length."""
        return AtTheEnd(cell, len(ALPHABET), hidden, len(CLASSES), keep_bias)

    def make(self, rng: np.random.Generator, batch: int) -> Ragged:
        """Fresh sequences."""
        return order_batch(rng, self.length, batch)

    def loss(self, model: Any, batch: Ragged, state: Any = None) -> tuple[Any, None]:
        """The cross-entropy in nats."""
        x = Tensor(Order.model_input(batch.x), name="x")
        return nn.losses.cross_entropy(model(x, batch.lengths), batch.y), None

    def evaluate(self, model: Any) -> float:
        """The share of 500 sequences that are taken for another class."""
        return error_rate(_classes(model, self._test.x, self._test.lengths), self._test.y)

    def tables(self, model: Any) -> dict[str, Rows]:
        """Which classes are taken for which."""
        predicted = _classes(model, self._test.x, self._test.lengths)
        return {"confusion": confusion(self._test.y, predicted, CLASSES)}

    def examples(self, model: Any, rng: np.random.Generator, count: int) -> Rows:
        """Sequences, their classes, and those of the model."""
        x, y, lengths = self.make(rng, count)
        predicted = _classes(model, x, lengths)
        return [
            {
                "input": "".join(ALPHABET[i] for i in x[: lengths[b], b]),
                "true": CLASSES[y[b]],
                "predicted": CLASSES[predicted[b]],
            }
            for b in range(count)
        ]

    @classmethod
    def read(cls, text: str, facts: Mapping[str, Any]) -> Array:
        """A line of symbols."""
        return codes_of(text, ALPHABET)

    @classmethod
    def answer(cls, model: Any, x: Array) -> dict[str, Any]:
        """The class with its probability."""
        return most_likely(outputs(model, Order.model_input(x))[0], CLASSES)


def _classes(model: Any, x: Array, lengths: Array) -> Array:
    """The likeliest class of each sequence (B,)."""
    return np.asarray(outputs(model, Order.model_input(x), lengths).argmax(axis=-1))
