"""A sweep: many trainings with settings that Optuna chooses; the hopeless ones are stopped, the best one is named."""

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

from ...errors import ConfigError, DivergedError, FileError, TinygradError
from ..loop import Progress
from ..runs.checkpoint import read_stand
from ..runs.claims import Claim, is_held
from ..runs.data import refuse_changed_data
from ..runs.facts import read_facts
from ..runs.finish import finish_run
from ..runs.lock import is_trained
from ..signals import StopOnSignal
from ..warming import warm_up
from .optuna_study import Order, Study, open_study, optuna_is_there
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
    best: float  # the lowest metric measured; infinite if none was
    updates: int
    seconds: float
    run: Path

    def as_row(self, metric: str) -> dict[str, Any]:
        """For a table, and as JSON."""
        best = self.best if math.isfinite(self.best) else None
        measured = {"updates": self.updates, "seconds": round(self.seconds, 1)}
        return {"trial": self.number, metric: best, **self.values, "state": self.state, **measured}


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
    def command(self) -> str | None:
        """The command line that trains the winner again."""
        return None if self.best is None else self.space.config(self.best.values).command

    @property
    def counts(self) -> dict[str, int]:
        """How many trials are in each state."""
        states = ("finished", "pruned", "diverged", "interrupted", "running")
        found = {state: sum(trial.state == state for trial in self.trials) for state in states}
        return {state: count for state, count in found.items() if count}

    def as_dict(self) -> dict[str, Any]:
        """What programs want to know, as JSON."""
        rows = [{**trial.as_row(self.metric), "run": str(trial.run)} for trial in self.trials]
        best = None if self.best is None else rows[self.trials.index(self.best)]
        found = {"best": best, "command": self.command, "counts": self.counts, "trials": rows}
        return {**self.space.as_dict(), "metric": self.metric, "goal": self.goal, **found, "stopped": self.stopped}


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
    runs, and is told in the result. Raises ConfigError for what cannot be used or does not fit the folder,
    MissingExtraError without joblib or Optuna.
    """
    check_sweep(trials, jobs, backend, scheduler, seed)
    folder = folder.absolute()  # workers may run in another one
    with contextlib.suppress(FileExistsError):
        _make(folder)
    stopped: int | None = None
    with contextlib.closing(open_study(folder, storage, space, seed)) as study:
        _refuse_changed_data(study, "file" in space.varied)
        with Claim(folder) as claim, StopOnSignal(claim.give_up) as stop:

            def orders() -> Iterator[Order]:
                while is_held(claim.path):
                    order = study.take(space, trials, seed, claim.path, prune, os.getpid())
                    if order is None:
                        return
                    yield order

            try:
                for trial, number in spread(_work, orders(), jobs, backend, scheduler):
                    if number is not None:  # in this very process a run sees the signal first
                        stopped = number
                        claim.give_up()
                    if trial.state not in ("interrupted", "running"):
                        watch(trial, *_so_far(study))
            except TinygradError:
                if stop.signal is None:  # workers that were only starting die of Ctrl-C
                    raise
        found = read_sweep(space, study)
    return Sweep(space, found.metric, found.goal, found.trials, stop.signal or stopped)


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
        stand = (
            read_stand(study.folder / f"trial-{trial.number:04}" / "last.npz") if trial.state.is_finished() else None
        )
        if stand is not None and stand.config.file not in looked_at:
            refuse_changed_data(stand.config, stand.facts)
            looked_at.add(stand.config.file)
            if not several_files:
                return


def read_sweep(space: Space, study: Study) -> Sweep:
    """What there is of a sweep: all trials, by the metric."""
    task = space.config(_some(space)).create()
    found = sorted((_read(study, trial) for trial in study.trials()), key=lambda t: (t.best, t.number))
    return Sweep(space, task.metric, task.goal, found)


def _so_far(study: Study) -> tuple[int, float]:
    """How many trials have ended, and the best value of all."""
    ended = [trial for trial in study.trials() if trial.state.is_finished()]
    return len(ended), min((trial.value for trial in ended if trial.value is not None), default=math.inf)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise
    except OSError as error:
        raise FileError(f"cannot make {folder}: {error.strerror}. try: --out with a folder of yours") from None


def _some(space: Space) -> dict[str, Any]:
    return {name: values.examples[0] for name, values in space.varied.items()}


def _read(study: Study, trial: Any) -> Trial:
    """A trial from what Optuna knows and what its run's files tell."""
    run = study.folder / f"trial-{trial.number:04}"
    facts = read_facts(run)
    best = trial.value if trial.state.name == "COMPLETE" else min(trial.intermediate_values.values(), default=math.inf)
    if trial.state.name == "RUNNING":
        state = "running" if study.is_run(trial) else "interrupted"
    else:
        state = "finished" if trial.state.name == "COMPLETE" else trial.user_attrs.get("ended", "pruned")
    return Trial(trial.number, state, dict(trial.params), best, facts.updates, facts.seconds, run)


# --- in the workers --------------------------------------------------------------------------------------------------


class _Pruned(Exception):
    """There are better ones."""


def _work(order: Order) -> tuple[Trial, int | None]:
    """Run a trial to its end, or until its claim is no longer held; what is there of it already is not repeated.

    Returns it, and the signal that stopped it.
    """
    settle(order.parent)
    leave_signals_to(order.parent)
    with contextlib.closing(open_study(order.folder, order.storage)) as study:
        known = study.trials()[order.number]
        if known.state.is_finished():  # its worker died after it was done, and before it could say so
            return _read(study, known), None
        stopped = _train(order, study, known.last_step)
        return _read(study, study.trials()[order.number]), stopped


def _train(order: Order, study: Study, last_step: int | None) -> int | None:
    """Train, and tell Optuna what came of it; or return the signal that stopped it."""
    from optuna.trial import TrialState

    trial = study.trial(order)
    looked = time.monotonic()

    def hopeless(update: int) -> bool:
        whole = order.config.updates
        return order.prune and SPARED * whole <= update < whole and bool(trial.should_prune())

    def watch(progress: Progress, stop: StopOnSignal) -> None:
        nonlocal looked
        if progress.measured and (last_step is None or progress.update > last_step):
            trial.report(progress.test, progress.update)
            if hopeless(progress.update):
                raise _Pruned
        if time.monotonic() - looked >= LOOK_EVERY:
            looked = time.monotonic()
            if not is_held(order.claim) and stop.signal is None:
                stop.signal = signal.SIGTERM

    while is_trained(order.run):  # by a worker whose parent was killed: it notices that soon
        if not is_held(order.claim):
            return signal.SIGTERM
        time.sleep(LOOK_EVERY)
    facts = read_facts(order.run)
    saved = facts.curve if facts.last is not None and facts.last.config == order.config else []
    for update, test in saved:  # measured, and not told
        if last_step is None or update > last_step:
            trial.report(test, update)
            last_step = update
    state, ended, value, result = TrialState.COMPLETE, "finished", None, None
    try:
        if last_step is not None and hopeless(last_step):
            raise _Pruned
        if facts.lacking:
            warm_up(order.config)  # its seconds are those of training
        result = finish_run(order.config, order.run, watch)
        if result is not None and result.stopped is not None:
            return result.stopped
        value = read_facts(order.run).best
    except _Pruned:
        state, ended = TrialState.PRUNED, "pruned"
    except DivergedError:
        state, ended = TrialState.PRUNED, "diverged"  # not FAIL, of which the sampler would learn nothing
    trial.set_user_attr("ended", ended)
    study.optuna.tell(order.number, value, state, skip_if_finished=True)
    return None if result is None else result.signal
