"""What forecasting a table and classifying its groups have in common: the name on the command line, and the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...core.support.arrays import Array
from ...core.support.modes import no_grad
from ...errors import ConfigError
from ..base import Ragged, Task
from ..data.reader import Source, is_jsonl, read_source
from ..data.scaling import SHOWN, Scaling, listed
from ..data.tables.form import Reading
from ..data.tables.rows import Table

__all__ = [
    "OVERRIDING",
    "TableTask",
    "listed_classes",
    "mean_loss",
    "read_table",
    "report_of",
    "units_of",
    "with_columns",
]

# Said where something of a table is guessed.
OVERRIDING = "say otherwise: --encoding --delimiter --quote --header --decimal --dates --time --fill --skip-bad"


class TableTask(Task):
    """Base of the tasks on a table."""

    name = "table"
    teaches = "the last rows of a table of your own can tell the next, or the label of a group"
    expect = "depends on your table: the goal is to be better than the best baseline"
    accepts = "a CSV file with the columns of the run"
    defaults: ClassVar[Mapping[str, Any]] = {"hidden": 32, "updates": 1000, "batch": 32, "lr": 0.005, "length": 24}


def read_table(file: Path | None, reading: Reading | None = None) -> Source:
    """The text of a table, CSV or JSONL; ConfigError without a file."""
    if file is None:
        raise ConfigError("file: table needs a CSV file. try: --file FILE.csv")
    return read_source(file, None if is_jsonl(file) else "csv", reading)


def with_columns(facts: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The facts of a run, whose columns can be used; CheckpointError otherwise."""
    return None if facts is None else dict(facts) | {"columns": Scaling.from_facts(facts).columns}


def units_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the numbers of a table mean, for other programs: the columns with their units, and what is forecast."""
    written = facts.get("written") or {}
    units = {name: how["unit"] for name, how in written.items() if "unit" in how}
    names = ("columns", "targets", "horizon", "length", "time")
    return {name: facts[name] for name in names if facts.get(name)} | {"units": units}


def report_of(source: Source, table: Table, uses: Mapping[str, str], split: str) -> list[str]:
    """How a table is read, what each column holds and is used for, and what is held out."""
    lines = [f"read as: {source.encoding} · {source.form.words if source.kind == 'csv' else 'JSONL'}"]
    if table.order.words:
        lines.append(f"order: {table.order.words}")
    rows = [("column", "type", "from", "to", "gaps", "used")]
    for name, kind in list(table.kinds.items())[:SHOWN]:
        if name not in table.columns:
            why = f"left out: {table.left_out[name]}" if name in table.left_out else ""
            rows.append((listed([name]), kind, "", "", "", uses.get(name) or why))
            continue
        numbers = table.values[:, table.columns.index(name)]
        low, high = np.nanmin(numbers, initial=np.inf), np.nanmax(numbers, initial=-np.inf)
        gaps = f"{table.gaps[name]:,}" + (f" ({source.reading.fill})" if table.gaps[name] else "")
        written = table.numerals[name]
        kind = ", ".join(filter(None, ["number", "decimal comma" * (written.decimal == ","), written.unit]))
        rows.append((listed([name]), kind, f"{low:.6g}", f"{high:.6g}", gaps, uses[name]))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if len(table.kinds) > SHOWN:
        lines.append(f"and {len(table.kinds) - SHOWN:,} more columns")
    if table.bad.count:
        lines.append(table.bad.words)
    return [*lines, f"split: {split}", OVERRIDING]


def listed_classes(labels: list[str], y: Array, train: Array, held_out: Array) -> str:
    """The classes with how many of each are trained on and held out, for people."""
    sides = [np.bincount(y[side], minlength=len(labels)) for side in (train, held_out)]
    return listed([f"{name} {a:,} + {b:,}" for name, a, b in zip(labels, *sides, strict=True)])


def mean_loss(task: Task, model: Any, batches: Sequence[Ragged]) -> float | None:
    """The loss of all sequences of these batches, in the mean; None if there are none."""
    count = sum(len(batch.y) for batch in batches)
    if not count:
        return None
    with no_grad():
        total = sum(len(batch.y) * task.loss(model, batch)[0].item() for batch in batches)
    return float(total / count)
