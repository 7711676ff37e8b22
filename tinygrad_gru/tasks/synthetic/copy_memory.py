"""Copy memory: some symbols, a long blank, and then they are to be repeated, in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ... import nn
from ...core.support.arrays import Array
from ...core.tensor import Tensor
from ...errors import DataError
from ..base import Batch, Rows
from ..metrics import error_rate
from ..models import AtEachStep, outputs
from .generated import TEST_SEED, OneLine, codes_of

__all__ = ["SYMBOLS", "CopyMemory", "copy_batch"]

SYMBOLS = "_12345678?"  # the blank, eight to remember, and the marker that asks for the next of them
BLANK, MARKER = 0, 9
COPIED = 5  # how many there are to remember


def copy_batch(rng: np.random.Generator, blanks: int, batch: int, symbols: int = COPIED) -> Batch:
    """Codes (T, B): `symbols` of eight, `blanks` − 1 blanks, `symbols` + 1 markers; and the target of each step.

    That is a blank at all steps but the last `symbols`, where it is the symbols in their order, as in Bai, Kolter and
    Koltun 2018 with its ten symbols (others put one marker, and blanks after it).
    """
    to_copy = rng.integers(1, 9, size=(symbols, batch))
    x = np.full((2 * symbols + blanks, batch), BLANK)  # (T, B)
    x[:symbols] = to_copy
    x[symbols + blanks - 1 :] = MARKER
    y = np.full_like(x, BLANK)
    y[-symbols:] = to_copy
    return Batch(x, y)


class CopyMemory(OneLine):
    """Five symbols to be repeated after a blank of `length` steps.

    >>> import numpy as np
    >>> x, y = CopyMemory(length=4).make(np.random.default_rng(0), batch=1)
    >>> "".join(SYMBOLS[i] for i in x[:, 0]), "".join(SYMBOLS[i] for i in y[:, 0])
    ('76533___??????', '_________76533')
    """

    name = "copy"
    teaches = "to keep five things apart takes a state with room for them: a memory of exact symbols is costly"
    alphabet = SYMBOLS
    classes = SYMBOLS[:-1]  # all but the marker
    metric = "share of symbols wrong"
    compare = "guessing the symbols: 7/8"
    expect = "below 0.01 for gru; lstm recalls a part of it in the same time, rnn nothing"
    accepts = f"{COPIED} symbols of 1 to 8, such as 31572, or a whole sequence with its blanks _ and markers ?"
    length_is = "steps from the last symbol to the first asked for"
    defaults: ClassVar[Mapping[str, Any]] = {"hidden": 64, "updates": 3000, "batch": 32, "lr": 0.005, "length": 10}

    @property
    def baselines(self) -> dict[str, float]:
        """Answering blanks and then any of the eight symbols."""
        return {"guessing the symbols": 7 / 8}

    @property
    def goal(self) -> float:
        """Two symbols in a hundred."""
        return 0.02

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any], keep_bias: float | None = None) -> AtEachStep:
        """An untrained model; it fits blanks of any length."""
        return AtEachStep(cell, len(SYMBOLS), hidden, len(SYMBOLS) - 1, keep_bias)

    def make(self, rng: np.random.Generator, batch: int) -> Batch:
        """Fresh symbols."""
        return copy_batch(rng, self.length, batch)

    def loss(self, model: Any, batch: Batch, state: Any = None) -> tuple[Any, None]:
        """The cross-entropy in nats over all steps; a blank and guessed symbols cost 5 ln 8/(length + 10)."""
        return nn.losses.cross_entropy(model(Tensor(CopyMemory.model_input(batch.x), name="x")), batch.y), None

    def evaluate(self, model: Any) -> float:
        """The share of the symbols of 1,000 sequences that are not recalled at their step."""
        return error_rate(_recalled(model, self._test.x), self._test.y[-COPIED:])

    def tables(self, model: Any) -> dict[str, Rows]:
        """The recall by the symbol's place, and after shorter and longer blanks than those trained on."""
        right = _recalled(model, self._test.x) == self._test.y[-COPIED:]
        places = [{"symbol": i + 1, "recall": float(row.mean())} for i, row in enumerate(right)]
        lags = []
        for blanks in sorted({max(1, self.length // 2), self.length, self.length * 3 // 2, self.length * 2}):
            x, y = copy_batch(np.random.default_rng(TEST_SEED), blanks, 500)
            lags.append({"blank": blanks, "recall": 1 - error_rate(_recalled(model, x), y[-COPIED:])})
        return {"recall per symbol": places, "recall per lag": lags}

    def examples(self, model: Any, rng: np.random.Generator, count: int) -> Rows:
        """Symbols, and those that the model recalls."""
        x, y = self.make(rng, count)
        recalled = _recalled(model, x)
        return [
            {"input": _text(x[:, b]), "true": _text(y[-COPIED:, b]), "predicted": _text(recalled[:, b])}
            for b in range(count)
        ]

    @classmethod
    def read(cls, text: str, facts: Mapping[str, Any]) -> Array:
        """Five symbols, followed by a blank of ten, or a whole sequence."""
        codes = codes_of(text, SYMBOLS)
        if len(codes) == COPIED and 0 < codes.min() and codes.max() < MARKER:
            blanks = int(cls.defaults["length"]) - 1
            tail = np.array([BLANK] * blanks + [MARKER] * (COPIED + 1))[:, None]
            return np.concatenate([codes, tail])
        if len(codes) < 2 * COPIED or (codes[-COPIED:] != MARKER).any():
            raise DataError(f"got {text[:40]!r}, wanted {cls.accepts}")
        return codes

    @classmethod
    def answer(cls, model: Any, x: Array) -> dict[str, Any]:
        """The symbols recalled at the last five steps."""
        return {"predicted": _text(_recalled(model, x)[:, 0])}


def _recalled(model: Any, x: Array) -> Array:
    """The likeliest symbols at the last five steps, (5, B)."""
    return np.asarray(outputs(model, CopyMemory.model_input(x))[-COPIED:].argmax(axis=-1))


def _text(codes: Array) -> str:
    return "".join(SYMBOLS[i] for i in codes)
