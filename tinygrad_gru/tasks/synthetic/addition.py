"""Addition, digit by digit: read `16+35=` as a text, and write `51`; a number is nothing but its digits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ... import nn
from ...core.support.arguments import brief
from ...core.support.arrays import Array
from ...core.tensor import Tensor
from ...errors import ConfigError, DataError
from ..base import Batch, Rows
from ..data.facts import fact
from ..metrics import error_rate
from ..models import AtEachStep, outputs
from .generated import TEST_SEED, OneLine

__all__ = ["ALPHABET", "Addition", "addition_batch", "held_out"]

ALPHABET = "0123456789+= "
LONGEST = 6  # digits


def held_out(a: Array, b: Array) -> Array:
    """Whether a sum belongs to the tenth that is held out for tests; a + b and b + a go together."""
    low, high = np.minimum(a, b).astype(np.uint64), np.maximum(a, b).astype(np.uint64)
    mixed = (low * np.uint64(2654435761) + high * np.uint64(40503) + np.uint64(TEST_SEED)) >> np.uint64(7)
    return np.asarray(mixed % np.uint64(10) == 0)


def addition_batch(rng: np.random.Generator, digits: int, batch: int, test: bool = False) -> tuple[Batch, Array]:
    """Codes (T, B) of questions and blanks, the sum's digits (T, B), and the two numbers (2, B).

    A question is two numbers of at most `digits` digits, filled up with blanks. The sum is the target from its
    last digit to its first, at the last `digits` + 1 steps; at all others the target is −1, which does not count.
    Written numbers are read from the last digit too, as on paper.
    """
    numbers = np.empty((2, 0), np.int64)
    while numbers.shape[1] < batch:
        drawn = rng.integers(10**digits, size=(2, 2 * batch))
        numbers = np.concatenate([numbers, drawn[:, held_out(*drawn) == test]], axis=1)
    numbers = numbers[:, :batch]
    x = np.stack([_question(int(a), int(b), digits) for a, b in numbers.T], axis=1)  # (T, B)
    y = np.full_like(x, -1)
    total = numbers.sum(axis=0)
    for place in range(digits + 1):
        y[len(y) - digits - 1 + place] = total // 10**place % 10
    return Batch(x, y), numbers


def _question(a: int, b: int, digits: int) -> Array:
    """`  5+ 16=` backwards but for the sign at the end, and blanks in which to answer."""
    text = f"{a:>{digits}}"[::-1] + "+" + f"{b:>{digits}}"[::-1] + "=" + " " * (digits + 1)
    return np.array([ALPHABET.index(c) for c in text])


class Addition(OneLine):
    """The digits of a sum from the digits of its two numbers.

    >>> import numpy as np
    >>> (x, y), numbers = addition_batch(np.random.default_rng(0), digits=2, batch=1)
    >>> numbers[:, 0].tolist(), "".join(ALPHABET[i] for i in x[:, 0]), y[:, 0].tolist()
    ([85, 51], '58+15=   ', [-1, -1, -1, -1, -1, -1, 6, 3, 1])
    """

    name = "addition"
    teaches = "a network can learn a procedure, the carry included, from questions and answers alone"
    alphabet = ALPHABET
    classes = "0123456789"
    metric = "share of sums wrong"
    compare = "adding without carrying"
    expect = "below 0.02 for gru, on sums that were never seen"
    accepts = "a sum to do, such as 16+35"
    length_is = "digits of a number"
    shortest = 2  # of single digits too few sums could be held out
    test_sequences = 500
    defaults: ClassVar[Mapping[str, Any]] = {"hidden": 64, "updates": 2000, "batch": 64, "lr": 0.01, "length": 2}

    def __init__(self, length: int) -> None:
        if isinstance(length, int) and length > LONGEST:
            raise ConfigError(f"length: addition takes up to {LONGEST} digits, got {brief(length)}. try: --length 2")
        super().__init__(length)
        rng = np.random.default_rng(TEST_SEED)
        self._test, self._numbers = addition_batch(rng, length, self.test_sequences, test=True)

    @property
    def facts(self) -> dict[str, Any]:
        """How many digits a number has at most: the question's places depend on it."""
        return {"digits": self.length}

    @property
    def baselines(self) -> dict[str, float]:
        """Each digit by itself, the carry forgotten."""
        a, b = self._numbers
        without = sum((a // 10**k % 10 + b // 10**k % 10) % 10 * 10**k for k in range(self.length + 1))
        return {"adding without carrying": error_rate(np.asarray(without), a + b)}

    @property
    def goal(self) -> float:
        """One sum in twenty."""
        return 0.05

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any], keep_bias: float | None = None) -> AtEachStep:
        """An untrained model."""
        return AtEachStep(cell, len(ALPHABET), hidden, 10, keep_bias)

    def make(self, rng: np.random.Generator, batch: int) -> Batch:
        """Fresh sums, none of them held out."""
        return addition_batch(rng, self.length, batch)[0]

    def loss(self, model: Any, batch: Batch, state: Any = None) -> tuple[Any, None]:
        """The cross-entropy in nats over the digits of the sum."""
        logits = model(Tensor(Addition.model_input(batch.x), name="x"))  # (T, B, 10)
        steps = self.length + 1  # those at which the sum is the target
        return nn.losses.cross_entropy(logits[-steps:], batch.y[-steps:]), None

    def evaluate(self, model: Any) -> float:
        """The share of 500 sums, none of them ever trained on, of which any digit is wrong."""
        return error_rate(_sums(model, self._test.x, self.length), self._numbers.sum(axis=0))

    def tables(self, model: Any) -> dict[str, Rows]:
        """The error by the number of carries, and by digit."""
        a, b = self._numbers
        predicted = _sums(model, self._test.x, self.length)
        carries = sum(((a % 10**k + b % 10**k) >= 10**k).astype(int) for k in range(1, self.length + 1))
        by_carries = [
            {
                "carries": n,
                "sums": int((carries == n).sum()),
                "wrong": error_rate(predicted[carries == n], (a + b)[carries == n]),
            }
            for n in range(self.length + 1)
            if (carries == n).any()
        ]
        by_digit = [
            {"digit": f"10^{k}", "wrong": error_rate(predicted // 10**k % 10, (a + b) // 10**k % 10)}
            for k in range(self.length + 1)
        ]
        return {"by carries": by_carries, "by digit": by_digit}

    def examples(self, model: Any, rng: np.random.Generator, count: int) -> Rows:
        """Sums, and those of the model."""
        (x, _), (a, b) = addition_batch(rng, self.length, count, test=True)
        predicted = _sums(model, x, self.length)
        return [
            {"input": f"{a[i]}+{b[i]}", "true": str(a[i] + b[i]), "predicted": str(predicted[i])} for i in range(count)
        ]

    @classmethod
    def read(cls, text: str, facts: Mapping[str, Any]) -> Array:
        """Two numbers with a + between them, as a question."""
        digits = fact(facts, "digits", int)
        numbers = [part.strip() for part in text.removesuffix("=").split("+")]
        if len(numbers) != 2 or not all(n.isascii() and n.isdigit() for n in numbers):
            raise DataError(f"got {text[:40]!r}, wanted {cls.accepts}")
        a, b = (n.lstrip("0") or "0" for n in numbers)
        if max(len(a), len(b)) > digits:
            raise DataError(f"got {text[:40]!r}, wanted numbers of at most {digits} digits, as in training")
        return _question(int(a), int(b), digits)[:, None]

    @classmethod
    def answer(cls, model: Any, x: Array) -> dict[str, Any]:
        """The sum."""
        return {"predicted": int(_sums(model, x, len(x) // 3 - 1)[0])}


def _sums(model: Any, x: Array, digits: int) -> Array:
    """The numbers (B,) whose digits are the model's likeliest."""
    predicted = outputs(model, Addition.model_input(x))[-digits - 1 :].argmax(axis=-1)  # (digits + 1, B)
    return np.asarray((10 ** np.arange(digits + 1)) @ predicted)
