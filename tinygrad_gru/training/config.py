"""The settings of a run, all of them checked in one place."""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..tasks import CELLS, TASKS

__all__ = ["Config", "did_you_mean"]

LARGEST = 1_000_000_000
LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True)
class Config:
    """What to train, how large, how long. `Config.of("adding", length=20)` fills in what suits the task.

    >>> Config.of("adding", hidden=0)
    Traceback (most recent call last):
    tinygrad_gru.errors.ConfigError: hidden: got 0, wanted a whole number from 1 to 1000000000. try: --hidden 64
    """

    task: str
    cell: str
    hidden: int  # numbers in the state
    updates: int
    batch: int  # sequences per update
    lr: float  # of Adam, at the start; a cosine brings it down to a tenth
    length: int  # time steps per sequence
    seed: int = 0
    file: str | None = None  # the text, for tasks that learn from one

    @classmethod
    def of(cls, task: str, cell: str = "gru", **options: Any) -> Config:
        """The settings for a task: its own defaults, and the options that are not None instead of them."""
        _one_of("task", task, TASKS)
        unknown = sorted(set(options) - {field.name for field in dataclasses.fields(cls)})
        if unknown:
            names = [field.name for field in dataclasses.fields(cls)]
            raise ConfigError(f"unknown setting {unknown[0]!r}.{did_you_mean(unknown[0], names)}")
        given = {name: value for name, value in options.items() if value is not None}
        if "file" in given:
            given["file"] = os.fsdecode(given["file"])
        return cls(task, cell, **{**TASKS[task].defaults, **given})

    def __post_init__(self) -> None:
        _one_of("task", self.task, TASKS)
        _one_of("cell", self.cell, CELLS)
        defaults = TASKS[self.task].defaults
        for name in ("hidden", "updates", "batch", "length"):
            _whole(name, getattr(self, name), 1, LARGEST, defaults[name])
        _whole("seed", self.seed, 0, LARGEST_SEED, 0)
        if type(self.lr) not in (int, float) or not math.isfinite(self.lr) or self.lr <= 0:
            raise ConfigError(f"lr: got {self.lr}, wanted a finite number above 0. try: --lr {defaults['lr']}")
        if self.file is not None and not isinstance(self.file, str):
            raise ConfigError(f"file: got {self.file!r}, wanted a path")

    @property
    def path(self) -> Path | None:
        """The file as a path."""
        return None if self.file is None else Path(self.file)

    @property
    def command(self) -> str:
        """The command line that repeats the run."""
        words = ["tinygrad-gru", "train", self.task]
        for name in ("cell", "hidden", "updates", "batch", "lr", "length", "seed", "file"):
            value = getattr(self, name)
            if value is not None:
                words += [f"--{name}", str(value)]
        return shlex.join(words)

    def as_toml(self) -> str:
        """The settings as TOML, one a line, in the order of the fields."""
        lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in self.as_dict().items()]
        return "\n".join(lines) + "\n"

    def as_dict(self) -> dict[str, Any]:
        """The settings by name, those that are None left out."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value is not None}


def did_you_mean(got: str, known: Iterable[str]) -> str:
    """The end of an error message: the nearest of the known names, or all of them."""
    names = list(known)
    near = difflib.get_close_matches(got.lower(), names, n=1)
    return f" did you mean {near[0]}?" if near else f" try: {', '.join(names)}"


def _one_of(name: str, got: Any, known: Iterable[str]) -> None:
    known = list(known)
    if got not in known:
        raise ConfigError(
            f"{name}: got {got!r}, wanted {', '.join(known[:-1])} or {known[-1]}.{did_you_mean(str(got), known)}"
        )


def _whole(name: str, got: Any, low: int, high: int, example: int) -> None:
    if type(got) is not int or not low <= got <= high:
        raise ConfigError(f"{name}: got {got}, wanted a whole number from {low} to {high}. try: --{name} {example}")
