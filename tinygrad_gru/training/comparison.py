"""Try both, keep the winner: several cells on one task, several seeds each, with the same data and as many parameters.

Run k of every cell has the same seed, so the same data: differences are paired. The winner is named only if it is
better by more than the differences vary.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import CheckpointError, ConfigError, FileError, TinygradError
from .config import Config
from .finishing import finish_run
from .metrics import read_metrics
from .runs import make_folder
from .space import from_anywhere
from .spreading import check, settle, spread

__all__ = ["Comparison", "Outcome", "Stopped", "compare", "matched", "name_of", "plan", "sign_flip_test"]


@dataclass(frozen=True)
class Outcome:
    """What came of one run; `to_goal` is the first update and second at which the goal was reached."""

    cell: str
    seed: int
    parameters: int
    best: float
    seconds: float
    curve: tuple[tuple[int, float], ...]  # (update, metric) at each measurement
    to_goal: tuple[int, float] | None
    failed: str = ""  # why there is no result
    stopped: int | None = None  # the signal that came to the process that trained it


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
        """A row for each cell, the best first: mean and spread of the metric, how many runs reached the goal, when."""
        found = []
        for cell, outcomes in self.outcomes.items():
            good = [o for o in outcomes if not o.failed]
            best = [o.best for o in good]
            reached = [o.to_goal for o in good if o.to_goal is not None]
            found.append(
                {
                    "cell": cell,
                    "parameters": outcomes[0].parameters if outcomes else 0,
                    "runs": len(outcomes),
                    "diverged": len(outcomes) - len(good),
                    self.metric: statistics.fmean(best) if best else math.inf,
                    "spread": statistics.stdev(best) if len(best) > 1 else 0.0,
                    "goal reached": len(reached),
                    "updates to goal": statistics.median(u for u, _ in reached) if reached else None,
                    "seconds to goal": statistics.median(s for _, s in reached) if reached else None,
                    "seconds": statistics.fmean(o.seconds for o in good) if good else None,
                }
            )
        return sorted(found, key=lambda row: row[self.metric])

    def verdict(self) -> str:
        """Who won, or that nobody did, in a sentence."""
        rows = self.rows()
        if len(rows) < 2:
            return "one cell alone: nothing to compare. try: --cells rnn,gru,lstm"
        first, second = rows[0]["cell"], rows[1]["cell"]
        ours, theirs = ({o.seed: o.best for o in self.outcomes[c] if not o.failed} for c in (first, second))
        paired = [theirs[seed] - ours[seed] for seed in ours if seed in theirs]
        if len(paired) < 2:
            return f"{first} had the lowest {self.metric}; one seed says little. try: --seeds 5"
        mean, spread = statistics.fmean(paired), statistics.stdev(paired)
        p = sign_flip_test(paired)
        figures = f"difference {mean:.3g} ± {spread:.3g} over {len(paired)} seeds, p = {p:.2g}"
        if mean > spread:
            return f"the winner is {first}, before {second}: {figures}"
        return f"no winner: {first} and {second} differ by less than their runs do ({figures})"


def sign_flip_test(differences: Sequence[float]) -> float:
    """The probability of a mean at least as large if the sign of each difference were chance (paired, two-sided).

    >>> sign_flip_test([1.0, 2.0, 3.0])
    0.25
    """
    observed = abs(sum(differences)) - 1e-12 * sum(abs(d) for d in differences)
    signs = itertools.product((1, -1), repeat=len(differences))
    larger = [abs(sum(s * d for s, d in zip(flips, differences, strict=True))) >= observed for flips in signs]
    return sum(larger) / len(larger)


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
    found = []
    for cell in cells:
        keep = None if cell == "rnn" else base.keep_bias  # it has no gate
        first = dataclasses.replace(base, cell=cell, keep_bias=keep)  # an unknown cell is refused here
        hidden = base.hidden if match == "hidden" else matched(task, cell, wanted)
        found += [dataclasses.replace(first, hidden=hidden, seed=base.seed + k) for k in range(seeds)]
    return found


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
    outcomes: dict[str, list[Outcome]] = {config.cell: [] for config in configs}
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
    return f"{config.cell}-{config.hidden}-seed{config.seed}"


def _one(order: tuple[Config, Path, int]) -> Outcome:
    """Train, or go on, or read what is there; in a process of its own."""
    config, run, parent = order
    settle(parent)
    task = config.create()
    parameters = task.model(config.cell, config.hidden).num_parameters
    failed, stopped = "", None
    try:
        result = finish_run(config, run)
        stopped = None if result is None else result.signal
    except (ConfigError, FileError, CheckpointError):
        raise
    except TinygradError as error:  # it diverged
        failed = str(error)
    return _outcome(config, run, parameters, task.goal, failed, stopped)


def _outcome(config: Config, run: Path, parameters: int, goal: float, failed: str, stopped: int | None) -> Outcome:
    measured = [line for line in read_metrics(run) if "test" in line]
    curve = tuple((line["update"], line["test"]) for line in measured)
    reached = next(((line["update"], line["seconds"]) for line in measured if line["test"] < goal), None)
    seconds = measured[-1]["seconds"] if measured else 0.0
    best = min((test for _, test in curve), default=math.inf)
    return Outcome(config.cell, config.seed, parameters, best, seconds, curve, reached, failed, stopped)
