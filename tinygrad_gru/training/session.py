"""A whole run, from settings to a directory with everything in it, told on stderr as it goes."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .. import __version__
from ..errors import CheckpointError, ConfigError, FileError
from ..nn import Module
from ..tasks import Task
from .checkpoint import load_checkpoint
from .config import Config
from .lock import only_one_on
from .loop import Progress, Result, new_model, out_of_patience, train
from .memory import refuse_what_is_too_large
from .progress import say, shown_progress
from .runs import RUNS, new_run
from .settings import numbered
from .signals import StopOnSignal
from .versions import refuse_newer, versions

__all__ = ["resume_run", "train_run"]

Watch = Callable[[Progress, StopOnSignal], object]


def train_run(
    config: Config,
    out: Path | None = None,
    quiet: bool = False,
    root: Path = RUNS,
    watch: Watch = lambda progress, stop: None,
    report: bool = False,
) -> Result:
    """Train in a new directory: `out`, or the next number under `root`. Ctrl-C saves, and is told in the result.

    The directory holds config.toml (all settings), run.json (versions, baselines, the command that repeats the run),
    metrics.jsonl (a line every ten updates), the checkpoints best.npz and last.npz, and report.html if there shall be a
    `report`. `watch` is called after each update, and may set the signal that stops the run.
    """
    refuse_what_is_too_large(config)
    task = config.create()
    model = new_model(config, task)
    run = new_run(config.task, out, root)
    with only_one_on(run), StopOnSignal() as stop:
        result = _train(config, task, model, run, quiet, stop, watch)
    if report and result.stopped is None:  # whoever stops a run wants to be out
        _report(run, quiet)
    return result


def _train(
    config: Config, task: Task, model: Module, run: Path, quiet: bool, stop: StopOnSignal, watch: Watch
) -> Result:
    _write_facts(run, config, task, model.num_parameters)
    talk = (lambda line: None) if quiet else say
    talk(
        f"tinygrad_gru {__version__} · {config.task}, length {config.length} · {config.cell.upper()}, "
        f"hidden {config.hidden}, {model.num_parameters:,} parameters · seed {config.seed}"
    )
    talk(f"it shows that {task.teaches}")
    talk(f"baselines: {_baselines(task)} · goal: {task.metric} below {task.goal:.4g}")
    talk(f"run: {run} · repeat it: {config.command}")
    with shown_progress(config.updates, quiet) as show:
        result = train(config, task, model, run, stop, _both(show, watch, stop))
    talk(_summary(result, stop))
    return result


def resume_run(
    run: Path, quiet: bool = False, watch: Watch = lambda progress, stop: None, report: bool = False
) -> Result:
    """Go on with a run that was stopped, from its last.npz, as if it had never been.

    Raises ConfigError for a run that is at its end, DataError or ConfigError if its text is not what it was, FileError
    if another process trains it at this moment.
    """
    with only_one_on(run), StopOnSignal() as stop:
        result = _resume(run, quiet, stop, watch)
    if report and result.stopped is None:  # whoever stops a run wants to be out
        _report(run, quiet)
    return result


def _report(run: Path, quiet: bool) -> None:
    """The run is whole by now: a report that cannot be made must not make it fail, but is told."""
    from .report import write_report  # pictures and all: half a second that only those pay who want one

    try:
        path = write_report(run)
    except Exception as error:
        say(f"no report: {error or type(error).__name__}. the run itself is whole. try: tinygrad-gru show {run} --html")
    else:
        if not quiet:
            say(f"report: {path}")


def _resume(run: Path, quiet: bool, stop: StopOnSignal, watch: Watch) -> Result:
    refuse_newer(run)
    checkpoint = load_checkpoint(run / "last.npz")
    config = checkpoint.config
    if checkpoint.training is None:
        raise CheckpointError(f"{run / 'last.npz'} cannot be trained on: it holds the weights only. try: a new run")
    if checkpoint.update >= config.updates:
        raise ConfigError(
            f"{run} is at its end: {config.updates} updates. try: tinygrad-gru train, with more --updates"
        )
    if out_of_patience(config, checkpoint.update, checkpoint.training.best_update):
        raise ConfigError(
            f"{run} is at its end: nothing better since update {checkpoint.training.best_update}. "
            f"try: tinygrad-gru train, with more --patience"
        )
    task = config.create()
    if task.facts != checkpoint.facts:
        raise ConfigError(f"{run}: the data of {config.task} are not those it was trained on. try: the same --file")
    talk = (lambda line: None) if quiet else say
    for stray in run.glob(".*.tmp"):  # of a process that was killed while it saved
        stray.unlink(missing_ok=True)
    talk(f"going on with {run} after {checkpoint.update} of {config.updates} updates")
    with shown_progress(config.updates, quiet) as show:
        result = train(config, task, checkpoint.model, run, stop, _both(show, watch, stop), checkpoint)
    talk(_summary(result, stop))
    return result


def _both(show: Callable[[Progress], object], watch: Watch, stop: StopOnSignal) -> Callable[[Progress], object]:
    def after_update(progress: Progress) -> None:
        show(progress)
        watch(progress, stop)

    return after_update


def _write_facts(run: Path, config: Config, task: Task, parameters: int) -> None:
    facts = versions() | {
        "command": config.command,
        "parameters": parameters,
        "metric": task.metric,
        "baselines": task.baselines,
        "goal": task.goal,
        "data": task.facts,
        "versions": {
            "tinygrad_gru": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "machine": platform.platform(),
        },
    }
    try:
        (run / "config.toml").write_text(numbered(config.as_toml()), encoding="utf-8", errors="replace")
        (run / "run.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise FileError(f"cannot write in {run}: {error.strerror}. try: --out with a folder of yours") from None


def _summary(result: Result, stop: StopOnSignal) -> str:
    """What came of it, and how to look at it."""
    command = "sample" if result.config.task == "chars" else "eval"
    if result.stopped is not None:
        done = f"stopped by {stop.name} after {result.updates} of {result.config.updates} updates"
        return f"{done} · saved in {result.run} · go on: tinygrad-gru resume {result.run}"
    early = ", early: nothing got better" if result.early else ""
    return (
        f"{result.task.metric} {result.best:.4g} after {result.updates} updates in {result.seconds:.0f} s{early} "
        f"· baselines: {_baselines(result.task)} · goal {'reached' if result.reached else 'not reached'} "
        f"· see: tinygrad-gru {command} {result.run}"
    )


def _baselines(task: Task) -> str:
    return ", ".join(f"{value:.4g} ({name})" for name, value in task.baselines.items())
