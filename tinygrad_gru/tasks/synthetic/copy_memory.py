"""Copy memory: some symbols, a long blank, and then they are to be said again, in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ... import nn
from ...core.support.arrays import Array
from ...core.tensor import Tensor
from ...errors import DataError
from ..base import Batch, Rows
from ..models import AtEachStep, outputs
from .generated import TEST_SEED, OneLine, codes_of, error_rate

__all__ = ["SYMBOLS", "CopyMemory", "copy_batch"]

SYMBOLS = "_12345678?"  # the blank, eight to remember, and the marker that asks for the next of them
BLANK, MARKER = 0, 9
KEPT = 5  # how many there are to remember


def copy_batch(rng: np.random.Generator, blanks: int, batch: int, kept: int = KEPT) -> Batch:
    """Codes (T, B): `kept` symbols of eight, `blanks` − 1 blanks, `kept` + 1 markers; at each step what to say.

    That is a blank at all steps but the last `kept`, where it is the symbols in their order, as in Bai, Kolter and
    Koltun 2018 with its ten symbols (others put one marker, and blanks after it).
    """
    symbols = rng.integers(1, 9, size=(kept, batch))
    x = np.full((2 * kept + blanks, batch), BLANK)
    x[:kept] = symbols
    x[kept + blanks - 1 :] = MARKER
    y = np.full_like(x, BLANK)
    y[-kept:] = symbols
    return Batch(x, y)


class CopyMemory(OneLine):
    """Five symbols to be said again after a blank of `length` steps.

    >>> import numpy as np
    >>> x, y = CopyMemory(length=4).make(np.random.default_rng(0), batch=1)
    >>> "".join(SYMBOLS[i] for i in x[:, 0]), "".join(SYMBOLS[i] for i in y[:, 0])
    ('76533___??????', '_________76533')
    """

    name = "copy"
    teaches = "to keep five things apart takes a state with room for them: a memory of exact symbols is costly"
    alphabet = SYMBOLS
    metric = "share of symbols wrong"
    compare = "guessing the symbols: 7/8"
    expect = "below 0.01 for gru; lstm recalls a part of it in the same time, rnn nothing"
    accepts = f"{KEPT} symbols of 1 to 8, such as 31572, or a whole sequence with its blanks _ and markers ?"
    length_is = "steps from the last symbol to the first asked for"
    defaults: ClassVar[Mapping[str, Any]] = {"hidden": 64, "updates": 3000, "batch": 32, "lr": 0.005, "length": 10}

    @property
    def baselines(self) -> dict[str, float]:
        """Saying blanks and then any of the eight symbols."""
        return {"guessing the symbols": 7 / 8}

    @property
    def goal(self) -> float:
        """Two symbols in a hundred."""
        return 0.02

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any]) -> AtEachStep:
        """An untrained model; it fits blanks of any length."""
        return AtEachStep(cell, len(SYMBOLS), hidden, len(SYMBOLS) - 1)

    def make(self, rng: np.random.Generator, batch: int) -> Batch:
        """Fresh symbols."""
        return copy_batch(rng, self.length, batch)

    def loss(self, model: Any, batch: Batch, state: Any = None) -> tuple[Any, None]:
        """The cross-entropy in nats over all steps; a blank and guessed symbols cost 5 ln 8/(length + 10)."""
        return nn.losses.cross_entropy(model(Tensor(CopyMemory.fed(batch.x), name="x")), batch.y), None

    def evaluate(self, model: Any) -> float:
        """The share of the symbols of 1,000 sequences that are not recalled at their step."""
        return error_rate(_recalled(model, self._test.x), self._test.y[-KEPT:])

    def tables(self, model: Any) -> dict[str, Rows]:
        """The recall by the symbol's place, and after shorter and longer blanks than those trained on."""
        right = _recalled(model, self._test.x) == self._test.y[-KEPT:]
        places = [{"symbol": i + 1, "recall": float(row.mean())} for i, row in enumerate(right)]
        lags = []
        for blanks in sorted({max(1, self.length // 2), self.length, self.length * 3 // 2, self.length * 2}):
            x, y = copy_batch(np.random.default_rng(TEST_SEED), blanks, 500)
            lags.append({"blank": blanks, "recall": 1 - error_rate(_recalled(model, x), y[-KEPT:])})
        return {"recall per symbol": places, "recall per lag": lags}

    def examples(self, model: Any, rng: np.random.Generator, count: int) -> Rows:
        """Symbols, and what the model recalls of them."""
        x, y = self.make(rng, count)
        said = _recalled(model, x)
        return [
            {"input": _text(x[:, b]), "true": _text(y[-KEPT:, b]), "predicted": _text(said[:, b])} for b in range(count)
        ]

    @classmethod
    def read(cls, text: str, facts: Mapping[str, Any]) -> Array:
        """Five symbols, which are given a blank of ten, or a whole sequence."""
        codes = codes_of(text, SYMBOLS)
        if len(codes) == KEPT and 0 < codes.min() and codes.max() < MARKER:
            blanks = int(cls.defaults["length"]) - 1
            tail = np.array([BLANK] * blanks + [MARKER] * (KEPT + 1))[:, None]
            return np.concatenate([codes, tail])
        if len(codes) < 2 * KEPT or (codes[-KEPT:] != MARKER).any():
            raise DataError(f"got {text[:40]!r}, wanted {cls.accepts}")
        return codes

    @classmethod
    def answer(cls, model: Any, x: Array) -> dict[str, Any]:
        """What is recalled at the last five steps."""
        return {"predicted": _text(_recalled(model, x)[:, 0])}


def _recalled(model: Any, x: Array) -> Array:
    """What the model says at the last five steps, (5, B)."""
    found: Array = outputs(model, CopyMemory.fed(x))[-KEPT:].argmax(axis=-1)
    return found


def _text(codes: Array) -> str:
    return "".join(SYMBOLS[i] for i in codes)
