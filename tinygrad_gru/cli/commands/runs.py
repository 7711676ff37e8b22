"""`tinygrad-gru runs`: all runs in a table."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated

import typer

from .. import streams
from ..arguments import AsJson, Debug

__all__ = ["runs"]


def runs(
    task: Annotated[str | None, typer.Argument(metavar="[TASK]", help="Only the runs of this task.")] = None,
    sort: Annotated[str, typer.Option(help="The column to sort by: best, seconds, run, cell, …")] = "run",
    reverse: Annotated[bool, typer.Option(help="The largest first.")] = False,
    folder: Annotated[Path, typer.Option(help="Where the runs are.")] = Path("runs"),
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """List the runs: what they trained, how far they came, how good they are."""
    from ...errors import CheckpointError, ConfigError, FileError, did_you_mean
    from ...tasks import TASKS
    from ...training import read_facts
    from .evaluate import as_table

    if task is not None and task not in TASKS:
        raise ConfigError(f"task: there is no {task!r}. {did_you_mean(task, TASKS)}")
    found = sorted(path.parent for path in folder.glob("*/config.toml"))
    rows = []
    for run in found:
        try:
            row = read_facts(run).as_row()
        except (FileError, CheckpointError) as error:  # a newer version of ours made it: the others are listed
            streams.talk(f"not listed: {error}")
        else:
            rows += [row] if task in (None, row["task"]) else []
    if rows and sort not in rows[0]:
        raise ConfigError(f"sort: got {sort!r}, wanted a column. {did_you_mean(sort, rows[0])}")
    rows.sort(key=lambda row: math.inf if row[sort] is None else row[sort], reverse=reverse)
    if as_json:
        streams.write(json.dumps(rows, ensure_ascii=False))
    elif rows:
        streams.write(as_table([row | {"best": "" if row["best"] is None else row["best"]} for row in rows]))
    else:
        which = f"of {task} " if task else ""
        streams.talk(f"there is no run {which}in {folder} yet. try: tinygrad-gru train {task or 'adding'}")
