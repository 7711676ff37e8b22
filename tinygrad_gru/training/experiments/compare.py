"""Try both, keep the winner: several cells on one task, several seeds each, with the same data and as many parameters.

Run k of every cell has the same seed, so the same data: differences are paired. The winner is named only if it is
better by more than the differences vary.
"""

from __future__ import annotations

import dataclasses
import math
import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import CheckpointError, ConfigError, FileError, TinygradError
from ..config import Config
from ..declaration import is_class_of_file
from ..dry_run import warm_up
from ..runs.directory import make_folder
from ..runs.facts import RunFacts, read_facts
from ..runs.own_files import refuse_strangers
from ..session import finish_run
from .search_space import from_anywhere
from .workers import check, settle, spread

__all__ = ["Comparison", "Outcome", "Stopped", "compare", "matched", "name_of", "plan", "sign_flip_test"]

EXACT = 15  # differences up to which every sign pattern is enumerated: 32,768
FLIPS = 20_000  # sign patterns that are sampled beyond that
ENOUGH = 6  # seeds with which p can come below 0.05: 2 / 2**6


@dataclass(frozen=True)
class Outcome:
    """What came of one run; `to_goal` is the first update and second at which the goal was reached."""

    cell: str
    seed: int
    parameters: int
    best: float  # the lowest metric; infinite if none was measured
    seconds: float  # of training; what is compiled before the first update is not counted
    curve: tuple[tuple[int, float], ...]  # (update, metric) at each measurement
    to_goal: tuple[int, float] | None
    failed: str = ""  # why there is no result
    stopped: int | None = None  # the signal that came to the process that trained it

    @property
    def is_measured(self) -> bool:
        """Whether it has a result to compare."""
        return not self.failed and math.isfinite(self.best)


class Stopped(KeyboardInterrupt):
    """A comparison was stopped by a signal; what was done is kept."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = number


@dataclass(frozen=True)
class Comparison:
    """All outcomes, by cell, and what they say."""

    task: str
    metric: str
    goal: float
    baselines: dict[str, float]
    outcomes: dict[str, list[Outcome]]

    def rows(self) -> list[dict[str, Any]]:
        """A row for each cell, the best first: mean and spread of the metric, how many runs reached the goal, when.

        A mean of no runs is None, and so is the spread of fewer than two: as JSON, null.
        """
        rows = []
        for cell, outcomes in self.outcomes.items():
            measured = [o for o in outcomes if o.is_measured]
            best = [o.best for o in measured]
            reached = [o.to_goal for o in measured if o.to_goal is not None]
            rows.append(
                {
                    "cell": cell,
                    "parameters": outcomes[0].parameters if outcomes else 0,
                    "runs": len(outcomes),
                    "diverged": sum(bool(o.failed) for o in outcomes),
                    self.metric: statistics.fmean(best) if best else None,
                    "spread": statistics.stdev(best) if len(best) > 1 else None,
                    "goal reached": sum(value < self.goal for value in best),
                    "updates to goal": statistics.median(u for u, _ in reached) if reached else None,
                    "seconds to goal": statistics.median(s for _, s in reached) if reached else None,
                    "seconds": statistics.fmean(o.seconds for o in measured) if measured else None,
                }
            )
        return sorted(rows, key=lambda row: math.inf if row[self.metric] is None else row[self.metric])

    @property
    def has_result(self) -> bool:
        """Whether any run has a measurement."""
        return any(o.is_measured for outcomes in self.outcomes.values() for o in outcomes)

    def verdict(self) -> str:
        """Who won, or that nobody did, in a sentence."""
        return self._verdict

    @cached_property
    def _verdict(self) -> str:
        """Each report asks for it."""
        if not self.has_result:
            return f"no winner: no cell has a measurement ({self._left_out()}). try: a lower --lr, and another --out"
        rows = [row["cell"] for row in self.rows()]
        if len(rows) < 2:
            return "one cell alone: nothing to compare. try: --cells rnn,gru,lstm"
        first, second = rows[:2]
        ours, theirs = ({o.seed: o.best for o in self.outcomes[c] if o.is_measured} for c in (first, second))
        left_out = f"; left out: {self._left_out()}" if self._left_out() else ""
        beside = self._beside_the_baseline(first)
        if not theirs:
            return f"no winner: {first} alone has a measurement{left_out}. try: a lower --lr, and another --out"
        paired = [theirs[seed] - ours[seed] for seed in ours if seed in theirs]
        if len(paired) < 2:
            why = "one seed says" if len(self.outcomes[first]) < 2 else f"{len(paired)} seeds measured in both say"
            return f"{first} had the lowest {self.metric}; {why} little{left_out}. try: --seeds {ENOUGH}"
        mean, spread = statistics.fmean(paired), statistics.stdev(paired)
        p, least = sign_flip_test(paired), 2 / 2 ** len(paired)
        figures = f"difference {mean:.3g} ± {spread:.3g} over {len(paired)} seeds, p = {p:.2g}"
        if len(paired) < ENOUGH:
            figures += f", which {len(paired)} seeds can never bring below {least:.2g}"
        if mean > spread:
            return f"the winner is {first}, before {second}: {figures}{left_out}{beside}"
        return f"no winner: {first} and {second} differ by less than their runs do ({figures}{left_out}){beside}"

    def _beside_the_baseline(self, cell: str) -> str:
        """How many runs of a cell are better than the best baseline, in words: who wins may be worse than none."""
        if not self.baselines:
            return ""
        name, value = min(self.baselines.items(), key=lambda item: item[1])
        best = [o.best for o in self.outcomes[cell] if o.is_measured]
        better, mean = sum(b < value for b in best), statistics.fmean(best)
        worse = "" if mean < value else f", its mean is not: {mean:.4g}"
        return f"; {better} of {len(best)} runs of {cell} are below {name} ({value:.4g}){worse}"

    def _left_out(self) -> str:
        """The runs without a result, by cell."""
        parts = []
        for cell, outcomes in self.outcomes.items():
            diverged = sum(bool(o.failed) for o in outcomes)
            unmeasured = sum(not o.failed and not o.is_measured for o in outcomes)
            parts += [f"{n} of {len(outcomes)} runs of {cell} {what}"
                      for n, what in ((diverged, "diverged"), (unmeasured, "without a measurement")) if n]  # fmt: skip
        return ", ".join(parts)


def sign_flip_test(differences: Sequence[float]) -> float:
    """The p-value of the paired, two-sided sign-flip test: the share of sign patterns with a mean at least as large.

    Up to fifteen differences all 2ⁿ patterns are enumerated. For more, 20,000 are sampled, always the same, and the
    observed one counts as one of them, so that p is never 0 (Phipson and Smyth, 2010).

    >>> sign_flip_test([1.0, 2.0, 3.0])
    0.25
    """
    d = np.asarray(differences, np.float64)
    observed = abs(d.sum()) - 1e-12 * np.abs(d).sum()  # sums of the same numbers in another order round differently
    if len(d) <= EXACT:
        flipped = np.arange(2 ** len(d))[:, None] >> np.arange(len(d)) & 1  # (2ⁿ, n)
        return float(np.mean(np.abs((1 - 2 * flipped) @ d) >= observed))
    rng = np.random.default_rng(0)
    larger = 0
    for _ in range(FLIPS // 1000):  # a thousand at a time: a thousand seeds take 8 MB and not 160
        larger += int(np.sum(np.abs(rng.choice([-1.0, 1.0], (1000, len(d))) @ d) >= observed))
    return (1 + larger) / (1 + FLIPS)


def matched(task: Any, cell: str, parameters: int) -> int:
    """The size of the state with which a model of this cell comes nearest to so many parameters."""
    low, high = 1, 2
    while task.model(cell, high).num_parameters < parameters:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if task.model(cell, middle).num_parameters < parameters else (low, middle)
    return min((low, high), key=lambda hidden: abs(task.model(cell, hidden).num_parameters - parameters))


def plan(base: Config, cells: Sequence[str], seeds: int, match: str = "params") -> list[Config]:
    """The settings of all runs; with `match="params"` each cell has as many parameters as `base` has."""
    if match not in ("params", "hidden"):
        raise ConfigError(f"match: got {match!r}, wanted params or hidden. try: --match params")
    if not 1 <= seeds <= 1000:
        raise ConfigError(f"seeds: got {seeds}, wanted a whole number from 1 to 1000. try: --seeds 5")
    if len(set(cells)) != len(cells) or not cells:
        raise ConfigError(f"cells: got {','.join(cells)}, wanted different ones. try: --cells rnn,gru,lstm")
    if base.file is not None:
        base = dataclasses.replace(base, file=from_anywhere(base.file))
    task = base.create()
    wanted = task.model(base.cell, base.hidden).num_parameters
    configs = []
    for cell in cells:
        keep = None if cell == "rnn" or is_class_of_file(cell) else base.keep_bias  # it has no gate that we know
        first = dataclasses.replace(base, cell=cell, keep_bias=keep)  # an unknown cell is refused here
        hidden = base.hidden if match == "hidden" else matched(task, cell, wanted)
        configs += [dataclasses.replace(first, hidden=hidden, seed=base.seed + k) for k in range(seeds)]
    names = {config.cell: config.cell_name for config in configs}
    if len(set(names.values())) < len(names):
        raise ConfigError(f"cells: got {','.join(names.values())}, wanted different names. try: another class name")
    return configs


def compare(
    configs: Sequence[Config],
    folder: Path,
    jobs: int = -1,
    watch: Callable[[Outcome], object] = lambda outcome: None,
    backend: str = "loky",
    scheduler: str | None = None,
) -> Comparison:
    """Train with all settings, several at once, in folders under `folder`; runs that are finished are not repeated.

    `watch` is called with each outcome as it comes. A run that diverges is an outcome too. `backend` is one of
    joblib's; with dask the runs go to the workers of the cluster whose scheduler is named, which must all see the
    folder. Raises MissingExtraError without joblib, and Stopped when a run was: half of a run is no outcome.
    """
    check(jobs, backend, scheduler)
    make_folder(folder)
    whole = folder.absolute()  # workers may run in another one
    orders = [(config, whole / name_of(config), os.getpid()) for config in configs]
    for config, run, _ in orders:  # before any of them has trained for hours
        if run.is_dir() and not (run / "last.npz").exists():
            refuse_strangers(run, config)
    outcomes: dict[str, list[Outcome]] = {config.cell_name: [] for config in configs}
    for outcome in spread(_one, orders, jobs, backend, scheduler):
        if outcome.stopped is not None:
            raise Stopped(outcome.stopped)
        outcomes[outcome.cell].append(outcome)
        watch(outcome)
    for each in outcomes.values():
        each.sort(key=lambda outcome: outcome.seed)
    base = configs[0]
    task = base.create()
    return Comparison(base.task, task.metric, task.goal, task.baselines, outcomes)


def name_of(config: Config) -> str:
    """The folder of a run."""
    return f"{config.cell_name}-{config.hidden}-seed{config.seed}"


def _one(order: tuple[Config, Path, int]) -> Outcome:
    """Train, or go on, or read what is there; in a process of its own."""
    config, run, parent = order
    settle(parent)
    task = config.create()
    parameters = task.model(config.cell, config.hidden).num_parameters
    failed, stopped = "", None
    if read_facts(run).lacking:  # it trains, here and now
        warm_up(config)
    try:
        result = finish_run(config, run)
        stopped = None if result is None else result.signal
    except (ConfigError, FileError, CheckpointError):
        raise
    except TinygradError as error:  # it diverged
        failed = str(error)
    return _outcome(config, read_facts(run), parameters, task.goal, failed, stopped)


def _outcome(
    config: Config, facts: RunFacts, parameters: int, goal: float, failed: str, stopped: int | None
) -> Outcome:
    """What the run's files tell; of one whose metrics.jsonl is gone, its last.npz still knows the best."""
    reached = next((update for update, test in facts.curve if test < goal), None)
    when = None if reached is None else (reached, facts.seconds_at(reached))
    curve = tuple(facts.curve)
    return Outcome(config.cell_name, config.seed, parameters, facts.best, facts.seconds, curve, when, failed, stopped)
