"""A sweep: many trainings with settings that Optuna chooses; the hopeless ones are stopped, the best one is named.

Where a run has rows or texts that choose its weights, they choose the settings too: what is held out is only reported,
as it would flatter the winner of many trials.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import ConfigError, DivergedError, TinygradError
from ...updates.signals import StopOnSignal
from ..dry_run import warm_up
from ..runs.checkpoint import read_position
from ..runs.data import refuse_changed_data
from ..runs.directory import make_folder
from ..runs.facts import read_facts
from ..runs.lock import Claim, is_held, is_trained
from ..session import finish_run
from ..trainer import Progress
from .optuna_study import Assignment, Study, open_study, optuna_is_there
from .search_space import Space
from .workers import check, leave_signals_to, settle, spread

__all__ = ["Sweep", "Trial", "check_sweep", "read_sweep", "sweep"]

MOST_TRIALS = 1_000_000
LOOK_EVERY = 0.5  # seconds between two looks whether to stop
SPARED = 0.25  # the share of a run before which it is not pruned: slow beginners may win


@dataclass(frozen=True)
class Trial:
    """What came of one trial: its state is finished, pruned, diverged, interrupted or running."""

    number: int
    state: str
    values: dict[str, Any]  # of what varies
    best: float  # the lowest that was measured of what chooses; infinite if nothing was
    updates: int
    seconds: float
    run: Path
    test: float | None = None  # the metric then, where validation chooses; None: `best` is the metric

    @property
    def measured(self) -> float:
        """The metric on what is held out."""
        return self.best if self.test is None else self.test

    def as_row(self, metric: str, validated: bool = False) -> dict[str, Any]:
        """For a table, and as JSON; `validated`: validation chooses in this sweep."""
        figures = {"validation": self.best, metric: self.measured} if validated else {metric: self.best}
        known = {name: value if math.isfinite(value) else None for name, value in figures.items()}
        spent = {"updates": self.updates, "seconds": round(self.seconds, 1)}
        return {"trial": self.number, **known, **self.values, "state": self.state, **spent}


@dataclass(frozen=True)
class Sweep:
    """All trials of a sweep so far, the best first; `stopped` is the signal that stopped it before its end."""

    space: Space
    metric: str
    goal: float
    trials: list[Trial]
    stopped: int | None = None

    @property
    def best(self) -> Trial | None:
        """The best of the finished trials."""
        return next((trial for trial in self.trials if trial.state == "finished"), None)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A row for each trial, with what validation measured if it chooses."""
        validated = any(trial.test is not None for trial in self.trials)
        return [trial.as_row(self.metric, validated) for trial in self.trials]

    @property
    def command(self) -> str | None:
        """The command line that trains the winner again."""
        return None if self.best is None else self.space.config(self.best.values).command

    @property
    def counts(self) -> dict[str, int]:
        """How many trials are in each state."""
        states = ("finished", "pruned", "diverged", "interrupted", "running")
        counts = {state: sum(trial.state == state for trial in self.trials) for state in states}
        return {state: count for state, count in counts.items() if count}

    def as_dict(self) -> dict[str, Any]:
        """What programs want to know, as JSON."""
        rows = [{**row, "run": str(trial.run)} for row, trial in zip(self.rows, self.trials, strict=True)]
        best = None if self.best is None else rows[self.trials.index(self.best)]
        results = {"best": best, "command": self.command, "counts": self.counts, "trials": rows}
        return {**self.space.as_dict(), "metric": self.metric, "goal": self.goal, **results, "stopped": self.stopped}


def sweep(
    space: Space,
    folder: Path,
    trials: int = 40,
    jobs: int = -1,
    seed: int = 0,
    prune: bool = True,
    storage: str | None = None,
    backend: str = "loky",
    scheduler: str | None = None,
    watch: Callable[[Trial, int, float], object] = lambda trial, ended, best: None,
) -> Sweep:
    """Run trials in `folder` until there are as many as wanted; those that are there count, interrupted ones go on.

    Other processes may do the same in the same folder at the same time. `watch` is called with each trial that ends,
    how many have ended, and the best metric of all. With one job the same seed gives the same trials. Ctrl-C saves the
    runs, and is told in the result. Raises ConfigError for what cannot be used or does not fit the folder, or if trials
    in it were judged by what is held out, as earlier versions did, MissingExtraError without joblib or Optuna.
    """
    check_sweep(trials, jobs, backend, scheduler, seed)
    folder = folder.absolute()  # workers may run in another one
    make_folder(folder)
    stopped: int | None = None
    with contextlib.closing(open_study(folder, storage, space, seed)) as study:
        _refuse_changed_data(study, "file" in space.varied)
        _refuse_other_judges(study)
        with Claim(folder) as claim, StopOnSignal(claim.give_up) as stop:

            def assignments() -> Iterator[Assignment]:
                while is_held(claim.path):
                    assignment = study.take(space, trials, seed, claim.path, prune, os.getpid())
                    if assignment is None:
                        return
                    yield assignment

            try:
                for trial, number in spread(_work, assignments(), jobs, backend, scheduler):
                    if number is not None:  # in this very process a run sees the signal first
                        stopped = number
                        claim.give_up()
                    if trial.state not in ("interrupted", "running"):
                        watch(trial, *_so_far(study))
            except TinygradError:
                if stop.signal is None:  # workers that were only starting die of Ctrl-C
                    raise
        done = read_sweep(space, study)
    return Sweep(space, done.metric, done.goal, done.trials, stop.signal or stopped)


def check_sweep(trials: int, jobs: int, backend: str, scheduler: str | None, seed: int = 0) -> None:
    """Raise ConfigError or MissingExtraError if no sweep can run so, before there is a folder for it."""
    if type(seed) is not int or seed < 0:
        raise ConfigError(f"seed: got {seed!r}, wanted a whole number of at least 0. try: --seed 0")
    if type(trials) is not int or not 1 <= trials <= MOST_TRIALS:
        raise ConfigError(f"trials: got {trials}, wanted a whole number from 1 to {MOST_TRIALS}. try: --trials 40")
    check(jobs, backend, scheduler)
    optuna_is_there()


def _refuse_changed_data(study: Study, several_files: bool) -> None:
    """DataError if trials that have ended were trained on other data: new ones could not be compared with them."""
    looked_at: set[str | None] = set()
    for trial in study.trials():
        position = read_position(_run_of(study, trial) / "last.npz") if trial.state.is_finished() else None
        if position is not None and position.config.file not in looked_at:
            refuse_changed_data(position.config, position.facts)
            looked_at.add(position.config.file)
            if not several_files:
                return


def _refuse_other_judges(study: Study) -> None:
    """ConfigError if trials were judged by what is held out: those that validation judges have other figures."""
    for trial in study.trials():
        validation = read_facts(_run_of(study, trial)).validation if trial.state.name == "COMPLETE" else None
        if validation is not None and trial.value != validation:
            raise ConfigError(
                f"{study.folder} holds trials that were judged by what is held out, which flatters. try: another --out"
            )


def _run_of(study: Study, trial: Any) -> Path:
    """The directory of a trial."""
    return study.folder / f"trial-{trial.number:04}"


def read_sweep(space: Space, study: Study) -> Sweep:
    """What there is of a sweep: all trials, by what chooses."""
    task = space.config(_some(space)).create()
    trials = sorted((_read(study, trial) for trial in study.trials()), key=lambda t: (t.best, t.number))
    return Sweep(space, task.metric, task.goal, trials)


def _so_far(study: Study) -> tuple[int, float]:
    """How many trials have ended, and the best value of all."""
    ended = [trial for trial in study.trials() if trial.state.is_finished()]
    return len(ended), min((trial.value for trial in ended if trial.value is not None), default=math.inf)


def _some(space: Space) -> dict[str, Any]:
    return {name: values.examples[0] for name, values in space.varied.items()}


def _read(study: Study, trial: Any) -> Trial:
    """A trial from what Optuna knows and what its run's files tell."""
    run = _run_of(study, trial)
    facts = read_facts(run)
    best = trial.value if trial.state.name == "COMPLETE" else min(trial.intermediate_values.values(), default=math.inf)
    if trial.state.name == "RUNNING":
        state = "running" if study.is_run(trial) else "interrupted"
    else:
        state = "finished" if trial.state.name == "COMPLETE" else trial.user_attrs.get("ended", "pruned")
    test = None if facts.validation is None else facts.best
    return Trial(trial.number, state, dict(trial.params), best, facts.updates, facts.seconds, run, test)


# --- in the workers --------------------------------------------------------------------------------------------------


class _Pruned(Exception):
    """There are better ones."""


def _work(assignment: Assignment) -> tuple[Trial, int | None]:
    """Run a trial to its end, or until its claim is no longer held; what is there of it already is not repeated.

    Returns it, and the signal that stopped it.
    """
    settle(assignment.parent)
    leave_signals_to(assignment.parent)
    with contextlib.closing(open_study(assignment.folder, assignment.storage)) as study:
        known = study.trials()[assignment.number]
        if known.state.is_finished():  # its worker died after it was done, and before it could say so
            return _read(study, known), None
        stopped = _train(assignment, study, known.last_step)
        return _read(study, study.trials()[assignment.number]), stopped


class _Reporter:
    """A subscriber: Optuna hears of each measurement, and the run ends if it is hopeless or no longer wanted."""

    def __init__(self, assignment: Assignment, study: Study, last_step: int | None) -> None:
        self.assignment, self.trial, self.last_step = assignment, study.trial(assignment), last_step
        self._looked = time.monotonic()

    def report(self, update: int, value: float) -> None:
        """Report what chooses, unless Optuna has heard of it."""
        if self.last_step is None or update > self.last_step:
            self.trial.report(value, update)
            self.last_step = update

    def prune(self, update: int) -> None:
        """Raise _Pruned if other trials were better at this update."""
        updates = self.assignment.config.updates
        if self.assignment.prune and SPARED * updates <= update < updates and self.trial.should_prune():
            raise _Pruned

    def __call__(self, step: Progress, stop: StopOnSignal) -> None:
        """After each update."""
        if step.measured and (self.last_step is None or step.update > self.last_step):
            self.report(step.update, step.test if step.validation is None else step.validation)
            self.prune(step.update)
        if time.monotonic() - self._looked >= LOOK_EVERY:
            self._looked = time.monotonic()
            if not is_held(self.assignment.claim) and stop.signal is None:
                stop.signal = signal.SIGTERM


def _train(assignment: Assignment, study: Study, last_step: int | None) -> int | None:
    """Train, and tell Optuna what came of it; or return the signal that stopped it."""
    from optuna.trial import TrialState

    while is_trained(assignment.run):  # by a worker whose parent was killed: it notices that soon
        if not is_held(assignment.claim):
            return signal.SIGTERM
        time.sleep(LOOK_EVERY)
    reporter = _Reporter(assignment, study, last_step)
    facts = read_facts(assignment.run)
    saved = facts.judged if facts.last is not None and facts.last.config == assignment.config else []
    for update, measured in saved:  # and not reported
        reporter.report(update, measured)
    state, ended, value, result = TrialState.COMPLETE, "finished", None, None
    try:
        if reporter.last_step is not None:
            reporter.prune(reporter.last_step)
        if facts.lacking:
            warm_up(assignment.config)  # its seconds are those of training
        result = finish_run(assignment.config, assignment.run, reporter)
        if result is not None and result.stopped is not None:
            return result.stopped
        facts = read_facts(assignment.run)
        value = facts.best if facts.validation is None else facts.validation
    except _Pruned:
        state, ended = TrialState.PRUNED, "pruned"
    except DivergedError:
        state, ended = TrialState.PRUNED, "diverged"  # not FAIL, of which the sampler would learn nothing
    reporter.trial.set_user_attr("ended", ended)
    study.optuna.tell(assignment.number, value, state, skip_if_finished=True)
    return None if result is None else result.signal
