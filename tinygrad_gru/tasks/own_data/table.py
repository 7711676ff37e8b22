"""The user's own table, a CSV file: columns of numbers to forecast, or groups of rows whose label is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from ...errors import ConfigError
from ..base import Option, Task, fact
from ..data.reader import Source, read_source
from .forecasting import Forecast
from .sequence_classification import Groups

__all__ = ["Table"]

KINDS: dict[str, type[Task]] = {"forecast": Forecast, "groups": Groups}


class Table(Forecast):
    """What can be learned from a table, told by its columns.

    With a column `label` and a column `group` (or `id`) the rows of each group are a sequence whose label is wanted;
    otherwise the columns of numbers are forecast.
    """

    compare = "forecasting: the last row again, the mean, linear; labels: the most frequent, the nearest mean"
    expect = "depends on your table: the goal is to be better than the best baseline"
    accepts = "a CSV file with the columns of the run"
    options: ClassVar[Mapping[str, Option]] = {
        "targets": Option(list, "the columns to forecast; by itself all that hold numbers"),
        "horizon": Option(int, "how many rows ahead"),
        "label": Option(str, "the column with the labels of groups"),
        "group": Option(str, "the column that names the group of a row"),
    }

    @classmethod
    def create(  # type: ignore[override]
        cls, length: int, file: Path | None = None, label: str | None = None, group: str | None = None, **options: Any
    ) -> Task:
        """A forecast (options: targets, horizon), or groups, if columns of that name are there or named here."""
        if file is None:
            raise ConfigError("file: table needs a CSV file. try: --file FILE.csv")
        source = read_source(file, "csv")
        header = source.header()
        if label is None and not options and "label" in header and {"group", "id"} & set(header):
            label = "label"
        if label is None:
            return Forecast(source, length, **options)
        if options:
            raise ConfigError(f"label: groups are not forecast, got {', '.join(options)} too. try: without")
        return Groups(source, length, label, group or ("group" if "group" in header else "id"))

    @classmethod
    def again(cls, length: int, file: Path | None, facts: Mapping[str, Any]) -> Task:
        """A table in the columns, the scaling and the labels of a run."""
        if file is None:
            raise ConfigError("file: table needs a CSV file. try: --file FILE.csv")
        source = read_source(file, "csv")
        if _kind(facts) is Groups:
            label, group = fact(facts, "label", str), fact(facts, "group", str)
            return Groups(source, length, label, group, facts)
        return Forecast(source, length, facts=facts)

    @classmethod
    def build(cls, cell: str, hidden: int, facts: Mapping[str, Any]) -> Any:
        """An untrained model for these columns."""
        return _kind(facts).build(cell, hidden, facts)

    @classmethod
    def predict(cls, model: Any, facts: Mapping[str, Any], source: Source) -> Iterator[dict[str, Any]]:
        """The rows that come next, or the label of each group."""
        yield from _kind(facts).predict(model, facts, source)


def _kind(facts: Mapping[str, Any]) -> type[Task]:
    return KINDS.get(fact(facts, "kind", str), Forecast)
