"""`tinygrad-gru train`: a run, from settings to checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from . import streams
from .options import AsJson, Debug, Out, Quiet, Seed

__all__ = ["train"]


def train(
    task: Annotated[str, typer.Argument(metavar="TASK", help="adding, order, copy, parity, reber, sine, chars, …")],
    cell: Annotated[str, typer.Option(help="rnn, gru or lstm.")] = "gru",
    hidden: Annotated[
        int | None, typer.Option(help="Numbers in the state. This and the next four: by default the task's own.")
    ] = None,
    updates: Annotated[int | None, typer.Option(help="Steps of the optimiser.")] = None,
    batch: Annotated[int | None, typer.Option(help="Sequences per update.")] = None,
    lr: Annotated[float | None, typer.Option(help="Adam's learning rate at the start.")] = None,
    length: Annotated[int | None, typer.Option(help="Time steps per sequence.")] = None,
    seed: Seed = 0,
    file: Annotated[
        Path | None, typer.Option(help="chars: UTF-8 text; labelled: CSV or JSONL; table: CSV; - is stdin.")
    ] = None,
    out: Out = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Train a recurrent network on a task. Ctrl-C saves and stops."""
    from ..training import Config, train_run

    config = Config.of(
        task, cell, hidden=hidden, updates=updates, batch=batch, lr=lr, length=length, seed=seed, file=file
    )
    result = train_run(config, out, quiet)
    if as_json:
        streams.write(json.dumps(result.as_dict()))
    else:
        streams.write(str(result.run))
    if result.stopped is not None:
        streams.flush()
        raise typer.Exit(128 + result.stopped)
