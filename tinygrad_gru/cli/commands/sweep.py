"""`tinygrad-gru sweep`: settings that suit a task, by trying many."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...terminal import say
from .. import streams
from ..arguments import AsJson, Backend, Debug, Jobs, Quiet, Scheduler
from ..tables import as_table

if TYPE_CHECKING:
    from ...training.experiments.search_space import Space
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
    trials: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="How many in all, with those that the folder holds.")
    ] = 40,
    prune: Annotated[bool, typer.Option(help="Stop trials that are worse than most were by then.")] = True,
    seed: Annotated[int | None, typer.Option(min=0, help="With --jobs 1 the same seed gives the same trials.")] = None,
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
    from ...training.experiments.optuna_study import remembered
    from ...training.experiments.search_space import read_space
    from ...training.experiments.sweep import check_sweep
    from ...training.experiments.sweep import sweep as run_sweep

    check_sweep(trials, jobs, backend, scheduler)
    space, first_seed = None, 0
    if out is not None and not param:
        space, first_seed = remembered(out, storage, task)
    if space is None:
        space = read_space(task, param or [])
    log = (lambda line: None) if quiet else say
    watch = _watcher(space, trials, log)
    folder = new_run(task, root=SWEEPS) if out is None else out
    log(f"{trials} trials of {task} in {folder}: " + ", ".join(f"{n} {v}" for n, v in space.varied.items()))
    result = run_sweep(
        space, folder, trials, jobs, first_seed if seed is None else seed, prune, storage, backend, scheduler, watch
    )
    if as_json:
        streams.write(json.dumps({"folder": str(folder)} | result.as_dict(), ensure_ascii=False, allow_nan=False))
    else:
        print_best(result)
    counts = ", ".join(f"{count} {state}" for state, count in result.counts.items())
    log(f"{len(result.trials)} trials in {folder}: {counts}")
    if result.stopped is not None:
        words = ["tinygrad-gru", "sweep", task, "--out", str(folder), "--trials", str(trials)]
        for name, value in (("jobs", jobs), ("backend", backend), ("scheduler", scheduler), ("storage", storage)):
            words += [f"--{name}", str(value)] if value not in (None, -1, "loky") else []
        log(f"stopped, and saved · go on: {shlex.join(words)}")
        streams.flush()
        raise typer.Exit(128 + result.stopped)
    if result.best is None:
        log("no trial finished, so there is no best one. try: a range of lower lr, or --no-prune")
        streams.flush()
        raise typer.Exit(1)


def _watcher(space: Space, trials: int, log: Callable[[str], object]) -> Callable[[Trial, int, float], None]:
    """A function that logs each trial that ends; data that cannot be used are refused before it is returned."""
    metric = space.config({name: values.examples[0] for name, values in space.varied.items()}).create().metric

    def watch(trial: Trial, ended: int, best: float) -> None:
        figure = metric if trial.test is None else "validation"
        measured = f"{figure} {trial.best:.4g}" if math.isfinite(trial.best) else "nothing measured"
        values = ", ".join(f"{n} {v:.4g}" if isinstance(v, float) else f"{n} {v}" for n, v in trial.values.items())
        so_far = f" (best {best:.4g})" if math.isfinite(best) else ""
        log(f"{ended}/{trials} · trial {trial.number} {trial.state} · {measured}{so_far} · {values}")

    return watch


def print_best(sweep: Sweep) -> None:
    """The best trials, and the command line of the first of them."""
    streams.write(as_table(sweep.rows[:SHOWN]))
    if sweep.best is not None:
        goal = "reached" if sweep.best.measured < sweep.goal else "not reached"
        by = "" if sweep.best.test is None else f" by validation, with {sweep.metric} {sweep.best.test:.4g}"
        streams.write(
            f"\nThe best is trial {sweep.best.number}{by}; the goal, below {sweep.goal:.4g}, is {goal}. Again:"
        )
        streams.write(str(sweep.command))
