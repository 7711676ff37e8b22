"""Forecasting the columns of a table: from the last rows the next ones, all of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ... import nn
from ...core.support.arrays import Array
from ...core.tensor import Tensor
from ...errors import CheckpointError, ConfigError, DataError
from ..base import Batch, Rows, Task, fact, trained_beginning
from ..data.reader import Source, read_source
from ..data.scaling import Scaling, listed, numbers, numeric_columns
from ..data.text import sha256
from ..models import AtTheEnd, outputs

__all__ = ["Forecast"]

HELD_OUT = 0.2  # the last fifth of the rows is never trained on, nor is any window that reaches into it
MOST_TESTED = 2000  # windows
MOST_FEATURES = 200  # that the linear forecast sees
LONGEST_HORIZON = 1000


class Forecast(Task):
    """From `length` rows of a table the next `horizon` values of its target columns."""

    name = "table"
    teaches = "a model for your own table: from the last rows it forecasts the next, or it tells a group's label"
    metric = "test RMSE in standard deviations"
    compare = "the last row again, the mean, a linear forecast"
    expect = "depends on your table"
    accepts = "a CSV file with the columns of the run"
    length_is = "rows that are read for a forecast"
    defaults: ClassVar[Mapping[str, Any]] = {"hidden": 32, "updates": 1000, "batch": 32, "lr": 0.005, "length": 24}

    def __init__(
        self,
        source: Source,
        length: int,
        targets: Sequence[str] = (),
        horizon: int = 1,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """With the facts of a run its columns and scaling are used, and another table is tested whole."""
        self.length = length
        if facts is None:
            records = source.table([])
            columns = numeric_columns(records)
            self.targets = list(dict.fromkeys(targets)) or columns
            if others := set(self.targets).difference(columns):
                name = next(name for name in self.targets if name in others)
                known = ", ".join(columns[:20])
                raise ConfigError(
                    f"column: got {name!r}, wanted a column of numbers: {known}. try: --targets {columns[0]}"
                )
            if not 1 <= horizon <= LONGEST_HORIZON:
                raise ConfigError(f"horizon: got {horizon}, wanted 1 to {LONGEST_HORIZON} rows ahead. try: --horizon 1")
            self.horizon = horizon
        else:
            self.targets, self.horizon = _targets(facts)
            columns = Scaling.from_facts(facts).columns
            records = source.table(columns)
        values = numbers(records, columns)  # (N, C)
        self._left_out = source.left_out(columns)
        self._fingerprint = sha256(source.text)
        start = len(values) - int(HELD_OUT * len(values))
        if facts is not None and facts.get("sha256") != self._fingerprint:
            start, self.all_held_out = 0, True
        rows = length + self.horizon  # of a window
        if len(values) - start < rows or 0 < start < rows:
            needed = int(np.ceil(rows / HELD_OUT)) if facts is None else rows
            raise DataError(
                f"{source.name} has {len(values)} rows, wanted {needed} or more for windows of {length} and "
                f"{self.horizon} ahead. try: a smaller --length, or a longer table"
            )
        self.scaling = Scaling.of(columns, values[:start]) if facts is None else Scaling.from_facts(facts)
        z = self.scaling(values)
        place_of = {name: place for place, name in enumerate(columns)}
        self._places = [place_of[name] for name in self.targets]
        self._known, self._held_out = z[:start], z[start:]
        last = len(self._held_out) - rows
        self._test = self._windows(self._held_out, np.unique(np.linspace(0, last, MOST_TESTED).astype(int)))

    @classmethod
    def create(cls, length: int, file: Path | None = None, **options: Any) -> Forecast:
        """All columns of numbers of a CSV file, one row ahead; options are `targets` and `horizon`."""
        if file is None:
            raise ConfigError("file: table needs a CSV file. try: --file FILE.csv")
        return cls(read_source(file, "csv"), length, **options)

    @property
    def data(self) -> str:
        """The rows, and the columns that are used, forecast and left out."""
        parts = [
            f"{len(self._known) + len(self._held_out):,} rows; the last {len(self._held_out):,} are held out",
            f"columns: {listed(self.scaling.columns)}",
            f"forecast: {listed(self.targets)}",
        ]
        return " · ".join(parts + ([f"left out, no numbers: {listed(self._left_out)}"] if self._left_out else []))

    @property
    def facts(self) -> dict[str, Any]:
        """The columns and their scaling, what is forecast, and the file's fingerprint."""
        return {
            "kind": "forecast",
            **self.scaling.as_facts(),
            "targets": self.targets,
            "horizon": self.horizon,
            "length": self.length,
            "sha256": self._fingerprint,
        }

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any]) -> AtTheEnd:
        """An untrained model for these columns."""
        targets, horizon = _targets(facts)
        return AtTheEnd(cell, len(Scaling.from_facts(facts).columns), hidden, horizon * len(targets))

    def _windows(self, z: Array, starts: Array) -> Batch:
        """Rows (T, B, C) from these starts on, and the targets (B, horizon · C') that follow."""
        steps = np.arange(self.length)[:, None]
        ahead = starts[:, None] + self.length + np.arange(self.horizon)
        return Batch(z[starts + steps], z[ahead][:, :, self._places].reshape(len(starts), -1))

    def batches(self, rng: np.random.Generator, batch: int) -> Iterator[Batch]:
        """Windows from anywhere in the known rows."""
        self.refuse_to_train()
        last = len(self._known) - self.length - self.horizon
        while True:
            yield self._windows(self._known, rng.integers(last + 1, size=batch))

    def tell_apart(self, own: Any) -> None:
        """Rows at the beginning that the run was trained on are named: a window that goes on from them needs them."""
        self.overlap = trained_beginning(own._known, self._held_out, self.length, "rows")

    def loss(self, model: Any, batch: Batch, state: Any = None) -> tuple[Any, None]:
        """The mean squared error of the scaled columns; what the model says is added to the last row."""
        prediction = self._added(model(Tensor(batch.x, name="x")), batch.x)
        return nn.losses.mse(prediction, Tensor(batch.y, name="y")), None

    def _added(self, said: Any, x: Array) -> Any:
        return said + np.tile(x[-1][:, self._places], self.horizon)

    def _predicted(self, model: Any, x: Array) -> Array:
        found: Array = self._added(outputs(model, x), x)
        return found

    def evaluate(self, model: Any) -> float:
        """The root of the mean squared error over held-out windows, all targets and rows ahead."""
        return _rmse(self._predicted(model, self._test.x) - self._test.y)

    @cached_property
    def baselines(self) -> dict[str, float]:
        """The last row again, the mean of the known rows (0 when scaled), and least squares from the last rows.

        Least squares need rows to learn from, and are left out where all are held out.
        """
        x, y = self._test
        found = {
            "the last row again": _rmse(self._added(np.zeros_like(y), x) - y),
            "the mean": _rmse(y),
        }
        if self.all_held_out:
            return found
        last = len(self._known) - self.length - self.horizon
        known = self._windows(self._known, np.unique(np.linspace(0, last, MOST_TESTED).astype(int)))
        A, b = self._features(known.x), known.y
        weights = np.linalg.solve(A.T @ A + 1e-3 * len(A) * np.eye(A.shape[1]), A.T @ b)
        found["a linear forecast"] = _rmse(self._features(x) @ weights - y)
        return found

    def _features(self, x: Array) -> Array:
        lags = max(1, min(self.length, MOST_FEATURES // x.shape[2]))
        rows = x[-lags:].transpose(1, 0, 2).reshape(x.shape[1], -1).astype(np.float64)
        return np.concatenate([rows, np.ones((len(rows), 1))], axis=1)

    @property
    def goal(self) -> float:
        """Better than the best baseline."""
        return min(self.baselines.values())

    def tables(self, model: Any) -> dict[str, Rows]:
        """The error of each target in its own unit, and by how far ahead."""
        x, y = self._test
        shape = (len(y), self.horizon, len(self.targets))
        wrong = (self._predicted(model, x) - y).reshape(shape)
        same = (self._added(np.zeros_like(y), x) - y).reshape(shape)
        columns = [
            {
                "column": name,
                "RMSE": _rmse(wrong[:, :, k]) * self.scaling.spread[place],
                "the last row again": _rmse(same[:, :, k]) * self.scaling.spread[place],
            }
            for k, (name, place) in enumerate(zip(self.targets, self._places, strict=True))
        ]
        ahead = [
            {"rows ahead": k + 1, "RMSE": _rmse(wrong[:, k]), "the last row again": _rmse(same[:, k])}
            for k in range(self.horizon)
        ]
        return {"per column, in its own unit": columns, "per row ahead, in standard deviations": ahead}

    def examples(self, model: Any, rng: np.random.Generator, count: int) -> Rows:
        """Targets one row ahead, true and predicted, in their own units."""
        chosen = rng.integers(len(self._test.y), size=count)
        said, right = self._predicted(model, self._test.x[:, chosen]), self._test.y[chosen]
        rows = []
        for row, wanted in zip(said, right, strict=True):
            for k, (name, place) in enumerate(zip(self.targets, self._places, strict=True)):
                mean, spread = self.scaling.mean[place], self.scaling.spread[place]
                true, predicted = (round(float(v[k] * spread + mean), 6) for v in (wanted, row))
                rows.append({"column": name, "true": true, "predicted": predicted})
        return rows

    @classmethod
    def predict(cls, model: Any, facts: Mapping[str, Any], source: Source) -> Iterator[dict[str, Any]]:
        """The rows that come after the last of a table."""
        scaling, (targets, horizon) = Scaling.from_facts(facts), _targets(facts)
        length = fact(facts, "length", int)
        values = numbers(source.table(scaling.columns), scaling.columns)
        if len(values) < length:
            raise DataError(f"{source.name} has {len(values)} rows, wanted {length} or more to go on from. try: more")
        x = scaling(values[-length:])  # (T, C)
        places = [scaling.columns.index(name) for name in targets]
        said = outputs(model, x[:, None])[0].reshape(horizon, -1) + x[-1, places]
        values = said * np.array(scaling.spread)[places] + np.array(scaling.mean)[places]
        for k, row in enumerate(values):
            yield {"rows ahead": k + 1} | {name: float(f"{v:.7g}") for name, v in zip(targets, row, strict=True)}


def _targets(facts: Mapping[str, Any]) -> tuple[list[str], int]:
    """What a run forecasts, and how far ahead."""
    targets, horizon, columns = fact(facts, "targets", list), fact(facts, "horizon", int), fact(facts, "columns", list)
    if not 1 <= horizon <= LONGEST_HORIZON or not all(name in columns for name in targets):
        raise CheckpointError("the checkpoint's targets and horizon cannot be used. try: another one")
    return targets, horizon


def _rmse(wrong: Array) -> float:
    return float(np.sqrt(np.mean(wrong**2, dtype=np.float64)))
