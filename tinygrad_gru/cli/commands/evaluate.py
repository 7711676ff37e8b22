"""`tinygrad-gru eval`: the metric of a trained model, beside its baselines, and what the metric does not tell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import streams
from ..arguments import AsJson, Debug

__all__ = ["as_table", "evaluate"]


def evaluate(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run: its folder, its number, last, or an npz of it.")
    ] = "last",
    file: Annotated[Path | None, typer.Option(help="Other data than the run's, all of it tested; - is stdin.")] = None,
    length: Annotated[int | None, typer.Option(help="Other than the run's, as `tasks` explains it.")] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Measure a trained model on data that it was not trained on, with the run's own preprocessing."""
    from ...errors import ConfigError
    from ...training import load_checkpoint
    from ...training.memory import refuse_what_is_too_large
    from ...training.runs.data import task_of
    from .export import checkpoint_path

    checkpoint = load_checkpoint(checkpoint_path(run))
    if length is not None and length < 1:
        raise ConfigError(f"length: got {length}, wanted a whole number above 0. try: --length 50")
    if length is not None:
        refuse_what_is_too_large(replace(checkpoint.config, length=length))
    task = task_of(checkpoint, length, file)
    if task.all_held_out:
        name = "stdin" if str(file) == "-" else file
        tested = task.overlap or "all of it is tested, what was trained on too if it holds any"
        streams.talk(f"{name} is not the data of the run: {tested}")
    value, tables = task.evaluate(checkpoint.model), task.tables(checkpoint.model)
    if as_json:
        found = {
            "task": checkpoint.config.task,
            "cell": checkpoint.config.cell,
            "metric": task.metric,
            "value": value,
            "baselines": task.baselines,
            "goal": task.goal,
            "reached": value < task.goal,
            "tables": tables,
        }
        streams.write(json.dumps(found, ensure_ascii=False))
        return
    rows = [{task.metric: checkpoint.config.cell, "": value}]
    rows += [{task.metric: name, "": baseline} for name, baseline in task.baselines.items()]
    rows.append({task.metric: f"goal, {'reached' if value < task.goal else 'not reached'}", "": task.goal})
    streams.write(as_table(rows))
    for name, table in tables.items():
        streams.write(f"\n{name}\n{as_table(table)}")


def as_table(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as lines of text, their columns aligned, numbers to the right."""
    if not rows:
        return "nothing"
    cells = [list(rows[0])] + [[_shown(value) for value in row.values()] for row in rows]
    right = [isinstance(value, int | float) for value in rows[0].values()]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for line in cells:
        aligned = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        ]
        lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines)


def _shown(value: Any) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text.replace("\n", "⏎")
