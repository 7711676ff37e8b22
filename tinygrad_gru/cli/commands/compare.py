"""`tinygrad-gru compare`: try both, keep the winner."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ...terminal import say
from .. import streams
from ..arguments import AsJson, Backend, Debug, Jobs, Quiet, Scheduler
from ..options import options_of_settings

if TYPE_CHECKING:
    from ...training import Config
    from ...training.experiments.compare import Comparison, Outcome

__all__ = ["compare"]


@options_of_settings(
    without=["cell"], hidden="Numbers in the gru's state.", seed="Of the first run of each cell; by default 0."
)
def compare(
    task: Annotated[str, typer.Argument(metavar="TASK", help="What to learn: see tinygrad-gru tasks.")],
    cells: Annotated[str, typer.Option(help="The cells, with commas.")] = "rnn,gru,lstm",
    seeds: Annotated[
        int,
        typer.Option(
            min=1, max=1000, help="Runs of each cell, each with other weights and data; below 6, p stays above 0.05."
        ),
    ] = 3,
    match: Annotated[
        Literal["params", "hidden"],
        typer.Option(help="params: as many parameters as the gru has; hidden: states of one size."),
    ] = "params",
    config: Annotated[Path | None, typer.Option(help="Settings as TOML: see init. Options win over it.")] = None,
    jobs: Jobs = -1,
    backend: Backend = "loky",
    scheduler: Scheduler = None,
    out: Annotated[Path | None, typer.Option(help="Folder; runs in it that are finished are not repeated.")] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    **settings: Any,
) -> None:
    """Train several cells on one task, with the same data and as many parameters, and name the winner.

    Only if it is better by more than the runs differ. Stopped, it goes on where it was with the same --out.
    """
    from ...training import new_run, settled
    from ...training.experiments import compare as c
    from ...training.experiments.workers import check
    from ...training.reports.comparison import refuse_other_reports

    check(jobs, backend, scheduler)
    base = settled(config, task, cell="gru", **settings)
    configs = c.plan(base, [name.strip() for name in cells.split(",")], seeds, match)
    folder = new_run(f"compare-{task}") if out is None else out
    refuse_other_reports(folder)  # before any work
    log = (lambda line: None) if quiet else say
    sizes = {config.cell_name: config.hidden for config in configs}
    log(f"{len(configs)} runs of {task} in {folder}: " + ", ".join(f"{cell} {n}" for cell, n in sizes.items()))
    try:
        comparison = _watched(configs, folder, quiet, log, jobs=jobs, backend=backend, scheduler=scheduler)
    except KeyboardInterrupt as stopped:
        log(f"stopped · what is done is kept · go on: the same command with --out {shlex.quote(str(folder))}")
        if isinstance(stopped, c.Stopped):
            raise typer.Exit(128 + stopped.signal) from None
        raise
    _report(comparison, folder, log, as_json)
    if not comparison.has_result:
        streams.flush()
        raise typer.Exit(1)


def _watched(
    configs: list[Config], folder: Path, quiet: bool, log: Callable[[str], object], **workers: Any
) -> Comparison:
    """Train all configurations, with a live table on a terminal, and otherwise a line for each that ends."""
    from ...tasks import TASKS
    from ...training.console.live import live_table
    from ...training.experiments import compare as c

    runs = [folder / c.name_of(config) for config in configs]
    with live_table(runs, TASKS[configs[0].task].metric, quiet) as is_live:
        ended = 0

        def watch(outcome: Outcome) -> None:
            nonlocal ended
            ended += 1
            measured = f"{outcome.best:.4g} in {outcome.seconds:.0f} s" if outcome.is_measured else "nothing measured"
            result = f"diverged: {outcome.failed}" if outcome.failed else measured
            if not is_live:
                log(f"{ended}/{len(configs)} · {outcome.cell} seed {outcome.seed} · {result}")

        return c.compare(configs, folder, watch=watch, **workers)


def _report(comparison: Comparison, folder: Path, log: Callable[[str], object], as_json: bool) -> None:
    """Write the reports into the folder, and print the table and the verdict."""
    from ...training.reports.comparison import as_markdown, write_reports

    files = write_reports(comparison, folder)
    if as_json:
        result = {"rows": comparison.rows(), "verdict": comparison.verdict(), "folder": str(folder)}
        streams.write(json.dumps(result, allow_nan=False))
        return
    streams.write(as_markdown(comparison).partition("\n\n")[2], end="")
    log(f"wrote {', '.join(path.name for path in files)} in {folder}")
