"""Tasks that make their own data: fresh sequences for each update, and a test set that is the same for every run."""

from __future__ import annotations

import shlex
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...core.support.arguments import count
from ...core.support.arrays import Array
from ...errors import ConfigError, DataError
from ...nn.support.limits import refuse_what_is_too_large
from ..base import Rows, Task
from ..data.reader import Source

__all__ = ["Generated", "OneLine", "codes_of", "confusion", "error_rate"]

TEST_SEED = 271828  # the same test set whatever the seed of the run


class Generated(Task):
    """Base of the tasks whose data a seeded generator makes."""

    shortest: ClassVar[int] = 1  # the least --length
    test_sequences: ClassVar[int] = 1000

    def __init__(self, length: int) -> None:
        count(f"{self.name}: length", length, 1)
        if length < self.shortest:
            raise ConfigError(
                f"length: {self.name} needs {self.shortest} or more ({self.length_is}), got {length}. "
                f"try: --length {self.defaults['length']}"
            )
        refuse_what_is_too_large(length * self.test_sequences)
        self.length = length
        self._test = self.make(np.random.default_rng(TEST_SEED), self.test_sequences)

    @classmethod
    def create(cls, length: int, file: Path | None = None) -> Generated:
        """The task with sequences of this length; it makes its own data."""
        if file is not None:
            hint = f"tinygrad-gru train chars --file={shlex.quote(str(file))}"
            raise ConfigError(f"file: {cls.name} makes its own data, got {file}. try: {hint}")
        return cls(length)

    @abstractmethod
    def make(self, rng: np.random.Generator, batch: int) -> Any:
        """So many random sequences with their targets."""

    def batches(self, rng: np.random.Generator, batch: int) -> Iterator[Any]:
        """Fresh random sequences each time."""
        while True:
            yield self.make(rng, batch)


class OneLine(Generated):
    """Base of those tasks of which an input is written as a line of symbols or numbers."""

    @classmethod
    def predict(cls, model: Any, facts: Mapping[str, Any], source: Source) -> Iterator[dict[str, Any]]:
        """What the model says about each line."""
        for line, text in source.lines():
            try:
                sequence = cls.read(text.strip(), facts)
            except DataError as error:
                raise source.error(line, f"{error}. try: tinygrad-gru tasks {cls.name}, which says how") from None
            yield {"input": text} | cls.answer(model, sequence)

    @classmethod
    @abstractmethod
    def read(cls, text: str, facts: Mapping[str, Any]) -> Array:
        """A line as one sequence, (T, 1, ...); raises DataError if it is none."""

    @classmethod
    @abstractmethod
    def answer(cls, model: Any, x: Array) -> dict[str, Any]:
        """What the model says about a sequence, for people."""


def codes_of(text: str, alphabet: str, shortest: int = 1) -> Array:
    """A line of symbols as their places in the alphabet, (T, 1); raises DataError for any other symbol."""
    wrong = next((c for c in text if c not in alphabet), None)
    if wrong is not None:
        raise DataError(f"got {wrong!r}, wanted symbols of {' '.join(alphabet)}")
    if len(text) < shortest:
        raise DataError(f"got {len(text)} symbols, wanted {shortest} or more")
    return np.array([alphabet.index(c) for c in text])[:, None]


def error_rate(found: Array, right: Array) -> float:
    """The share that is not right."""
    return float(np.mean(found != right))


def confusion(right: Array, found: Array, names: Sequence[str]) -> Rows:
    """How often each class was taken for each: a row per true class, a column per predicted one."""
    counts = np.zeros((len(names), len(names)), int)
    np.add.at(counts, (right, found), 1)
    return [
        {"true": name} | {f"said {other}": int(n) for other, n in zip(names, row, strict=True)}
        for name, row in zip(names, counts, strict=True)
    ]
