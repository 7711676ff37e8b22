"""The embedded Reber grammar: which symbols may come next? The last but one depends on the second, and on nothing else.

The grammar is an automaton: from a node one of two edges is taken, each with probability 1/2, and its symbol emitted.
Embedded, a string is B T (one such string) T E or B P (one such string) P E: without the second symbol the last but one
cannot be predicted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from ... import nn
from ...core.support.arrays import Array
from ...core.tensor import Tensor
from ...errors import DataError
from ..base import Ragged, Rows
from ..baselines import followers
from ..models import AtEachStep, outputs, probabilities
from .generated import TEST_SEED, OneLine, codes_of

__all__ = ["ALPHABET", "GRAMMAR", "Reber", "embedded", "legal_next", "reber_batch"]

ALPHABET = "BTSXPVE"

# node -> the edges that leave it: (symbol, next node). From node 6 on the string has ended.
GRAMMAR: dict[int, tuple[tuple[str, int], ...]] = {
    0: (("B", 1),),
    1: (("T", 2), ("P", 3)),
    2: (("S", 2), ("X", 4)),
    3: (("T", 3), ("V", 5)),
    4: (("X", 3), ("S", 6)),
    5: (("P", 4), ("V", 6)),
    6: (("E", 7),),
}
END = 7


def embedded(rng: np.random.Generator) -> str:
    """A string of the embedded grammar, of 9 symbols or more.

    >>> embedded(np.random.default_rng(4))
    'BPBPVVEPE'
    """
    around = "TP"[rng.integers(2)]
    inner, node = [], 0
    while node != END:
        edges = GRAMMAR[node]
        symbol, node = edges[rng.integers(len(edges))]
        inner.append(symbol)
    return "B" + around + "".join(inner) + around + "E"


def legal_next(text: str) -> list[set[str]]:
    """For each symbol of a string but its last, the symbols that may follow; raises DataError where it breaks a rule.

    >>> [sorted(s) for s in legal_next("BTBTX")]
    [['P', 'T'], ['B'], ['P', 'T'], ['S', 'X'], ['S', 'X']]
    """
    legal, node = [], -2  # before the embedded string there are two nodes, and after it two more
    allowed = {"B"}
    for place, symbol in enumerate(text):
        if symbol not in allowed:
            raise DataError(f"symbol {place + 1} is {symbol!r}, wanted {' or '.join(sorted(allowed)) or 'the end'}")
        node = node + 1 if not 0 <= node < END else dict(GRAMMAR[node])[symbol]
        if node == -1:
            allowed = {"T", "P"}
        elif node < END:
            allowed = {edge for edge, _ in GRAMMAR[node]}
        else:
            allowed = [{text[1]}, {"E"}, set[str]()][node - END]
        if allowed:
            legal.append(allowed)
    return legal


def reber_batch(rng: np.random.Generator, longest: int, batch: int) -> tuple[Ragged, list[str]]:
    """Codes of strings (T, B), the next symbols (T, B), lengths (B,), and the strings; longer ones are drawn again."""
    strings: list[str] = []
    while len(strings) < batch:
        text = embedded(rng)
        if len(text) <= longest:
            strings.append(text)
    steps = max(map(len, strings)) - 1
    codes = np.full((steps + 1, batch), -1)
    for b, text in enumerate(strings):
        codes[: len(text), b] = [ALPHABET.index(c) for c in text]
    lengths = np.array([len(text) - 1 for text in strings])
    counts = np.arange(steps)[:, None] < lengths  # (T, B)
    return Ragged(np.where(counts, codes[:-1], -1), codes[1:], lengths), strings


class Reber(OneLine):
    """The next symbol of strings of the embedded Reber grammar."""

    name = "reber"
    teaches = "a state can follow a grammar, and keep for its end what was read at its beginning"
    alphabet = ALPHABET
    classes = ALPHABET  # which comes next
    metric = "share of strings wrong"
    compare = "counts of triples of symbols: 1; the grammar, had one forgotten the second symbol: 0.5"
    expect = "0 for every cell: all legal sets right in all strings"
    accepts = "the beginning of a string such as BTBPVV"
    length_is = "symbols of the longest string"
    shortest = 9
    test_sequences = 512
    defaults: ClassVar[Mapping[str, Any]] = {"hidden": 32, "updates": 600, "batch": 32, "lr": 0.01, "length": 40}

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self._test, self._strings = self._test

    @property
    def baselines(self) -> dict[str, float]:
        """Two that forget the second symbol: counts of the symbols that followed each pair, and the grammar itself."""
        _, strings = reber_batch(np.random.default_rng(TEST_SEED + 1), self.length, 2000)
        counts = followers(strings, context=2)
        wrong = 0
        for text in self._strings:
            for t, legal in enumerate(legal_next(text)[: len(text) - 1]):
                frequent = counts.get(text[max(0, t - 1) : t + 1], Counter()).most_common(len(legal))
                if {symbol for symbol, _ in frequent} != legal:
                    wrong += 1
                    break
        return {"counts of triples": wrong / len(self._strings), "the grammar without its second symbol": 0.5}

    @property
    def goal(self) -> float:
        """One string in a hundred."""
        return 0.01

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any], keep_bias: float | None = None) -> AtEachStep:
        """An untrained model; it fits strings of any length."""
        return AtEachStep(cell, len(ALPHABET), hidden, len(ALPHABET), keep_bias)

    def make(self, rng: np.random.Generator, batch: int) -> Any:
        """Fresh strings."""
        return reber_batch(rng, self.length, batch)

    def batches(self, rng: np.random.Generator, batch: int) -> Iterator[Ragged]:
        """Fresh strings each time."""
        while True:
            yield self.make(rng, batch)[0]

    def loss(self, model: Any, batch: Ragged, state: Any = None) -> tuple[Any, None]:
        """The cross-entropy in nats over the steps that are no padding."""
        counts = batch.y >= 0  # (T, B)
        logits = model(Tensor(Reber.model_input(batch.x), name="x"), batch.lengths)
        return nn.losses.cross_entropy(logits, np.where(counts, batch.y, 0), mask=counts), None

    def evaluate(self, model: Any) -> float:
        """The share of 512 strings in which, at some step, an illegal symbol ranks before a legal one."""
        return float(np.mean(self._places_of_faults(model) > 0))

    def _places_of_faults(self, model: Any) -> Array:
        """For each test string how many of its steps are wrong."""
        logits = outputs(model, Reber.model_input(self._test.x), self._test.lengths)
        return np.array([sum(_wrong(logits[:, b], text)) for b, text in enumerate(self._strings)])

    def tables(self, model: Any) -> dict[str, Rows]:
        """How often the legal set is right, by where in the string."""
        logits = outputs(model, Reber.model_input(self._test.x), self._test.lengths)
        wrong = [_wrong(logits[:, b], text) for b, text in enumerate(self._strings)]
        inner = np.mean([step for steps in wrong for step in steps[:-2]])
        last_but_one = np.mean([steps[-2] for steps in wrong])
        return {
            "where": [
                {"place": "inside", "steps wrong": float(inner)},
                {"place": "last but one, which repeats the second", "steps wrong": float(last_but_one)},
            ]
        }

    def examples(self, model: Any, rng: np.random.Generator, count: int) -> Rows:
        """Strings, the legal sets, and the symbols that the model ranks first."""
        (x, _, lengths), strings = self.make(rng, count)
        logits = outputs(model, Reber.model_input(x), lengths)
        rows = []
        for b, text in enumerate(strings):
            legal = legal_next(text)[: len(text) - 1]
            predicted = [_top(logits[t, b], len(allowed)) for t, allowed in enumerate(legal)]
            rows.append({"input": text, "true": _shown(legal), "predicted": _shown(predicted)})
        return rows

    @classmethod
    def read(cls, text: str, facts: Mapping[str, Any]) -> Array:
        """The beginning of a string."""
        legal_next(text)
        return codes_of(text, ALPHABET)

    @classmethod
    def answer(cls, model: Any, x: Array) -> dict[str, Any]:
        """The symbols that may come next, and the model's probability of each symbol."""
        p = probabilities(outputs(model, Reber.model_input(x))[-1, 0])
        text = "".join(ALPHABET[i] for i in x[:, 0])
        ended = len(legal_next(text)) < len(text)
        return {
            "legal": "" if ended else _shown(legal_next(text)[-1:]),
            **{f"p({c})": round(float(q), 4) for c, q in zip(ALPHABET, p, strict=True)},
        }


def _top(logits: Array, count: int) -> set[str]:
    return {ALPHABET[i] for i in np.argsort(-logits)[:count]}


def _wrong(logits: Array, text: str) -> list[bool]:
    """For each step of a string whether the likeliest symbols are not the legal ones."""
    return [_top(logits[t], len(legal)) != legal for t, legal in enumerate(legal_next(text)[: len(text) - 1])]


def _shown(sets: list[set[str]]) -> str:
    """B TP B SX …"""
    return " ".join("".join(sorted(s)) for s in sets)
