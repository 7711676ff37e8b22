"""The settings of a run, all of them checked in one place."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.support.arguments import brief
from ..errors import ConfigError, did_you_mean
from ..tasks import CELLS, TASKS, Task
from .toml import from_toml, toml_of

__all__ = ["Config", "words_of"]

LARGEST = 1_000_000_000
MOST_SHOWN = 60  # letters of a value in a message
LARGEST_SEED = 2**63 - 1
FRACTIONS = ("lr", "final_lr", "clip", "keep_bias")
MEASUREMENTS, MOST_BETWEEN = 10, 100  # if `every` isn't given: ten in a run, or more if that is too seldom


def _setting(meaning: str, **default: Any) -> Any:
    """A field of Config with its meaning, which the settings file tells too."""
    return field(metadata={"meaning": meaning}, **default)


@dataclass(frozen=True)
class Config:
    """What to train, how large, how long. `Config.of("adding", length=20)` fills in what suits the task.

    >>> Config.of("adding", hidden=0)
    Traceback (most recent call last):
    tinygrad_gru.errors.ConfigError: hidden: got 0, wanted a whole number from 1 to 1000000000. try: --hidden 64
    """

    task: str = _setting("what to learn: see tinygrad-gru tasks")
    cell: str = _setting("rnn, gru, gru-after (PyTorch's dialect) or lstm")
    hidden: int = _setting("numbers in the state")
    updates: int = _setting("steps of the optimiser")
    batch: int = _setting("sequences per update")
    lr: float = _setting("Adam's learning rate at the start")
    length: int = _setting("time steps per sequence")
    seed: int = _setting("the same seed gives the same numbers", default=0)
    file: str | None = _setting("the data, for tasks that learn from a file", default=None)
    final_lr: float = _setting("the share of lr at the end of a cosine; 1 keeps lr as it is", default=0.1)
    clip: float = _setting("the most that the gradient's norm may be", default=1.0)
    keep_bias: float | None = _setting("the gates start open for the past: 2 helps over long spans", default=None)
    every: int | None = _setting("updates between two measurements and checkpoints", default=None)
    patience: int | None = _setting("stop after so many measurements without a better one", default=None)
    options: Mapping[str, Any] = _setting("what else the task takes", default_factory=dict)

    @classmethod
    def of(cls, task: str, cell: str | None = None, **options: Any) -> Config:
        """The settings for a task: its own defaults, and the options that are not None instead of them.

        What only this task knows, the `horizon` of a table say, is given by name like all others. A `keep_bias` of 0
        means none, also where the task has one of its own.
        """
        _one_of("task", task, TASKS)
        known = [f.name for f in dataclasses.fields(cls) if f.name != "options"]
        own = TASKS[task].options
        given = {name: value for name, value in options.items() if value is not None}
        for name in given:
            if name not in known and name not in own:
                others = [other.name for other in TASKS.values() if name in other.options]
                what = f"{name} is a setting of {', '.join(others)}, not of {task}. try: without it" if others else ""
                raise ConfigError(what or f"unknown setting {name!r}. {did_you_mean(name, [*known, *own])}")
        if "file" in given:
            given["file"] = from_toml(given["file"])
        if isinstance(given.get("file"), os.PathLike):
            given["file"] = os.fsdecode(given["file"])
        extra = {name: given.pop(name) for name in own if name in given}
        length = given.get("length", TASKS[task].defaults["length"])
        _one_of("cell", "gru" if cell is None else cell, CELLS)
        suited = _suited(task, cell, length)
        if type(given.get("keep_bias")) in (int, float) and given["keep_bias"] == 0:
            suited.pop("keep_bias", None)
            del given["keep_bias"]
        return cls(task, "gru" if cell is None else cell, **(suited | given), options=extra)

    def __post_init__(self) -> None:
        _one_of("task", self.task, TASKS)
        _one_of("cell", self.cell, CELLS)
        task = TASKS[self.task]
        for name in ("hidden", "updates", "batch", "length"):
            _whole(name, getattr(self, name), 1, LARGEST, task.defaults[name])
        _whole("seed", self.seed, 0, LARGEST_SEED, 0)
        for name, value, example in (("every", self.every, 50), ("patience", self.patience, 5)):
            if value is not None:
                _whole(name, value, 1, LARGEST, example)
        _above_0("lr", self.lr, task.defaults["lr"])
        _above_0("clip", self.clip, 1)
        _above_0("final_lr", self.final_lr, 0.1, most=1)
        if self.keep_bias is not None:
            _above_0("keep_bias", self.keep_bias, 2, most=100)
            if self.cell == "rnn":
                raise ConfigError("keep_bias: an rnn has no gate that could keep anything. try: --cell gru")
        if self.file is not None and not _can_be_a_path(self.file):
            raise ConfigError(f"file: got {self.file!r}, wanted a path. try: --file text.txt")
        for name, value in self.options.items():
            _of_kind(name, value, task.options[name].kind)
        for name in FRACTIONS:
            if type(value := getattr(self, name)) is int:  # 1 and 1.0 are written, and read, alike
                object.__setattr__(self, name, float(value))

    @property
    def path(self) -> Path | None:
        """The file as a path; `-` is stdin, and `./-` is a file of that name."""
        if self.file is None:
            return None
        path = Path(self.file)
        return path.absolute() if str(path) == "-" != self.file else path

    @property
    def measure_every(self) -> int:
        """Updates between two measurements."""
        return self.every or max(1, min(MOST_BETWEEN, self.updates // MEASUREMENTS))

    def create(self) -> Task:
        """The task with its data; raises DataError if the file cannot be used."""
        create: Any = TASKS[self.task].create
        task: Task = create(self.length, self.path, **self.options)
        return task

    @property
    def command(self) -> str:
        """The command line that repeats the run."""
        words = ["tinygrad-gru", "train", self.task]
        for name, value in self.as_dict().items():
            if name != "task" and (value != _defaults().get(name) or name == "seed"):
                option = f"--{name.replace('_', '-')}"
                text = _with_commas(value) if isinstance(value, list) else str(value)
                words += [f"{option}={text}"] if text.startswith("-") else [option, text]
        return shlex.join(words)

    def as_toml(self, folder: Path | None = None) -> str:
        """The settings as TOML, one a line, in the order of the fields.

        With `folder`, where the text is to stand, a file that is not named by its whole path is named as seen from
        there: so it is found from anywhere, and after both have moved.
        """
        named = self.as_dict()
        if folder is not None and self.file not in (None, "-") and not Path(str(self.file)).is_absolute():
            named["file"] = _seen_from(folder, Path(str(self.file)))
        return "".join(f"{name} = {toml_of(value)}\n" for name, value in named.items())

    def as_dict(self) -> dict[str, Any]:
        """The settings by name, those that are None left out: what `Config.of` takes."""
        named = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "options"}
        if self.keep_bias is None and "keep_bias" in _suited(self.task, self.cell, self.length):
            named["keep_bias"] = 0  # left out, it would be the task's own
        return {name: value for name, value in named.items() if value is not None} | dict(self.options)


def words_of(text: str) -> list[str]:
    """The words of a list with commas; one that holds a comma itself stands in quotes, as in CSV.

    >>> words_of('load,"wind, north"')
    ['load', 'wind, north']
    """
    try:
        return next(csv.reader([text]), []) or [""]
    except csv.Error:  # a line end outside of quotes
        return text.split(",")


def _with_commas(words: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(words)  # it quotes what holds one of its own line ends, \r\n
    return text.getvalue().removesuffix("\r\n")


def _seen_from(folder: Path, file: Path) -> str:
    """A file by its path from a folder, or by its whole path if it is on another drive."""
    there = Path(os.path.realpath(file.parent), file.name)  # `..` leads up from where a link leads to
    try:
        seen = os.path.relpath(there, os.path.realpath(folder))
    except ValueError:
        return str(there)
    return "./-" if seen == "-" else seen  # not stdin


def _suited(task: str, cell: str | None, length: Any) -> dict[str, Any]:
    """What suits the task with sequences of this length, and the cell."""
    suited = TASKS[task].suited(length) if type(length) is int else dict(TASKS[task].defaults)
    if cell == "rnn":
        suited.pop("keep_bias", None)  # it has no gate
    return suited


def _defaults() -> dict[str, Any]:
    return {f.name: f.default for f in dataclasses.fields(Config)}


def _one_of(name: str, got: Any, known: Iterable[str]) -> None:
    known = list(known)
    if not isinstance(got, str) or got not in known:
        hint = did_you_mean(got, known)
        shown = _shown(repr(got) if isinstance(got, str) else got)
        raise ConfigError(f"{name}: got {shown}, wanted {', '.join(known[:-1])} or {known[-1]}. {hint}")


def _shown(got: Any) -> str:
    """As one would write it, or its beginning."""
    try:
        text = str(got)
    except Exception:  # a number of very many digits, or what cannot be shown
        return brief(got)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def _whole(name: str, got: Any, low: int, high: int, example: int) -> None:
    if type(got) is not int or not low <= got <= high:
        raise ConfigError(
            f"{name}: got {_shown(got)}, wanted a whole number from {low} to {high}. try: --{name} {example}"
        )


def _above_0(name: str, got: Any, example: float, most: float = math.inf) -> None:
    if type(got) not in (int, float) or not 0 < got <= min(most, sys.float_info.max):
        wanted = "a finite number above 0" if most == math.inf else f"a number above 0, at most {most}"
        raise ConfigError(f"{name}: got {_shown(got)}, wanted {wanted}. try: --{name.replace('_', '-')} {example:g}")


def _can_be_a_path(got: Any) -> bool:
    """Whether a file can have this name: no NUL, and surrogates only for bytes that are no UTF-8."""
    if not isinstance(got, str) or not got or "\0" in got:
        return False
    try:
        return got.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") == got
    except UnicodeEncodeError:
        return False


def _is_word(got: Any) -> bool:
    """Whether this is text that a table can hold, and a command line."""
    return isinstance(got, str) and "\0" not in got and not any("\ud800" <= c <= "\udfff" for c in got)


def _of_kind(name: str, got: Any, kind: type) -> None:
    """Options of a task are whole numbers, words, or lists of words."""
    if kind is list:
        good = isinstance(got, list) and len(got) > 0 and all(map(_is_word, got))
    elif kind is str:
        good = _is_word(got)
    else:
        good = isinstance(got, int) and type(got) is kind and abs(got) <= LARGEST_SEED
    if not good:
        wanted, example = {
            int: ("a whole number", "3"),
            str: ("a word", "name"),
            list: ("a list of words", "price,volume"),
        }[kind]
        raise ConfigError(f"{name}: got {got!r}, wanted {wanted}. try: --{name} {example}")
