"""What a run's directory tells without its weights being read: settings, curve, and how far it came.

The files may have been edited or torn: what cannot be read is missing here, and is no error.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core.support.arguments import ShortRepr
from ...errors import TinygradError
from ..config import Config
from ..position import Position
from ..settings import settled
from .checkpoint import read_position
from .lock import is_trained
from .log import DIVERGED, read_metrics
from .small_files import is_number, json_in, open_regular, refuse_newer, text_of

__all__ = ["RunFacts", "read_facts"]

LARGEST_REPORT = 100_000_000  # bytes


@dataclass(frozen=True, repr=False)
class RunFacts(ShortRepr):
    """A run as its files describe it."""

    run: Path
    config: Config | None
    told: dict[str, Any]  # run.json: versions, baselines, the command …
    metrics: list[dict[str, Any]]  # metrics.jsonl, a dict for each line up to the last checkpoint
    last: Position | None = None  # what last.npz says of itself
    best_kept: Position | None = None  # and best.npz
    running: bool = False  # whether a process trained it when this was read

    @property
    def curve(self) -> list[tuple[int, float]]:
        """The metric at each measurement: (update, metric)."""
        return [(m["update"], m["test"]) for m in self.metrics if "test" in m]

    @property
    def best(self) -> float:
        """The metric of the weights that are kept, the lowest or validation's choice; infinite if none was measured."""
        if self.last is not None and self._chosen:
            return self.last.best
        return min([self._kept[1]] + ([self.last.best] if self.last else []))

    @property
    def judged(self) -> list[tuple[int, float]]:
        """(update, what chooses) at each measurement: validation's figure where there is one, else the metric."""
        return [(m["update"], m.get("validation", m["test"])) for m in self.metrics if "test" in m]

    @property
    def validation(self) -> float | None:
        """The lowest that validation measured; None where the metric itself chooses."""
        return min(self._chosen)[0] if self._chosen else None

    @property
    def _chosen(self) -> list[tuple[float, int, float]]:
        """Where validation chooses: what it measured, the update, and the metric then."""
        return [(m["validation"], m["update"], m["test"]) for m in self.metrics if "validation" in m and "test" in m]

    @property
    def _kept(self) -> tuple[int, float]:
        """The update of the weights that are kept as the lines tell it, and the metric then."""
        if self._chosen:
            return min(self._chosen)[1:]
        return min(self.curve, key=lambda point: point[1], default=(0, math.inf))

    @property
    def updates(self) -> int:
        """How many updates were made."""
        written = int(self.metrics[-1]["update"]) if self.metrics else 0
        return max(written, self.last.update if self.last else 0)

    @property
    def position(self) -> Position | None:
        """How far it came: as its last.npz says, or if there is none, as its settings and lines do."""
        if self.last is not None or self.config is None:
            return self.last
        best_update, best = self._kept
        return Position(self.config, self.updates, best, best_update)

    @property
    def seconds(self) -> float:
        """How long it trained."""
        return next((m["seconds"] for m in reversed(self.metrics) if "seconds" in m), 0.0)

    def seconds_at(self, update: int) -> float:
        """How long it had trained at this update; 0 if its line does not tell."""
        return next((m["seconds"] for m in self.metrics if m["update"] == update and "seconds" in m), 0.0)

    @property
    def goal(self) -> float | None:
        """The task counts as learned below this."""
        goal: float | None = self.told.get("goal")
        return goal if is_number(goal) else None

    @property
    def reached(self) -> bool:
        """Whether the metric came below the goal."""
        return self.goal is not None and self.best < self.goal

    @property
    def ended_by(self) -> str:
        """The setting that ended the run, `updates` or `patience`; "" if it is not at its end."""
        if self.position is None or (self.last is None and self.best_kept is None):
            return ""
        return self.position.ended_by

    @property
    def lacking(self) -> list[str]:
        """What the run needs to be at its end: `updates`, or files that have something missing. Nothing, if it is."""
        if self.last is None:  # somebody has removed it, or there was none yet
            return [] if self.ended_by else ["updates"]
        update, best_update = self.last.update, self.last.best_update
        kept = self.best_kept.update if self.best_kept else None
        there = {
            "updates": bool(self.ended_by),
            "metrics.jsonl": not self.last.is_measured or any(u == update for u, _ in self.curve),
            "best.npz": kept == update or best_update != update,  # what was better earlier cannot be made again
            "config.toml": self.config is not None,
            "run.json": bool(self.told),
        }
        return [name for name, is_there in there.items() if not is_there]

    @property
    def state(self) -> str:
        """running, finished, diverged, stopped, or unreadable."""
        if self.config is None:
            return "unreadable"
        if self.running:
            return "running"
        if self.metrics and self.metrics[-1].get("event") == DIVERGED:
            return "diverged"
        return "stopped" if self.lacking else "finished"

    @property
    def how_far(self) -> str:
        """The state and the updates, in words."""
        return f"{self.state} after {self.updates:,} of {self.config.updates if self.config else 0:,} updates"

    @property
    def has_report(self) -> bool:
        """Whether report.html is there and tells of the run as it is now."""
        with contextlib.suppress(OSError, ValueError):
            return self.how_far in text_of(self.run / "report.html", LARGEST_REPORT)
        return False

    def as_row(self) -> dict[str, Any]:
        """For a table of runs, and as JSON."""
        config = self.config
        return {
            "run": self.run.name,
            "task": config.task if config else "?",
            "cell": config.cell_name if config else "?",
            "hidden": config.hidden if config else 0,
            "length": config.length if config else 0,
            "seed": config.seed if config else 0,
            "state": self.state,
            "updates": self.updates,
            "of": config.updates if config else 0,
            "best": self.best if math.isfinite(self.best) else None,
            "metric": self.told.get("metric", "?"),
            "goal": "reached" if self.reached else "missed",
            "seconds": round(self.seconds, 1),
        }


def read_facts(run: Path, ours: bool = False) -> RunFacts:
    """What the files of a run tell; `ours` says that it is this process that holds the run's lock.

    A run that is trained meanwhile goes on, so the order matters: whoever reads the lines after the checkpoint has all
    that led to it, and a lock that is free before anything is read tells that nobody writes. Raises FileError if the
    files were made by a newer version of ours.
    """
    refuse_newer(run)
    running = not ours and is_trained(run)
    last, best_kept = (read_position(run / name) for name in ("last.npz", "best.npz"))
    metrics = read_metrics(run)
    diverged = bool(metrics) and metrics[-1].get("event") == DIVERGED
    if last is not None and not running and not diverged:  # beyond it there is what a kill has cut off
        metrics = [line for line in metrics if line["update"] <= last.update]
    config = None
    with contextlib.suppress(OSError, ValueError, TypeError, TinygradError):
        open_regular(run / "config.toml").close()  # what is no file has no settings, and may have no end
        config = settled(run / "config.toml")
    return RunFacts(run, config, _sound(json_in(run / "run.json")), metrics, last, best_kept, running)


def _sound(run_json: dict[str, Any]) -> dict[str, Any]:
    """What run.json tells, but for what is of another type than we write."""
    types = {"metric": str, "baselines": dict, "versions": dict}
    run_json = {name: value for name, value in run_json.items() if isinstance(value, types.get(name, object))}
    if "baselines" in run_json:
        run_json["baselines"] = {name: value for name, value in run_json["baselines"].items() if is_number(value)}
    return run_json
