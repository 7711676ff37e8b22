"""What a task is: data without end, a model for it, a loss, and a measure with something to compare it to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from .. import nn
from ..core.arrays import Array

__all__ = ["CELLS", "Batch", "Task", "recurrent"]

CELLS: dict[str, type[nn.Recurrent]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def recurrent(cell: str, input_size: int, hidden: int) -> Any:
    """One layer of the named cell over time."""
    layer: Any = CELLS[cell]
    return layer(input_size, hidden)


class Batch(NamedTuple):
    """Sequences side by side, time first: inputs x (T, B, ...) and targets y."""

    x: Array
    y: Array


class Task(ABC):
    """Base of the tasks. The lower the loss and the metric, the better."""

    name: ClassVar[str]  # on the command line
    teaches: ClassVar[str]  # what one sees by training on it, in a sentence
    metric: ClassVar[str]  # what `evaluate` returns
    scale: ClassVar[float] = 1.0  # the loss times this is in the metric's unit
    defaults: ClassVar[Mapping[str, Any]]  # hidden, updates, batch, lr and length that reach the goal

    @classmethod
    @abstractmethod
    def create(cls, length: int, file: Path | None = None) -> Task:
        """The task with sequences of `length` steps; raises DataError if the file cannot be used."""

    @property
    @abstractmethod
    def baselines(self) -> dict[str, float]:
        """The metric of simple predictors, by their names."""

    @property
    @abstractmethod
    def goal(self) -> float:
        """The task counts as learned when the metric is below this."""

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
    def batches(self, rng: np.random.Generator, batch: int) -> Iterator[Batch]:
        """Training data without end."""

    @abstractmethod
    def loss(self, model: Any, batch: Batch, state: Any = None) -> tuple[Any, Any]:
        """The loss of a batch and the state to carry to the next one, or None."""

    @abstractmethod
    def evaluate(self, model: Any) -> float:
        """The metric on data that is never trained on."""
