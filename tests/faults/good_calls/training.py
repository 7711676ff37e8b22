"""A good call of what tasks and training publish for programs: tasks, settings, and where runs are; fresh each time."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tests.faults.odd_calls import call
from tinygrad_gru import tasks, training

__all__ = ["CALLS"]


def folder() -> Path:
    return Path(tempfile.mkdtemp())


def settings() -> Path:
    path = folder() / "config.toml"
    path.write_text('task = "adding"\n', encoding="utf-8")
    return path


def a_run() -> Path:
    """A folder of runs with one in it."""
    root = folder()
    (root / "adding-0001").mkdir()
    return root


def setting(task: str, name: str, value: Any) -> Any:
    return call(training.Config.of, task, **{name: value})


GENERATED = ("Adding", "Order", "CopyMemory", "Parity", "Reber", "Sine", "Addition", "Sentiment")
LENGTHS = {"Addition": 2}
SETTINGS = {
    "cell": "gru", "hidden": 3, "updates": 4, "batch": 2, "lr": 0.1, "length": 5, "seed": 1, "final_lr": 0.5,
    "clip": 1.0, "keep_bias": 1.0, "every": 2, "patience": 2,
}  # fmt: skip

CALLS: dict[str, Any] = {
    **{
        f"tasks.{name}": lambda name=name: call(getattr(tasks, name).create, 2 if name == "Addition" else 24)
        for name in GENERATED
    },
    "tasks.recurrent": lambda: call(tasks.recurrent, "gru", 2, 3),
    **{f"training.Config.{n}": lambda n=n, v=v: setting("adding", n, v) for n, v in SETTINGS.items()},
    "training.Config": lambda: call(training.Config.of, "adding"),
    "training.commented": lambda: call(training.commented, "adding"),
    "training.settled": lambda: call(training.settled, settings(), task="adding", hidden=3),
    "training.read_settings": lambda: call(training.read_settings, settings()),
    "training.new_run": lambda: call(training.new_run, "adding", out=folder() / "run"),
    "training.new_run in a folder": lambda: call(training.new_run, "adding", root=folder()),
    "training.find_run": lambda: call(training.find_run, "1", root=a_run()),
}
