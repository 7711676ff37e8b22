"""`tinygrad-gru resume`: a run that was stopped goes on."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from .. import streams
from ..arguments import AsJson, Debug, Quiet

__all__ = ["resume"]


def resume(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run: its folder, its number, or last.")] = "last",
    report: Annotated[bool, typer.Option(help="Write report.html into the run's folder at the end.")] = True,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Go on with a run that was stopped, or killed: what comes out is, bit for bit, what it would have been."""
    from ...training import find_run, resume_run

    result = resume_run(find_run(run), quiet, report=report)
    if as_json:
        streams.write(json.dumps(result.as_dict()))
    else:
        streams.write(str(result.run))
    if result.stopped is not None:
        raise typer.Exit(128 + result.stopped)
