"""What is said about a run before its first update and after its last."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from ... import __version__
from ...nn import Module
from ...tasks import Task
from ..config import Config

if TYPE_CHECKING:
    from ...updates.signals import StopOnSignal
    from ..loop import Result

__all__ = ["introduction", "summary"]


def introduction(config: Config, task: Task, model: Module, run: Path) -> list[str]:
    """What is trained on what, what there is to beat, and where it is written down."""
    return [
        f"tinygrad_gru {__version__} · {config.task}, length {config.length} · {config.cell_title}, "
        f"hidden {config.hidden}, {model.num_parameters:,} parameters · seed {config.seed}",
        f"it shows that {task.teaches}",
        *([f"data: {task.data}"] if task.data else []),
        *(f"  {line}" for line in task.report),
        f"baselines: {_baselines(task)} · goal: {task.metric} below {task.goal:.4g}",
        f"run: {run} · repeat it: {config.command}",
    ]


def summary(result: Result, stop: StopOnSignal) -> str:
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
