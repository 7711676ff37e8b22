"""What a run's directory tells without its weights being read: settings, curve, and how far it came.

The files may have been edited or torn: what cannot be read is missing here, and is no error.
"""

from __future__ import annotations

import contextlib
import json
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from .config import Config
from .lock import is_trained
from .loop import out_of_patience
from .versions import refuse_newer

__all__ = ["RunFacts", "read_facts", "read_metrics"]


@dataclass(frozen=True)
class RunFacts:
    """A run as its files describe it."""

    run: Path
    config: Config | None
    told: dict[str, Any]  # run.json: versions, baselines, the command …
    metrics: list[dict[str, Any]]  # metrics.jsonl, a dict for each line

    @property
    def curve(self) -> list[tuple[int, float]]:
        """The metric at each measurement: (update, metric)."""
        return [(m["update"], m["test"]) for m in self.metrics if _number(m.get("test"))]

    @property
    def best(self) -> float:
        """The lowest metric; infinite if none was measured."""
        return min((test for _, test in self.curve), default=math.inf)

    @property
    def updates(self) -> int:
        """How many updates were written down."""
        return int(self.metrics[-1]["update"]) if self.metrics else 0

    @property
    def seconds(self) -> float:
        """How long it trained."""
        return next((m["seconds"] for m in reversed(self.metrics) if _number(m.get("seconds"))), 0.0)

    @property
    def goal(self) -> float | None:
        """The task counts as learned below this."""
        goal: float | None = self.told.get("goal")
        return goal if _number(goal) else None

    @property
    def reached(self) -> bool:
        """Whether the metric came below the goal."""
        return self.goal is not None and self.best < self.goal

    @property
    def state(self) -> str:
        """running, finished, diverged, stopped, or unreadable."""
        if self.config is None:
            return "unreadable"
        if is_trained(self.run):
            return "running"
        if self.metrics and self.metrics[-1].get("event") == "diverged":
            return "diverged"
        best_update = min(self.curve, key=lambda point: point[1], default=(0, 0.0))[0]
        early = self.curve and out_of_patience(self.config, self.curve[-1][0], best_update)
        return "finished" if self.updates >= self.config.updates or early else "stopped"

    def as_row(self) -> dict[str, Any]:
        """For a table of runs, and as JSON."""
        config = self.config
        return {
            "run": self.run.name,
            "task": config.task if config else "?",
            "cell": config.cell if config else "?",
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


def read_facts(run: Path) -> RunFacts:
    """What the files of a run tell; raises FileError if they were made by a newer version of ours."""
    refuse_newer(run)
    config, told = None, {}
    with contextlib.suppress(OSError, ValueError, TypeError, ConfigError):
        settings = tomllib.loads((run / "config.toml").read_text(encoding="utf-8"))
        settings.pop("format", None)
        config = Config.of(**settings)
    with contextlib.suppress(OSError, ValueError):
        told = json.loads((run / "run.json").read_text(encoding="utf-8"))
    return RunFacts(run, config, told if isinstance(told, dict) else {}, read_metrics(run))


def read_metrics(run: Path) -> list[dict[str, Any]]:
    """The lines of metrics.jsonl; a torn one, which a kill may leave at the end, is left out."""
    found = []
    with contextlib.suppress(OSError):
        for line in (run / "metrics.jsonl").read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                told = json.loads(line)
                if isinstance(told, dict) and type(told.get("update")) is int:
                    found.append(told)
    return found


def _number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)
