"""A course: which exercises, in which order, and those of a teacher's own, as a TOML file says.

    title = "Week 3"
    exercises = ["slopes", "gru_step", "softsign"]    # in this order; left out: all of ours, then all of the folder
    folder = "exercises"                              # of exercises of your own, beside this file: softsign.py

A file `course.toml` in a learner's folder is read wherever that folder is used, but by those who mark it.
"""

from __future__ import annotations

import importlib.util
import string
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import ArgumentError, ConfigError, did_you_mean
from .exercise import Exercise, exercise, number_in
from .exercises import ORDER

__all__ = ["FILE", "USUAL", "Course", "course_in", "own_exercise", "read_course"]

FILE = "course.toml"
KEYS = ("title", "exercises", "folder")
LARGEST = 1_000_000  # bytes
OF_ONE_S_OWN = 15  # the chapter of an exercise that names none: after ours


@dataclass(frozen=True)
class Course:
    """Exercises in the order of a course."""

    tasks: tuple[Exercise, ...]
    title: str = ""
    path: Path | None = None  # of the file that it was read from

    @property
    def names(self) -> tuple[str, ...]:
        """Of its exercises, in their order."""
        return tuple(task.name for task in self.tasks)

    def exercise(self, name: str) -> Exercise:
        """The exercise of this name, of its number, or of its file: slopes, 1, 01_slopes.py."""
        number = number_in(Path(name).name)
        for task in self.tasks:
            if name == task.name or (number and number == task.number):
                return task
        where = f" in {self.title}" if self.title else ""
        raise ArgumentError(f"learn: there is no exercise {name!r}{where}. {did_you_mean(name, self.names)}")


USUAL = Course(tuple(exercise(name) for name in ORDER))


def course_in(folder: Path) -> Course:
    """That of the file `course.toml` in a folder; all of ours where there is none."""
    path = folder / FILE
    return read_course(path) if path.is_file() else USUAL


def read_course(path: Path) -> Course:
    """The course that a TOML file describes. ConfigError, with the next thing to try, if it is none."""
    settings = _settings(path)
    title, names, folder = (settings.get(key) for key in KEYS)
    if title is not None and not isinstance(title, str):
        raise ConfigError(f'{path}: title: got {title!r}, wanted text. try: title = "Week 1"')
    if folder is not None and not isinstance(folder, str):
        raise ConfigError(f'{path}: folder: got {folder!r}, wanted a path. try: folder = "exercises"')
    own = _own_names(path, path.parent / folder) if folder is not None else ()
    if names is None:
        names = [*ORDER, *own]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise ConfigError(f'{path}: exercises: got {names!r}, wanted names in a list. try: exercises = ["slopes"]')
    for name in names:
        if name not in (*ORDER, *own):
            raise ConfigError(f"{path}: there is no exercise {name!r}. {did_you_mean(name, (*ORDER, *own))}")
        if names.count(name) > 1:
            raise ConfigError(f"{path}: {name} is there {names.count(name)} times. try: leave it there once")
    here = path.parent / (folder or "")
    return Course(tuple(_tasks(names, here)), title or "", path)


def _settings(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)  # a device has no end
        if len(data) > LARGEST:
            raise ConfigError(f"course: {path} is larger than a course can be. try: --course with another file")
        settings = tomllib.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"course: cannot read {path}: {error.strerror}. try: --course with its path") from None
    except (ValueError, RecursionError) as error:  # no TOML, not UTF-8, or nested too deeply
        raise ConfigError(f'{path} is no TOML: {error}. try: exercises = ["slopes", "gru_step"]') from None
    for key in settings:
        if key not in KEYS:
            raise ConfigError(f"{path}: no such setting: {key}. {did_you_mean(key, KEYS)}")
    return settings


def _own_names(path: Path, folder: Path) -> tuple[str, ...]:
    """The exercises in a folder: its files, those that begin with _ aside."""
    if not folder.is_dir():
        raise ConfigError(f"{path}: folder: {folder} is no folder. try: the path of one, as seen from {path.name}")
    names = tuple(sorted(file.stem for file in folder.glob("*.py") if not file.stem.startswith("_")))
    for name in names:
        if name in ORDER:
            raise ConfigError(f"{folder / name}.py: {name} is one of ours. try: another name for yours")
        if not name.isidentifier():
            raise ConfigError(f"{folder / name}.py: {name!r} is no name. try: letters, digits and _")
    return names


def _tasks(names: list[str], folder: Path) -> Iterator[Exercise]:
    """The exercises, with numbers for those that are not ours: the next free letter of their chapter."""
    numbers = {task.number for task in USUAL.tasks}
    for name in names:
        if name in ORDER:
            yield exercise(name)
            continue
        task = own_exercise(folder / f"{name}.py")
        letters = ("", *string.ascii_lowercase[1:])
        number = next((n for letter in letters if (n := f"{task.chapter}{letter}") not in numbers), "")
        if not number:
            raise ConfigError(f"{folder}: more than 26 exercises of chapter {task.chapter}. try: another CHAPTER")
        numbers.add(number)
        yield Exercise(name, task.module, number)


def own_exercise(path: Path) -> Exercise:
    """The exercise that a file of a teacher's own defines, as `learn/exercises` says. ConfigError if it is none."""
    name = path.stem
    module = ModuleType("")
    try:
        spec = importlib.util.spec_from_file_location(f"own_exercises.{name}", path.resolve())
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # where `inspect` looks for the source of a class
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConfigError(f"{path}: {type(error).__name__}: {error}. try: python {path}") from None
    if not hasattr(module, "CHAPTER"):
        module.CHAPTER = OF_ONE_S_OWN  # type: ignore[attr-defined]
    for what, there in {
        "a docstring, the task": bool((module.__doc__ or "").strip()),
        "a whole number as CHAPTER, from 1 to 99": type(module.CHAPTER) is int and 1 <= module.CHAPTER <= 99,
        f"a function or class {getattr(module, 'ANSWER', name)}": callable(
            getattr(module, getattr(module, "ANSWER", name), None)
        ),
        "a function cases()": callable(getattr(module, "cases", None)),
        "HINTS, one at least": bool(getattr(module, "HINTS", ())),
    }.items():
        if not there:
            raise ConfigError(f"{path}: wanted {what}. try: the example of docs/teaching.md")
    return Exercise(name, module)
