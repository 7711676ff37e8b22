"""`tinygrad-gru eval`: the metric of a trained model, beside its baselines, and what the metric does not tell."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ...terminal import say
from ...training.config import READING
from .. import streams
from ..arguments import AsJson, Debug, RunOrFile
from ..loading import checkpoint_of_run
from ..options import options_of_settings
from ..tables import as_table

__all__ = ["evaluate"]


@options_of_settings(only=READING, after="length")
def evaluate(
    run: RunOrFile = "last",
    file: Annotated[Path | None, typer.Option(help="Other data than the run's, all of it tested; - is stdin.")] = None,
    length: Annotated[int | None, typer.Option(min=1, help="Other than the run's, as `tasks` explains it.")] = None,
    as_json: AsJson = False,
    debug: Debug = False,
    **reading: Any,
) -> None:
    """Measure a trained model on data that it was not trained on, with the run's own preprocessing."""
    from ...errors import ConfigError
    from ...training.dry_run import refuse_what_is_too_large
    from ...training.runs.data import task_of
    from ...updates.native import suited

    checkpoint = checkpoint_of_run(run)
    if length is not None:
        refuse_what_is_too_large(replace(checkpoint.config, length=length))
    asked = [setting for setting, value in reading.items() if value is not None]
    if file is None and asked:
        raise ConfigError(f"{asked[0]}: the run's own data are read as in training. try: --file with other data")
    task = task_of(checkpoint, length, file, reading)
    if task.all_held_out:
        name = "stdin" if str(file) == "-" else file
        tested = task.overlap or "all of it is tested, what was trained on too if it holds any"
        say(f"{name} is not the data of the run: {tested}")
    config = checkpoint.config  # the program that trained it, so that the metric is that of the run
    with suited(checkpoint.model, config.updates, config.length, config.batch):
        value, tables = task.evaluate(checkpoint.model), task.tables(checkpoint.model)
    if as_json:
        result = {
            "task": checkpoint.config.task,
            "cell": checkpoint.config.cell_name,
            "metric": task.metric,
            "value": value,
            "baselines": task.baselines,
            "goal": task.goal,
            "reached": value < task.goal,
            "tables": tables,
        }
        streams.write(json.dumps(result, ensure_ascii=False))
        return
    rows = [{task.metric: checkpoint.config.cell_name, "": value}]
    rows += [{task.metric: name, "": baseline} for name, baseline in task.baselines.items()]
    rows.append({task.metric: f"goal, {'reached' if value < task.goal else 'not reached'}", "": task.goal})
    streams.write(as_table(rows))
    for name, table in tables.items():
        streams.write(f"\n{name}\n{as_table(table)}")
