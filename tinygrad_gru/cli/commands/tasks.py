"""`tinygrad-gru tasks`: what there is to learn, what each teaches, and what to expect of it."""

from __future__ import annotations

import json
import shutil
import textwrap
from typing import Annotated

import typer

from .. import streams
from ..arguments import AsJson, Debug

__all__ = ["tasks"]


def tasks(
    name: Annotated[str | None, typer.Argument(metavar="[TASK]", help="Only this one.")] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """List the tasks: what each teaches, its baseline, and what comes out with its defaults."""
    from ...errors import ConfigError, did_you_mean
    from ...tasks import TASKS

    if name is not None and name not in TASKS:
        raise ConfigError(f"task: there is no {name!r}. {did_you_mean(name, TASKS)}")
    chosen = [task for task in TASKS.values() if name in (None, task.name)]
    if as_json:
        rows = [
            {
                "name": task.name,
                "teaches": task.teaches,
                "metric": task.metric,
                "baseline": task.compare,
                "expect": task.expect,
                "length": task.length_is,
                "predict": task.accepts,
                "defaults": dict(task.defaults),
            }
            for task in chosen
        ]
        streams.write(json.dumps(rows, ensure_ascii=False))
        return
    width = max(40, min(120, shutil.get_terminal_size().columns))
    for task in chosen:
        settings = ", ".join(f"{option} {value}" for option, value in task.defaults.items())
        lines = {
            "teaches": task.teaches,
            "metric": task.metric,
            "baseline": task.compare,
            "expect": task.expect,
            "--length": task.length_is,
            "predict": task.accepts,
            "defaults": settings,
        }
        streams.write(f"{task.name}")
        for title, text in lines.items():
            streams.write(textwrap.fill(f"{title:<9} {text}", width, initial_indent="  ", subsequent_indent=" " * 12))
