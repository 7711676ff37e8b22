"""`tinygrad-gru train`: a run, from settings to checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import streams
from ..arguments import AsJson, Debug, Out, Quiet
from ..options import options_of_settings

if TYPE_CHECKING:
    from ...training import Config, Rehearsal

__all__ = ["train"]


@options_of_settings()
def train(
    task: Annotated[
        str | None, typer.Argument(metavar="TASK", help="adding, order, copy, parity, reber, sine, chars, …")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings as TOML: see init. Options win over it.")] = None,
    out: Out = None,
    dry_run: Annotated[
        bool, typer.Option(help="Check everything, tell sizes, memory and time, train nothing.")
    ] = False,
    report: Annotated[bool, typer.Option(help="Write report.html into the run's folder at the end.")] = True,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    **settings: Any,
) -> None:
    """Train a recurrent network on a task. Ctrl-C saves and stops."""
    from ...training import rehearse, settled, train_run

    run_config = settled(config, task, **settings)
    if dry_run:
        print_rehearsal(run_config, rehearse(run_config), as_json)
        return
    result = train_run(run_config, out, quiet, report=report)
    if as_json:
        streams.write(json.dumps(result.as_dict()))
    else:
        streams.write(str(result.run))
    if result.stopped is not None:
        streams.flush()
        raise typer.Exit(128 + result.stopped)


def print_rehearsal(config: Config, rehearsal: Rehearsal, as_json: bool) -> None:
    """The settings as TOML, and what a rehearsal measured as comments: data, so on stdout."""
    if as_json:
        streams.write(json.dumps({"config": config.as_dict()} | rehearsal.as_dict()))
        return
    shapes = ", ".join(f"{name} {shape}" for name, shape in rehearsal.shapes.items())
    streams.write(config.as_toml(), end="")
    if rehearsal.data:
        streams.write(f"# data: {rehearsal.data}")
    for line in rehearsal.report:
        streams.write(f"#   {line}")
    streams.write(f"# a batch: {shapes}")
    streams.write(
        f"# {rehearsal.parameters:,} parameters · {rehearsal.weights / 1e6:.1f} MB with gradients and Adam's moments "
        f"· {rehearsal.peak / 1e6:.1f} MB more at most during an update"
    )
    streams.write(
        f"# the first update: loss {rehearsal.loss:.4g}, |g| {rehearsal.norm:.2g} "
        f"· {config.updates} updates take about {rehearsal.seconds:.0f} s here"
    )
