"""A whole run, from settings to a directory with everything in it: a new one, or one that goes on."""

from __future__ import annotations

import dataclasses
import json
import platform
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..errors import CheckpointError, ConfigError
from ..nn import Module
from ..nn.files import write_atomically
from ..tasks import TASKS, Task
from ..terminal import say
from ..updates.signals import StopOnSignal
from .config import OF_ROWS, Config
from .console.progress import shown_progress
from .console.summary import introduction, summary
from .dry_run import refuse_what_is_too_large
from .loop import Result, train
from .runs.checkpoint import Checkpoint, load_checkpoint
from .runs.data import refuse_changed_data
from .runs.directory import RUNS, make_folder, new_run
from .runs.facts import RunFacts, read_facts
from .runs.lock import only_one_on
from .runs.own_files import keep_others, make_way, remove_temporaries
from .runs.small_files import refuse_newer, versions
from .settings import numbered
from .trainer import Progress, new_model

__all__ = ["finish_run", "resume_run", "train_run"]

MEASURED = ("errors",)  # facts that come with a measurement
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
    with only_one_on(run, say), StopOnSignal() as stop:
        for line in make_way(run, config):
            say(line)
        _describe(run, config, task, model)
        if not quiet:
            for line in introduction(config, task, model, run):
                say(line)
        result = _work(config, task, model, run, quiet, stop, watch, report)
    return dataclasses.replace(result, signal=stop.signal)


def resume_run(
    run: Path, quiet: bool = False, watch: Watch = lambda progress, stop: None, report: bool = False
) -> Result:
    """Go on with a run that was stopped or killed, as if it had never been, and make whatever it lacks.

    It goes on from its last.npz; before there was one, from the beginning. Raises ConfigError for a run that is at its
    end, DataError or ConfigError if its text is not what it was, FileError if another process trains it at this moment.
    """
    with only_one_on(run, say), StopOnSignal() as stop:
        result = _resume(run, quiet, stop, watch, report)
    return dataclasses.replace(result, signal=stop.signal)


def finish_run(config: Config, run: Path, watch: Watch = lambda progress, stop: None) -> Result | None:
    """Train with these settings in the directory `run`, or go on there, or return None if it is at its end.

    Files that are not of this run stay as they are. Raises ConfigError if the run that is there has other settings, or
    if there are other files and no run; DataError if it is at its end and its data have changed since: it cannot stand
    beside runs of the new ones. Raises FileError if another process trains it at this moment.
    """
    refuse_newer(run)
    last = run / "last.npz"
    if not last.exists():
        make_folder(run)
        return train_run(config, run, quiet=True, watch=watch, again=True)
    facts = read_facts(run)
    there = load_checkpoint(last).config if facts.last is None else facts.last.config  # a damaged one is told
    if there != config:
        raise ConfigError(f"{run} holds a run with other settings. try: --out with another folder")
    if facts.lacking:
        return resume_run(run, quiet=True, watch=watch)  # which looks at the data itself
    if facts.last is not None:
        refuse_changed_data(config, facts.last.facts)
    return None


def _resume(run: Path, quiet: bool, stop: StopOnSignal, watch: Watch, report: bool) -> Result:
    facts = read_facts(run, ours=True)
    lacking = facts.lacking + ([] if facts.has_report or not report else ["report.html"])
    if not lacking:
        raise ConfigError(_at_its_end(facts))
    checkpoint = None if _has_only_begun(facts) else load_checkpoint(run / "last.npz")
    if checkpoint is not None and checkpoint.training is None:
        raise CheckpointError(f"{run / 'last.npz'} cannot be trained on: it holds the weights only. try: a new run")
    config: Any = facts.config if checkpoint is None else checkpoint.config
    task = config.create() if checkpoint is None else _task_again(config, checkpoint.facts)
    if checkpoint is not None and (task.all_held_out or not _is_of(checkpoint.facts, task)):
        raise ConfigError(f"{run}: the data of {config.task} are not those it was trained on. try: the same --file")
    model = new_model(config, task) if checkpoint is None else checkpoint.model
    if checkpoint is None:
        kept = make_way(run, config)
    else:
        remove_temporaries(run)
        kept = keep_others(run, config)
    for line in kept:
        say(line)
    _describe(run, config, task, model, goes_on=checkpoint is not None)
    if not quiet:
        done = 0 if checkpoint is None else checkpoint.update
        what = f"going on with {run} after {done} of {config.updates} updates"
        say(what if "updates" in lacking else f"{run} has all its updates; making what it lacks: {', '.join(lacking)}")
        for line in introduction(config, task, model, run) if checkpoint is None else []:
            say(line)
    return _work(config, task, model, run, quiet, stop, watch, report, checkpoint)


def _task_again(config: Config, facts: Mapping[str, Any]) -> Task:
    """The task with the data of a run; of one of an earlier version read and split as that did."""
    if "sha256" not in facts or "reading" in facts or config.task not in OF_ROWS:
        return config.create()
    return TASKS[config.task].again(config.length, config.path, facts)


def _is_of(facts: Mapping[str, Any], task: Task) -> bool:
    """Whether a checkpoint's facts are those of the task, but for what was measured."""
    return all(task.facts.get(name) == value for name, value in facts.items() if name not in MEASURED)


def _has_only_begun(facts: RunFacts) -> bool:
    """Whether a run was killed before its first checkpoint: last.npz is that, whatever else there is came later."""
    there = [name for name in ("last.npz", "best.npz") if (facts.run / name).exists()]
    return facts.config is not None and not there


def _at_its_end(facts: RunFacts) -> str:
    """Why there is nothing to go on with."""
    position = facts.position
    assert position is not None  # a run that lacks its settings is not at its end
    why = {
        "updates": f"{position.config.updates} updates",
        "patience": f"nothing better since update {position.best_update}",
    }[position.ended_by]
    return f"{facts.run} is at its end: {why}. try: tinygrad-gru train, with more --{position.ended_by}"


def _work(
    config: Config, task: Task, model: Module, run: Path, quiet: bool, stop: StopOnSignal, watch: Watch, report: bool,
    resumed: Checkpoint | None = None,
) -> Result:  # fmt: skip
    """Train to the end, or until a signal comes before it; at the end there is a report, if there shall be one."""
    with shown_progress(config.updates, quiet) as show:

        def after_update(step: Progress) -> None:
            show(step)
            watch(step, stop)

        result = train(config, task, model, run, stop, after_update, resumed, (lambda line: None) if quiet else say)
    if not quiet:
        say(summary(result, stop))
    if report and result.stopped is None:  # whoever stops a run wants to be out
        _report(run, quiet)
    return result


def _report(run: Path, quiet: bool) -> None:
    """The run is whole by now: a report that cannot be made must not make it fail, but is told."""
    from .reports.run import write_report  # pictures and all: half a second that only those pay who want one

    try:
        path = write_report(run, ours=True)
    except Exception as error:
        hint = f"tinygrad-gru show {shlex.quote(str(run))} --html"
        say(f"no report: {error or type(error).__name__}. the run itself is whole. try: {hint}")
    else:
        if not quiet:
            say(f"report: {path}")


def _describe(run: Path, config: Config, task: Task, model: Module, goes_on: bool = False) -> None:
    """config.toml and run.json; of a run that goes on, what is missing. With the first of them it is a run."""
    facts = versions() | {
        "command": config.command,
        "parameters": model.num_parameters,
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
