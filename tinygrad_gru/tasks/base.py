"""What a task is: data without end, a model for it, a loss, and a measure with something to compare it to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from .. import nn
from ..core.support.arguments import brief
from ..core.support.arrays import Array
from ..errors import ArgumentError, CheckpointError, DataError
from .data.reader import Source

__all__ = [
    "CELLS",
    "Batch",
    "Option",
    "Ragged",
    "Rows",
    "Task",
    "fact",
    "one_hot",
    "recurrent",
    "trained_beginning",
    "untrained",
]

CELLS: dict[str, Callable[[int, int], nn.Recurrent]] = {
    "rnn": nn.RNN,
    "gru": nn.GRU,
    "gru-after": partial(nn.GRU, reset_after=True),  # the dialect of PyTorch, cuDNN and Keras, with two biases
    "lstm": nn.LSTM,
}

Rows = list[dict[str, Any]]  # a table: each row has the same columns


def recurrent(cell: str, input_size: int, hidden: int) -> Any:
    """One layer of the named cell over time."""
    if not isinstance(cell, str) or cell not in CELLS:
        raise ArgumentError(f"recurrent: got {brief(cell)}, wanted {', '.join(CELLS)}. try: 'gru'")
    return CELLS[cell](input_size, hidden)


class Batch(NamedTuple):
    """Sequences side by side, time first: inputs x (T, B, ...) and targets y."""

    x: Array
    y: Array


class Ragged(NamedTuple):
    """Sequences of different lengths (B,), each filled up to the longest."""

    x: Array
    y: Array
    lengths: Array


class Option(NamedTuple):
    """A setting that only one task knows."""

    kind: type  # int, str, or list, of words
    meaning: str


class Task(ABC):
    """Base of the tasks. The lower the loss and the metric, the better: of two accuracies the lower error wins."""

    name: ClassVar[str]  # on the command line
    teaches: ClassVar[str]  # what one sees by training on it, in a sentence
    metric: ClassVar[str]  # what `evaluate` returns
    compare: ClassVar[str]  # the baselines in words, with their values where they are the same for any data
    expect: ClassVar[str]  # what comes out with the defaults
    accepts: ClassVar[str]  # what a line given to `predict` holds
    length_is: ClassVar[str] = "time steps per sequence"
    alphabet: ClassVar[str] = ""  # of symbols that the model is given as ones among zeros, if there are any
    options: ClassVar[Mapping[str, Option]] = {}  # what else `create` takes by name
    scale: ClassVar[float] = 1.0  # the loss times this is shown: in the metric's unit, if the loss has one
    defaults: ClassVar[Mapping[str, Any]]  # hidden, updates, batch, lr and length that reach the goal
    all_held_out: bool = False  # whether these are other data than a run was trained on: there are none to train on
    overlap: str = ""  # what of such data the run was trained on all the same, in words

    @classmethod
    def suited(cls, length: int) -> dict[str, Any]:
        """The settings that reach the goal with sequences of this length, if nobody says otherwise."""
        return dict(cls.defaults)

    @classmethod
    @abstractmethod
    def create(cls, length: int, file: Path | None = None) -> Task:
        """The task with sequences of `length` steps; raises DataError if the file cannot be used."""

    @classmethod
    def again(cls, length: int, file: Path | None, facts: Mapping[str, Any]) -> Task:
        """The task of a run whose facts are these, with the run's own preprocessing: its words, means or columns."""
        return cls.create(length, file)

    @property
    @abstractmethod
    def baselines(self) -> dict[str, float]:
        """The metric of simple predictors, by their names."""

    @property
    @abstractmethod
    def goal(self) -> float:
        """The task counts as learned when the metric is below this."""

    @property
    def data(self) -> str:
        """What of the user's data is used, and what is left out, in a line; empty if the task makes its own."""
        return ""

    @property
    def facts(self) -> dict[str, Any]:
        """What must be known, as JSON, to build the model again without the data."""
        return {}

    @classmethod
    @abstractmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any]) -> nn.Module:
        """An untrained model."""

    def model(self, cell: str, hidden: int) -> nn.Module:
        """An untrained model for this task's data."""
        return self.build(cell, hidden, self.facts)

    @abstractmethod
    def batches(self, rng: np.random.Generator, batch: int) -> Iterator[Any]:
        """Training data without end: a Batch or a Ragged each."""

    def refuse_to_train(self) -> None:
        """DataError if all the data are held out."""
        if self.all_held_out:
            raise DataError("these are not the data of the run: they are tested, not trained on. try: the run's own")

    def tell_apart(self, own: Any) -> None:
        """Find what of other data a run was trained on, whose own task is `own`: leave it out, or name it in `overlap`.

        Raises DataError if nothing else is there.
        """
        self.overlap = ""

    @abstractmethod
    def loss(self, model: Any, batch: Any, state: Any = None) -> tuple[Any, Any]:
        """The loss of a batch and the state to carry to the next one, or None."""

    @abstractmethod
    def evaluate(self, model: Any) -> float:
        """The metric on data that is never trained on."""

    def tables(self, model: Any) -> dict[str, Rows]:
        """What the metric does not tell, by name: a confusion table, the error per lag, per column …"""
        return {}

    @abstractmethod
    def examples(self, model: Any, rng: np.random.Generator, count: int) -> Rows:
        """Some inputs, what is right, and what the model says."""

    @classmethod
    def fed(cls, x: Array) -> Array:
        """The x of a batch as the model takes it."""
        return one_hot(x, len(cls.alphabet)) if cls.alphabet else x

    @classmethod
    def steps_of(cls, x: Array, facts: Mapping[str, Any]) -> list[str]:
        """For people: what the first sequence of a batch's x holds at each step."""
        symbols = cls.alphabet or facts.get("vocabulary") or facts.get("words")
        if symbols:
            return [symbols[i] if i >= 0 else "" for i in x[:, 0]]
        return [" ".join(f"{v:.2g}" for v in row) for row in x[:, 0].reshape(len(x), -1)]

    @classmethod
    @abstractmethod
    def predict(cls, model: Any, facts: Mapping[str, Any], source: Source) -> Iterator[dict[str, Any]]:
        """What the model says about the user's own inputs, a row each; raises DataError naming the line."""


def one_hot(codes: Array, symbols: int) -> Array:
    """Whole numbers (T, B) as float32 (T, B, V): a 1 in the place of the number; all zeros for −1.

    >>> one_hot(np.array([2, -1]), 3)
    array([[0., 0., 1.],
           [0., 0., 0.]], dtype=float32)
    """
    rows = np.concatenate([np.eye(symbols, dtype=np.float32), np.zeros((1, symbols), np.float32)])
    return rows[codes]


def fact(facts: Mapping[str, Any], name: str, wanted: type) -> Any:
    """A fact of a checkpoint, which may come from anywhere: it must be there, and of this type."""
    found = facts.get(name)
    if type(found) is not wanted or (wanted is list and not found):
        raise CheckpointError(f"the checkpoint's {name} cannot be used, wanted a {wanted.__name__}. try: another one")
    return found


def untrained(held_out: Array, trained: Array, what: str) -> tuple[Array, str]:
    """Of indices those that were not trained on, and how many were, in words; DataError if all of them were."""
    if trained.all():
        raise DataError(f"all {len(held_out):,} {what} were trained on: nothing is left to test. try: without --file")
    count = int(trained.sum())
    return held_out[~trained], f"{count:,} of its {len(held_out):,} {what} were trained on and are left out"


def trained_beginning(known: Array, held_out: Array, least: int, what: str) -> str:
    """How far data that are read in order begin as those that were trained on, in words; nothing below `least`."""
    n = min(len(known), len(held_out))
    same = (known[:n] == held_out[:n]).reshape(n, -1).all(axis=1)
    first = n if same.all() else int(same.argmin())
    return f"its first {first:,} {what} were trained on and are tested too" if first >= least else ""
