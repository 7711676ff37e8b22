"""`tinygrad-gru sweep`: settings that suit a task, found by trying."""

from __future__ import annotations

import json
import math
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .. import streams
from ..arguments import AsJson, Backend, Debug, Jobs, Quiet, Scheduler, checked_seed

if TYPE_CHECKING:
    from ...training.experiments.sweep import Sweep, Trial

__all__ = ["sweep"]

SWEEPS = Path("sweeps")
SHOWN = 10  # trials in the table


def sweep(
    task: Annotated[str, typer.Argument(metavar="TASK", help="What to learn: see tinygrad-gru tasks.")],
    param: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=WHAT", help="log:LOW:HIGH, LOW:HIGH, or A,B,C; a single value stays fixed. Give it often."
        ),
    ] = None,
    trials: Annotated[int, typer.Option(help="How many in all, with those that the folder holds.")] = 40,
    prune: Annotated[bool, typer.Option(help="Stop trials that are worse than most were by then.")] = True,
    seed: Annotated[
        int | None, typer.Option(callback=checked_seed, help="With --jobs 1 the same seed gives the same trials.")
    ] = None,
    jobs: Jobs = -1,
    backend: Backend = "loky",
    scheduler: Scheduler = None,
    storage: Annotated[
        str | None, typer.Option(help="A database of Optuna's, as sqlite:///FILE or postgresql://…")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder (otherwise sweeps/TASK-NNNN); a sweep that is in it goes on.")
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Find settings that suit a task: Optuna chooses, hopeless trials are stopped early, the best is named.

    Ctrl-C saves. With the same --out a sweep goes on, and several commands may work on it at once.
    """
    from ...training import new_run
    from ...training.console.progress import say
    from ...training.experiments.optuna_study import remembered
    from ...training.experiments.search_space import read_space
    from ...training.experiments.sweep import check_sweep
    from ...training.experiments.sweep import sweep as work

    check_sweep(trials, jobs, backend, scheduler)
    space, first_seed = None, 0
    if out is not None and not param:
        space, first_seed = remembered(out, storage, task)
    if space is None:
        space = read_space(task, param or [])
    task_made = space.config({name: values.examples[0] for name, values in space.varied.items()}).create()
    folder = new_run(task, root=SWEEPS) if out is None else out
    talk = (lambda line: None) if quiet else say
    talk(f"{trials} trials of {task} in {folder}: " + ", ".join(f"{n} {v}" for n, v in space.varied.items()))

    def watch(trial: Trial, ended: int, best: float) -> None:
        measured = f"{task_made.metric} {trial.best:.4g}" if math.isfinite(trial.best) else "nothing measured"
        values = ", ".join(f"{n} {v:.4g}" if isinstance(v, float) else f"{n} {v}" for n, v in trial.values.items())
        so_far = f" (best {best:.4g})" if math.isfinite(best) else ""
        talk(f"{ended}/{trials} · trial {trial.number} {trial.state} · {measured}{so_far} · {values}")

    found = work(
        space, folder, trials, jobs, first_seed if seed is None else seed, prune, storage, backend, scheduler, watch
    )
    if as_json:
        streams.write(json.dumps({"folder": str(folder)} | found.as_dict(), ensure_ascii=False, allow_nan=False))
    else:
        tell(found)
    counts = ", ".join(f"{count} {state}" for state, count in found.counts.items())
    talk(f"{len(found.trials)} trials in {folder}: {counts}")
    if found.stopped is not None:
        words = ["tinygrad-gru", "sweep", task, "--out", str(folder), "--trials", str(trials)]
        for name, value in (("jobs", jobs), ("backend", backend), ("scheduler", scheduler), ("storage", storage)):
            words += [f"--{name}", str(value)] if value not in (None, -1, "loky") else []
        talk(f"stopped, and saved · go on: {shlex.join(words)}")
        streams.flush()
        raise typer.Exit(128 + found.stopped)
    if found.best is None:
        talk("no trial finished, so there is no best one. try: a range of lower lr, or --no-prune")
        streams.flush()
        raise typer.Exit(1)


def tell(found: Sweep) -> None:
    """The best trials, and the command line of the first of them."""
    from .evaluate import as_table

    rows = [trial.as_row(found.metric) for trial in found.trials[:SHOWN]]
    streams.write(as_table([{name: "" if value is None else value for name, value in row.items()} for row in rows]))
    if found.best is not None:
        goal = "reached" if found.best.best < found.goal else "not reached"
        streams.write(f"\nThe best is trial {found.best.number}; the goal, below {found.goal:.4g}, is {goal}. Again:")
        streams.write(str(found.command))
