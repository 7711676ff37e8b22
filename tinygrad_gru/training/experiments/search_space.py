"""What a sweep varies: settings as ranges and choices, read from NAME=WHAT and checked before anything runs.

lr=log:1e-4:1e-1    any number between, each power of ten as likely
lr=0.001:0.01       any number between; for whole numbers both ends too
hidden=32,64,128    one of these
updates=500         always this
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import ConfigError, did_you_mean
from ...tasks import TASKS
from ..config import Config, words_of

__all__ = ["Choices", "Range", "Space", "from_anywhere", "read_space"]

EXAMPLE = "--param lr=log:1e-4:1e-1 --param hidden=32,64,128"
WORDS = ("cell", "file")
FRACTIONS = ("lr", "final_lr", "clip", "keep_bias")


@dataclass(frozen=True)
class Range:
    """Any number from `low` to `high`, whole if they are; with `log`, each power of ten is as likely."""

    low: float
    high: float
    log: bool = False

    @property
    def examples(self) -> tuple[Any, ...]:
        """Values with which it can be checked: if the ends are good settings, so is what lies between."""
        return (self.low, self.high)

    def __str__(self) -> str:
        return f"{'log:' if self.log else ''}{self.low}:{self.high}"


@dataclass(frozen=True)
class Choices:
    """One of these."""

    values: tuple[Any, ...]

    @property
    def examples(self) -> tuple[Any, ...]:
        """All of them."""
        return self.values

    def __str__(self) -> str:
        return ",".join(str(value) for value in self.values)


@dataclass(frozen=True)
class Space:
    """A task, the settings that are the same in all trials, and those that vary."""

    task: str
    fixed: Mapping[str, Any]
    varied: Mapping[str, Range | Choices]

    def config(self, values: Mapping[str, Any]) -> Config:
        """The settings of a trial with these values of what varies."""
        return Config.of(self.task, **{**self.fixed, **values})

    def as_dict(self) -> dict[str, Any]:
        """Task and settings as text, for a file to remember them; equal if and only if the spaces are."""
        return {
            "task": self.task,
            "fixed": dict(sorted(self.fixed.items())),
            "varied": {name: str(self.varied[name]) for name in sorted(self.varied)},
        }


def read_space(task: str, params: Iterable[str], fixed: Mapping[str, Any] | None = None) -> Space:
    """The space of `NAME=WHAT` strings; `fixed` holds settings that have been read already.

    Raises ConfigError for a name that is not known, a value that cannot be used, or two that do not fit together.

    >>> space = read_space("adding", ["lr=log:1e-4:1e-1", "hidden=32,64", "updates=500"])
    >>> space.varied["lr"], space.fixed
    (Range(low=0.0001, high=0.1, log=True), {'updates': 500})
    """
    Config.of(task)  # an unknown task is refused here
    known = [f.name for f in dataclasses.fields(Config) if f.name not in ("task", "options")]
    known += list(TASKS[task].options)
    always: dict[str, Any] = {name: value for name, value in (fixed or {}).items() if value is not None}
    varied: dict[str, Range | Choices] = {}
    for text in params:
        name, equals, what = text.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not what.strip():
            raise ConfigError(f"param: got {text!r}, wanted NAME=VALUES. try: {EXAMPLE}")
        if name not in known:
            raise ConfigError(f"param: unknown setting {name!r}. {did_you_mean(name, known)}")
        if name in always or name in varied:
            raise ConfigError(f"param: {name} is given twice. try: {EXAMPLE}")
        found = _read(task, name, what.strip())
        if isinstance(found, Range | Choices):
            varied[name] = found
        else:
            always[name] = found
    if not varied:
        raise ConfigError(f"param: nothing varies, wanted a range or choices. try: {EXAMPLE}")
    if "file" in always:
        always["file"] = from_anywhere(always["file"])
    # Sorted: a sampler draws one after the other, and must draw the same whatever the order in which they are given.
    space = Space(task, always, dict(sorted(varied.items())))
    _check(space)
    return space


def from_anywhere(file: str | os.PathLike[str]) -> str:
    """The whole path of a data file, for workers that may run in another folder; they cannot read our stdin."""
    if os.fspath(file) == "-":
        raise ConfigError("file: got -, but several workers cannot read the same stdin. try: a file")
    return str(Path(file).absolute())


def _read(task: str, name: str, what: str) -> Any:
    """A range, choices, or a single value."""
    if _kind(task, name) in (int, float) and ":" in what:
        low, _, high = what.removeprefix("log:").partition(":")
        return _range(name, _value(task, name, low), _value(task, name, high), what.startswith("log:"))
    if _kind(task, name) is list:  # a, b is one list: what varies must be a number or a word
        return words_of(what)
    values = tuple(_value(task, name, one) for one in what.split(",")) if name != "file" else (what,)
    if len(set(values)) != len(values):
        raise ConfigError(f"param: {name}={what} names a value twice. try: different ones")
    return Choices(values) if len(values) > 1 else values[0]


def _range(name: str, low: Any, high: Any, log: bool) -> Range:
    if not (math.isfinite(low) and math.isfinite(high)) or not low < high:
        raise ConfigError(f"param: {name} from {low} to {high} is no range. try: the lower end first, as in 1:100")
    if log and low <= 0:
        raise ConfigError(f"param: {name}: a logarithmic range begins above 0, got {low}. try: {name}=log:1e-4:1e-1")
    return Range(low, high, log)


def _kind(task: str, name: str) -> type:
    """What kind of value a setting has."""
    if name in TASKS[task].options:
        return TASKS[task].options[name].kind
    return str if name in WORDS else float if name in FRACTIONS else int


def _value(task: str, name: str, text: str) -> Any:
    kind = _kind(task, name)
    text = text.strip()
    try:
        return kind(text)
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        ranged = f", or {wanted}s as LOW:HIGH, log:LOW:HIGH or A,B,C"
        raise ConfigError(f"param: {name}: got {text!r}, wanted {wanted}{ranged}. try: {EXAMPLE}") from None


def _check(space: Space) -> None:
    """Let Config look at all values, and at all pairs of them: no setting depends on more than one other."""
    first = {name: values.examples[0] for name, values in space.varied.items()}
    for one, other in itertools.combinations_with_replacement(space.varied, 2):
        for a, b in itertools.product(space.varied[one].examples, space.varied[other].examples):
            if one != other or a == b:
                space.config({**first, one: a, other: b})
