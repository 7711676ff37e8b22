"""What a task is: an endless stream of batches, a model, a loss, and a metric with baselines to compare it to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from .. import nn
from ..core.ops import one_hot
from ..core.support.arguments import brief
from ..core.support.arrays import Array
from ..errors import ArgumentError, DataError
from .data.reader import Source
from .own_cell import is_own, own_cell, tried
from .served import Served, answering

__all__ = ["CELLS", "Batch", "Ragged", "Rows", "Task", "recurrent"]

CELLS: dict[str, Callable[..., nn.Recurrent]] = {
    "rnn": nn.RNN,
    "gru": nn.GRU,
    "gru-after": partial(nn.GRU, reset_after=True),  # the dialect of PyTorch, cuDNN and Keras, with two biases
    "lstm": nn.LSTM,
}

Rows = list[dict[str, Any]]  # a table: each row has the same columns


def recurrent(cell: str, input_size: int, hidden: int, keep_bias: float | None = None) -> Any:
    """One layer of the named cell over time; FILE.py:CLASS names one of the user's own.

    With a `keep_bias` of 2 a GRU starts with b_z = −2 and an LSTM with b_f = 2, so that the state is kept at first: of
    which a share σ(2) is kept at every step, that lasts about exp(2) steps (Gers, Schmidhuber and Cummins 2000;
    Jozefowicz, Zaremba and Sutskever 2015 for the LSTM).
    """
    if isinstance(cell, str) and is_own(cell):
        if keep_bias is not None:
            raise ArgumentError("recurrent: keep_bias: a cell of one's own sets its biases itself. try: without it")
        return nn.Recurrent(tried(own_cell(cell, input_size, hidden)))
    if not isinstance(cell, str) or cell not in CELLS:
        raise ArgumentError(f"recurrent: got {brief(cell)}, wanted {', '.join(CELLS)} or FILE.py:CLASS. try: 'gru'")
    if keep_bias is None:
        return CELLS[cell](input_size, hidden)
    if cell == "rnn":
        raise ArgumentError("recurrent: keep_bias: an rnn has no gate that could keep anything. try: 'gru'")
    option = "forget_bias" if cell == "lstm" else "keep_bias"
    return CELLS[cell](input_size, hidden, **{option: keep_bias})


class Batch(NamedTuple):
    """Sequences side by side, time first: inputs x (T, B, ...) and targets y."""

    x: Array
    y: Array


class Ragged(NamedTuple):
    """Sequences of different lengths (B,), each padded to the longest."""

    x: Array
    y: Array
    lengths: Array


class Task(ABC):
    """Base of the tasks. The lower the loss and the metric, the better: where others have an accuracy, it is an error.

    A run keeps the `facts` of its task, so that `build`, `again` and `predict` need no training data.
    """

    name: ClassVar[str]  # on the command line
    teaches: ClassVar[str]  # what training on it shows, in a sentence
    metric: ClassVar[str]  # the name and unit of what `evaluate` returns
    compare: ClassVar[str]  # the baselines in words, with their values where they are the same for any data
    expect: ClassVar[str]  # the metric after training with the defaults, in words
    accepts: ClassVar[str]  # the format of a line that `predict` reads
    length_is: ClassVar[str] = "time steps per sequence"
    alphabet: ClassVar[str] = ""  # the symbols of the input, where it is one-hot
    classes: ClassVar[Sequence[str]] = ()  # what the outputs stand for, where they are logits and the data do not tell
    scale: ClassVar[float] = 1.0  # times the loss: the loss in the metric's unit
    defaults: ClassVar[Mapping[str, Any]]  # hidden, updates, batch, lr and length that reach the goal
    all_held_out: bool = False  # whether these data are not the run's own: all of them are for testing
    overlap: str = ""  # which of such data the run was trained on all the same, in words

    @classmethod
    def suited(cls, length: int) -> dict[str, Any]:
        """The default settings for sequences of this length."""
        return dict(cls.defaults)

    @classmethod
    @abstractmethod
    def create(cls, length: int, file: Path | None = None) -> Task:
        """The task with sequences of `length` steps; raises DataError if the file cannot be used."""

    @classmethod
    def again(cls, length: int, file: Path | None, facts: Mapping[str, Any]) -> Task:
        """The task of a run with these facts, in the run's preprocessing: its vocabulary, or columns and scaling."""
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
        """A line on the user's data: what is trained on, held out, and left out; empty if the task makes its own."""
        return ""

    @property
    def report(self) -> list[str]:
        """Lines on how the user's data are read: the columns with their types and gaps, what is guessed, the split."""
        return []

    @property
    def facts(self) -> dict[str, Any]:
        """The preprocessing, as JSON: sufficient to build the model again without the data."""
        return {}

    @property
    def measured(self) -> dict[str, Any]:
        """What the last measurement adds to the facts of a checkpoint."""
        return {}

    @classmethod
    @abstractmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any], keep_bias: float | None = None) -> nn.Module:
        """An untrained model."""

    def model(self, cell: str, hidden: int, keep_bias: float | None = None) -> nn.Module:
        """An untrained model for this task's data; with `keep_bias` its gates start open for the past."""
        options = {} if keep_bias is None else {"keep_bias": keep_bias}
        return self.build(cell, hidden, self.facts, **options)

    @classmethod
    def served(cls, model: Any, facts: Mapping[str, Any]) -> Served:
        """The model as others run it, with inputs and outputs in the user's own units: for an ONNX file."""
        symbols = {"alphabet": cls.alphabet} if cls.alphabet else {}
        return answering(model, cls.classes, {"accepts": cls.accepts, **symbols}, symbols=len(cls.alphabet))

    @abstractmethod
    def batches(self, rng: np.random.Generator, batch: int) -> Iterator[Any]:
        """Training data without end: a Batch or a Ragged each."""

    def refuse_to_train(self) -> None:
        """Raise DataError if all data are held out."""
        if self.all_held_out:
            raise DataError("these are not the data of the run: they are tested, not trained on. try: the run's own")

    def tell_apart(self, own: Any) -> None:
        """Leave out of other data what the run was trained on, whose task is `own`, or name it in `overlap`.

        Raises DataError if nothing remains to be tested.
        """
        self.overlap = ""

    @abstractmethod
    def loss(self, model: Any, batch: Any, state: Any = None) -> tuple[Any, Any]:
        """The loss of a batch and the state to carry to the next one, or None."""

    @abstractmethod
    def evaluate(self, model: Any) -> float:
        """The metric on data that is never trained on."""

    def validate(self, model: Any) -> float | None:
        """What chooses the weights that are kept, the lower the better, on data neither trained on nor held out.

        None if the metric itself does: for data that are made, or too few to be parted once more.
        """
        return None

    def tables(self, model: Any) -> dict[str, Rows]:
        """Details of the metric, by name: a confusion table, the error per lag, per column …"""
        return {}

    def lines(self, model: Any) -> dict[str, dict[str, list[tuple[int, float]]]]:
        """Pictures of what the model says, by name: lines of (place, value), each with a name; none by default."""
        return {}

    @abstractmethod
    def examples(self, model: Any, rng: np.random.Generator, count: int) -> Rows:
        """Some inputs with their targets and predictions."""

    def one_sequence(self, rng: np.random.Generator, most: int) -> tuple[Array, list[str]]:
        """The first `most` time steps of one training sequence: the model's input (T, 1, ...), and a label per step."""
        x = next(self.batches(rng, 1)).x[:most, :1]
        return self.model_input(x), self.step_labels(x, self.facts)

    @classmethod
    def model_input(cls, x: Array) -> Array:
        """The x of a batch as the model reads it: symbols (T, B) one-hot, (T, B, V), and all zeros for −1, padding."""
        if not cls.alphabet:
            return x
        V = len(cls.alphabet)
        return np.ascontiguousarray(one_hot(x + 1, V + 1)[..., 1:])  # (T, B, V)

    @classmethod
    def step_labels(cls, x: Array, facts: Mapping[str, Any]) -> list[str]:
        """For people: the symbol, word or numbers at each time step of the first sequence of x (T, B, ...)."""
        symbols = cls.alphabet or facts.get("vocabulary") or facts.get("words")
        if symbols:
            return [symbols[i] if i >= 0 else "" for i in x[:, 0]]
        return [" ".join(f"{v:.2g}" for v in row) for row in x[:, 0].reshape(len(x), -1)]

    @classmethod
    @abstractmethod
    def predict(cls, model: Any, facts: Mapping[str, Any], source: Source) -> Iterator[dict[str, Any]]:
        """The model's answers to the user's own inputs, a row each; raises DataError naming the line."""
