"""What forecasting a table and classifying its groups have in common: the name on the command line, and the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ...errors import ConfigError
from ..base import Task
from ..data.reader import Source, read_source

__all__ = ["TableTask", "read_table"]


class TableTask(Task):
    """Base of the tasks on a table."""

    name = "table"
    teaches = "a model for your own table: from the last rows it forecasts the next, or it tells a group's label"
    expect = "depends on your table: the goal is to be better than the best baseline"
    accepts = "a CSV file with the columns of the run"
    defaults: ClassVar[Mapping[str, Any]] = {"hidden": 32, "updates": 1000, "batch": 32, "lr": 0.005, "length": 24}


def read_table(file: Path | None) -> Source:
    """The text of a CSV file; ConfigError without one."""
    if file is None:
        raise ConfigError("file: table needs a CSV file. try: --file FILE.csv")
    return read_source(file, "csv")
