"""Models as others run them: what goes in is in the user's own units, and what comes out is an answer.

`served(model, facts)` of a task wraps its model so: scaling, the last row that a forecast starts from and the softmax
of classes are part of it, so an ONNX file of it needs nothing else but names, which are its metadata.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import nn
from ..core.ops import astype, softmax, take
from ..core.support.arrays import Array
from ..core.tensor import Tensor

__all__ = ["Answering", "Forecasting", "Served", "answering", "in_steps"]

T, B = 5, 3  # of an example: told apart


@dataclass(frozen=True)
class Served:
    """A module to be exported, inputs like those that it takes, and what its numbers mean, as JSON."""

    module: nn.Module
    example: dict[str, Array]
    facts: dict[str, Any] = field(default_factory=dict)


def answering(model: Any, classes: Sequence[str], facts: dict[str, Any], symbols: int = 0, codes: int = 0) -> Served:
    """A model of sequences, each read to its own end where the model takes lengths.

    Its inputs are `symbols` different ones that it takes one-hot, or `codes` different ones that it looks up itself, or
    numbers. With `classes` its outputs are their probabilities.
    """
    x: Array = np.arange(T * B).reshape(T, B) % max(1, symbols or codes)
    if not (symbols or codes):
        x = np.random.default_rng(0).random((T, B, model.recurrent.input_size), dtype=np.float32)
    takes_lengths = "lengths" in inspect.signature(model.forward).parameters
    lengths = {"lengths": np.array([T, T - 1, T - 2])} if takes_lengths else {}
    named = {"labels": list(classes)} if classes else {}
    return Served(Answering(model, bool(classes), one_hot=symbols), {"x": x, **lengths}, facts | named)


class Wrapper(nn.Module):
    """Base of modules around a model, whose parameters keep the names that they have in it."""

    model: nn.Module

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """Those of the model."""
        return self.model.named_parameters()


class Answering(Wrapper):
    """Sequences to probabilities of classes, or to numbers: of numbers, symbols or words, in the user's own units.

    `scaling` is the mean and the standard deviation of each column; `one_hot` the number of symbols, where the model
    wants them so.
    """

    def __init__(
        self, model: nn.Module, classes: bool, scaling: tuple[Sequence[float], Sequence[float]] | None = None,
        one_hot: int = 0,
    ) -> None:  # fmt: skip
        self.model, self.classes, self.one_hot = model, classes, one_hot
        self.scaling = None if scaling is None else tuple(np.array(part) for part in scaling)  # float64

    def forward(self, x: Any, lengths: Any = None) -> Any:
        """x (T, B, C) or codes (T, B), and if need be the lengths (B,) of the sequences, to answers (..., K)."""
        if self.one_hot:
            x = take(Tensor(np.eye(self.one_hot, dtype=np.float32)), x, axis=0)  # (T, B, V)
        elif self.scaling is not None:
            x = scaled(x, self.scaling)
        result = self.model(x) if lengths is None else self.model(x, lengths)
        logits = result[0] if isinstance(result, tuple) else result  # a language model gives its state, too
        return softmax(logits).named("probabilities") if self.classes else logits.named("values")


class Forecasting(Wrapper):
    """The last rows of a table to the next ones, both in the units of its columns."""

    def __init__(
        self, model: nn.Module, scaling: tuple[Sequence[float], Sequence[float]], places: Sequence[int], horizon: int
    ) -> None:
        self.model, self.places, self.horizon = model, list(places), horizon
        self.scaling = tuple(np.array(part) for part in scaling)

    def forward(self, x: Any) -> Any:
        """Rows (T, B, C) to the next values of the targets, (B, horizon, C')."""
        _, spread = self.scaling
        change = astype(self.model(scaled(x, self.scaling)), np.float64)  # (B, horizon · C'), in standard deviations
        change = change.reshape((-1, self.horizon, len(self.places)))
        last = take(x[-1], np.array(self.places), axis=1).reshape((-1, 1, len(self.places)))  # (B, 1, C')
        return (last + change * spread[self.places]).named("forecast")


def scaled(x: Any, scaling: Sequence[Array]) -> Any:
    """Numbers in float64, as the user has them, to standard deviations from the mean in float32."""
    mean, spread = scaling
    return astype((x - mean) / spread, np.float32)


def in_steps(example: dict[str, Array], length: int) -> tuple[dict[str, Array], dict[str, dict[int, str]]]:
    """The example of a model that is written out step by step: of one length, and which axes are free then."""
    x = np.resize(example["x"], (length, *example["x"].shape[1:]))
    return {"x": x}, {"x": {1: "batch"}}
