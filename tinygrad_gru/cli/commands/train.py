"""`tinygrad-gru train`: a run, from settings to checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .. import streams
from ..arguments import AsJson, Debug, Out, Quiet

if TYPE_CHECKING:
    from ...training import Config, Rehearsal

__all__ = ["train"]


def train(
    task: Annotated[
        str | None, typer.Argument(metavar="TASK", help="adding, order, copy, parity, reber, sine, chars, …")
    ] = None,
    cell: Annotated[str | None, typer.Option(help="rnn, gru, gru-after or lstm; by default gru.")] = None,
    hidden: Annotated[
        int | None, typer.Option(help="Numbers in the state. This and the next four: by default the task's own.")
    ] = None,
    updates: Annotated[int | None, typer.Option(help="Steps of the optimiser.")] = None,
    batch: Annotated[int | None, typer.Option(help="Sequences per update.")] = None,
    lr: Annotated[float | None, typer.Option(help="Adam's learning rate at the start.")] = None,
    length: Annotated[int | None, typer.Option(help="Time steps per sequence.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same numbers.")] = None,
    file: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="chars: UTF-8 text; labelled: CSV or JSONL; table: CSV; - is stdin."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings as TOML: see init. Options win over it.")] = None,
    final_lr: Annotated[float | None, typer.Option(help="Share of lr at the end; 1 keeps it.")] = None,
    clip: Annotated[float | None, typer.Option(help="The most that the gradient's norm may be.")] = None,
    keep_bias: Annotated[float | None, typer.Option(help="Gates start open for the past: 2 for long spans.")] = None,
    every: Annotated[int | None, typer.Option(help="Updates between two measurements and checkpoints.")] = None,
    patience: Annotated[int | None, typer.Option(help="Stop after so many without a better one.")] = None,
    targets: Annotated[str | None, typer.Option(help="table: columns to forecast, with commas.")] = None,
    horizon: Annotated[int | None, typer.Option(help="table: how many rows ahead.")] = None,
    label: Annotated[str | None, typer.Option(help="table: the column with the labels of groups.")] = None,
    group: Annotated[str | None, typer.Option(help="table: the column that names a row's group.")] = None,
    out: Out = None,
    dry_run: Annotated[
        bool, typer.Option(help="Check everything, tell sizes, memory and time, train nothing.")
    ] = False,
    report: Annotated[bool, typer.Option(help="Write report.html into the run's folder at the end.")] = True,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Train a recurrent network on a task. Ctrl-C saves and stops."""
    from ...training import rehearse, settled, train_run
    from ...training.config import words_of

    settings = settled(
        config, task, cell=cell, hidden=hidden, updates=updates, batch=batch, lr=lr, length=length, seed=seed,
        file=file, final_lr=final_lr, clip=clip, keep_bias=keep_bias, every=every, patience=patience,
        targets=words_of(targets) if targets is not None else None, horizon=horizon, label=label, group=group,
    )  # fmt: skip
    if dry_run:
        tell(settings, rehearse(settings), as_json)
        return
    result = train_run(settings, out, quiet, report=report)
    if as_json:
        streams.write(json.dumps(result.as_dict()))
    else:
        streams.write(str(result.run))
    if result.stopped is not None:
        streams.flush()
        raise typer.Exit(128 + result.stopped)


def tell(settings: Config, found: Rehearsal, as_json: bool) -> None:
    """What a rehearsal found: data, so on stdout."""
    if as_json:
        streams.write(json.dumps({"config": settings.as_dict()} | found.as_dict()))
        return
    shapes = ", ".join(f"{name} {shape}" for name, shape in found.shapes.items())
    streams.write(settings.as_toml(), end="")
    if found.data:
        streams.write(f"# data: {found.data}")
    streams.write(f"# a batch: {shapes}")
    streams.write(
        f"# {found.parameters:,} parameters · {found.weights / 1e6:.1f} MB with gradients and Adam's moments "
        f"· {found.peak / 1e6:.1f} MB more at most during an update"
    )
    streams.write(
        f"# the first update: loss {found.loss:.4g}, |g| {found.norm:.2g} "
        f"· {settings.updates} updates take about {found.seconds:.0f} s here"
    )
