"""The task `table`: forecasting columns of numbers, or classifying groups of rows; the columns say which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...errors import ConfigError
from ..data.facts import fact
from ..data.reader import Source
from ..data.tables.form import Reading
from ..served import Served
from .forecasting import Forecast
from .sequence_classification import Groups
from .table_task import TableTask, read_table

__all__ = ["Table"]

KINDS: dict[str, type[Forecast | Groups]] = {"forecast": Forecast, "groups": Groups}  # by the fact `kind` of a run


class Table(TableTask):
    """A table: Groups if it has a column `label` and a column `group` (or `id`), otherwise a Forecast.

    It is never instantiated: `create` and `again` return one of the two, `build` and `predict` pass on to it.
    """

    metric = Forecast.metric
    compare = "forecasting: the last row again, the mean, linear; labels: the most frequent, the nearest mean"
    length_is = Forecast.length_is

    @classmethod
    def create(
        cls, length: int, file: Path | None = None, label: str | None = None, group: str | None = None,
        split_seed: int | None = None, **options: Any,
    ) -> Forecast | Groups:  # fmt: skip
        """A forecast (options: targets, horizon), or groups, if columns of that name are there or named here.

        Other options are those of a Reading.
        """
        source = read_table(file, Reading.of(options))
        header = source.header()
        of_group = source.column("group", header) or source.column("id", header)
        if label is None and not options and (group or of_group):
            label = source.column("label", header)
        if label is None:
            if group is not None:
                raise ConfigError("group: groups are classified by a label, got none. try: --label COLUMN too")
            if split_seed is not None:
                raise ConfigError("split_seed: a forecast is tested on its last rows, got no groups. try: without it")
            return Forecast(source, length, **options)
        if options:
            raise ConfigError(f"label: groups are not forecast, got {', '.join(options)} too. try: without")
        return Groups(source, length, label, group or of_group or "id", split_seed=split_seed)

    @classmethod
    def again(cls, length: int, file: Path | None, facts: Mapping[str, Any]) -> Forecast | Groups:
        """A table in the columns, the scaling and the labels of a run."""
        return kind_of(facts).again(length, file, facts)

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any], keep_bias: float | None = None) -> Any:
        """An untrained model for the columns of a run."""
        return kind_of(facts).build(cell, hidden, facts, keep_bias)

    @classmethod
    def served(cls, model: Any, facts: Mapping[str, Any]) -> Served:
        """The model of a forecast, or of groups."""
        return kind_of(facts).served(model, facts)

    @classmethod
    def predict(cls, model: Any, facts: Mapping[str, Any], source: Source) -> Iterator[dict[str, Any]]:
        """The rows that come next, or the label of each group."""
        yield from kind_of(facts).predict(model, facts, source)


def kind_of(facts: Mapping[str, Any]) -> type[Forecast | Groups]:
    """The class of the task of a run."""
    return KINDS.get(fact(facts, "kind", str), Forecast)
