"""`tinygrad-gru compare`: try both, keep the winner."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from .. import streams
from ..arguments import AsJson, Backend, Debug, Jobs, Quiet, Scheduler

__all__ = ["compare"]


def compare(
    task: Annotated[str, typer.Argument(metavar="TASK", help="What to learn: see tinygrad-gru tasks.")],
    cells: Annotated[str, typer.Option(help="The cells, with commas.")] = "rnn,gru,lstm",
    seeds: Annotated[
        int, typer.Option(help="Runs of each cell, each with other weights and data; below 6, p stays above 0.05.")
    ] = 3,
    match: Annotated[
        str, typer.Option(help="params: as many parameters as the gru has; hidden: states of one size.")
    ] = "params",
    hidden: Annotated[int | None, typer.Option(help="Numbers in the gru's state; by default the task's own.")] = None,
    updates: Annotated[int | None, typer.Option(help="Steps of the optimiser.")] = None,
    batch: Annotated[int | None, typer.Option(help="Sequences per update.")] = None,
    lr: Annotated[float | None, typer.Option(help="Adam's learning rate at the start.")] = None,
    length: Annotated[int | None, typer.Option(help="Time steps per sequence.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings as TOML: see init. Options win over it.")] = None,
    final_lr: Annotated[float | None, typer.Option(help="Share of lr at the end; 1 keeps it.")] = None,
    clip: Annotated[float | None, typer.Option(help="The most that the gradient's norm may be.")] = None,
    keep_bias: Annotated[float | None, typer.Option(help="Gates start open for the past, where there are any.")] = None,
    every: Annotated[int | None, typer.Option(help="Updates between two measurements.")] = None,
    patience: Annotated[int | None, typer.Option(help="Stop after so many without a better one.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the first run of each cell; by default 0.")] = None,
    file: Annotated[
        str | None, typer.Option(metavar="PATH", help="The data, for tasks that learn from a file.")
    ] = None,
    jobs: Jobs = -1,
    backend: Backend = "loky",
    scheduler: Scheduler = None,
    out: Annotated[Path | None, typer.Option(help="Folder; runs in it that are finished are not repeated.")] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Train several cells on one task, with the same data and as many parameters, and name the winner.

    Only if it is better by more than the runs differ. Stopped, it goes on where it was with the same --out.
    """
    from ...tasks import TASKS
    from ...training import new_run, settled
    from ...training.console.live import live_table
    from ...training.console.progress import say
    from ...training.experiments import compare as c
    from ...training.experiments.workers import check
    from ...training.reports.comparison import as_markdown, refuse_other_reports, write_reports

    check(jobs, backend, scheduler)

    base = settled(
        config, task, cell="gru", hidden=hidden, updates=updates, batch=batch, lr=lr, length=length, seed=seed,
        file=file, final_lr=final_lr, clip=clip, keep_bias=keep_bias, every=every, patience=patience,
    )  # fmt: skip
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
