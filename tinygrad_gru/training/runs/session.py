"""A whole run, from settings to a directory with everything in it, told on stderr as it goes."""

from __future__ import annotations

import dataclasses
import json
import platform
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ... import __version__
from ...errors import CheckpointError, ConfigError
from ...nn import Module
from ...nn.files import write_atomically
from ...tasks import Task
from ..config import Config
from ..console.progress import say, shown_progress
from ..loop import Progress, Result, new_model, train
from ..memory import refuse_what_is_too_large
from ..settings import numbered
from ..signals import StopOnSignal
from .checkpoint import Checkpoint, load_checkpoint
from .directory import RUNS, new_run
from .facts import RunFacts, read_facts
from .lock import only_one_on
from .own_files import keep_others, make_way, remove_temporaries
from .versions import versions

__all__ = ["resume_run", "train_run"]

Watch = Callable[[Progress, StopOnSignal], object]


def train_run(
    config: Config,
    out: Path | None = None,
    quiet: bool = False,
    root: Path = RUNS,
    watch: Watch = lambda progress, stop: None,
    report: bool = False,
    again: bool = False,
) -> Result:
    """Train in a new directory: `out`, or the next number under `root`. Ctrl-C saves, and is told in the result.

    The directory holds config.toml (all settings), run.json (versions, baselines, the command that repeats the run),
    metrics.jsonl (a line every ten updates), the checkpoints best.npz and last.npz, and report.html if there shall be a
    `report`. `watch` is called after each update, and may set the signal that stops the run. With `again`, `out` may
    hold the same run, without its last.npz.
    """
    refuse_what_is_too_large(config)
    task = config.create()
    model = new_model(config, task)
    run = out if again and out is not None else new_run(config.task, out, root)
    with only_one_on(run), StopOnSignal() as stop:
        make_way(run, config)
        _write_what_it_is(run, config, task, model.num_parameters, goes_on=False)
        result = _work(config, task, model, run, quiet, stop, watch, report)
    return dataclasses.replace(result, signal=stop.signal)


def resume_run(
    run: Path, quiet: bool = False, watch: Watch = lambda progress, stop: None, report: bool = False
) -> Result:
    """Go on with a run that was stopped or killed, as if it had never been, and make whatever it lacks.

    It goes on from its last.npz; before there was one, from the beginning. Raises ConfigError for a run that is at its
    end, DataError or ConfigError if its text is not what it was, FileError if another process trains it at this moment.
    """
    with only_one_on(run), StopOnSignal() as stop:
        result = _resume(run, quiet, stop, watch, report)
    return dataclasses.replace(result, signal=stop.signal)


def _resume(run: Path, quiet: bool, stop: StopOnSignal, watch: Watch, report: bool) -> Result:
    facts = read_facts(run, ours=True)
    lacking = facts.lacking + ([] if facts.has_report or not report else ["report.html"])
    if not lacking:
        raise ConfigError(_at_its_end(facts))
    checkpoint = None if _has_only_begun(facts) else load_checkpoint(run / "last.npz")
    if checkpoint is not None and checkpoint.training is None:
        raise CheckpointError(f"{run / 'last.npz'} cannot be trained on: it holds the weights only. try: a new run")
    config: Any = facts.config if checkpoint is None else checkpoint.config
    task = config.create()
    if checkpoint is not None and task.facts != checkpoint.facts:
        raise ConfigError(f"{run}: the data of {config.task} are not those it was trained on. try: the same --file")
    model = new_model(config, task) if checkpoint is None else checkpoint.model
    if checkpoint is None:
        make_way(run, config)
    else:
        remove_temporaries(run)
        keep_others(run, config)
    _write_what_it_is(run, config, task, model.num_parameters, goes_on=checkpoint is not None)
    if not quiet:
        done = 0 if checkpoint is None else checkpoint.update
        what = f"going on with {run} after {done} of {config.updates} updates"
        say(what if "updates" in lacking else f"{run} has all its updates; making what it lacks: {', '.join(lacking)}")
    return _work(config, task, model, run, quiet, stop, watch, report, checkpoint)


def _has_only_begun(facts: RunFacts) -> bool:
    """Whether a run was killed before its first checkpoint: last.npz is that, whatever else there is came later."""
    there = [name for name in ("last.npz", "best.npz") if (facts.run / name).exists()]
    return facts.config is not None and not there


def _at_its_end(facts: RunFacts) -> str:
    """Why there is nothing to go on with."""
    config = facts.config
    assert config is not None  # a run that lacks it is not at its end
    if facts.updates >= config.updates:
        return f"{facts.run} is at its end: {config.updates} updates. try: tinygrad-gru train, with more --updates"
    why = f"nothing better since update {facts.best_update}"
    return f"{facts.run} is at its end: {why}. try: tinygrad-gru train, with more --patience"


def _work(
    config: Config, task: Task, model: Module, run: Path, quiet: bool, stop: StopOnSignal, watch: Watch, report: bool,
    resumed: Checkpoint | None = None,
) -> Result:  # fmt: skip
    """Train to the end, or until a signal comes before it; at the end there is a report, if there shall be one."""
    talk = (lambda line: None) if quiet else say
    if resumed is None:
        talk(
            f"tinygrad_gru {__version__} · {config.task}, length {config.length} · {config.cell.upper()}, "
            f"hidden {config.hidden}, {model.num_parameters:,} parameters · seed {config.seed}"
        )
        talk(f"it shows that {task.teaches}")
        if task.data:
            talk(f"data: {task.data}")
        talk(f"baselines: {_baselines(task)} · goal: {task.metric} below {task.goal:.4g}")
        talk(f"run: {run} · repeat it: {config.command}")
    with shown_progress(config.updates, quiet) as show:
        result = train(config, task, model, run, stop, _both(show, watch, stop), resumed)
    talk(_summary(result, stop))
    if report and result.stopped is None:  # whoever stops a run wants to be out
        _report(run, quiet)
    return result


def _report(run: Path, quiet: bool) -> None:
    """The run is whole by now: a report that cannot be made must not make it fail, but is told."""
    from ..reports.run import write_report  # pictures and all: half a second that only those pay who want one

    try:
        path = write_report(run, ours=True)
    except Exception as error:
        hint = f"tinygrad-gru show {shlex.quote(str(run))} --html"
        say(f"no report: {error or type(error).__name__}. the run itself is whole. try: {hint}")
    else:
        if not quiet:
            say(f"report: {path}")


def _both(show: Callable[[Progress], object], watch: Watch, stop: StopOnSignal) -> Callable[[Progress], object]:
    def after_update(progress: Progress) -> None:
        show(progress)
        watch(progress, stop)

    return after_update


def _write_what_it_is(run: Path, config: Config, task: Task, parameters: int, goes_on: bool) -> None:
    """config.toml and run.json; of a run that goes on, what is missing. With the first of them it is a run."""
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
    texts = {"config.toml": numbered(config.as_toml(run)), "run.json": json.dumps(facts, indent=2) + "\n"}
    for name, text in texts.items():
        if not (goes_on and (run / name).exists()):
            with write_atomically(run / name) as file:
                file.write(text.encode("utf-8"))


def _summary(result: Result, stop: StopOnSignal) -> str:
    """What came of it, and how to look at it."""
    command, run = "sample" if result.config.task == "chars" else "eval", shlex.quote(str(result.run))
    if result.stopped is not None:
        done = f"stopped by {stop.name} after {result.updates} of {result.config.updates} updates"
        return f"{done} · saved in {result.run} · go on: tinygrad-gru resume {run}"
    early = ", early: nothing got better" if result.early else ""
    return (
        f"{result.task.metric} {result.best:.4g} after {result.updates} updates in {result.seconds:.0f} s{early} "
        f"· baselines: {_baselines(result.task)} · goal {'reached' if result.reached else 'not reached'} "
        f"· see: tinygrad-gru {command} {run}"
    )


def _baselines(task: Task) -> str:
    return ", ".join(f"{value:.4g} ({name})" for name, value in task.baselines.items())
