"""`tinygrad-gru compare`: try both, keep the winner."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from ...terminal import say
from .. import streams
from ..arguments import AsJson, Backend, Debug, Jobs, Quiet, Scheduler
from ..settings import options_of_settings

__all__ = ["compare"]


@options_of_settings(
    without=["cell"], hidden="Numbers in the gru's state.", seed="Of the first run of each cell; by default 0."
)
def compare(
    task: Annotated[str, typer.Argument(metavar="TASK", help="What to learn: see tinygrad-gru tasks.")],
    cells: Annotated[str, typer.Option(help="The cells, with commas.")] = "rnn,gru,lstm",
    seeds: Annotated[
        int, typer.Option(help="Runs of each cell, each with other weights and data; below 6, p stays above 0.05.")
    ] = 3,
    match: Annotated[
        str, typer.Option(help="params: as many parameters as the gru has; hidden: states of one size.")
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
    from ...tasks import TASKS
    from ...training import new_run, settled
    from ...training.console.live import live_table
    from ...training.experiments import compare as c
    from ...training.experiments.workers import check
    from ...training.reports.comparison import as_markdown, refuse_other_reports, write_reports

    check(jobs, backend, scheduler)

    base = settled(config, task, cell="gru", **settings)
    configs = c.plan(base, [name.strip() for name in cells.split(",")], seeds, match)
    folder = new_run(f"compare-{task}") if out is None else out
    refuse_other_reports(folder)  # before any work
    talk = (lambda line: None) if quiet else say
    sizes = {config.cell: config.hidden for config in configs}
    talk(f"{len(configs)} runs of {task} in {folder}: " + ", ".join(f"{cell} {n}" for cell, n in sizes.items()))
    done, live = 0, False

    def watch(outcome: c.Outcome) -> None:
        nonlocal done
        done += 1
        if live:
            return
        measured = f"{outcome.best:.4g} in {outcome.seconds:.0f} s" if outcome.is_measured else "nothing measured"
        result = f"diverged: {outcome.failed}" if outcome.failed else measured
        talk(f"{done}/{len(configs)} · {outcome.cell} seed {outcome.seed} · {result}")

    try:
        with live_table([folder / c.name_of(each) for each in configs], TASKS[task].metric, quiet) as live:
            found = c.compare(configs, folder, jobs, watch, backend, scheduler)
    except KeyboardInterrupt as stopped:
        talk(f"stopped · what is done is kept · go on: the same command with --out {shlex.quote(str(folder))}")
        if isinstance(stopped, c.Stopped):
            raise typer.Exit(128 + stopped.signal) from None
        raise
    written = write_reports(found, folder)
    if as_json:
        told = {"rows": found.rows(), "verdict": found.verdict(), "folder": str(folder)}
        streams.write(json.dumps(told, allow_nan=False))
    else:
        streams.write(as_markdown(found).partition("\n\n")[2], end="")
        talk(f"wrote {', '.join(path.name for path in written)} in {folder}")
        if len(written) < 4:
            talk('curves: pip install "tinygrad_gru[plots]"')
    if not found.has_result:
        streams.flush()
        raise typer.Exit(1)
