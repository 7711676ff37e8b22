"""Forecasting the columns of a table: from the last rows the next ones, all of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ... import nn
from ...core.support.arrays import Array
from ...core.support.operands import value_of
from ...core.tensor import Tensor
from ...errors import CheckpointError, ConfigError, DataError
from ..base import Batch, Rows
from ..data.facts import fact
from ..data.overlap import shared_beginning
from ..data.reader import Source
from ..data.scaling import Scaling, listed
from ..data.split import FLATTERED, VALIDATED
from ..data.tables.form import Reading
from ..data.tables.gaps import fill_gaps
from ..data.tables.rows import table_of
from ..data.tables.season import season_of
from ..data.text import of_run, reading_facts, sha256
from ..linear import LinearForecast
from ..metrics import root_mean_squared_error
from ..models import AtTheEnd, FromLinear, outputs
from ..served import Forecasting, Served
from .intervals import errors_of, nine_in_ten, share_inside
from .table_task import TableTask, read_table, report_of, units_of, with_columns
from .windows import Windows

__all__ = ["Forecast"]

HELD_OUT = 0.2  # the last fifth of the rows is held out, and so is any window that reaches into it
SHOWN = 60  # rows of a picture, the last ones
LONGEST_HORIZON = 1000


class Forecast(TableTask):
    """From `length` rows of a table the next `horizon` values of its target columns."""

    metric = "test RMSE in standard deviations"
    compare = "the last row again, the mean, one season ago, a linear forecast"
    length_is = "rows that are read for a forecast"

    def __init__(
        self,
        source: Source,
        length: int,
        targets: Sequence[str] = (),
        horizon: int = 1,
        facts: Mapping[str, Any] | None = None,
        season: int | None = None,
    ) -> None:
        """With the facts of a run its columns and scaling are used, and another table is tested whole.

        `season` is how many rows one has, 0 meaning none; by default it is found in the rows to train on.
        """
        self.length = length
        source, own = (source, False) if facts is None else of_run(source, facts)
        self._source, self._table = source, table_of(source, facts=with_columns(facts), own=own)
        self._reading = reading_facts(source, facts)
        if facts is None:
            self._leave_out_what_is_empty(source)
        columns, values = self._table.columns, self._table.values  # (N, C)
        if facts is None:
            wanted = [source.column(name, columns) or name for name in targets]
            self.targets, self.horizon = list(dict.fromkeys(wanted)) or columns, horizon
            _refuse_options(self.targets, horizon, columns)
        else:
            self.targets, self.horizon = _targets(facts)
        self._fingerprint = sha256(source.text)
        start = len(values) - int(HELD_OUT * len(values))
        if facts is not None and not own:
            start, self.all_held_out = 0, True
        rows = length + self.horizon  # of a window
        if len(values) - start < rows or 0 < start < rows:
            most = min(len(values) - start, start or len(values)) - self.horizon
            shorter = f"--length {most}" if most > 0 else "a smaller --length"
            needed = int(np.ceil(rows / HELD_OUT)) if facts is None else rows
            raise DataError(
                f"{source.name} has {len(values)} rows, wanted {needed} or more for windows of {length} and "
                f"{self.horizon} ahead. try: {shorter}, or a longer table"
            )
        values = _filled(source, values, start, None if facts is None else Scaling.from_facts(facts).mean)
        self.scaling = Scaling.of(columns, values[:start]) if facts is None else Scaling.from_facts(facts)
        z = self.scaling(values)
        place_of = {name: place for place, name in enumerate(columns)}
        self._places = [place_of[name] for name in self.targets]
        self._windows = Windows(length, self.horizon, self._places)
        self._known, self._held_out = z[:start], z[start:]
        self._test = self._windows.of(self._held_out, self._windows.starts(0, len(self._held_out)))
        self._learn(facts, season)

    def _learn(self, facts: Mapping[str, Any] | None, season: int | None) -> None:
        """The season, the linear forecast that the network starts from, and which rows choose the weights."""
        self._season_found = facts is None and season is None
        if facts is None:
            self.season = season_of(self._known[:, self._places]) if season is None else season
        else:
            self.season = facts["season"] if type(facts.get("season")) is int else 0
        self._validates = facts is None or facts.get("validation") is True
        rows, N = self.length + self.horizon, len(self._known)
        chosen = N // VALIDATED if self._validates and N >= 40 else 0
        chosen = chosen if N - chosen >= rows and chosen >= self.horizon else 0
        self._train = self._known[: N - chosen]
        self._validation: Batch | None = None
        if chosen:  # windows whose targets are the last of the rows; what they start from was trained on
            self._validation = self._windows.of(self._known, self._windows.starts(N - chosen - self.length, N))
        self._linear_of_train = self._least_squares(self._train) if chosen else None
        self._errors = errors_of(facts, self.horizon, len(self.targets)) if facts is not None else None
        outputs = self.horizon * len(self.targets)
        self._against_linear = ""
        if facts is not None:
            self._linear = LinearForecast.from_facts(facts, len(self.scaling.columns), outputs)
        else:
            linear = self._least_squares(self._known)
            self._against_linear = self._why_not(linear)
            self._linear = None if self._against_linear else linear

    def _why_not(self, linear: LinearForecast) -> str:
        """Why the network does not start from the linear forecast, "" if it does.

        Of as many columns as there are rows it knows those rows by heart, and errs several times as much on new ones.
        So it must err no more than the last row again on the rows of the validation; or, where there are none, be told
        by enough windows.
        """
        if not linear.is_small:
            return f"it would have {linear.weights.size:,} weights"
        if self._validation is None or self._linear_of_train is None:
            columns, windows = len(self.scaling.columns), self._windows.count(len(self._known))
            if LinearForecast.can_be_told(windows, columns):
                return ""
            return f"{windows} windows of {columns} columns are too few, and no rows are left to try it on"
        x, y = self._validation
        last, change = self._windows.last_row(x), np.asarray(value_of(self._linear_of_train(x)))
        helps = root_mean_squared_error(last + change, y) <= root_mean_squared_error(last, y)
        return "" if helps else "on the rows that choose the weights it errs more than the last row again"

    def _least_squares(self, rows: Array) -> LinearForecast:
        """The linear forecast of these rows."""
        x, y = self._windows.of(rows, self._windows.starts(0, len(rows)))
        return LinearForecast.of(x, y - self._windows.last_row(x))

    def _leave_out_what_is_empty(self, source: Source) -> None:
        """Columns without a value in the rows to train on, from which no gap could be filled."""
        table = self._table
        train = table.values[: len(table.values) - int(HELD_OUT * len(table.values))]
        empty = [name for name, rows in zip(table.columns, train.T, strict=True) if np.isnan(rows).all()]
        if len(empty) == len(table.columns):
            raise DataError(f"{source.name}: no column has a value in the rows to train on. try: another file")
        for name in empty:
            table.leave_out(name, "no value in the rows to train on")

    @classmethod
    def create(cls, length: int, file: Path | None = None, **options: Any) -> Forecast:
        """All columns of numbers of a table, one row ahead; options: `targets`, `horizon`, `season`, a Reading's."""
        reading = Reading.of(options)
        return cls(read_table(file, reading), length, **options)

    @classmethod
    def again(cls, length: int, file: Path | None, facts: Mapping[str, Any]) -> Forecast:
        """A table in the columns, the targets and the scaling of a run."""
        return cls(read_table(file, Reading.from_facts(facts)), length, facts=facts)

    @property
    def data(self) -> str:
        """The numbers of rows, and the columns that are used, forecast and left out."""
        parts = [
            f"{len(self._known) + len(self._held_out):,} rows; the last {len(self._held_out):,} are held out",
            f"columns: {listed(self.scaling.columns)}",
            f"forecast: {listed(self.targets)}",
        ]
        if left_out := self._table.left_out:
            parts.append(f"left out: {listed([f'{name} ({why})' for name, why in left_out.items()])}")
        return " · ".join(parts)

    @property
    def report(self) -> list[str]:
        """How the table is read, its columns, and the split."""
        uses = {name: "input, forecast" if name in self.targets else "input" for name in self.scaling.columns}
        train, held_out = len(self._train), len(self._held_out)
        chosen = len(self._known) - train
        more = f"the next {chosen:,} choose the weights that are kept, " if chosen else ""
        split = f"the first {train:,} rows are trained on, {more}the last {held_out:,} are held out"
        split += "" if chosen else FLATTERED
        split = f"all {held_out:,} rows are held out" if not train else split
        *lines, split, overriding = report_of(self._source, self._table, uses, split)
        start = [f"start: the last row again, and no linear forecast: {self._against_linear}"]
        start = start if self._against_linear else []
        return [*lines, *start, f"season: {self._season_words}", split, overriding]

    @property
    def _season_words(self) -> str:
        """How many rows a season has and who says so, for people."""
        how = ", found in the rows to train on (--season says otherwise, 0 that there is none)"
        how = how if self._season_found else ""
        if not self.season:
            return f"none{how}"
        longer = f"; a window of {self.length} rows does not hold it. try: --length {self.season + 1}"
        return f"{self.season} rows{how}{longer if self.season > self.length else ''}"

    @property
    def facts(self) -> dict[str, Any]:
        """The columns and their scaling, how they are read, the targets, the horizon, and the file's fingerprint."""
        return {
            "kind": "forecast",
            **self.scaling.as_facts(),
            **self._table.as_facts(),
            "reading": self._reading,
            "targets": self.targets,
            "horizon": self.horizon,
            "length": self.length,
            "sha256": self._fingerprint,
            "season": self.season,
            **({"validation": True} if self._validates else {}),
            **({"linear": self._linear.as_facts()} if self._linear is not None else {}),
        }

    @property
    def measured(self) -> dict[str, Any]:
        """The errors of validation that nine in ten stay below, by row ahead and target, scaled."""
        return {} if self._errors is None else {"errors": self._errors.tolist()}

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any], keep_bias: float | None = None) -> AtTheEnd:
        """An untrained model for these columns, which starts from the linear forecast of the run."""
        targets, horizon = _targets(facts)
        columns, outputs = len(Scaling.from_facts(facts).columns), horizon * len(targets)
        linear = LinearForecast.from_facts(facts, columns, outputs)
        if linear is None:
            return AtTheEnd(cell, columns, hidden, outputs, keep_bias)
        return FromLinear(cell, columns, hidden, outputs, keep_bias, linear)

    @classmethod
    def served(cls, model: Any, facts: Mapping[str, Any]) -> Served:
        """The last rows, in the units of their columns, to the next values of the targets in theirs."""
        scaling, (targets, horizon) = Scaling.from_facts(facts), _targets(facts)
        places = [scaling.columns.index(name) for name in targets]
        module = Forecasting(model, (scaling.mean, scaling.spread), places, horizon)
        T = max(5, fact(facts, "length", int))  # as long as the linear forecast looks back
        x = np.random.default_rng(0).normal(size=(T, 3, len(scaling.columns)))  # (T, B, C)
        return Served(module, {"x": x * scaling.spread + scaling.mean}, units_of(facts))

    def batches(self, rng: np.random.Generator, batch: int) -> Iterator[Batch]:
        """Windows from anywhere in the rows to train on."""
        self.refuse_to_train()
        last = len(self._train) - self.length - self.horizon
        while True:
            yield self._windows.of(self._train, rng.integers(last + 1, size=batch))

    def tell_apart(self, own: Any) -> None:
        """Name the rows at the beginning that the run was trained on: a window that goes on from them needs them."""
        self.overlap = shared_beginning(own._known, self._held_out, self.length, "rows")

    def loss(self, model: Any, batch: Batch, state: Any = None) -> tuple[Any, None]:
        """The mean squared error of the scaled columns; the model's output is the difference from the last row."""
        prediction = model(Tensor(batch.x, name="x")) + self._windows.last_row(batch.x)
        return nn.losses.mse(prediction, Tensor(batch.y, name="y")), None

    def _predicted(self, model: Any, x: Array) -> Array:
        return np.asarray(outputs(model, x) + self._windows.last_row(x))

    def evaluate(self, model: Any) -> float:
        """The root of the mean squared error over held-out windows, all targets and rows ahead."""
        if self._validation is not None:
            self._errors = self._nine_in_ten(model, self._validation)
        return root_mean_squared_error(self._predicted(model, self._test.x), self._test.y)

    def validate(self, model: Any) -> float | None:
        """The same on the last tenth of the rows to train on, which are not trained on then."""
        if self._validation is None:
            return None
        return root_mean_squared_error(self._predicted(model, self._validation.x), self._validation.y)

    def _nine_in_ten(self, model: Any, batch: Batch) -> Array | None:
        """What nine in ten errors stay below, (horizon, C'), None of too few.

        The linear forecast that the network starts from was fitted to these rows too, and errs less on them than on
        new ones: for it stands one that was fitted without them.
        """
        predicted = self._predicted(model, batch.x)  # (B, horizon · C')
        if self._linear is not None and self._linear_of_train is not None:
            unseen, seen = (value_of(linear(batch.x)) for linear in (self._linear_of_train, self._linear))
            predicted = predicted + np.asarray(unseen - seen)
        return nine_in_ten(predicted - batch.y, self.horizon)

    @cached_property
    def baselines(self) -> dict[str, float]:
        """The last row again, the mean (0, as the columns are scaled), one season ago, and a linear forecast.

        The season is left out if there is none, or a window does not hold it; the linear one where there are no rows to
        train on.
        """
        return {
            name: root_mean_squared_error(forecast, self._test.y)
            for name, forecast in self._forecasts_of_baselines.items()
        }

    @cached_property
    def _forecasts_of_baselines(self) -> dict[str, Array]:
        """The forecasts of each baseline for the windows held out, (B, horizon · C')."""
        x, y = self._test
        forecasts = {"the last row again": self._windows.last_row(x), "the mean": np.zeros_like(y)}
        if 0 < self.season <= self.length:
            forecasts["one season ago"] = self._windows.one_season_ago(x, self.season)
        if not self.all_held_out:
            change = np.asarray(value_of(self._least_squares(self._known)(x)))
            forecasts["a linear forecast"] = self._windows.last_row(x) + change
        return forecasts

    @property
    def goal(self) -> float:
        """Better than the best baseline."""
        return min(self.baselines.values())

    def tables(self, model: Any) -> dict[str, Rows]:
        """The error of each target in its own unit, by how far ahead, and what the baselines err more."""
        x, y = self._test
        shape = (len(y), self.horizon, len(self.targets))
        predicted, last, y = (a.reshape(shape) for a in (self._predicted(model, x), self._windows.last_row(x), y))

        def inside(k: int) -> dict[str, float]:
            if self._errors is None:
                return {}
            return {"inside the interval": share_inside(predicted[:, k] - y[:, k], self._errors[k])}

        columns = [
            {
                "column": name,
                "RMSE": root_mean_squared_error(predicted[:, :, k], y[:, :, k]) * self.scaling.spread[place],
                "the last row again": root_mean_squared_error(last[:, :, k], y[:, :, k]) * self.scaling.spread[place],
            }
            for k, (name, place) in enumerate(zip(self.targets, self._places, strict=True))
        ]
        ahead = [
            {
                "rows ahead": k + 1,
                "RMSE": root_mean_squared_error(predicted[:, k], y[:, k]),
                "the last row again": root_mean_squared_error(last[:, k], y[:, k]),
                **inside(k),
            }
            for k in range(self.horizon)
        ]
        return {
            "per column, in its own unit": columns,
            "per row ahead, in standard deviations": ahead,
            "squared error that a baseline has more": self._beside_the_baselines(model),
        }

    def _beside_the_baselines(self, model: Any) -> Rows:
        """How much more squared error each baseline has on the same windows, in the mean, and the standard error of it.

        Windows that forecast the same rows do not err independently: of `horizon` of them one is counted.
        """
        x, y = self._test
        ours = ((self._predicted(model, x) - y) ** 2).mean(axis=1)  # (B,)
        rows = []
        for name, forecast in self._forecasts_of_baselines.items():
            more = ((forecast - y) ** 2).mean(axis=1) - ours  # (B,)
            independent = len(more) / self.horizon
            spread = float(more.std(ddof=1) / np.sqrt(independent)) if independent >= 2 else None
            rows.append({"baseline": name, "more": float(more.mean()), "±": spread})
        return rows

    def lines(self, model: Any) -> dict[str, dict[str, list[tuple[int, float]]]]:
        """Of each target the last rows held out, in its own unit: what was true, and what was forecast a row before."""
        end = len(self._held_out) - self.length - self.horizon + 1
        x, y = self._windows.of(self._held_out, np.arange(max(0, end - SHOWN), end))
        predicted, lines = self._predicted(model, x), {}
        for k, (name, place) in enumerate(zip(self.targets, self._places, strict=True)):
            values = {"true": y[:, k], "forecast": predicted[:, k]}
            mean, spread = self.scaling.mean[place], self.scaling.spread[place]
            lines[name] = {
                which: [(row, float(v)) for row, v in enumerate(column * spread + mean, 1)]
                for which, column in values.items()
            }
        return lines

    def examples(self, model: Any, rng: np.random.Generator, count: int) -> Rows:
        """Targets one row ahead, true and predicted, in their own units."""
        chosen = rng.integers(len(self._test.y), size=count)
        rows = []
        for row, target in zip(self._predicted(model, self._test.x[:, chosen]), self._test.y[chosen], strict=True):
            for k, (name, place) in enumerate(zip(self.targets, self._places, strict=True)):
                mean, spread = self.scaling.mean[place], self.scaling.spread[place]
                true, predicted = (round(float(v[k] * spread + mean), 6) for v in (target, row))
                rows.append({"column": name, "true": true, "predicted": predicted})
        return rows

    @classmethod
    def predict(cls, model: Any, facts: Mapping[str, Any], source: Source) -> Iterator[dict[str, Any]]:
        """The rows that come after the last of a table."""
        scaling, (targets, horizon) = Scaling.from_facts(facts), _targets(facts)
        length = fact(facts, "length", int)
        source, own = of_run(source, facts)
        table = table_of(source, facts=with_columns(facts), own=own)
        table.bad.tell()
        values = _filled(source, table.values, 0, scaling.mean)
        if len(values) < length:
            raise DataError(f"{source.name} has {len(values)} rows, wanted {length} or more to go on from. try: more")
        x = scaling(values[-length:])  # (T, C)
        places = [scaling.columns.index(name) for name in targets]
        predicted = outputs(model, x[:, None])[0].reshape(horizon, -1) + x[-1, places]  # (horizon, C')
        spread = np.array(scaling.spread)[places]
        values = predicted * spread + np.array(scaling.mean)[places]
        errors = errors_of(facts, horizon, len(targets))
        for k, row in enumerate(values):
            answer: dict[str, Any] = {"rows ahead": k + 1} | dict(zip(targets, map(_short, row), strict=True))
            if errors is not None:
                for name, value, error in zip(targets, row, errors[k] * spread, strict=True):
                    answer |= {f"{name} from": _short(value - error), f"{name} to": _short(value + error)}
            yield answer


def _short(value: float) -> float:
    """To seven digits."""
    return float(f"{value:.7g}")


def _filled(source: Source, values: Array, start: int, means: Sequence[float] | None) -> Array:
    """The values (N, C) without gaps; those of the first `start` rows are filled without a look at the others.

    `means` are those of a run, by default those of the first rows.
    """
    how = source.reading.fill
    if how is None or not np.isnan(values).any():
        return values
    values = values.copy()
    train = values[:start]
    known = np.nanmean(train, axis=0) if means is None else np.array(means)
    fill_gaps(train, how, known)
    fill_gaps(values, how, known)
    return values


def _refuse_options(targets: Sequence[str], horizon: int, columns: Sequence[str]) -> None:
    """ConfigError for a target that is no column of numbers, and for a horizon that is too far."""
    if others := set(targets).difference(columns):
        name = next(name for name in targets if name in others)
        numeric = ", ".join(columns[:20])
        raise ConfigError(f"column: got {name!r}, wanted a column of numbers: {numeric}. try: --targets {columns[0]}")
    if not 1 <= horizon <= LONGEST_HORIZON:
        raise ConfigError(f"horizon: got {horizon}, wanted 1 to {LONGEST_HORIZON} rows ahead. try: --horizon 1")


def _targets(facts: Mapping[str, Any]) -> tuple[list[str], int]:
    """The target columns of a run, and its horizon."""
    targets, horizon, columns = fact(facts, "targets", list), fact(facts, "horizon", int), fact(facts, "columns", list)
    if not 1 <= horizon <= LONGEST_HORIZON or not all(name in columns for name in targets):
        raise CheckpointError("the checkpoint's targets and horizon cannot be used. try: another one")
    return targets, horizon
